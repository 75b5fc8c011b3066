/* Recordings of what is odd: a peer that breaks the protocol, time that the game owns, a game that calls from everywhere. */
import {
  type ClientOptionsInput,
  type OutFrame,
  PollGroup,
  SocketIOClient,
  type Transport,
  type TransportFactory,
  type TransportHandler,
} from "socketio-gameloop";
import { FixedTickLoop } from "socketio-gameloop/loop";
import { FakeServer, ManualClock } from "socketio-gameloop/testing";
import { SessionRecorder, type SessionRecorderOptions } from "socketio-gameloop/tools";
import { describe, expect, test } from "vitest";
import { replayed } from "./replayed.js";

const HANDSHAKE = '0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}';

/** A recorded client whose transports are spoken for by hand. */
function byHand(options: ClientOptionsInput = {}, how: SessionRecorderOptions = {}) {
  const clock = new ManualClock();
  const handlers: TransportHandler[] = [];
  const client = new SocketIOClient();
  const recorder = new SessionRecorder(how);
  recorder.record(client, {
    clock: clock.read,
    random: () => 0,
    transport_factory: (_, handler) => {
      handlers.push(handler);
      return { name: "websocket", bufferedAmount: 12, send() {}, close() {} };
    },
    ...options,
  });
  const say = (...frames: (string | Uint8Array)[]) => {
    for (const frame of frames) handlers.at(-1)?.received(frame);
  };
  const open = () => say(HANDSHAKE, '40{"sid":"s"}');
  return { clock, client, main: client.get_namespace("/"), recorder, say, open, handlers };
}

test.each(["4", "4x", "42{}", "42[", "43[]", "47", "451-[", "hello", '42["connect"]', "\u0000"])(
  "a server that says %o among events",
  (garbage) => {
    const { client, main, recorder, say, open, clock } = byHand();
    const heard: unknown[] = [];
    main.on("said", ([text]) => heard.push(text));
    client.disconnected.connect((reason) => heard.push(reason));
    client.connect_to_url("ws://test");
    open();
    client.poll();
    say('42["said",1]', '42["said",2]', garbage, '42["said",3]');
    clock.advance(0.1);
    client.poll();
    clock.advance(1);
    client.poll();
    open();
    client.poll();
    expect(heard.slice(0, 2)).toEqual([1, 2]);
    replayed(recorder);
  },
);

test("a game that owns time", () => {
  const { client, main, recorder, say, open } = byHand();
  main.on("said", () => {});
  client.connect_to_url("ws://test");
  open();
  for (const now of [1, 1.5, 1.25, Number.NaN, Number.POSITIVE_INFINITY, 1e9 / 3, 4e8]) {
    main.emit_with_ack("ask", [], () => {}, 0.3);
    say('42["said"]');
    client.poll(now);
  }
  const player = replayed(recorder);
  expect(player.get_callback_count()).toBeGreaterThan(10);
});

describe("events that come before their namespace is joined", () => {
  test.each([
    ["itself", {}],
    ["itself, with a budget", { poll_max_time: 1 }],
    ["a PollGroup", {}],
  ])("are taken by a poll of %s, which lets time pass as ever", (who, options) => {
    const { client, main, recorder, say, clock } = byHand(options);
    const group = new PollGroup();
    group.add(client);
    const poll = () => (who === "a PollGroup" ? group : client).poll();
    const told: number[] = [];
    main.on("said", () => {});
    client.connect_to_url("ws://test");
    say(HANDSHAKE);
    main.emit_with_ack("ask", [], () => told.push(clock.now), 0.3);
    poll();
    clock.advance(0.2);
    say('42["said",1]', '42["said",2]');
    clock.advance(0.2);
    poll();
    clock.advance(0.2);
    say('40{"sid":"s"}');
    poll();
    expect(told).toEqual([0.4]);
    expect(replayed(recorder).get_callback_count()).toBe(3);
  });

  test("are gone with their connection, which a poll tells of behind them", () => {
    const { client, recorder, say, clock, handlers } = byHand();
    const errors: number[] = [];
    client.connect_error.connect(() => errors.push(clock.now));
    client.connect_to_url("ws://test");
    say(HANDSHAKE);
    client.poll();
    say('42["said",1]');
    handlers.at(-1)?.closed("transport close", "", "");
    clock.advance(0.1);
    client.poll();
    clock.advance(0.01);
    client.poll();
    expect(errors).toEqual([0.1]);
    replayed(recorder);
  });
});

