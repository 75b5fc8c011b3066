import { describe, expect, test } from "vitest";
import { changesConnection, DEFAULT_OPTIONS, mergeOptions } from "../src/options.js";

const merge = (input: object) => mergeOptions(DEFAULT_OPTIONS, input);

describe("defaults", () => {
  test("are these", () => {
    const { clock, random, ...plain } = DEFAULT_OPTIONS;
    expect(plain).toEqual({
      transports: ["websocket", "polling"],
      upgrade: true,
      main_namespace: true,
      path: "/socket.io/",
      query: {},
      extra_headers: {},
      protocols: [],
      with_credentials: false,
      agent: null,
      polling_max_packets: 16,
      per_message_deflate: false,
      connect_timeout: 20,
      reconnection: { enabled: true, attempts: Infinity, delay: 0.25, delay_max: 5, jitter: 0.5, filter: null },
      ack_timeout: 5,
      retries: 0,
      offline: "buffer",
      max_buffered_packets: 1024,
      max_queued_packets: 16384,
      max_queued_bytes: 16 * 1024 * 1024,
      max_payload: 1_000_000,
      max_attachments: 10,
      poll_max_packets: 0,
      poll_max_time: 0,
      heartbeat: "arrival",
      event_delivery: "push",
      transport_factory: null,
      codec: null,
    });
    expect(random()).toBeGreaterThanOrEqual(0);
    expect(random()).toBeLessThan(1);
    expect(clock()).toBeGreaterThan(0);
    expect(clock()).toBeLessThanOrEqual(performance.now() / 1000);
  });

  test("cannot be changed", () => {
    expect(Object.isFrozen(DEFAULT_OPTIONS)).toBe(true);
  });

  test("can all be given again", () => {
    expect(merge(DEFAULT_OPTIONS)).toEqual(DEFAULT_OPTIONS);
  });
});

