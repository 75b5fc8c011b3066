/* The codec seam in the core, with a codec that writes each packet as a line of JSON and keeps a record of what it was asked. */
import { describe, expect, test } from "vitest";
import type { Codec, IncomingPacket, OutgoingPacket } from "../../src/protocol/codec.js";
import { decodeMessage, encodeMessage } from "../../src/protocol/codec.js";
import { ERR_PARAMETER_RANGE_ERROR, OK } from "../../src/protocol/codes.js";
import { Deadlines } from "../../src/protocol/deadlines.js";
import { CONNECTED, type NamespaceSession } from "../../src/protocol/namespace-session.js";
import { ProtocolError } from "../../src/protocol/protocol-error.js";
import { RttEstimator } from "../../src/protocol/rtt.js";
import { type RawPacket, SocketDecoder } from "../../src/protocol/socket-decoder.js";
import {
  peekEventName,
  peekPacket,
  readAck,
  readConnect,
  readEvent,
  readRefusal,
} from "../../src/protocol/socket-packet.js";
import { type SessionSink, SocketSession } from "../../src/protocol/socket-session.js";
import { HeardNamespace, SESSION_OPTIONS } from "../support/heard-namespace.js";

function incoming(type: number, data: unknown, parts: Partial<IncomingPacket> = {}): IncomingPacket {
  const event = Array.isArray(data) && typeof data[0] === "string" ? data[0] : null;
  return { type, namespace: "/", id: -1, event, data: () => data, ...parts };
}

/** The codec, and how often data was decoded. */
function lines(): Codec & { decoded: number } {
  const codec = {
    decoded: 0,
    encode: ({ type, namespace, id, data }: OutgoingPacket) => JSON.stringify([type, namespace, id, data]),
    decode(message: Uint8Array | string): IncomingPacket {
      const [type, namespace, id, data] = JSON.parse(String(message));
      const read = () => {
        codec.decoded++;
        if (data === "broken") throw new RangeError("broken");
        return data;
      };
      return { ...incoming(type, data), namespace, id, data: read };
    },
  };
  return codec;
}

describe("a message", () => {
  test("of text has the type of an Engine.IO message in front, binary has not", () => {
    const packet = { type: 2, namespace: "/", id: -1, data: ["x"] };
    expect(encodeMessage({ ...lines(), encode: () => "hello" }, packet)).toBe("4hello");
    expect(encodeMessage({ ...lines(), encode: () => Uint8Array.of(4) }, packet)).toEqual(Uint8Array.of(4));
  });

  test("reaches the codec without that type", () => {
    const seen: unknown[] = [];
    const codec: Codec = {
      ...lines(),
      decode(message) {
        seen.push(message);
        return incoming(1, undefined);
      },
    };
    decodeMessage(codec, "4hello");
    decodeMessage(codec, Uint8Array.of(4));
    expect(seen).toEqual(["hello", Uint8Array.of(4)]);
  });

  test.each([
    [new RangeError("too short"), "too short"],
    ["a string", "a string"],
    [undefined, "undefined"],
  ])("that the codec throws %s at is what the server did wrong", (thrown, quoted) => {
    const codec: Codec = {
      ...lines(),
      decode() {
        throw thrown;
      },
    };
    expect(() => decodeMessage(codec, "4")).toThrow(
      new ProtocolError(`expected a message that the codec can read, got "${quoted}"`),
    );
  });

  test("is a packet: text and binary, with its size, and no attachments are awaited", () => {
    const codec: Codec = { ...lines(), decode: () => incoming(2, ["x"]) };
    const decoder = new SocketDecoder({ options: { max_attachments: 0, max_queued_bytes: 1, codec } });
    const binary = decoder.receive(new Uint8Array(10), 0);
    expect(binary).toMatchObject({ attachments: [], size: 10 });
    expect(decoder.receive("451-[]", 0)).toMatchObject({ size: 6, content: { type: 2, event: "x" } });
  });

  test.each([[undefined], [null]])("is read as the built-in codec does if the codec is %s", (codec) => {
    const limits = { max_attachments: 0, max_queued_bytes: 1 };
    const decoder = new SocketDecoder({ options: codec === null ? { ...limits, codec } : limits });
    expect(decoder.receive('42["x"]', 0)).toMatchObject({ content: '42["x"]' });
  });
});