test("a fixed tick", () => {
  const clock = new ManualClock();
  const server = new FakeServer({ clock });
  const client = new SocketIOClient();
  const recorder = new SessionRecorder();
  recorder.record(client, { clock: clock.read, transport_factory: server.transport_factory });
  client.get_namespace("/").on("state", () => {});
  server.on("connection", (socket) => socket.on("input", ([tick]) => socket.emit("state", [tick])));
  const loop = new FixedTickLoop(
    client,
    (_, tick) => {
      client.get_namespace("/").emit("input", [tick]);
    },
    { tick_rate: 30, clock: clock.read, timers: clock.timers } as object,
  );
  client.connect_to_url("ws://test");
  loop.start();
  clock.advance(2);
  loop.stop();
  client.close();
  expect(replayed(recorder).get_callback_count()).toBeGreaterThan(50);
});

test("volatile emits, a clock that is broken, functions for everything", () => {
  let reads = 0;
  const asked: string[] = [];
  const { client, main, recorder, open, clock, handlers } = byHand({
    clock: () => (++reads % 7 === 0 ? Number.NaN : reads / 100),
    query: () => ({ n: String(asked.push("query")) }),
    extra_headers: () => {
      if (asked.push("headers") > 4) throw new Error("no headers today");
      return {};
    },
    reconnection: { delay: 0.01, delay_max: 0.02, filter: (reason) => asked.push(reason) < 12 },
  });
  const url = () => `ws://test/?attempt=${asked.push("url")}`;
  client.connect_to_url(url, () => ({ token: `secret ${asked.push("auth")}` }));
  open();
  client.poll();
  for (let n = 0; n < 30; n++) {
    main.emit_volatile("aim", [n]);
    if (n % 4 === 3) handlers.at(-1)?.closed("transport close", "GET http://a/?token=secret: gone");
    const { length } = handlers;
    clock.advance(0.1);
    client.poll();
    if (handlers.length > length) open();
    client.get_stats();
  }
  expect(asked).toEqual(expect.arrayContaining(["query", "headers", "url", "auth", "transport close"]));
  replayed(recorder);
  expect(recorder.to_json_lines()).not.toMatch(/secret/);
});

test("a callback that closes, connects anew, joins, listens and stops listening", () => {
  const { client, main, recorder, say, open, clock } = byHand();
  let times = 0;
  const once = () => client.close();
  client.connected.connect(() => {
    times++;
    if (times < 4) main.once("leave", once);
    const room = client.create_namespace(`/room${times}`);
    room.connected.connect(() => room.emit("hi"), 4);
    room.connect_to_namespace();
    void client.disconnected.wait(0.5).catch(() => {});
    main.emit_with_ack("ask", [times], () => main.emit("told"), 1);
  });
  client.disconnected.connect((reason) => {
    if (times < 3) client.connect_to_url("ws://test");
    else main.off("leave");
    main.emit("too late", [reason]);
  });
  client.connect_to_url("ws://test");
  for (let n = 0; n < 12; n++) {
    open();
    say(`40/room${times},{"sid":"r"}`, '42["leave"]');
    clock.advance(0.3);
    client.poll();
    if (n === 6) main.clear_buffer();
    if (n === 8) main.disconnect_from_namespace();
    if (n === 9) main.connect_to_namespace();
    client.reconnect_now();
  }
  expect(times).toBeGreaterThan(2);
  replayed(recorder);
});