describe("mergeOptions", () => {
  test("lays the given over the current; the others stay, both are as they were", () => {
    const input = { retries: 3, path: "/x/" };
    const merged = merge(input);
    expect(merged).toEqual({ ...DEFAULT_OPTIONS, retries: 3, path: "/x/" });
    expect(DEFAULT_OPTIONS.retries).toBe(0);
    expect(input).toEqual({ retries: 3, path: "/x/" });
  });

  test("the result is frozen, and what the caller changes in its own lists later does not reach it", () => {
    const protocols = ["a"];
    const query = { room: "7" };
    const merged = merge({ protocols, query });
    protocols.push("b");
    query.room = "8";
    expect(merged).toMatchObject({ protocols: ["a"], query: { room: "7" } });
    expect([merged, merged.protocols, merged.query].every(Object.isFrozen)).toBe(true);
  });

  test("undefined stands for the current value", () => {
    expect(merge({ retries: undefined, reconnection: undefined })).toEqual(DEFAULT_OPTIONS);
  });

  test("reconnection may be given in parts, or as a boolean", () => {
    expect(merge({ reconnection: false }).reconnection).toEqual({ ...DEFAULT_OPTIONS.reconnection, enabled: false });
    expect(merge({ reconnection: { delay: 1 } }).reconnection).toEqual({ ...DEFAULT_OPTIONS.reconnection, delay: 1 });
    const off = merge({ reconnection: { enabled: false, jitter: 0 } });
    expect(mergeOptions(off, { reconnection: true }).reconnection).toMatchObject({ enabled: true, jitter: 0 });
  });

  test.each([
    { retries: Infinity },
    { reconnection: { attempts: Infinity } },
    { max_buffered_packets: Infinity },
    { max_attachments: 0 },
    { polling_max_packets: Infinity },
    { connect_timeout: 0 },
    { poll_max_time: 0.001 },
    { reconnection: { jitter: 0 } },
    { reconnection: { jitter: 1 } },
    { transports: ["polling", "websocket", () => {}] },
    { transport_factory: () => {} },
    { transport_factory: null },
    { heartbeat: "poll" },
    { offline: "drop" },
    { offline: "error" },
    { query: () => ({ room: "7" }) },
    { extra_headers: () => ({}) },
    { agent: null },
    { agent: {} },
    { reconnection: { filter: () => true } },
    { reconnection: { filter: null } },
  ])("case %#: %j is legal", (input) => {
    expect(() => merge(input)).not.toThrow();
  });

  test.each(["retry", "", "__proto__", "constructor", "toString"])(
    "%j is no option: TypeError that says which there are",
    (name) => {
      const input = Object.defineProperty({}, name, { value: 1, enumerable: true });
      expect(() => merge(input)).toThrow(TypeError);
      expect(() => merge(input)).toThrow(/^an option must be one of transports, upgrade, .*, got "\w*"$/);
    },
  );

  test("one that is written as in JavaScript is named as it is written here", () => {
    expect(() => merge({ ackTimeout: 2 })).toThrow(new TypeError('an option must be ack_timeout, got "ackTimeout"'));
    expect(() => merge({ reconnection: { delayMax: 2 } })).toThrow('an option must be delay_max, got "delayMax"');
  });

  test.each<[string, object, string]>([
    ["a string for a number", { retries: "3" }, 'option "retries" must be a number from 0 to Infinity, got "3"'],
    ["NaN", { ack_timeout: Number.NaN }, 'option "ack_timeout" must be a number from 0 to 1000000000, got NaN'],
    [
      "a negative number",
      { connect_timeout: -1 },
      'option "connect_timeout" must be a number from 0 to Infinity, got -1',
    ],
    ["null for a number", { retries: null }, 'option "retries" must be a number from 0 to Infinity, got null'],
    ["0 where a bound is meant", { max_payload: 0 }, 'option "max_payload" must be a number from 1 to Infinity, got 0'],
    ["0 packets", { max_queued_packets: 0 }, 'option "max_queued_packets" must be a number from 1 to Infinity, got 0'],
    ["-1 attachments", { max_attachments: -1 }, 'option "max_attachments" must be a number from 0 to Infinity, got -1'],
    ["a number for a string", { path: 1 }, 'option "path" must be string, got 1'],
    ["a string for a boolean", { main_namespace: "yes" }, 'option "main_namespace" must be boolean, got "yes"'],
    ["a string for a list", { protocols: "a" }, 'option "protocols" must be array, got "a"'],
    [
      "a list for a dictionary",
      { query: [] },
      'option "query" must be a dictionary object or a function for one, got array',
    ],
    [
      "null for a dictionary",
      { extra_headers: null },
      'option "extra_headers" must be a dictionary object or a function for one, got null',
    ],
    [
      "a Map for a dictionary",
      { query: new Map([["room", "7"]]) },
      'option "query" must be a dictionary object or a function for one, got map',
    ],
    [
      "Headers for a dictionary",
      { extra_headers: new Headers({ key: "k" }) },
      'option "extra_headers" must be a dictionary object or a function for one, got headers',
    ],
    ["a number for a function", { clock: 1 }, 'option "clock" must be function, got 1'],
    ["another policy", { offline: "keep" }, 'option "offline" must be "buffer", "drop" or "error", got "keep"'],
    ["another heartbeat", { heartbeat: "never" }, 'option "heartbeat" must be "arrival" or "poll", got "never"'],
    ["a jitter above 1", { reconnection: { jitter: 1.1 } }, 'option "jitter" must be a number from 0 to 1, got 1.1'],
    ["a jitter below 0", { reconnection: { jitter: -0.1 } }, 'option "jitter" must be a number from 0 to 1, got -0.1'],
    [
      "a jitter of NaN",
      { reconnection: { jitter: Number.NaN } },
      'option "jitter" must be a number from 0 to 1, got NaN',
    ],
    [
      "an ack_timeout that never passes: every emit would be refused for it",
      { ack_timeout: Number.POSITIVE_INFINITY },
      'option "ack_timeout" must be a number from 0 to 1000000000, got Infinity',
    ],
    [
      "a factory that is none",
      { transport_factory: {} },
      'option "transport_factory" must be a function or null, got object',
    ],
    ["a list for a filter", { reconnection: { filter: [] } }, 'option "filter" must be a function or null, got array'],
    ["a string for an agent", { agent: "http://proxy" }, 'option "agent" must be an object or null, got "http'],
    [
      "a codec that cannot decode",
      { codec: { encode() {} } },
      'option "codec" must be an object like msgpack() or null, got object',
    ],
    [
      "no packet in a request",
      { polling_max_packets: 0 },
      'option "polling_max_packets" must be a number from 1 to Infinity, got 0',
    ],
    ["no transport", { transports: [] }, 'option "transports" must be a list of '],
    ["another transport", { transports: ["carrier pigeon"] }, 'option "transports" must be a list of '],
    ["transports as a string", { transports: "websocket" }, 'option "transports" must be a list of '],
    ["reconnection as a number", { reconnection: 1 }, 'option "reconnection" must be an object, got 1'],
    ["reconnection as null", { reconnection: null }, 'option "reconnection" must be an object, got null'],
    [
      "an unknown part of reconnection",
      { reconnection: { tries: 1 } },
      'an option must be one of enabled, attempts, delay, delay_max, jitter, filter, got "tries"',
    ],
  ])("%s is a TypeError that names option, expectation and value", (_, input, message) => {
    expect(() => merge(input)).toThrow(TypeError);
    expect(() => merge(input)).toThrow(message);
  });

  test.each([
    { offline: ["buffer"] },
    { heartbeat: ["poll"] },
    { reconnection: { jitter: null } },
    { reconnection: { jitter: "0.5" } },
    { reconnection: { jitter: [] } },
    { reconnection: { jitter: true } },
    { transports: [["websocket"]] },
  ])("%j is not taken for what it can be turned into", (input) => {
    expect(() => merge(input)).toThrow(TypeError);
  });

  test.each([null, undefined, [], 1, "options", () => {}, new Map(), Promise.resolve({})])(
    "case %#: options must be an object",
    (input) => {
      expect(() => merge(input as never)).toThrow("options must be an object, got ");
    },
  );
});