describe("the parts of a packet", () => {
  test("an event's name, if it is known", () => {
    const peek = (packet: IncomingPacket) => ({ ...peekPacket(packet) });
    expect(peek(incoming(2, ["x", 1], { namespace: "/a" }))).toMatchObject({ event: "x", namespace: "/a", id: -1 });
    expect(peek(incoming(2, ["x"], { id: 0 }))).toMatchObject({ event: "x", namespace: "/", id: 0 });
    expect(peek(incoming(3, ["x"]))).toMatchObject({ event: null });
    expect(peek(incoming(2, ["x"], { event: null }))).toMatchObject({ event: null });
  });

  test("a reserved name is left to the full reader, which refuses it", () => {
    expect(peekEventName(incoming(2, ["disconnect"]), 0)).toBeNull();
    expect(() => readEvent(incoming(2, ["disconnect"]), 0)).toThrow(ProtocolError);
  });

  test("data is checked as JSON is", () => {
    expect(readEvent(incoming(2, [7, "a"]), 0)).toEqual(["7", "a"]);
    expect(readAck(incoming(3, [1]), 0)).toEqual([1]);
    expect(readConnect(incoming(0, { sid: "a" }), 0)).toEqual({ sid: "a" });
    expect(readRefusal(incoming(4, { message: "no", data: 1 }), 0)).toEqual({ message: "no", data: 1 });
    expect(() => readEvent(incoming(2, {}), 0)).toThrow(ProtocolError);
    expect(() => readAck(incoming(3, undefined), 0)).toThrow(ProtocolError);
    expect(() => readConnect(incoming(0, undefined), 0)).toThrow(ProtocolError);
    expect(() => readRefusal(incoming(4, 7), 0)).toThrow(ProtocolError);
  });

  test("are what an error quotes, cut", () => {
    expect(() => readEvent(incoming(2, {}), 0)).toThrow(
      'expected an event ["name",…], got {"type":2,"namespace":"/","id":-1,"event":null}',
    );
    const long = incoming(2, {}, { namespace: `/${"x".repeat(1000)}` });
    expect(() => readEvent(long, 0)).toThrow(/^.{1,130}$/);
  });
});

/** A session with the codec, and what its sink is told. */
class Bench implements SessionSink {
  readonly codec = lines();
  readonly told: string[] = [];
  readonly session = new SocketSession<HeardNamespace>(
    { ...SESSION_OPTIONS, max_attachments: 0, codec: this.codec },
    new Deadlines(),
    new RttEstimator(),
    this,
  );
  readonly decoder = new SocketDecoder({ options: { max_attachments: 1, max_queued_bytes: 1000, codec: this.codec } });

  /** What is to be received. */
  #next: RawPacket[] = [];

  readonly me = (data: unknown[], code: number): void => {
    this.told.push(`acknowledged me ${JSON.stringify(data)} ${code}`);
  };

  constructor(path = "/", auth = "") {
    this.session.connect(this.session.namespace(path), auth, 0);
    this.session.open(0, 200);
  }

  get main(): HeardNamespace {
    return this.session.namespace("/");
  }

