/*
 * What a client does must not depend on the form of its packets: the same behaviour with the built-in codec, with MessagePack, and
 * with a codec of ten lines. The other end is socket.io's own parser of that form; time is virtual.
 */
import { Buffer } from "node:buffer";
import { Decoder as MsgpackDecoder, Encoder as MsgpackEncoder } from "socket.io-msgpack-parser";
import { Decoder, Encoder } from "socket.io-parser";
import {
  type Codec,
  Err,
  OK,
  type OutFrame,
  SocketIOClient,
  SocketIONamespace,
  type TransportFactory,
} from "socketio-gameloop";
import { describe, expect, test, vi } from "vitest";
import { msgpack } from "../../src/codec/msgpack.js";
import { chooseSeed, Random } from "../property/random.js";
import { connecting, OPEN, open, outcome, type Rig, type RigOptions, record } from "../support/scripted-server.js";

/** A packet as socket.io has it. */
interface Packet {
  type: number;
  nsp: string;
  data?: unknown;
  id?: number;
}

interface Wire {
  readonly codec: Codec | null;
  write(packet: Packet): (string | Uint8Array)[];
  read(frames: readonly OutFrame[]): Packet[];
}

const CONNECT = 0;
const DISCONNECT = 1;
const EVENT = 2;
const ACK = 3;
const CONNECT_ERROR = 4;

const builtIn: Wire = {
  codec: null,
  write(packet) {
    const [text, ...attachments] = new Encoder().encode(packet as never) as [string, ...Buffer[]];
    return [`4${text}`, ...attachments.map((bytes) => new Uint8Array(bytes))];
  },
  read(frames) {
    const decoder = new Decoder();
    const packets: Packet[] = [];
    decoder.on("decoded", ({ type, nsp, data, id = -1 }) => {
      packets.push({
        type: type > CONNECT_ERROR ? type - 3 : type,
        nsp,
        ...(data && { data }),
        ...(id >= 0 && { id }),
      });
    });
    for (const frame of frames)
      decoder.add(typeof frame === "string" ? frame.slice(1) : Buffer.from(frame as Uint8Array));
    return packets;
  },
};

const messagePack: Wire = {
  codec: msgpack(),
  write: (packet) => [new Uint8Array((new MsgpackEncoder().encode(packet) as unknown as [Buffer])[0])],
  read(frames) {
    const decoder = new MsgpackDecoder();
    const packets: Packet[] = [];
    decoder.on("decoded", (packet) => packets.push(packet));
    for (const frame of frames) decoder.add(Buffer.from(frame as Uint8Array));
    return packets;
  },
};

/** As in the documentation of `Codec`, with binary as a list of numbers. */
const lines: Wire = {
  codec: {
    encode: ({ type, namespace, id, data }) =>
      JSON.stringify([type, namespace, id, data], (_, value) =>
        ArrayBuffer.isView(value) ? { bytes: [...(value as Uint8Array)] } : value,
      ),
    decode(message) {
      const revive = (_: string, value: { bytes?: number[] } | null) =>
        Array.isArray(value?.bytes) ? Uint8Array.from(value.bytes) : value;
      const [type, namespace, id, data] = JSON.parse(message as string, revive);
      return { type, namespace, id, event: data?.[0] ?? null, data: () => data };
    },
  },
  write: ({ type, nsp, id = -1, data }) => [
    `4${lines.codec?.encode({ type, namespace: nsp, id, data: data && JSON.parse(JSON.stringify(data, bytesAsList)) })}`,
  ],
  read: (frames) =>
    frames.map((frame) => {
      const packet = lines.codec?.decode((frame as string).slice(1));
      const { type = -1, namespace: nsp = "", id = -1 } = packet ?? {};
      const data = packet?.data();
      return { type, nsp, ...(data ? { data } : {}), ...(id < 0 ? {} : { id }) };
    }),
};