describe("changesConnection: what a running connection was made with cannot change", () => {
  const changes = (input: object): boolean => changesConnection(DEFAULT_OPTIONS, merge(input));

  test.each([
    { path: "/x/" },
    { main_namespace: false },
    { transports: ["polling"] },
    { transports: ["polling", "websocket"] },
    { upgrade: false },
    { with_credentials: true },
    { agent: {} },
    { polling_max_packets: 1 },
    { codec: { encode() {}, decode() {} } },
    { protocols: ["a"] },
    { per_message_deflate: true },
    { heartbeat: "poll" },
    { max_attachments: 1 },
    { clock: () => 0 },
    { transport_factory: () => {} },
    { retries: 1, path: "/x/" },
  ])("case %#: %j does", (input) => {
    expect(changes(input)).toBe(true);
  });

  test.each([
    {},
    { retries: 1, ack_timeout: 1, offline: "drop", reconnection: false, random: () => 0 },
    { query: { room: "7" }, extra_headers: { a: "b" } },
    { max_payload: 1, max_queued_packets: 1, max_queued_bytes: 1, max_buffered_packets: 1 },
    { poll_max_packets: 1, poll_max_time: 1, connect_timeout: 1 },
    { path: "/socket.io/" },
    { transports: ["websocket", "polling"], protocols: [] },
    { query: () => ({}), extra_headers: () => ({}) },
    { path: undefined, clock: undefined },
  ])("case %#: %j does not", (input) => {
    expect(changes(input)).toBe(false);
  });
});