  serve(line: string): void {
    this.#next.push(this.decoder.receive(`4${line}`, 0)!);
    for (let packet = this.#next.shift(); packet; packet = this.#next.shift()) this.session.receive(packet);
  }

  out(): unknown[] {
    return [...this.session.output(0, Infinity, null)];
  }

  taken(): void {}
  released(held: readonly RawPacket[]): void {
    this.#next.unshift(...held);
  }
  connected({ path, sid }: NamespaceSession): void {
    this.told.push(`connected ${path} ${sid}`);
  }
  disconnected({ path }: NamespaceSession, reason: string): void {
    this.told.push(`disconnected ${path} ${reason}`);
  }
  refused({ path }: NamespaceSession, message: string): void {
    this.told.push(`refused ${path} ${message}`);
  }
  event({ path }: NamespaceSession, event: string, data: unknown[], ackId: number): void {
    this.told.push(`event ${path} ${event} ${JSON.stringify(data)} ${ackId}`);
  }
  readonly counters = { bytes_sent: 1 };
  readonly backlog = 0;
  lastError = "";
  makeNamespace(path: string): HeardNamespace {
    return new HeardNamespace(path);
  }
  undeliverable(_: NamespaceSession, message: string): void {
    this.told.push(`undeliverable ${message}`);
  }
}

describe("a session", () => {
  test("writes every kind of packet with the codec", () => {
    const bench = new Bench("/", '{"token":"t"}');
    expect(bench.out()).toEqual(['4[0,"/",-1,{"token":"t"}]']);
    bench.serve('[0,"/",-1,{"sid":"a"}]');
    bench.session.emit(bench.main, "x", [1], 0);
    bench.session.emit(bench.main, "y", [], 0, bench.me, 5);
    bench.session.emitVolatile(bench.main, "z", [], true);
    bench.session.reply(bench.main, bench.main.generation, 9, ["r"]);
    bench.session.disconnect(bench.main);
    expect(bench.out()).toEqual([
      '4[2,"/",-1,["x",1]]',
      '4[2,"/",0,["y"]]',
      '4[2,"/",-1,["z"]]',
      '4[3,"/",9,["r"]]',
      '4[1,"/",-1,null]',
    ]);
  });

  test("joins without auth, and with what a recovery needs", () => {
    const bench = new Bench("/a");
    expect(bench.out()).toEqual(['4[0,"/a",-1,null]']);
    bench.serve('[0,"/a",-1,{"sid":"a","pid":"p"}]');
    bench.serve('[2,"/a",-1,["x","PzA0001"]]');
    bench.session.close("transport close", false);
    bench.session.open(1, 200);
    expect(bench.out()).toEqual(['4[0,"/a",-1,{"pid":"p","offset":"PzA0001"}]']);
    expect(bench.told).toEqual(["connected /a a", "event /a x [] -1", "disconnected /a transport close"]);
  });

  test("reads every kind of packet", () => {
    const bench = new Bench();
    bench.serve('[2,"/",-1,["early"]]');
    bench.serve('[0,"/",-1,{"sid":"a"}]');
    bench.serve('[2,"/",4,["x",1]]');
    bench.session.emit(bench.main, "y", [], 0, bench.me, 5);
    bench.out();
    bench.serve('[3,"/",0,["ok"]]');
    bench.serve('[1,"/",-1]');
    bench.serve('[2,"/other",-1,["nobody has this namespace"]]');
    expect(bench.told).toEqual([
      "connected / a",
      "event / early [] -1",
      "event / x [1] 4",
      'acknowledged me ["ok"] 0',
      "disconnected / server disconnect",
    ]);
    const refused = new Bench();
    refused.serve('[4,"/",-1,{"message":"no"}]');
    expect(refused.told).toEqual(["refused / no"]);
  });

  test("does not decode what nobody listens to, and what it held until the join it decodes once", () => {
    const bench = new Bench();
    bench.main.filter = (event) => event === "wanted";
    bench.serve('[2,"/",-1,["wanted"]]');
    bench.serve('[2,"/",-1,["unwanted"]]');
    expect(bench.codec.decoded).toBe(0);
    bench.serve('[0,"/",-1,{"sid":"a"}]');
    bench.serve('[2,"/",-1,["unwanted"]]');
    expect(bench.codec.decoded).toBe(2);
    expect(bench.told).toEqual(["connected / a", "event / wanted [] -1"]);
  });

  test("finds fault with the server for data that the codec cannot decode, or that is not what it should be", () => {
    const bench = new Bench();
    bench.serve('[0,"/",-1,{"sid":"a"}]');
    expect(bench.main.state).toBe(CONNECTED);
    for (const line of ['[2,"/",-1,"broken"]', '[2,"/",-1,[]]', '[3,"/",0,{}]', '[3,"/",-1,[]]']) {
      expect(() => bench.serve(line)).toThrow(ProtocolError);
    }
  });

  test("does not take a text with a length for a DISCONNECT with data", () => {
    const bench = new Bench();
    bench.serve('[0,"/",-1,{"sid":"a"}]');
    bench.serve('[1,"/",-1,{"length":1000}]');
    expect(bench.told.at(-1)).toBe("disconnected / server disconnect");
  });

  test("refuses a binary packet that this server does not take; of one that it had accepted it says the size", () => {
    const bench = new Bench();
    bench.codec.encode = (() => new Uint8Array(201)) as never;
    expect(bench.session.emit(bench.main, "x", [], 0)).toBe(ERR_PARAMETER_RANGE_ERROR);
    bench.session.close("transport close", false);
    bench.session.open(0, 1000);
    expect(bench.session.emit(bench.main, "x", [], 0)).toBe(OK);
    bench.session.close("transport close", false);
    bench.session.open(0, 200);
    bench.serve('[0,"/",-1,{"sid":"a"}]');
    bench.session.deadlines.advance(0);
    expect(bench.told).toEqual([
      "connected / a",
      "undeliverable a packet is larger than the limit of 200 bytes: 201 bytes",
    ]);
  });
});