/** A sprite that knows its scene, which knows its sprites. */
function makeSprite(): object {
  const scene = { sprites: [] as object[] };
  for (let x = 0; x < 2; x++) scene.sprites.push({ x, scene });
  return scene.sprites[0]!;
}

describe("data that contains itself", () => {
  const sprite = makeSprite();

  test.each([[[]], [["hit"]]])("is refused as ever while events %j are hidden", (events) => {
    const { client, main, recorder, open } = byHand({}, { redact: { events } });
    client.connect_to_url("ws://test");
    open();
    client.poll();
    const before = recorder.get_line_count();
    expect(() => main.emit("hit", [sprite])).toThrow(TypeError);
    expect(() => main.emit_with_ack("hit", [sprite], () => {})).toThrow(TypeError);
    expect(() => main.connect_to_namespace({ sprite })).toThrow(TypeError);
    expect(recorder.get_line_count()).toBe(before);
    replayed(recorder);
  });

  test.each([[[]], [["hit"]]])("may be thrown while events %j are hidden", (events) => {
    const { client, main, recorder, open, say } = byHand({}, { redact: { events } });
    main.on("said", () => {
      throw sprite;
    });
    const thrown: unknown[] = [];
    client.listener_error.connect((error) => thrown.push(error));
    client.connect_to_url("ws://test");
    open();
    say('42["said"]');
    client.poll();
    expect(thrown).toEqual([sprite]);
    replayed(recorder);
  });
});

test("a hidden packet that is nested deeper than a stack reaches", () => {
  const { client, main, recorder, open, say } = byHand({}, { redact: { events: ["said"] } });
  const heard: unknown[] = [];
  main.on("said", (data) => heard.push(data));
  client.connect_to_url("ws://test");
  open();
  const deep = "[".repeat(20_000) + "]".repeat(20_000);
  expect(() => say(`42["said",${deep}]`)).not.toThrow();
  client.poll();
  expect(heard).toHaveLength(1);
  replayed(recorder);
});

