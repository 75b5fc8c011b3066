/*
 * The polled WebSocket, with a real server, and with a simulated one where a browser is needed or the order of things has to
 * be exact.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { runInNewContext } from "node:vm";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { Err, OK } from "../src/errors.js";
import { TLSOptions } from "../src/tls-options.js";
import { WebSocketPeer } from "../src/transport/websocket-peer.js";
import { pause, until } from "./support/until.js";

const { STATE_CONNECTING, STATE_OPEN, STATE_CLOSING, STATE_CLOSED, WRITE_MODE_TEXT, WRITE_MODE_BINARY } = WebSocketPeer;

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup();
});

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Takes all packets: text as strings, bytes as lists of numbers. */
function takeAll(peer: WebSocketPeer): (string | number[])[] {
  const packets: (string | number[])[] = [];
  while (peer.get_available_packet_count() > 0) {
    const bytes = peer.get_packet();
    packets.push(peer.was_string_packet() ? text(bytes) : [...bytes]);
  }
  return packets;
}

describe("with a real server", () => {
  async function polledUntil(peer: WebSocketPeer, condition: () => boolean): Promise<void> {
    const polled = () => {
      peer.poll();
      return condition();
    };
    await until(polled, String(condition));
  }

  const inState = (peer: WebSocketPeer, state: number) => polledUntil(peer, () => peer.get_ready_state() === state);

  async function serve(onConnection: (peer: WebSocket, path: string) => void = () => {}, options: object = {}) {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
    await new Promise((resolve) => server.once("listening", resolve));
    server.on("connection", (peer, request) => onConnection(peer, request.url ?? ""));
    cleanups.push(() => {
      for (const client of server.clients) client.terminate();
      server.close();
    });
    return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  function newPeer(): WebSocketPeer {
    const peer = new WebSocketPeer();
    cleanups.push(() => peer.close(-1));
    return peer;
  }

  test("starts CLOSED, with Godot's defaults and numbers", () => {
    const peer = new WebSocketPeer();
    expect([STATE_CONNECTING, STATE_OPEN, STATE_CLOSING, STATE_CLOSED]).toEqual([0, 1, 2, 3]);
    expect([WRITE_MODE_TEXT, WRITE_MODE_BINARY]).toEqual([0, 1]);
    expect([peer.inbound_buffer_size, peer.outbound_buffer_size, peer.max_queued_packets]).toEqual([
      65535, 65535, 4096,
    ]);
    expect([peer.supported_protocols, peer.handshake_headers]).toEqual([[], []]);
    expect(peer.get_ready_state()).toBe(STATE_CLOSED);
    expect([peer.get_close_code(), peer.get_close_reason()]).toEqual([-1, ""]);
    expect([peer.get_requested_url(), peer.get_selected_protocol()]).toEqual(["", ""]);
    expect([peer.get_available_packet_count(), peer.get_current_outbound_buffered_amount()]).toEqual([0, 0]);
    peer.poll();
    peer.close();
    peer.close(-1);
    expect(peer.get_ready_state()).toBe(STATE_CLOSED);
  });

  test("sends and receives text and bytes", async () => {
    const { url } = await serve((peer) =>
      peer.on("message", (data, isBinary) => peer.send(data, { binary: isBinary })),
    );
    const peer = newPeer();
    expect(peer.connect_to_url(url)).toBe(OK);
    expect(peer.get_ready_state()).toBe(STATE_CONNECTING);
    expect(peer.send_text("too early")).toBe(Err.FAILED);
    await inState(peer, STATE_OPEN);
    const bytes = Uint8Array.of(7, 1, 2, 255, 7);
    expect(peer.send_text("grüße")).toBe(OK);
    expect(peer.send(new DataView(bytes.buffer, 1, 3))).toBe(OK);
    bytes.fill(0);
    expect(peer.put_packet(Uint8Array.of(3).buffer)).toBe(OK);
    expect(peer.send(new Uint8Array())).toBe(OK);
    expect(peer.send(new TextEncoder().encode("\ufeffbom"), WRITE_MODE_TEXT)).toBe(OK);
    expect(peer.send(Uint8Array.of(0xc3, 0x28), WRITE_MODE_TEXT)).toBe(Err.ERR_INVALID_DATA);
    await polledUntil(peer, () => peer.get_available_packet_count() === 5);
    expect(peer.was_string_packet()).toBe(false);
    expect(peer.get_packet()).toEqual(new TextEncoder().encode("grüße"));
    expect([peer.was_string_packet(), peer.get_packet_error(), peer.get_available_packet_count()]).toEqual([
      true,
      OK,
      4,
    ]);
    expect(takeAll(peer).slice(0, 3)).toEqual([[1, 2, 255], [3], []]);
    expect(peer.was_string_packet()).toBe(true);
    expect(peer.get_packet()).toEqual(new Uint8Array());
    expect(peer.get_packet_error()).toBe(Err.ERR_UNAVAILABLE);
  });

  test("an ArrayBuffer of another realm, like a frame or the host of a test, is one too", async () => {
    const { url } = await serve((peer) => peer.on("message", (data) => peer.send(data)));
    const peer = newPeer();
    peer.connect_to_url(url);
    await inState(peer, STATE_OPEN);
    expect(peer.send(runInNewContext("Uint8Array.of(1, 2).buffer"))).toBe(OK);
    await polledUntil(peer, () => peer.get_available_packet_count() === 1);
    expect(peer.get_packet()).toEqual(Uint8Array.of(1, 2));
  });

  test("offers subprotocols and sends headers", async () => {
    const { server, url } = await serve();
    let token: unknown;
    server.on("connection", (_, { headers }) => {
      token = headers["x-token"];
    });
    const peer = newPeer();
    peer.supported_protocols = ["chat.v2", "chat.v1"];
    peer.handshake_headers = ["X-Token: a:b "];
    peer.connect_to_url(url);
    expect(peer.get_selected_protocol()).toBe("");
    await inState(peer, STATE_OPEN);
    expect([token, peer.get_selected_protocol()]).toEqual(["a:b", "chat.v2"]);
  });

  test("a header that comes again is sent with all its values", async () => {
    const { server, url } = await serve();
    let got: IncomingHttpHeaders = {};
    server.on("connection", (_, { headers }) => {
      got = headers;
    });
    const peer = newPeer();
    peer.handshake_headers = ["X-Team: red", "Cookie: a=1", "x-team:blue", "cookie: b=2; c=3"];
    peer.connect_to_url(url);
    await inState(peer, STATE_OPEN);
    expect(got).toMatchObject({ "x-team": "red, blue", cookie: "a=1; b=2; c=3" });
  });

  test("takes http: for ws:, leaves out the fragment, and keeps the URL as it was given", async () => {
    const paths: string[] = [];
    const { url } = await serve((_, path) => paths.push(path));
    const peer = newPeer();
    const given = `${url.replace("ws:", "http:")}/a?b=1#c`;
    expect(peer.connect_to_url(given)).toBe(OK);
    await inState(peer, STATE_OPEN);
    expect(peer.get_requested_url()).toBe(given);
    expect(paths).toEqual(["/a?b=1"]);
  });

  test("closes with a handshake", async () => {
    const codes: unknown[] = [];
    const { url } = await serve((peer) => peer.on("close", (code, reason) => codes.push(code, String(reason))));
    const peer = newPeer();
    peer.connect_to_url(url);
    await inState(peer, STATE_OPEN);
    expect(peer.connect_to_url(url)).toBe(Err.ERR_ALREADY_IN_USE);
    peer.close(4001, "bye");
    expect(peer.get_ready_state()).toBe(STATE_CLOSING);
    expect([peer.get_close_code(), peer.send_text("late")]).toEqual([-1, Err.FAILED]);
    expect(peer.connect_to_url(url)).toBe(Err.ERR_ALREADY_IN_USE);
    peer.close(4002);
    await inState(peer, STATE_CLOSED);
    expect([peer.get_close_code(), peer.get_close_reason()]).toEqual([4001, "bye"]);
    await until(() => codes.length > 0);
    expect(codes).toEqual([4001, "bye"]);
    peer.close(-1);
    expect(peer.get_close_code()).toBe(4001);
    expect(peer.connect_to_url(url)).toBe(OK);
    expect([peer.get_close_code(), peer.get_close_reason()]).toEqual([-1, ""]);
  });

  test("a code below 0 ends at once, without a handshake", async () => {
    const codes: unknown[] = [];
    const { url } = await serve((peer) => peer.on("close", (code) => codes.push(code)));
    const peer = newPeer();
    for (const before of [STATE_OPEN, STATE_CLOSING]) {
      codes.length = 0;
      peer.connect_to_url(url);
      await inState(peer, STATE_OPEN);
      if (before === STATE_CLOSING) peer.close();
      peer.close(-1);
      expect([peer.get_ready_state(), peer.get_close_code(), peer.get_close_reason()]).toEqual([STATE_CLOSED, -1, ""]);
      await until(() => codes.length > 0);
      if (before === STATE_OPEN) expect(codes).toEqual([1006]);
    }
  });

  test("closing while it connects is an end at once", async () => {
    const { url } = await serve();
    const peer = newPeer();
    peer.connect_to_url(url);
    peer.close();
    expect(peer.get_ready_state()).toBe(STATE_CLOSED);
    expect(peer.connect_to_url(url)).toBe(OK);
    await inState(peer, STATE_OPEN);
  });

  test("packets that arrived before a close stay readable after it", async () => {
    let gone = false;
    const { url } = await serve((peer) => {
      peer.send("one");
      peer.send(Uint8Array.of(2));
      peer.close(4000, "done");
      peer.on("close", () => {
        gone = true;
      });
    });
    const peer = newPeer();
    peer.connect_to_url(url);
    await until(() => gone);
    expect(peer.get_ready_state()).toBe(STATE_CONNECTING);
    await inState(peer, STATE_CLOSED);
    expect([peer.get_close_code(), peer.get_close_reason()]).toEqual([4000, "done"]);
    expect(takeAll(peer)).toEqual(["one", [2]]);
  });

  test("an end without a close frame has no code, but what is known of it", async () => {
    const { url } = await serve((peer) => peer.terminate());
    const peer = newPeer();
    peer.connect_to_url(url);
    await inState(peer, STATE_CLOSED);
    expect([peer.get_close_code(), peer.get_close_reason()]).toEqual([-1, ""]);
    peer.connect_to_url("ws://127.0.0.1:1");
    await inState(peer, STATE_CLOSED);
    expect([peer.get_close_code(), peer.get_close_reason()]).toEqual([-1, "connect ECONNREFUSED 127.0.0.1:1"]);
  });

  test("a message larger than inbound_buffer_size ends the connection with 1009", async () => {
    const codes: number[] = [];
    const { url } = await serve((peer) => {
      peer.on("close", (code) => codes.push(code));
      peer.send("fits");
      peer.send(new Uint8Array(101));
    });
    const peer = newPeer();
    peer.inbound_buffer_size = 100;
    peer.connect_to_url(url);
    await inState(peer, STATE_CLOSED);
    expect([peer.get_close_code(), peer.get_close_reason()]).toEqual([1009, "Max payload size exceeded"]);
    expect(takeAll(peer)).toEqual(["fits"]);
    await until(() => codes.length > 0);
    expect(codes).toEqual([1009]);
  });

  test.each([
    ["max_queued_packets", { max_queued_packets: 10 }, 1],
    ["inbound_buffer_size", { inbound_buffer_size: 40_000 }, 2],
  ])("at %s it stops reading, and loses nothing", async (_, bounds, perRead) => {
    const count = 300;
    const { server, url } = await serve((peer) => {
      for (let i = 0; i < count; i++) peer.send(new Uint8Array(30_000).fill(i));
    });
    const peer = newPeer();
    Object.assign(peer, { inbound_buffer_size: 0, ...bounds });
    peer.connect_to_url(url);
    const bound = "max_queued_packets" in bounds ? 10 : 2;
    await polledUntil(peer, () => peer.get_available_packet_count() >= bound);
    await pause(50);
    peer.poll();
    expect(peer.get_available_packet_count()).toBeLessThanOrEqual(bound + 2 + perRead);
    expect([...server.clients][0]?.bufferedAmount).toBeGreaterThan(0);
    const seen: number[] = [];
    await polledUntil(peer, () => {
      for (const packet of takeAll(peer)) seen.push((packet as number[])[0] as number);
      return seen.length >= count;
    });
    expect(seen).toEqual(Array.from({ length: count }, (_, i) => i % 256));
  });

  test("a full queue does not hinder the end", async () => {
    const { url } = await serve((peer) => {
      for (let i = 0; i < 10; i++) peer.send(String(i));
    });
    const peer = newPeer();
    peer.max_queued_packets = 2;
    peer.connect_to_url(url);
    await polledUntil(peer, () => peer.get_available_packet_count() >= 2);
    peer.close(1000, "enough");
    await inState(peer, STATE_CLOSED);
    expect(peer.get_close_code()).toBe(1000);
    expect(takeAll(peer).slice(0, 2)).toEqual(["0", "1"]);
  });

  test("what does not fit into outbound_buffer_size is refused", async () => {
    const { server, url } = await serve();
    const peer = newPeer();
    peer.connect_to_url(url);
    await inState(peer, STATE_OPEN);
    expect(peer.send(new Uint8Array(65_536))).toBe(Err.ERR_OUT_OF_MEMORY);
    expect(peer.send_text("ä".repeat(32_768))).toBe(Err.ERR_OUT_OF_MEMORY);
    expect(peer.send(new Uint8Array(65_535))).toBe(OK);
    for (const client of server.clients) client.pause();
    peer.outbound_buffer_size = 0;
    expect(peer.send(new Uint8Array(30_000_000))).toBe(OK);
    expect(peer.get_current_outbound_buffered_amount()).toBeGreaterThan(0);
    peer.outbound_buffer_size = 65_535;
    expect(peer.send_text("x")).toBe(Err.ERR_OUT_OF_MEMORY);
  });

  test("what cannot be used is refused with a code", async () => {
    const peer = newPeer();
    for (const url of [
      "",
      "nonsense",
      "ftp://example.com",
      "httpx://example.com",
      "ws://",
      "/path",
      "example.com:80",
    ]) {
      expect([url, peer.connect_to_url(url)]).toEqual([url, Err.ERR_INVALID_PARAMETER]);
    }
    peer.supported_protocols = ["a b"];
    expect(peer.connect_to_url("ws://127.0.0.1:1")).toBe(Err.ERR_INVALID_PARAMETER);
    peer.supported_protocols = [];
    peer.handshake_headers = ["X-Bad: a\nb"];
    expect(peer.connect_to_url("ws://127.0.0.1:1")).toBe(Err.ERR_INVALID_PARAMETER);
    expect([peer.get_ready_state(), peer.get_requested_url()]).toEqual([STATE_CLOSED, ""]);
  });

  test("a wrong type is a TypeError that says what to write", () => {
    const peer = newPeer();
    const any = (value: unknown) => value as never;
    const url = "ws://127.0.0.1:1";
    expect(() => peer.connect_to_url(any(1))).toThrow("the URL must be a string, got 1");
    const tls = "tls_options must be made by TLSOptions.client(), got object";
    expect(() => peer.connect_to_url(url, any({}))).toThrow(tls);
    peer.supported_protocols = any("chat");
    const protocols = 'supported_protocols must be a list like ["chat"], got "chat"';
    expect(() => peer.connect_to_url(url)).toThrow(protocols);
    peer.supported_protocols = [];
    peer.handshake_headers = any({ name: "value" });
    const headers = 'handshake_headers must be a list like ["Name: value"], got object';
    expect(() => peer.connect_to_url(url)).toThrow(headers);
    peer.handshake_headers = ["no colon"];
    const line = 'an item of handshake_headers must be a string like "Name: value", got "no colon"';
    expect(() => peer.connect_to_url(url)).toThrow(line);
    peer.handshake_headers = [":no:name"];
    expect(() => peer.connect_to_url(url)).toThrow('an item of handshake_headers must be a string like "Name: value"');
    peer.handshake_headers = [];
    for (const name of ["inbound_buffer_size", "outbound_buffer_size", "max_queued_packets"] as const) {
      const before = peer[name];
      for (const [value, got] of [
        ["5", '"5"'],
        [-1, "-1"],
        [NaN, "NaN"],
        [null, "null"],
      ]) {
        peer[name] = any(value);
        expect(() => peer.connect_to_url(url)).toThrow(
          new TypeError(`${name} must be a number of 0 or more, got ${got}`),
        );
      }
      peer[name] = before;
    }
    const bytes = "the message must be a Uint8Array (write send_text for a string), got";
    expect(() => peer.send(any("text"))).toThrow(`${bytes} "text"`);
    expect(() => peer.put_packet(any([1, 2]))).toThrow(`${bytes} array`);
    const mode = "the mode must be WRITE_MODE_TEXT or WRITE_MODE_BINARY, got 2";
    expect(() => peer.send(new Uint8Array(1), 2)).toThrow(mode);
    const string = "the message must be a string (write send for bytes), got uint8array";
    expect(() => peer.send_text(any(new Uint8Array(1)))).toThrow(string);
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 1000.5, -0.5, Number.NaN, any("1000"), any("-1")]) {
      expect(() => peer.close(code)).toThrow(
        "the code must be 1000 to 1003, 1007 to 1014, 3000 to 4999, or a whole number below 0 for an end at once, got",
      );
    }
    // Half of a surrogate pair that stands alone is sent as three bytes.
    for (const reason of [any(5), "ä".repeat(62), "\ud800".repeat(42)]) {
      expect(() => peer.close(1000, reason)).toThrow(/the reason must be a string of at most 123 bytes, got/);
    }
    peer.close(1000, `${"ä".repeat(61)}x`);
    for (const code of [1001, 1003, 1007, 1014, 3000, 4999, -1, -4000]) peer.close(code);
    expect(peer.get_ready_state()).toBe(STATE_CLOSED);
  });
});