function bytesAsList(this: Record<string, unknown>, key: string, value: unknown): unknown {
  return this[key] instanceof Uint8Array ? { bytes: [...(this[key] as Uint8Array)] } : value;
}

/** The values of a packet as plain data: parsers differ in how they give binary. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${[...value].join(" ")}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

describe.each([
  ["the built-in codec", builtIn],
  ["MessagePack", messagePack],
  ["a codec of text", lines],
])("with %s", (_, wire) => {
  const serve = (rig: Rig, ...packets: Packet[]) => rig.serve(...packets.flatMap(wire.write));
  const event = (...data: unknown[]): Packet => ({ type: EVENT, nsp: "/", data });
  const written = (rig: Rig) => plain(wire.read(rig.peer.written()));
  const sent = (rig: Rig) => plain(wire.read(rig.sent()));

  function start(options: RigOptions = {}): Rig {
    return connecting({ codec: wire.codec, ...options });
  }

  /** A client whose main namespace is connected. */
  function up(options: RigOptions = {}, opened = OPEN, data: object = { sid: "a" }): Rig {
    const rig = start(options);
    rig.serve(opened, ...wire.write({ type: CONNECT, nsp: "/", data }));
    rig.peer.written();
    rig.told();
    return rig;
  }

  function join(rig: Rig, path: string): SocketIONamespace {
    const namespace = rig.client.create_namespace(path);
    namespace.connect_to_namespace();
    serve(rig, { type: CONNECT, nsp: path, data: { sid: path } });
    rig.peer.written();
    rig.told();
    return namespace;
  }

  test("connects, with auth and without", () => {
    const rig = start();
    rig.serve(OPEN);
    expect(written(rig)).toEqual([{ type: CONNECT, nsp: "/" }]);
    serve(rig, { type: CONNECT, nsp: "/", data: { sid: "a" } });
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
    rig.client.create_namespace("/chat").connect_to_namespace({ token: "é", deep: { list: [1, null] } });
    expect(sent(rig)).toEqual([{ type: CONNECT, nsp: "/chat", data: { token: "é", deep: { list: [1, null] } } }]);
  });

  test("asks an auth function at every connect", () => {
    const rig = start();
    let count = 0;
    rig.client.create_namespace("/chat").connect_to_namespace(() => ({ count: ++count }));
    rig.serve(OPEN);
    expect(written(rig)).toContainEqual({ type: CONNECT, nsp: "/chat", data: { count: 1 } });
    rig.lose();
    rig.comeBack();
    expect(written(rig)).toContainEqual({ type: CONNECT, nsp: "/chat", data: { count: 2 } });
  });

  const values = [
    [],
    ["text", "é漢😀", ""],
    [0, -1, 1.5, 2 ** 40, true, false, null],
    [{ a: [1, { b: null }], "": 0 }, [[], {}]],
    [Uint8Array.of(1, 2, 3), { deep: [Uint8Array.of(4)] }],
  ];
  test.each(values)("carries %j %j %j in both directions", (...args) => {
    const rig = up();
    const seen: unknown[] = [];
    rig.main.on("x", (data) => seen.push(plain(data)));
    serve(rig, event("x", ...args));
    expect(seen).toEqual([plain(args)]);
    rig.main.emit("x", args);
    expect(sent(rig)).toEqual([{ type: EVENT, nsp: "/", data: ["x", ...(plain(args) as unknown[])] }]);
  });

  test("acknowledges in both directions, once", () => {
    const rig = up();
    const codes: (Err | undefined)[] = [];
    const answers: unknown[] = [];
    rig.main.on("ask", ([value], reply) => codes.push(reply?.([value, Uint8Array.of(7)]), reply?.(["again"])));
    serve(rig, { ...event("ask", 1), id: 12 });
    expect(codes).toEqual([OK, Err.ERR_ALREADY_IN_USE]);
    expect(written(rig)).toEqual([{ type: ACK, nsp: "/", id: 12, data: [1, "bytes 7"] }]);
    rig.main.emit_with_ack("get", [2], (...answer) => answers.push(plain(answer)));
    expect(sent(rig)).toEqual([{ type: EVENT, nsp: "/", id: 0, data: ["get", 2] }]);
    serve(rig, { type: ACK, nsp: "/", id: 0, data: [{ ok: true }] }, { type: ACK, nsp: "/", id: 0, data: ["again"] });
    expect(answers).toEqual([[[{ ok: true }], OK]]);
  });

  test("an acknowledgement that does not come is a timeout, and one that comes late is ignored", async () => {
    const rig = up();
    const promise = rig.main.emit_with_ack("get", [], 1);
    rig.poll();
    rig.step(1);
    expect(await outcome(promise)).toMatchObject({ code: Err.ERR_TIMEOUT });
    serve(rig, { type: ACK, nsp: "/", id: 0, data: [] });
    expect(rig.told()).toEqual([]);
  });

  test("namespaces are told apart; refusals carry data; a kick is heard; leaving is said", () => {
    const rig = up();
    const chat = join(rig, "/chat");
    const seen = record(rig, "/chat");
    serve(rig, event("x", "main"), { ...event("x", "chat"), nsp: "/chat" }, { ...event("x"), nsp: "/unknown" });
    expect(seen).toEqual(['x ["chat"]']);
    chat.disconnect_from_namespace();
    expect(sent(rig)).toEqual([{ type: DISCONNECT, nsp: "/chat" }]);
    const errors: unknown[] = [];
    const vip = rig.client.create_namespace("/vip");
    vip.connect_error.connect((error) => errors.push(error));
    vip.connect_to_namespace();
    rig.poll();
    serve(rig, { type: CONNECT_ERROR, nsp: "/vip", data: { message: "no", data: { code: 401 } } });
    expect(errors).toEqual([{ message: "no", namespace: "/vip", code: Err.ERR_UNAUTHORIZED, data: { code: 401 } }]);
    rig.told();
    serve(rig, { type: DISCONNECT, nsp: "/" });
    expect(rig.told()).toContain("disconnected(server disconnect)");
  });

  test("events that come before the answer to CONNECT are delivered after `connected`", () => {
    const rig = start();
    const seen = record(rig);
    rig.serve(OPEN, ...[event("early", 1), event("early", 2)].flatMap(wire.write));
    expect(seen).toEqual([]);
    rig.client.connected.connect(() => seen.push("connected"));
    serve(rig, { type: CONNECT, nsp: "/", data: { sid: "a" } }, event("late"));
    expect(seen).toEqual(["connected", "early [1]", "early [2]", "late []"]);
  });

  test("EVENT_LATEST delivers the newest only, and counts the others", () => {
    const rig = up();
    const seen = record(rig);
    rig.main.set_event_mode("state", SocketIONamespace.EVENT_LATEST);
    serve(rig, event("state", 1), event("other"), event("state", 2), event("state", 3), {
      ...event("state", 4),
      id: 0,
    });
    expect(seen).toEqual(["other []", "state [3]", "state [4]"]);
    expect(rig.client.get_stats().events_skipped).toBe(2);
  });

  test("the budget counts packets, and the rest waits", () => {
    const rig = up({ poll_max_packets: 2 });
    const seen = record(rig);
    serve(rig, event("a"), event("b"), event("c"));
    expect([seen.length, rig.client.get_pending_count()]).toEqual([2, 1]);
    rig.poll();
    expect(seen).toEqual(["a []", "b []", "c []"]);
  });

  test("a session is recovered: the offset is taken off, sent along, and what is replayed is not seen twice", () => {
    const rig = up({}, OPEN, { sid: "a", pid: "p" });
    const seen = record(rig);
    serve(rig, event("x", 1, "PzA0001"), event("x", 2, "PzA0002"));
    rig.lose();
    rig.comeBack();
    expect(written(rig)).toEqual([{ type: CONNECT, nsp: "/", data: { pid: "p", offset: "PzA0002" } }]);
    serve(rig, event("x", 2, "PzA0002"), event("x", 3, "PzA0003"), {
      type: CONNECT,
      nsp: "/",
      data: { sid: "b", pid: "p" },
    });
    expect(seen).toEqual(["x [1]", "x [2]", "x [3]"]);
    expect(rig.main.is_recovered()).toBe(true);
  });

  test("what is emitted offline waits, in order, with its acknowledgements", () => {
    const rig = start();
    const answers: unknown[] = [];
    rig.main.emit("a", [Uint8Array.of(1)]);
    rig.main.emit_with_ack("b", [], (response) => answers.push(response));
    rig.main.emit("c");
    rig.serve(OPEN, ...wire.write({ type: CONNECT, nsp: "/", data: { sid: "a" } }));
    expect(written(rig)).toEqual([
      { type: CONNECT, nsp: "/" },
      { type: EVENT, nsp: "/", data: ["a", "bytes 1"] },
      { type: EVENT, nsp: "/", id: 0, data: ["b"] },
      { type: EVENT, nsp: "/", data: ["c"] },
    ]);
    serve(rig, { type: ACK, nsp: "/", id: 0, data: ["done"] });
    expect(answers).toEqual([["done"]]);
  });

  test("retries send the same packet again, also over the next connection, until it is answered", () => {
    const rig = up({ retries: 3, ack_timeout: 1 });
    const answers: unknown[] = [];
    rig.main.emit_with_ack("a", [Uint8Array.of(1)], (...answer) => answers.push(answer));
    rig.main.emit_with_ack("b", [], (...answer) => answers.push(answer));
    const first = { type: EVENT, nsp: "/", id: 0, data: ["a", "bytes 1"] };
    expect(sent(rig)).toEqual([first]);
    rig.step(1);
    expect(sent(rig)).toEqual([first]);
    rig.lose();
    rig.comeBack();
    rig.peer.written();
    serve(rig, { type: CONNECT, nsp: "/", data: { sid: "b" } });
    expect(sent(rig)).toEqual([first]);
    serve(rig, { type: ACK, nsp: "/", id: 0, data: ["one"] });
    expect(sent(rig)).toEqual([{ type: EVENT, nsp: "/", id: 1, data: ["b"] }]);
    serve(rig, { type: ACK, nsp: "/", id: 1, data: ["two"] });
    expect(answers).toEqual([
      [["one"], OK],
      [["two"], OK],
    ]);
  });

  test("volatile events go while the transport takes them", () => {
    const rig = up();
    expect(rig.main.emit_volatile("move", [1])).toBe(OK);
    rig.peer.bufferedAmount = 1_000_000;
    expect(rig.main.emit_volatile("move", [2])).toBe(Err.ERR_BUSY);
    rig.peer.bufferedAmount = 0;
    expect(sent(rig)).toEqual([event("move", 1)]);
  });

  test("a packet that is larger than the server takes is refused, or reported if it was accepted before", () => {
    const rig = up({}, open({ maxPayload: 200 }));
    const large = ["x".repeat(200)];
    expect(rig.main.emit("x", large)).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(rig.main.emit_volatile("x", large)).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(rig.main.emit("x", [new Uint8Array(201)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(rig.main.emit("x", ["x".repeat(100)])).toBe(OK);
    expect(rig.sent()).toHaveLength(1);
    const late = start();
    const codes: Err[] = [];
    late.main.emit("first");
    late.main.emit_with_ack("x", large, (_response, code) => codes.push(code));
    late.main.emit("last");
    late.serve(open({ maxPayload: 200 }), ...wire.write({ type: CONNECT, nsp: "/", data: { sid: "a" } }));
    expect(codes).toEqual([Err.ERR_CONNECTION_ERROR]);
    expect(written(late)).toEqual([{ type: CONNECT, nsp: "/" }, event("first"), event("last")]);
    expect(late.told().at(-1)).toMatch(/^listener_error\(a packet is larger than the limit of 200 bytes/);
  });

  test("a message that is larger than max_payload closes the connection", () => {
    const rig = up({ max_payload: 2000 }, open({ maxPayload: 2000 }));
    serve(rig, event("x", "y".repeat(2000)));
    expect(rig.told()).toContain("disconnected(parse error)");
    expect(rig.client.get_last_error()).toContain("max_payload");
  });

  test("data that cannot be encoded is a TypeError at the call, and nothing has changed", () => {
    const rig = up({ retries: 1 });
    const cycle: unknown[] = [];
    cycle.push(cycle);
    for (const data of [[1n], [cycle]]) {
      expect(() => rig.main.emit("x", data)).toThrow(TypeError);
      expect(() => rig.main.emit_volatile("x", data)).toThrow(TypeError);
      expect(() => rig.main.emit_with_ack("x", data, () => {})).toThrow(TypeError);
    }
    expect(rig.client.get_stats().acks_pending).toBe(0);
    rig.main.emit_with_ack("y", [], () => {});
    expect(sent(rig)).toEqual([{ type: EVENT, nsp: "/", id: 0, data: ["y"] }]);
  });

  test.each([
    ["an event with a reserved name", { type: EVENT, nsp: "/", data: ["disconnect"] }],
    ["an acknowledgement without an id", { type: ACK, nsp: "/", data: [] }],
    ["a CONNECT without a session id", { type: CONNECT, nsp: "/", data: {} }],
  ])("%s is a parse error; what came before it is delivered, and the client reconnects", (_name, packet) => {
    const rig = up();
    const seen = record(rig);
    serve(rig, event("before"), packet, event("after"));
    expect(seen).toEqual(["before []"]);
    expect(rig.told().slice(0, 2)).toEqual(["namespace_disconnected(/)", "disconnected(parse error)"]);
    rig.comeBack();
    expect(written(rig)).toEqual([{ type: CONNECT, nsp: "/" }]);
  });

  test("close says goodbye in every namespace", () => {
    const rig = up();
    join(rig, "/chat");
    rig.main.emit("last");
    rig.client.close();
    expect(written(rig)).toEqual([event("last"), { type: DISCONNECT, nsp: "/" }, { type: DISCONNECT, nsp: "/chat" }]);
  });
});

describe("the option", () => {
  test.each([[{}], [() => {}], ["msgpack"], [{ encode() {} }], [1]])("codec: %s is refused", (codec) => {
    expect(() => new SocketIOClient({ codec: codec as never })).toThrow(TypeError);
  });

  test("may be an instance of a class, and is used as it is", () => {
    class Spy {
      readonly inner = msgpack();
      encode(packet: Parameters<Codec["encode"]>[0]) {
        return this.inner.encode(packet);
      }
      decode(message: Parameters<Codec["decode"]>[0]) {
        return this.inner.decode(message);
      }
    }
    const rig = connecting({ codec: new Spy() });
    rig.serve(OPEN, ...messagePack.write({ type: CONNECT, nsp: "/", data: { sid: "a" } }));
    expect(rig.told()).toContain("connected(a)");
  });

  test("cannot change while connected", () => {
    const codec = msgpack();
    const rig = connecting({ codec });
    expect(rig.client.configure({ codec: msgpack() })).toBe(Err.ERR_ALREADY_IN_USE);
    expect(rig.client.configure({ codec: null })).toBe(Err.ERR_ALREADY_IN_USE);
    expect(rig.client.configure({ codec, ack_timeout: 1 })).toBe(OK);
    rig.client.close();
    expect(rig.client.configure({ codec: null })).toBe(OK);
  });
});

describe("with MessagePack", () => {
  const { write } = messagePack;

  function up(options: RigOptions = {}): Rig {
    const rig = connecting({ codec: msgpack(), ...options });
    rig.serve(OPEN, ...write({ type: CONNECT, nsp: "/", data: { sid: "a" } }));
    rig.peer.written();
    rig.told();
    return rig;
  }

  test("a packet is one binary frame, dates stay dates, NaN stays NaN, and binary is an Uint8Array", () => {
    const rig = up();
    const seen: unknown[][] = [];
    rig.main.on("x", (data) => seen.push(data));
    const when = new Date(1_700_000_000_123);
    rig.serve(...write({ type: EVENT, nsp: "/", data: ["x", when, Number.NaN, Buffer.of(1), new ArrayBuffer(8)] }));
    expect(seen).toEqual([[when, Number.NaN, Uint8Array.of(1), new Uint8Array(8)]]);
    rig.main.emit("x", [when, Number.NaN, Uint8Array.of(1), new ArrayBuffer(8)]);
    const frames = rig.sent();
    expect(frames).toHaveLength(1);
    expect(messagePack.read(frames)[0]?.data).toEqual(["x", when, Number.NaN, Buffer.of(1), Buffer.alloc(8)]);
  });

  test("nothing is decoded before poll(), and never what nobody listens to or what a newer one replaced", () => {
    const codec = msgpack();
    const decoded: unknown[] = [];
    const decode = (message: Uint8Array | string) => {
      const packet = codec.decode(message);
      return { ...packet, data: () => decoded.push(packet.event) && packet.data() };
    };
    const rig = connecting({ codec: { encode: codec.encode, decode } });
    rig.serve(OPEN, ...write({ type: CONNECT, nsp: "/", data: { sid: "a" } }));
    decoded.length = 0;
    rig.main.on("state", () => {});
    rig.main.set_event_mode("state", SocketIONamespace.EVENT_LATEST);
    for (const name of ["state", "unheard", "state", "state"])
      rig.push(...write({ type: EVENT, nsp: "/", data: [name, 1] }));
    expect(decoded).toEqual([]);
    rig.poll();
    expect(decoded).toEqual(["state"]);
  });

  test("an hour of snapshots in a hidden tab holds one", () => {
    const rig = up({ max_queued_packets: 10 });
    const seen = record(rig);
    rig.main.set_event_mode("state", SocketIONamespace.EVENT_LATEST);
    for (let count = 0; count < 1000; count++) rig.push(...write({ type: EVENT, nsp: "/", data: ["state", count] }));
    expect(rig.client.get_pending_count()).toBe(1);
    rig.poll();
    expect(seen).toEqual(["state [999]"]);
  });

  test("what waits is bounded by its size as well", () => {
    const rig = up({ max_queued_bytes: 1000 });
    for (let count = 0; count < 4; count++) rig.push(...write({ type: EVENT, nsp: "/", data: ["x", "y".repeat(300)] }));
    rig.poll();
    expect(rig.told()).toContain("disconnected(inbound overflow)");
  });

  test("a Blob is a TypeError: only a transport could wait for its bytes", () => {
    const rig = up();
    expect(() => rig.main.emit("x", [new Blob(["x"])])).toThrow("await blob.arrayBuffer()");
    expect(rig.sent()).toEqual([]);
  });

  test.each([
    ["text, from a server with the default parser", '40{"sid":"a"}'],
    ["an empty message", new Uint8Array(0)],
    ["an array of four billion", Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ["a million levels", new Uint8Array(900_000).fill(0x91)],
    ["no packet", Uint8Array.of(0xc0)],
  ])("%s is a parse error, behind what came before", (_, frame) => {
    const rig = up();
    const seen = record(rig);
    rig.serve(...write({ type: EVENT, nsp: "/", data: ["before"] }), frame);
    expect(seen).toEqual(["before []"]);
    expect(rig.told()).toContain("disconnected(parse error)");
    expect(rig.client.get_last_error()).toContain("a message that the codec can read");
  });

  test("over HTTP long-polling, where binary is base64, the limit counts that", () => {
    const peers = up();
    const factory = peers.factory(false, "polling");
    const transport_factory: TransportFactory = (request, handler) =>
      Object.assign(factory(request, handler), { textOnly: true });
    const rig = connecting({ codec: msgpack(), transport_factory });
    // 1 + 4 * 147 / 3 = 197
    peers.push(open({ maxPayload: 200 }), ...write({ type: CONNECT, nsp: "/", data: { sid: "a" } }));
    rig.poll();
    peers.peer.written();
    expect(rig.main.emit("x", ["x".repeat(124)])).toBe(OK);
    expect(rig.main.emit("x", ["x".repeat(125)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    rig.poll();
    expect(peers.peer.written()).toMatchObject([{ length: 147 }]);
  });

  test("mutated conversations: nothing comes out of the client, and what it keeps is bounded", () => {
    const seed = chooseSeed();
    const random = new Random(seed);
    const silent = vi.spyOn(console, "error").mockImplementation(() => {});
    const packets: Packet[] = [
      { type: CONNECT, nsp: "/", data: { sid: "a", pid: "p" } },
      { type: CONNECT, nsp: "/a", data: { sid: "b" } },
      { type: EVENT, nsp: "/", data: ["x", { list: [1, 2, 3], text: "é" }, "PzA0001"] },
      { type: EVENT, nsp: "/a", data: ["state", new Date(5), Buffer.alloc(20), undefined] },
      { type: EVENT, nsp: "/", id: 3, data: ["ask", new ArrayBuffer(8)] },
      { type: ACK, nsp: "/", id: 0, data: [{ ok: true }] },
      { type: CONNECT_ERROR, nsp: "/a", data: { message: "no", data: 1 } },
      { type: DISCONNECT, nsp: "/a" },
    ];
    const frames = packets.map((packet) => write(packet)[0] as Uint8Array);
    let acknowledged = 0;
    let asked = 0;
    let errors = 0;
    for (let round = 0; round < 150; round++) {
      const rig = connecting({
        codec: msgpack(),
        max_queued_packets: 8,
        max_queued_bytes: 4000,
        retries: random.below(2),
      });
      rig.client.create_namespace("/a").connect_to_namespace();
      rig.client.get_namespace("/a")?.set_event_mode("state", SocketIONamespace.EVENT_LATEST);
      rig.main.on("ask", (data, reply) => reply?.(data));
      rig.client.disconnected.connect((reason) => {
        if (reason === "parse error") errors++;
      });
      rig.serve(OPEN);
      for (let turn = 0; turn < 40; turn++) {
        if (rig.main.emit_with_ack("x", [turn], () => acknowledged++) === OK) asked++;
        const frame = Uint8Array.from(random.chance(0.3) ? (frames[0] as Uint8Array) : random.pick(frames));
        for (let changes = random.below(3); changes > 0; changes--)
          frame[random.below(frame.length)] = random.below(256);
        rig.push(random.chance(0.1) ? frame.slice(0, random.below(frame.length)) : frame);
        if (rig.client.get_pending_count() > 16) throw new Error(`seed ${seed}: the inbox has no bound`);
        if (random.chance(0.5)) rig.poll();
        rig.step(random.chance(0.2) ? 6 : 0);
        if (!rig.peer.closed && rig.client.get_engine_io_session_id() === "") rig.push(OPEN);
      }
      rig.client.close();
      expect(rig.client.get_stats().acks_pending).toBe(0);
    }
    silent.mockRestore();
    expect(errors, `seed ${seed}`).toBeGreaterThan(50);
    expect(acknowledged, `seed ${seed}`).toBe(asked);
  });
});

test("binary before the session is open is no packet, with whatever codec", () => {
  const codec = msgpack();
  const rig = connecting({ codec, max_queued_packets: 2, canPause: true });
  const packet = codec.encode({ type: 2, namespace: "/", id: -1, data: ["x"] }) as Uint8Array;
  rig.serve(packet, packet);
  expect(rig.told()).toEqual([
    'connect_error(/, expected an Engine.IO 4 open packet (this is no Socket.IO v3+ server), got "binary")',
    "reconnecting(1, 0.25)",
  ]);
});