describe("bytes of an event, while the session moves to another transport", () => {
  const BYTES = Uint8Array.from({ length: 48 }, () => 0xab);
  const CLEAR = btoa(String.fromCharCode(...BYTES));

  /** A session that is leaving polling. */
  function leaving() {
    const handlers: TransportHandler[] = [];
    const written: OutFrame[] = [];
    let done: (unsent: readonly OutFrame[]) => void = () => {};
    const transport = (name: string): TransportFactory =>
      Object.assign(
        (_: unknown, handler: TransportHandler): Transport => {
          handlers.push(handler);
          const send = (frames: readonly OutFrame[]) => written.push(...frames);
          const leave = (left: typeof done) => {
            done = left;
          };
          return { name, bufferedAmount: 0, send, close() {}, ...(name === "polling" && { leave, stay() {} }) };
        },
        { engineName: name },
      );
    const transports = ["polling", "websocket"].map(transport);
    const rig = byHand({ transports, transport_factory: null }, { redact: { events: ["chat"] } });
    const heard: unknown[][] = [];
    for (const event of ["chat", "map"]) rig.main.on(event, (data) => heard.push(data));
    rig.client.connect_to_url("ws://test");
    const [polling] = handlers as [TransportHandler];
    polling.received(HANDSHAKE.replace("[]", '["websocket"]'));
    polling.received('40{"sid":"s"}');
    rig.client.poll();
    const [, websocket] = handlers as [TransportHandler, TransportHandler];
    websocket.opened?.();
    websocket.received("3probe");
    return {
      ...rig,
      handlers,
      polling,
      websocket,
      heard,
      written,
      moved: (unsent: readonly OutFrame[]) => done(unsent),
    };
  }

  test.each([
    ["chat", false],
    ["map", true],
  ])("that come: of %s, seen %j", (event, isSeen) => {
    const { polling, websocket, moved, client, heard, recorder } = leaving();
    polling.received(`451-["${event}",{"_placeholder":true,"num":0}]`);
    moved([]);
    websocket.received(BYTES);
    client.poll();
    expect(heard).toEqual([[BYTES]]);
    replayed(recorder);
    expect(recorder.to_json_lines().includes(CLEAR)).toBe(isSeen);
  });

  test("that are given back without their packet", () => {
    const { main, moved, client, written, recorder } = leaving();
    client.flush();
    written.length = 0;
    main.emit("chat", [BYTES, BYTES]);
    main.emit("map", ["of bytes"]);
    client.flush();
    const unsent = written.slice(1);
    expect(unsent.slice(0, 2)).toEqual([BYTES, BYTES]);
    moved(unsent);
    client.flush();
    replayed(recorder);
    expect(recorder.to_json_lines()).not.toContain(CLEAR);
  });

  test("that were awaited when another session began", () => {
    const { polling, websocket, moved, client, clock, recorder, handlers } = leaving();
    polling.received('452-["map",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    moved([]);
    websocket.closed("transport close", "", "");
    client.poll();
    clock.advance(10);
    client.poll();
    for (const frame of [HANDSHAKE, BYTES]) handlers[2]?.received(frame);
    client.poll();
    replayed(recorder);
    expect(recorder.to_json_lines()).not.toContain(CLEAR);
  });
});

test("a wrong call leaves no trace", () => {
  const { client, main, recorder } = byHand();
  const before = recorder.get_line_count();
  const endless: unknown[] = [];
  endless.push(endless);
  expect(() => main.emit("x", 5 as never)).toThrow(TypeError);
  expect(() => main.emit("x", endless)).toThrow(TypeError);
  expect(() => main.on("x", 5 as never)).toThrow(TypeError);
  expect(() => client.connect_to_url(5 as never)).toThrow(TypeError);
  expect(() => client.configure({ nothing: 1 } as never)).toThrow(TypeError);
  expect(recorder.get_line_count()).toBe(before);
  replayed(recorder);
});

test("a budget of time ends a poll's reading and its writing", () => {
  let time = 0;
  const { client, main, recorder, open, say } = byHand({
    // Every look at the clock takes a while.
    clock: () => (time += 0.001),
    poll_max_time: 0.004,
  });
  main.on("said", () => {});
  client.connect_to_url("ws://test");
  open();
  client.poll();
  for (let n = 0; n < 2000; n++) main.emit("much", [n]);
  for (let n = 0; n < 20; n++) say('42["said"]');
  for (let n = 0; n < 30; n++) client.poll();
  const player = replayed(recorder);
  expect(player.get_callback_count()).toBe(20);
  const lines = recorder.to_json_lines().split("\n");
  expect(lines.filter((line) => line.includes('["poll"') && line.includes('["send"')).length).toBeGreaterThan(2);
});

test("data that looks like a line of a recording", () => {
  const { client, main, recorder, open, clock } = byHand();
  client.connect_to_url("ws://test");
  open();
  client.poll();
  main.emit("move", ["cb", "to", "/", "there", 0]);
  clock.advance(0.1);
  client.poll();
  const player = replayed(recorder);
  expect(player.get_recorded_hash()).toBe(player.get_hash());
});

test("a listener that is added while events are taken is known", () => {
  const { client, main, recorder, say, open } = byHand();
  const heard: unknown[] = [];
  client.connected.connect(() => main.on("said", ([text]) => heard.push(text)));
  client.connect_to_url("ws://test");
  open();
  say('42["said",1]');
  expect(client.take_event()).toBe(null);
  say('42["said",2]');
  client.poll();
  expect(heard).toEqual([1, 2]);
  main.off("said");
  const player = replayed(recorder);
  expect(player.get_callback_count()).toBe(3);
});