/** What a browser's WebSocket has; the test plays the network. */
class SimulatedWebSocket {
  static latest: SimulatedWebSocket;
  readyState = 0;
  protocol = "";
  bufferedAmount = 0;
  readonly sent: unknown[] = [];
  readonly closes: unknown[][] = [];
  onopen = (): void => {};
  onmessage = (_: { data: unknown }): void => {};
  onerror = (_: object): void => {};
  onclose = (_: { code: number; reason: string }): void => {};

  constructor() {
    SimulatedWebSocket.latest = this;
  }

  send(data: unknown): void {
    this.sent.push(data);
  }

  close(...args: unknown[]): void {
    this.closes.push(args);
    this.readyState = 2;
  }

  // What the network does.

  open(): void {
    this.readyState = 1;
    this.onopen();
  }

  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose({ code, reason });
  }
}

describe("in a browser", () => {
  let Peer: typeof WebSocketPeer;

  beforeAll(async () => {
    vi.resetModules();
    vi.doMock("isomorphic-ws", () => ({ default: SimulatedWebSocket }));
    Peer = (await import("../src/transport/websocket-peer.js")).WebSocketPeer;
  });

  afterAll(() => {
    vi.doUnmock("isomorphic-ws");
    vi.resetModules();
  });

  function connected() {
    const peer = new Peer();
    expect(peer.connect_to_url("wss://game.example/")).toBe(OK);
    const page = SimulatedWebSocket.latest;
    page.open();
    peer.poll();
    expect(peer.get_ready_state()).toBe(STATE_OPEN);
    return { peer, page };
  }

  test("TLS settings that it cannot honour are ERR_UNAVAILABLE", () => {
    const peer = new Peer();
    expect(peer.connect_to_url("wss://game.example/", TLSOptions.client_unsafe())).toBe(Err.ERR_UNAVAILABLE);
    expect(peer.get_ready_state()).toBe(STATE_CLOSED);
    expect(peer.connect_to_url("wss://game.example/", TLSOptions.client())).toBe(OK);
  });

  test("nothing can be seen to change but in poll()", () => {
    const peer = new Peer();
    peer.connect_to_url("wss://game.example/");
    const page = SimulatedWebSocket.latest;
    page.protocol = "chat";
    page.open();
    page.onmessage({ data: "a" });
    const look = () => [peer.get_ready_state(), peer.get_available_packet_count(), peer.get_selected_protocol()];
    expect(look()).toEqual([STATE_CONNECTING, 0, ""]);
    expect([peer.get_packet(), peer.get_packet_error()]).toEqual([new Uint8Array(), Err.ERR_UNAVAILABLE]);
    peer.poll();
    expect(look()).toEqual([STATE_OPEN, 1, "chat"]);
    page.onmessage({ data: "b" });
    page.end(4000, "bye");
    expect([...look(), peer.get_close_code(), peer.send_text("x")]).toEqual([STATE_OPEN, 1, "chat", -1, Err.FAILED]);
    peer.poll();
    expect([...look(), peer.get_close_code()]).toEqual([STATE_CLOSED, 2, "chat", 4000]);
    expect(takeAll(peer)).toEqual(["a", "b"]);
  });

  test("an end that came before an end at once is told by it", () => {
    const { peer, page } = connected();
    page.onmessage({ data: "a" });
    page.end(4000, "bye");
    peer.close(-1);
    expect([peer.get_ready_state(), peer.get_close_code(), peer.get_close_reason()]).toEqual([
      STATE_CLOSED,
      4000,
      "bye",
    ]);
    peer.poll();
    expect(takeAll(peer)).toEqual(["a"]);
  });

  test.each([
    [1000, 1000],
    [1001, 4001],
    [1014, 4014],
    [3000, 3000],
    [4999, 4999],
  ])("the code %i is sent as %i, which a page may send", (code, sent) => {
    const { peer, page } = connected();
    peer.close(code, "leaving");
    expect(page.closes).toEqual([[sent, "leaving"]]);
    page.onmessage({ data: "too late" });
    page.end(sent, "leaving");
    peer.poll();
    expect([peer.get_close_code(), peer.get_available_packet_count()]).toEqual([sent, 0]);
  });

  test.each([
    ["max_queued_packets", { max_queued_packets: 2 }],
    ["inbound_buffer_size", { inbound_buffer_size: 5 }],
  ])("a packet over %s ends the connection; those before it stay", (_, bounds) => {
    const { peer, page } = connected();
    Object.assign(peer, bounds);
    page.onmessage({ data: "ä" });
    page.onmessage({ data: Uint8Array.of(1, 2, 3).buffer });
    expect(page.closes).toEqual([]);
    page.onmessage({ data: "x" });
    page.onmessage({ data: "" });
    const reason = "the queue of received packets is full";
    expect(page.closes).toEqual([[4009, reason]]);
    expect(peer.get_ready_state()).toBe(STATE_OPEN);
    peer.poll();
    expect([peer.get_ready_state(), peer.get_close_code()]).toEqual([STATE_CLOSED, 1009]);
    expect(peer.get_packet()).toEqual(new TextEncoder().encode("ä"));
    page.end(4009, reason);
    peer.poll();
    expect([peer.get_ready_state(), peer.get_close_code(), peer.get_close_reason()]).toEqual([
      STATE_CLOSED,
      1009,
      reason,
    ]);
    expect(takeAll(peer)).toEqual([[1, 2, 3]]);
    expect(peer.connect_to_url("wss://game.example/")).toBe(OK);
    SimulatedWebSocket.latest.onmessage({ data: "fresh" });
    peer.poll();
    expect(takeAll(peer)).toEqual(["fresh"]);
  });

  test("0 is no bound", () => {
    const { peer, page } = connected();
    Object.assign(peer, { max_queued_packets: 0, inbound_buffer_size: 0 });
    for (let i = 0; i < 5000; i++) page.onmessage({ data: "packet of some bytes" });
    peer.poll();
    expect([peer.get_available_packet_count(), page.closes]).toEqual([5000, []]);
  });

  test("a socket of before does not reach the connection of now", () => {
    const { peer, page } = connected();
    peer.close(-1);
    peer.connect_to_url("wss://game.example/");
    page.onmessage({ data: "late" });
    page.end(1006);
    peer.poll();
    expect([peer.get_ready_state(), peer.get_available_packet_count()]).toEqual([STATE_CONNECTING, 0]);
  });

  test("packets of the connection before are dropped by the next", () => {
    const { peer, page } = connected();
    page.onmessage({ data: "old" });
    page.end(1000);
    peer.poll();
    expect(peer.get_available_packet_count()).toBe(1);
    peer.connect_to_url("wss://game.example/");
    peer.poll();
    expect([peer.get_available_packet_count(), peer.was_string_packet()]).toEqual([0, false]);
  });
});
