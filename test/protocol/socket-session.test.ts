import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { Err } from "../../src/errors.js";
import { Deadlines } from "../../src/protocol/deadlines.js";
import { CONNECTED, CONNECTING, DISCONNECTED, type NamespaceSession } from "../../src/protocol/namespace-session.js";
import type { AckHandler } from "../../src/protocol/out-packet.js";
import { ProtocolError } from "../../src/protocol/protocol-error.js";
import { RttEstimator } from "../../src/protocol/rtt.js";
import { type RawPacket, timedPacket } from "../../src/protocol/socket-decoder.js";
import { type SessionOptions, type SessionSink, SocketSession } from "../../src/protocol/socket-session.js";
import { HeardNamespace, SESSION_OPTIONS } from "../support/heard-namespace.js";

/** A session, its clock, and everything that its sink is told, in order. */
class Bench implements SessionSink {
  readonly deadlines = new Deadlines();
  readonly rtt = new RttEstimator();
  readonly session: SocketSession<HeardNamespace>;
  now = 0;
  /** Runs when a line that starts like its key has been told. */
  readonly hooks = new Map<string, () => void>();
  #log: string[] = [];
  /** What is to be received. */
  #next: RawPacket[] = [];
  /** How many packets were taken. */
  packets = 0;

  constructor(options: Partial<SessionOptions> = {}) {
    this.session = new SocketSession({ ...SESSION_OPTIONS, ...options }, this.deadlines, this.rtt, this);
  }

  ns(path = "/"): HeardNamespace {
    return this.session.namespace(path);
  }

  open(maxPayload = Infinity): void {
    this.session.open(this.now, maxPayload);
  }

  join(path = "/", auth: string | null = ""): NamespaceSession {
    this.session.connect(this.ns(path), auth, this.now);
    return this.ns(path);
  }

  /** The server writes a packet. */
  serve(text: string, ...attachments: Uint8Array[]): void {
    this.#next.push({ ...timedPacket(text, text.length, this.now), attachments });
    for (let packet = this.#next.shift(); packet; packet = this.#next.shift()) this.session.receive(packet);
  }

  /** Time passes. */
  pass(seconds: number): void {
    this.now += seconds;
    this.deadlines.advance(this.now);
  }

  /** What is written now. */
  out(): unknown[] {
    return [...this.session.output(this.now, Infinity, null)];
  }

  /** What is written now, and a moment later: a CONNECT keeps some distance from a DISCONNECT before it. */
  outSoon(): unknown[] {
    const frames = this.out();
    this.pass(1);
    return [...frames, ...this.out()];
  }

  emit(event: string, data: unknown[] = [], path = "/"): number {
    return this.session.emit(this.ns(path), event, data, this.now);
  }

  ask(owner: string, data: unknown[] = [], timeout = 5, path = "/"): number {
    return this.session.emit(this.ns(path), owner, data, this.now, this.#owner(owner), timeout);
  }

  /** What was told since the last call. */
  told(): string[] {
    return this.#log.splice(0);
  }

  #tell(line: string): void {
    this.#log.push(line);
    for (const [start, hook] of this.hooks) {
      if (!line.startsWith(start)) continue;
      this.hooks.delete(start);
      hook();
    }
  }

  taken(): void {
    this.packets++;
  }

  released(held: readonly RawPacket[]): void {
    this.#next.unshift(...held);
  }

  connected({ path, sid, recovered }: NamespaceSession): void {
    this.#tell(`connected ${path} ${sid}${recovered ? " recovered" : ""}`);
  }

  disconnected({ path }: NamespaceSession, reason: string): void {
    this.#tell(`disconnected ${path} ${reason}`);
  }

  refused({ path }: NamespaceSession, message: string, code: number, data?: unknown): void {
    this.#tell(`refused ${path} ${message} ${code}${data === undefined ? "" : ` ${JSON.stringify(data)}`}`);
  }

  event({ path }: NamespaceSession, event: string, data: unknown[], ackId: number): void {
    this.#tell(`event ${path} ${event} ${JSON.stringify(data)}${ackId < 0 ? "" : ` ${ackId}`}`);
  }

  #owner(owner: string): AckHandler {
    return (data, code) => this.#tell(`ack ${owner} ${JSON.stringify(data)} ${code}`);
  }

  readonly counters = { bytes_sent: 1 };
  readonly backlog = 0;
  lastError = "";

  makeNamespace(path: string): HeardNamespace {
    return new HeardNamespace(path);
  }

  undeliverable({ path }: NamespaceSession, message: string): void {
    this.#tell(`undeliverable ${path} ${message}`);
  }
}

/** A session whose main namespace is joined as "a"; nothing of that is left in `told()` and `out()`. */
function joined(options: Partial<SessionOptions> = {}, answer = '40{"sid":"a"}'): Bench {
  const bench = new Bench(options);
  bench.join();
  bench.open();
  bench.out();
  bench.serve(answer);
  bench.told();
  return bench;
}

/** The engine is lost; another one opens, and the main namespace is answered. */
function again(bench: Bench, answer = '40{"sid":"b"}', maxPayload = Infinity): unknown[] {
  bench.session.close("transport close", false);
  bench.open(maxPayload);
  const connect = bench.out();
  bench.serve(answer);
  return connect;
}

describe("joining", () => {
  test("a namespace wanted before the engine opens is joined when it does; without auth as `40`", () => {
    const bench = new Bench();
    bench.join();
    bench.join("/a", '{"token":"x"}');
    expect(bench.out()).toEqual([]);
    bench.open();
    expect(bench.session.hasOutput).toBe(true);
    expect(bench.out()).toEqual(["40", '40/a,{"token":"x"}']);
    expect(bench.session.hasOutput).toBe(false);
    expect(bench.ns("/a").state).toBe(CONNECTING);
  });

  test("wanted on an open engine it is joined at once; one that nobody wants is not", () => {
    const bench = new Bench();
    bench.ns("/unwanted");
    bench.open();
    bench.join("/a");
    expect(bench.out()).toEqual(["40/a,"]);
    expect(bench.session.isWanted()).toBe(true);
  });

  test("the answer connects it; ids and state are there before the sink is told", () => {
    const bench = new Bench();
    const ns = bench.join();
    bench.open();
    bench.hooks.set("connected", () => expect([ns.state, ns.sid, ns.recovered]).toEqual([CONNECTED, "a", false]));
    bench.serve('40{"sid":"a"}');
    expect(bench.told()).toEqual(["connected / a"]);
    expect(bench.hooks.size).toBe(0);
  });

  test("how long the answer took is a sample of the round-trip time", () => {
    const bench = new Bench();
    bench.join();
    bench.open();
    bench.now += 0.25;
    bench.serve('40{"sid":"a"}');
    expect(bench.rtt.rtt).toBe(0.25);
  });

  test("each namespace has its own answer, id and generation", () => {
    const bench = joined();
    bench.join("/a");
    bench.serve('40/a,{"sid":"s"}');
    expect([bench.ns().sid, bench.ns("/a").sid]).toEqual(["a", "s"]);
    expect(bench.told()).toEqual(["connected /a s"]);
  });

  test("a refusal ends it: message and data are told", () => {
    const bench = new Bench();
    const ns = bench.join();
    bench.open();
    bench.serve('44{"message":"no","data":{"code":7}}');
    expect(ns.state).toBe(DISCONNECTED);
    expect(bench.session.isWanted()).toBe(false);
    expect(bench.told()).toEqual([`refused / no ${Err.ERR_UNAUTHORIZED} {"code":7}`]);
  });

  test("a DISCONNECT instead of the answer is a refusal too", () => {
    const bench = new Bench();
    bench.join("/a");
    bench.open();
    bench.serve("41/a,");
    expect(bench.told()).toEqual([`refused /a the server disconnected the namespace ${Err.ERR_UNAUTHORIZED}`]);
  });

  test("no answer within connect_timeout: ERR_TIMEOUT, and a late answer is answered with DISCONNECT", () => {
    const bench = new Bench();
    const ns = bench.join("/a");
    bench.open();
    bench.out();
    bench.pass(19.9);
    expect(bench.told()).toEqual([]);
    bench.pass(0.1);
    expect(bench.told()).toEqual([`refused /a the server did not answer the CONNECT in time ${Err.ERR_TIMEOUT}`]);
    expect(ns.state).toBe(DISCONNECTED);
    expect(bench.out()).toEqual([]);
    bench.serve('40/a,{"sid":"late"}');
    expect(bench.out()).toEqual(["41/a,"]);
    expect(bench.told()).toEqual([]);
  });

  test("the deadline is over once the answer is here", () => {
    const bench = joined();
    bench.pass(1000);
    expect(bench.told()).toEqual([]);
  });

  test("a second answer is ignored, and a refusal after the answer too", () => {
    const bench = joined();
    bench.serve('40{"sid":"other"}');
    bench.serve('44{"message":"no"}');
    expect(bench.ns()).toMatchObject({ state: CONNECTED, sid: "a" });
    expect(bench.told()).toEqual([]);
  });

  test.each(["40", "40{}", "44", "44[]", '40{"sid":7}'])("the answer %s is a ProtocolError", (text) => {
    const bench = new Bench();
    bench.join();
    bench.open();
    expect(() => bench.serve(text)).toThrow(ProtocolError);
    expect(bench.ns().state).toBe(CONNECTING);
    expect(bench.told()).toEqual([]);
  });
});

describe("auth that comes later", () => {
  test("CONNECT waits for it", () => {
    const bench = new Bench();
    const ns = bench.join("/", null);
    bench.open();
    expect(bench.out()).toEqual([]);
    bench.session.authorize(ns, '{"token":"x"}', bench.now);
    expect(bench.out()).toEqual(['40{"token":"x"}']);
  });

  test("that comes before the engine opens goes with its opening", () => {
    const bench = new Bench();
    const ns = bench.join("/", null);
    bench.session.authorize(ns, "", bench.now);
    expect(bench.out()).toEqual([]);
    bench.open();
    expect(bench.out()).toEqual(["40"]);
  });

  test("that never comes: the join times out and says who did not answer", () => {
    const bench = new Bench();
    bench.join("/", null);
    bench.open();
    bench.pass(20);
    expect(bench.told()).toEqual([`refused / the auth function did not answer in time ${Err.ERR_TIMEOUT}`]);
  });

  test("that comes when the namespace has been left is not sent", () => {
    const bench = new Bench();
    const ns = bench.join("/", null);
    bench.open();
    bench.session.disconnect(ns);
    bench.session.authorize(ns, '{"token":"x"}', bench.now);
    expect(bench.out()).toEqual([]);
    expect(bench.told()).toEqual([]);
  });

  test("given up by the caller: refused as if by the server", () => {
    const bench = new Bench();
    const ns = bench.join("/", null);
    bench.open();
    bench.session.refuse(ns, "no token");
    expect(bench.told()).toEqual([`refused / no token ${Err.ERR_UNAUTHORIZED}`]);
    expect(ns.state).toBe(DISCONNECTED);
  });

  test("is asked for anew at the next connection: CONNECT waits again", () => {
    const bench = joined();
    bench.session.close("transport close", false);
    bench.session.authorize(bench.ns(), null, bench.now);
    bench.open();
    expect(bench.out()).toEqual([]);
    bench.session.authorize(bench.ns(), '{"token":"y"}', bench.now);
    expect(bench.out()).toEqual(['40{"token":"y"}']);
  });
});

describe("leaving", () => {
  test("a joined namespace: DISCONNECT is written behind what was emitted, and the sink is told", () => {
    const bench = joined();
    bench.emit("last");
    bench.session.disconnect(bench.ns());
    expect(bench.ns()).toMatchObject({ state: DISCONNECTED, sid: "" });
    expect(bench.told()).toEqual(["disconnected / client disconnect"]);
    expect(bench.out()).toEqual(['42["last"]', "41"]);
  });

  test("twice, or without having joined: nothing happens the second time", () => {
    const bench = joined();
    bench.session.disconnect(bench.ns("/never"));
    bench.session.disconnect(bench.ns());
    bench.session.disconnect(bench.ns());
    expect(bench.out()).toEqual(["41"]);
    expect(bench.told()).toEqual(["disconnected / client disconnect"]);
  });

  test("while CONNECT is unanswered: nothing is written until the answer, then DISCONNECT; nobody is told", () => {
    const bench = new Bench();
    const ns = bench.join("/a");
    bench.open();
    bench.out();
    bench.session.disconnect(ns);
    expect(bench.out()).toEqual([]);
    bench.serve('40/a,{"sid":"s"}');
    expect(bench.out()).toEqual(["41/a,"]);
    expect(bench.told()).toEqual([]);
    expect(ns.state).toBe(DISCONNECTED);
  });

  test("while CONNECT is unanswered, and the answer is a refusal: nothing more is written", () => {
    const bench = new Bench();
    bench.join("/a");
    bench.open();
    bench.out();
    bench.session.disconnect(bench.ns("/a"));
    bench.serve('44/a,{"message":"no"}');
    expect(bench.out()).toEqual([]);
    expect(bench.told()).toEqual([]);
  });

  test("while CONNECT is unanswered, and joining again with another auth: one CONNECT after the other, the second counts", () => {
    const bench = new Bench();
    bench.join("/a", '{"as":"first"}');
    bench.open();
    expect(bench.out()).toEqual(['40/a,{"as":"first"}']);
    bench.session.disconnect(bench.ns("/a"));
    bench.join("/a", '{"as":"second"}');
    expect(bench.out()).toEqual([]);
    bench.serve('40/a,{"sid":"one"}');
    expect(bench.outSoon()).toEqual(["41/a,", '40/a,{"as":"second"}']);
    expect(bench.told()).toEqual([]);
    bench.serve('40/a,{"sid":"two"}');
    expect(bench.ns("/a").sid).toBe("two");
    expect(bench.told()).toEqual(["connected /a two"]);
    bench.pass(100);
    expect(bench.told()).toEqual([]);
  });

  test("the same when the first CONNECT is refused: the second follows without a DISCONNECT", () => {
    const bench = new Bench();
    bench.join("/a", '{"as":"first"}');
    bench.open();
    bench.out();
    bench.session.disconnect(bench.ns("/a"));
    bench.join("/a", '{"as":"second"}');
    bench.serve('44/a,{"message":"no"}');
    expect(bench.out()).toEqual(['40/a,{"as":"second"}']);
    expect(bench.told()).toEqual([]);
  });

  test("left, joined and left again while the first CONNECT is unanswered: one DISCONNECT, nobody is told", () => {
    const bench = new Bench();
    const ns = bench.join("/a");
    bench.open();
    bench.out();
    bench.session.disconnect(ns);
    bench.join("/a");
    bench.session.disconnect(ns);
    bench.serve('40/a,{"sid":"s"}');
    expect(bench.out()).toEqual(["41/a,"]);
    expect(bench.told()).toEqual([]);
    expect(ns.state).toBe(DISCONNECTED);
  });

  test("a joined namespace, and joining again at once: DISCONNECT, then CONNECT", () => {
    const bench = joined();
    bench.session.disconnect(bench.ns());
    bench.join("/", '{"as":"second"}');
    expect(bench.outSoon()).toEqual(["41", '40{"as":"second"}']);
    bench.serve('40{"sid":"b"}');
    expect(bench.told()).toEqual(["disconnected / client disconnect", "connected / b"]);
  });

  test("a CONNECT keeps 0.1 s from the DISCONNECT before it: a server that reads both at once closes the whole connection", () => {
    const bench = joined();
    bench.session.disconnect(bench.ns());
    bench.join();
    expect(bench.out()).toEqual(["41"]);
    bench.pass(0.09);
    expect(bench.out()).toEqual([]);
    bench.pass(0.02);
    expect(bench.out()).toEqual(["40"]);
  });

  test("the distance counts from the moment DISCONNECT was written", () => {
    const bench = joined();
    bench.session.disconnect(bench.ns());
    bench.pass(5);
    bench.join();
    expect(bench.out()).toEqual(["41"]);
    bench.pass(0.05);
    expect(bench.out()).toEqual([]);
    bench.pass(0.06);
    expect(bench.out()).toEqual(["40"]);
  });

  test("left again within the distance: no CONNECT follows; lost within it: the next engine need not wait", () => {
    const left = joined();
    left.session.disconnect(left.ns());
    left.join();
    left.out();
    left.session.disconnect(left.ns());
    left.pass(1);
    expect(left.out()).toEqual([]);
    const lost = joined();
    lost.session.disconnect(lost.ns());
    lost.join();
    lost.out();
    lost.session.close("transport close", false);
    lost.pass(1);
    expect(lost.out()).toEqual([]);
    lost.open();
    expect(lost.out()).toEqual(["40"]);
  });

  test("the distance of an earlier connection does not cut the one of the next short", () => {
    const bench = joined();
    bench.session.disconnect(bench.ns());
    bench.join();
    bench.out();
    bench.session.close("transport close", false);
    bench.open();
    bench.serve('40{"sid":"b"}');
    bench.out();
    bench.pass(0.09);
    bench.session.disconnect(bench.ns());
    bench.join();
    bench.pass(0.02);
    expect(bench.out()).toEqual(["41"]);
  });

  test("what the server sent to the session that was left is not delivered to the one that follows", () => {
    const bench = joined();
    bench.session.disconnect(bench.ns());
    bench.join("/", '{"as":"second"}');
    bench.out();
    bench.serve('42["snapshot","for the first"]');
    bench.pass(1);
    bench.out();
    bench.serve('420["question","for the first"]');
    bench.serve('40{"sid":"b"}');
    bench.serve('42["snapshot","for the second"]');
    expect(bench.told().slice(1)).toEqual(["connected / b", 'event / snapshot ["for the second"]']);
  });

  test("nor what the server sent to a session whose join was abandoned", () => {
    const bench = new Bench();
    bench.join("/", '{"as":"first"}');
    bench.open();
    bench.out();
    bench.session.disconnect(bench.ns());
    bench.join("/", '{"as":"second"}');
    bench.serve('40{"sid":"one"}');
    bench.serve('42["welcome","first"]');
    bench.outSoon();
    bench.serve('42["still","first"]');
    bench.serve('40{"sid":"two"}');
    bench.serve('42["welcome","second"]');
    expect(bench.told()).toEqual(["connected / two", 'event / welcome ["second"]']);
  });

  test("once joined anew that is over: after a kick what comes before the next answer is held again", () => {
    const bench = joined();
    bench.session.disconnect(bench.ns());
    bench.join();
    bench.outSoon();
    bench.serve('40{"sid":"b"}');
    bench.serve("41");
    bench.join();
    bench.told();
    bench.serve('42["early"]');
    bench.serve('40{"sid":"c"}');
    expect(bench.told()).toEqual(["connected / c", "event / early []"]);
  });

  test("but on a new connection nothing is of the old session: what comes before the answer is held again", () => {
    const bench = joined();
    bench.session.disconnect(bench.ns());
    bench.join();
    bench.session.close("transport close", false);
    bench.told();
    bench.open();
    bench.serve('42["early"]');
    bench.serve('40{"sid":"b"}');
    expect(bench.told()).toEqual(["connected / b", "event / early []"]);
  });

  test("the server's DISCONNECT: told with its reason, and there is no automatic join", () => {
    const bench = joined();
    bench.join("/a");
    bench.serve('40/a,{"sid":"s"}');
    bench.told();
    bench.out();
    bench.serve("41/a,");
    expect(bench.told()).toEqual(["disconnected /a server disconnect"]);
    expect(bench.out()).toEqual([]);
    expect(again(bench)).toEqual(["40"]);
  });

  test("the server's DISCONNECT for what is not joined is ignored", () => {
    const bench = joined();
    bench.ns("/a");
    bench.serve("41/a,");
    expect(bench.told()).toEqual([]);
  });

  test("a DISCONNECT that says why (python-socketio) is one, and costs the others nothing", () => {
    const bench = joined();
    bench.join("/a");
    bench.serve('40/a,{"sid":"s"}');
    bench.told();
    bench.serve('41/a,{"message":"banned"}');
    expect(bench.told()).toEqual(["disconnected /a server disconnect"]);
    expect(bench.ns().state).toBe(CONNECTED);
  });

  test("sayGoodbye writes DISCONNECT for each joined namespace, and for no other", () => {
    const bench = joined();
    bench.join("/a");
    bench.serve('40/a,{"sid":"s"}');
    bench.join("/b");
    bench.ns("/c");
    bench.out();
    bench.session.sayGoodbye();
    expect(bench.out()).toEqual(["41", "41/a,"]);
  });
});

describe("events", () => {
  test("are told with name, arguments and the id of the acknowledgement that is wanted", () => {
    const bench = joined();
    bench.serve('42["a",1,{"b":null}]');
    bench.serve('427["ask"]');
    bench.serve('451-["bin",{"_placeholder":true,"num":0}]', Uint8Array.of(5));
    expect(bench.told()).toEqual(['event / a [1,{"b":null}]', "event / ask [] 7", 'event / bin [{"0":5}]']);
  });

  test.each(["__proto__", "constructor", "*", "", "é😀", "a,b", "hasOwnProperty"])(
    "%j is a name like any other",
    (name) => {
      const bench = joined();
      expect(bench.emit(name, [1])).toBe(Err.OK);
      expect(bench.out()).toEqual([`42${JSON.stringify([name, 1])}`]);
      bench.serve(`42${JSON.stringify([name, 2])}`);
      expect(bench.told()).toEqual([`event / ${name} [2]`]);
    },
  );

  test("an escaped name is the same name", () => {
    const bench = joined();
    bench.ns().filter = (event) => event === "move";
    bench.serve('42["\\u006dove"]');
    expect(bench.told()).toEqual(["event / move []"]);
  });

  test("for nobody are not even parsed", () => {
    const bench = joined();
    bench.ns().filter = (event) => event === "heard";
    bench.serve('42["unheard",nonsense]');
    bench.serve('42["heard"]');
    expect(bench.told()).toEqual(["event / heard []"]);
    expect(() => bench.serve('42["heard",nonsense]')).toThrow(ProtocolError);
  });

  test("for nobody are parsed all the same when the session can be recovered: the offset is in them", () => {
    const bench = joined({}, '40{"sid":"a","pid":"p"}');
    bench.ns().filter = () => false;
    bench.serve('42["unheard","CA1B2C3.1"]');
    bench.session.close("transport close", false);
    bench.open();
    expect(bench.out()).toEqual(['40{"pid":"p","offset":"CA1B2C3.1"}']);
  });

  test.each(['42["connect"]', "42", "42{}", "42[]", "42[bad", '451-["a",{"_placeholder":true,"num":1}]'])(
    "%s is a ProtocolError",
    (text) => {
      const bench = joined();
      expect(() => bench.serve(text, Uint8Array.of(1))).toThrow(ProtocolError);
      expect(bench.told()).toEqual([]);
    },
  );

  test.each(['42/x,["a"]', "41/x,", '40/x,{"sid":"s"}', '44/x,{"message":"no"}', "43/x,0[]"])(
    "%s is for a namespace that nobody knows, and is ignored",
    (text) => {
      const bench = joined();
      bench.serve(text);
      expect(bench.told()).toEqual([]);
      expect(bench.out()).toEqual([]);
    },
  );

  test("for a namespace that was left are ignored", () => {
    const bench = joined();
    bench.session.disconnect(bench.ns());
    bench.told();
    bench.serve('42["late"]');
    expect(bench.told()).toEqual([]);
  });

  test("that come before the answer to CONNECT are held, and told after `connected`, in order", () => {
    const bench = new Bench();
    bench.join();
    bench.open();
    bench.serve('42["one"]');
    bench.serve('420["two"]');
    bench.serve('451-["three",{"_placeholder":true,"num":0}]', Uint8Array.of(3));
    expect(bench.told()).toEqual([]);
    expect(bench.packets).toBe(0);
    bench.serve('40{"sid":"a"}');
    expect(bench.packets).toBe(4);
    expect(bench.told()).toEqual(["connected / a", "event / one []", "event / two [] 0", 'event / three [{"0":3}]']);
  });

  test("after a join that was given up and then refused they are of the next one, and held", () => {
    const bench = new Bench();
    bench.join();
    bench.open();
    bench.out();
    bench.session.refuse(bench.ns(), "too late");
    bench.serve('44{"message":"full"}');
    bench.told();
    bench.join();
    bench.serve('42["early"]');
    bench.serve('40{"sid":"b"}');
    expect(bench.told()).toEqual(["connected / b", "event / early []"]);
  });

  test("held ones die with a refusal and with the connection", () => {
    const bench = new Bench();
    bench.join();
    bench.open();
    bench.serve('42["one"]');
    bench.session.close("transport close", false);
    bench.open();
    bench.serve('40{"sid":"a"}');
    expect(bench.told()).toEqual(["connected / a"]);
  });

  test("held ones that cannot be read are a ProtocolError, told after `connected`", () => {
    const bench = new Bench();
    bench.join();
    bench.open();
    bench.serve("42[bad");
    expect(() => bench.serve('40{"sid":"a"}')).toThrow(ProtocolError);
    expect(bench.told()).toEqual(["connected / a"]);
  });

  test("more than max_queued_packets cannot be held: ProtocolError", () => {
    const bench = new Bench();
    bench.join();
    bench.open();
    for (let count = 0; count < 4; count++) bench.serve('42["a"]');
    expect(() => bench.serve('42["a"]')).toThrow("expected the answer to CONNECT before so many events");
  });

  test("more than max_queued_bytes cannot be held: ProtocolError", () => {
    const bench = new Bench({ max_queued_bytes: 100 });
    bench.join();
    bench.open();
    const text = `42["${"x".repeat(44)}"]`;
    expect(text).toHaveLength(50);
    bench.serve(text);
    bench.serve(text);
    expect(() => bench.serve('42["a"]')).toThrow(ProtocolError);
  });
});

describe("re-entrancy: the sink may call any command", () => {
  test("emit inside `connected` comes behind what was buffered and before what is emitted later", () => {
    const bench = new Bench();
    bench.join();
    bench.emit("offline");
    bench.hooks.set("connected", () => bench.emit("inside"));
    bench.open();
    bench.serve('40{"sid":"a"}');
    bench.emit("later");
    expect(bench.out()).toEqual(["40", '42["offline"]', '42["inside"]', '42["later"]']);
  });

  test("disconnect inside `connected` ends the delivery of what was held", () => {
    const bench = new Bench();
    const ns = bench.join();
    bench.open();
    bench.serve('42["held"]');
    bench.hooks.set("connected", () => bench.session.disconnect(ns));
    bench.serve('40{"sid":"a"}');
    expect(bench.told()).toEqual(["connected / a", "disconnected / client disconnect"]);
    expect(bench.out()).toEqual(["40", "41"]);
  });

  test("disconnect inside a held event ends the delivery of the others", () => {
    const bench = new Bench();
    const ns = bench.join();
    bench.open();
    bench.serve('42["one"]');
    bench.serve('42["two"]');
    bench.hooks.set("event / one", () => bench.session.disconnect(ns));
    bench.serve('40{"sid":"a"}');
    expect(bench.told()).toEqual(["connected / a", "event / one []", "disconnected / client disconnect"]);
  });

  test("disconnect and join inside `connected`: the old delivery does not go on in the new session", () => {
    const bench = new Bench();
    const ns = bench.join();
    bench.open();
    bench.serve('42["held"]');
    bench.hooks.set("connected", () => {
      bench.session.disconnect(ns);
      bench.join();
    });
    bench.serve('40{"sid":"a"}');
    bench.serve('40{"sid":"never asked for"}');
    bench.out();
    bench.serve('40{"sid":"b"}');
    expect(bench.told().filter((line) => line.startsWith("event"))).toEqual([]);
  });

  test("close inside an event: the session is over when the call returns, and nothing is told twice", () => {
    const bench = joined();
    bench.ask("pending");
    bench.out();
    bench.hooks.set("event", () => bench.session.close("client disconnect", true));
    bench.serve('42["end"]');
    expect(bench.told()).toEqual([
      "event / end []",
      `ack pending [] ${Err.ERR_CONNECTION_ERROR}`,
      "disconnected / client disconnect",
    ]);
    bench.session.close("client disconnect", true);
    expect(bench.told()).toEqual([]);
  });

  test("joining another namespace inside a failed acknowledgement is not undone by the loss that goes on", () => {
    const bench = joined();
    bench.ask("pending");
    bench.out();
    bench.hooks.set("ack", () => bench.join("/a"));
    bench.session.close("transport close", false);
    expect(bench.told()).toEqual([`ack pending [] ${Err.ERR_CONNECTION_ERROR}`, "disconnected / transport close"]);
    bench.open();
    expect(bench.out()).toEqual(["40", "40/a,"]);
  });

  test("leaving inside a failed acknowledgement: `disconnected` is told once", () => {
    const bench = joined();
    bench.ask("pending");
    bench.out();
    bench.hooks.set("ack", () => bench.session.disconnect(bench.ns()));
    bench.session.close("transport close", false);
    expect(bench.told()).toEqual([`ack pending [] ${Err.ERR_CONNECTION_ERROR}`, "disconnected / transport close"]);
    bench.open();
    expect(bench.out()).toEqual([]);
  });

  test("emit inside an acknowledgement of the same namespace goes out; inside its failure it is kept for the next", () => {
    const bench = joined();
    bench.ask("first");
    bench.out();
    bench.hooks.set("ack first", () => bench.ask("second"));
    bench.serve('430["yes"]');
    expect(bench.out()).toEqual(['421["second"]']);
    bench.hooks.set("ack second", () => bench.emit("third"));
    again(bench);
    expect(bench.out()).toEqual(['42["third"]']);
  });

  test("close inside `undeliverable`: the acknowledgement of that packet is still settled once", () => {
    const bench = new Bench();
    bench.join();
    bench.ask("large", ["x".repeat(100)]);
    bench.ask("large too", ["x".repeat(100)]);
    bench.hooks.set("undeliverable", () => bench.session.close("client disconnect", true));
    bench.open(50);
    bench.serve('40{"sid":"a"}');
    bench.pass(0);
    expect(bench.told().filter((line) => line.startsWith("ack"))).toEqual([
      `ack large [] ${Err.ERR_CONNECTION_ERROR}`,
      `ack large too [] ${Err.ERR_CONNECTION_ERROR}`,
    ]);
    expect(bench.session.acksPending).toBe(0);
  });

  test("two sessions share nothing but the clock", () => {
    const one = joined();
    const two = joined();
    one.hooks.set("event", () => two.emit("forwarded"));
    one.serve('42["a"]');
    expect(one.out()).toEqual([]);
    expect(two.out()).toEqual(['42["forwarded"]']);
    expect(two.told()).toEqual([]);
    one.session.close("transport close", true);
    expect(two.ns().state).toBe(CONNECTED);
  });
});

describe("emit", () => {
  test("goes out in the order of the calls, across namespaces", () => {
    const bench = joined();
    bench.join("/a");
    bench.serve('40/a,{"sid":"s"}');
    bench.out();
    bench.emit("one");
    bench.emit("two", [{ b: Uint8Array.of(1) }], "/a");
    bench.emit("three", [1, null]);
    expect(bench.out()).toEqual([
      '42["one"]',
      '451-/a,["two",{"b":{"_placeholder":true,"num":0}}]',
      Uint8Array.of(1),
      '42["three",1,null]',
    ]);
    expect(bench.out()).toEqual([]);
  });

  test("for a namespace that was never asked to connect: ERR_UNCONFIGURED", () => {
    const bench = new Bench();
    expect(bench.emit("a")).toBe(Err.ERR_UNCONFIGURED);
    expect(bench.ask("b")).toBe(Err.ERR_UNCONFIGURED);
    expect(bench.session.emitVolatile(bench.ns(), "c", [], true)).toBe(Err.ERR_UNCONFIGURED);
    expect(bench.session.acksPending).toBe(0);
  });

  test("what cannot be encoded is a TypeError at the call, connected or not; nothing has changed", () => {
    for (const bench of [new Bench(), joined({ retries: 1 })]) {
      if (bench.ns().state === DISCONNECTED) bench.join();
      expect(() => bench.emit("a", [1n])).toThrow(TypeError);
      expect(() => bench.ask("a", [1n])).toThrow(TypeError);
      expect(() => bench.session.emitVolatile(bench.ns(), "a", [1n], true)).toThrow(TypeError);
      expect(bench.session.hasOutput).toBe(false);
      expect(bench.session.acksPending).toBe(0);
      expect(bench.ns().nextAckId).toBe(0);
    }
  });

  test("the caller may change its data and buffers afterwards", () => {
    const bench = joined();
    const list = [1];
    const raw = Uint8Array.of(1);
    bench.emit("a", [list, raw]);
    list.push(2);
    raw.fill(9);
    expect(bench.out()).toEqual(['451-["a",[1],{"_placeholder":true,"num":0}]', Uint8Array.of(1)]);
  });

  test.each(["a", "é", "€", "😀"])(
    "a packet of %j at the server's limit goes; one byte more is ERR_PARAMETER_RANGE_ERROR",
    (character) => {
      const text = `42["${character.repeat(10)}"]`;
      for (const [slack, code, out] of [
        [0, Err.OK, [text]],
        [-1, Err.ERR_PARAMETER_RANGE_ERROR, []],
      ] as const) {
        const bench = new Bench();
        bench.join();
        bench.open(Buffer.byteLength(text) + slack);
        bench.serve('40{"sid":"a"}');
        bench.out();
        expect(bench.emit(character.repeat(10))).toBe(code);
        expect(bench.session.emitVolatile(bench.ns(), character.repeat(10), [], true)).toBe(code);
        expect(bench.out()).toEqual([...out, ...out]);
        expect(bench.ns().state).toBe(CONNECTED);
      }
    },
  );

  test("the limit counts for each attachment and for replies too", () => {
    const bench = new Bench();
    bench.join();
    bench.open(60);
    bench.serve('40{"sid":"a"}');
    bench.out();
    expect(bench.emit("a", [new Uint8Array(60)])).toBe(Err.OK);
    expect(bench.emit("a", [new Uint8Array(61)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(bench.session.reply(bench.ns(), bench.ns().generation, 0, ["x".repeat(60)])).toBe(
      Err.ERR_PARAMETER_RANGE_ERROR,
    );
    expect(bench.ask("b", ["x".repeat(60)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(bench.session.acksPending).toBe(0);
  });
});

describe("offline policies", () => {
  test("buffer: kept, and sent first thing after the next answer to CONNECT", () => {
    const bench = new Bench();
    bench.join();
    expect([bench.emit("one"), bench.emit("two")]).toEqual([Err.OK, Err.OK]);
    bench.open();
    bench.emit("three");
    expect(bench.out()).toEqual(["40"]);
    bench.serve('40{"sid":"a"}');
    expect(bench.out()).toEqual(['42["one"]', '42["two"]', '42["three"]']);
  });

  test("buffer: full at max_buffered_packets, acknowledged ones counted; ERR_OUT_OF_MEMORY and nothing kept", () => {
    const bench = new Bench();
    bench.join();
    for (let count = 0; count < 3; count++) bench.emit(`${count}`);
    expect(bench.ask("3")).toBe(Err.OK);
    expect(bench.emit("4")).toBe(Err.ERR_OUT_OF_MEMORY);
    expect(bench.ask("5")).toBe(Err.ERR_OUT_OF_MEMORY);
    expect(bench.session.acksPending).toBe(1);
    expect(bench.ns().nextAckId).toBe(1);
  });

  test("the bound is for each namespace, and none when connected", () => {
    const bench = new Bench();
    bench.join();
    bench.join("/a");
    for (let count = 0; count < 4; count++) bench.emit("x");
    expect(bench.emit("x", [], "/a")).toBe(Err.OK);
    const open = joined();
    for (let count = 0; count < 100; count++) expect(open.emit("x")).toBe(Err.OK);
  });

  test("drop: OK, and lost; an acknowledged one times out", () => {
    const bench = new Bench({ offline: "drop" });
    bench.join();
    expect([bench.emit("one"), bench.ask("two")]).toEqual([Err.OK, Err.OK]);
    bench.open();
    bench.serve('40{"sid":"a"}');
    expect(bench.out()).toEqual(["40"]);
    expect(bench.session.acksPending).toBe(1);
    bench.serve('430["the server cannot know of it"]');
    bench.pass(5);
    expect(bench.told()).toEqual(["connected / a", `ack two [] ${Err.ERR_TIMEOUT}`]);
  });

  test("drop: counts for at-least-once as well, and is not bounded by the buffer", () => {
    const bench = new Bench({ offline: "drop", retries: 3 });
    bench.join();
    for (let count = 0; count < 6; count++) expect(bench.ask(`${count}`)).toBe(Err.OK);
    bench.open();
    bench.serve('40{"sid":"a"}');
    expect(bench.out()).toEqual(["40"]);
    bench.pass(5);
    expect(bench.told()).toHaveLength(7);
  });

  test("drop: what was not written when the connection broke is lost too", () => {
    const bench = joined({ offline: "drop" });
    bench.emit("one");
    bench.ask("two");
    again(bench);
    expect(bench.out()).toEqual([]);
    expect(bench.told()).toContain(`ack two [] ${Err.ERR_CONNECTION_ERROR}`);
  });

  test("error: ERR_UNAVAILABLE, and nothing is kept", () => {
    const bench = new Bench({ offline: "error" });
    bench.join();
    expect([bench.emit("one"), bench.ask("two")]).toEqual([Err.ERR_UNAVAILABLE, Err.ERR_UNAVAILABLE]);
    bench.open();
    bench.serve('40{"sid":"a"}');
    expect(bench.out()).toEqual(["40"]);
    expect(bench.emit("three")).toBe(Err.OK);
  });

  test("what was not written when the connection broke goes with the next one, in its order", () => {
    const bench = joined();
    bench.emit("one");
    bench.ask("two");
    bench.session.close("transport close", false);
    bench.emit("three");
    expect(bench.told()).toEqual(["disconnected / transport close"]);
    bench.open();
    bench.serve('40{"sid":"b"}');
    expect(bench.out()).toEqual(["40", '42["one"]', '420["two"]', '42["three"]']);
  });

  test("a long buffer can be written in parts, in front of what is emitted meanwhile", () => {
    const bench = new Bench();
    bench.join();
    for (const name of ["one", "two", "three"]) bench.emit(name);
    bench.ask("four");
    bench.open();
    bench.out();
    bench.serve('40{"sid":"a"}');
    bench.emit("five");
    const parts = [2, 1, 9].map((most) => [...bench.session.output(bench.now, most, null)]);
    expect(parts).toEqual([['42["one"]', '42["two"]'], ['42["three"]'], ['420["four"]', '42["five"]']]);
    expect(bench.session.hasOutput).toBe(false);
    for (const name of ["six", "seven"]) bench.emit(name);
    expect([...bench.session.output(bench.now, 1, null)]).toEqual(['42["six"]']);
    expect(bench.out()).toEqual(['42["seven"]']);
  });

  test("leaving empties the buffer; joining again sends nothing of it", () => {
    const bench = new Bench();
    bench.join();
    bench.emit("one");
    bench.ask("two");
    bench.session.disconnect(bench.ns());
    expect(bench.told()).toEqual([`ack two [] ${Err.ERR_CONNECTION_ERROR}`]);
    bench.join();
    bench.open();
    bench.serve('40{"sid":"a"}');
    expect(bench.out()).toEqual(["40"]);
  });

  test("accepted offline and larger than the server takes: told as undeliverable, the others go", () => {
    const bench = new Bench();
    bench.join();
    bench.emit("small");
    bench.emit("large", ["x".repeat(100)]);
    bench.ask("large too", ["x".repeat(100)]);
    bench.ask("last");
    bench.open(50);
    bench.serve('40{"sid":"a"}');
    expect(bench.out()).toEqual(["40", '42["small"]', '421["last"]']);
    bench.pass(0);
    const [connected, first, second, failed, ...rest] = bench.told();
    expect(connected).toBe("connected / a");
    expect(first).toContain("the limit of 50 bytes");
    expect(second).toContain("undeliverable / ");
    expect(failed).toBe(`ack large too [] ${Err.ERR_CONNECTION_ERROR}`);
    expect(rest).toEqual([]);
    bench.pass(100);
    expect(bench.told()).toEqual([`ack last [] ${Err.ERR_TIMEOUT}`]);
  });

  test("200,000 packets in the buffer and 200,000 acknowledgements are no matter of the stack", () => {
    const bench = new Bench({ max_buffered_packets: Infinity });
    bench.join();
    for (let count = 0; count < 200_000; count++) bench.ask("a");
    bench.open();
    bench.serve('40{"sid":"a"}');
    bench.session.output(0, Infinity, null);
    bench.session.close("transport close", false);
    expect(bench.told()).toHaveLength(200_002);
  });

  test("20,000 packets that wait for their turn are no matter of quadratic time", () => {
    const bench = new Bench({ max_buffered_packets: Infinity, retries: 1 });
    bench.join();
    for (let count = 0; count < 20_000; count++) bench.ask("a", [count]);
    bench.open();
    bench.session.close("transport close", true);
    expect(bench.told()).toHaveLength(20_000);
  });
});

describe("emitVolatile", () => {
  test("goes when the namespace is joined and the transport writable; else ERR_BUSY, and it is lost", () => {
    const bench = joined();
    const { session } = bench;
    expect(session.emitVolatile(bench.ns(), "a", [1], true)).toBe(Err.OK);
    expect(session.emitVolatile(bench.ns(), "b", [], false)).toBe(Err.ERR_BUSY);
    expect(session.emitVolatile(bench.ns(), "c", [], true)).toBe(Err.OK);
    expect(bench.out()).toEqual(['42["a",1]', '42["c"]']);
    session.close("transport close", false);
    expect(session.emitVolatile(bench.ns(), "d", [], true)).toBe(Err.ERR_BUSY);
    bench.open();
    bench.serve('40{"sid":"b"}');
    expect(bench.out()).toEqual(["40"]);
  });

  test("dies with the connection that it was not written on", () => {
    const bench = joined();
    bench.session.emitVolatile(bench.ns(), "a", [], true);
    expect(again(bench)).toEqual(["40"]);
    expect(bench.out()).toEqual([]);
  });
});

describe("reply", () => {
  test("answers with the id of the question", () => {
    const bench = joined();
    const { generation } = bench.ns();
    expect(bench.session.reply(bench.ns(), generation, 7, ["yes"])).toBe(Err.OK);
    expect(bench.session.reply(bench.ns(), generation, 8, [Uint8Array.of(1)])).toBe(Err.OK);
    expect(bench.out()).toEqual(['437["yes"]', '461-8[{"_placeholder":true,"num":0}]', Uint8Array.of(1)]);
  });

  test("to a session that is over is ERR_UNAVAILABLE, and nothing is written: it would end the whole connection", () => {
    const bench = joined();
    const { generation } = bench.ns();
    bench.session.disconnect(bench.ns());
    bench.out();
    expect(bench.session.reply(bench.ns(), generation, 7, [])).toBe(Err.ERR_UNAVAILABLE);
    bench.join();
    bench.out();
    expect(bench.session.reply(bench.ns(), generation, 7, [])).toBe(Err.ERR_UNAVAILABLE);
    bench.serve('40{"sid":"b"}');
    expect(bench.session.reply(bench.ns(), generation, 7, [])).toBe(Err.ERR_UNAVAILABLE);
    expect(bench.out()).toEqual([]);
  });

  test("dies with the connection that it was not written on", () => {
    const bench = joined();
    bench.session.reply(bench.ns(), bench.ns().generation, 7, []);
    again(bench);
    expect(bench.out()).toEqual([]);
  });

  test("that cannot be encoded is a TypeError", () => {
    const bench = joined();
    expect(() => bench.session.reply(bench.ns(), bench.ns().generation, 7, [1n])).toThrow(TypeError);
    expect(bench.session.hasOutput).toBe(false);
  });
});

describe("acknowledgements", () => {
  test("each emit has its own id; the answer comes back to its owner, once", () => {
    const bench = joined();
    bench.ask("a");
    bench.ask("b");
    expect(bench.out()).toEqual(['420["a"]', '421["b"]']);
    expect(bench.session.acksPending).toBe(2);
    bench.serve('431["for b",1]');
    bench.serve("430[]");
    bench.serve('430["again"]');
    expect(bench.told()).toEqual([`ack b ["for b",1] ${Err.OK}`, `ack a [] ${Err.OK}`]);
    expect(bench.session.acksPending).toBe(0);
    bench.pass(100);
    expect(bench.told()).toEqual([]);
  });

  test("one whose data asks as well, in a `toJSON`, is refused: both would have the same id", () => {
    const bench = joined();
    const data = { toJSON: () => bench.session.acksPending || bench.ask("inner") };
    expect(bench.ask("outer", [data])).toBe(Err.ERR_BUSY);
    expect(bench.out()).toEqual(['420["inner"]']);
    bench.serve("430[]");
    expect(bench.told()).toEqual([`ack inner [] ${Err.OK}`]);
    expect(bench.session.acksPending).toBe(0);
  });

  test("with binary", () => {
    const bench = joined();
    bench.ask("a");
    bench.out();
    bench.serve('461-0[{"_placeholder":true,"num":0}]', Uint8Array.of(4));
    expect(bench.told()).toEqual([`ack a [{"0":4}] ${Err.OK}`]);
  });

  test("are a sample of the round-trip time, counted from the write", () => {
    const bench = new Bench();
    bench.join();
    bench.open();
    bench.serve('40{"sid":"a"}');
    bench.ask("a");
    bench.now += 1;
    bench.out();
    bench.now += 0.5;
    bench.serve("430[]");
    expect(bench.rtt.rtt).toBe(0.0625);
  });

  test("time out, once; the late answer is ignored", () => {
    const bench = joined();
    bench.ask("a", [], 2);
    bench.out();
    bench.pass(1.9);
    expect(bench.told()).toEqual([]);
    bench.pass(0.1);
    bench.serve("430[]");
    expect(bench.told()).toEqual([`ack a [] ${Err.ERR_TIMEOUT}`]);
  });

  test("fail with the connection and with leaving, before the namespace is told", () => {
    const bench = joined();
    bench.ask("a");
    bench.out();
    bench.session.close("transport close", false);
    expect(bench.told()).toEqual([`ack a [] ${Err.ERR_CONNECTION_ERROR}`, "disconnected / transport close"]);
    const other = joined();
    other.ask("b");
    other.session.disconnect(other.ns());
    expect(other.told()).toEqual([`ack b [] ${Err.ERR_CONNECTION_ERROR}`, "disconnected / client disconnect"]);
    other.pass(100);
    expect(other.told()).toEqual([]);
  });

  test("kept offline they wait for their deadline all the same, and are not sent after it", () => {
    const bench = new Bench();
    bench.join();
    bench.ask("a", [], 2);
    bench.emit("b");
    bench.pass(2);
    expect(bench.told()).toEqual([`ack a [] ${Err.ERR_TIMEOUT}`]);
    bench.open();
    bench.serve('40{"sid":"a"}');
    expect(bench.out()).toEqual(["40", '42["b"]']);
  });

  test("an acknowledged emit that timed out before it was written is not written any more", () => {
    const bench = joined();
    bench.ask("a", [], 1);
    bench.emit("b");
    bench.pass(1);
    expect(bench.told()).toEqual([`ack a [] ${Err.ERR_TIMEOUT}`]);
    expect(bench.out()).toEqual(['42["b"]']);
  });

  test("an answer to what was not sent yet is invented, and ignored", () => {
    const bench = joined();
    bench.ask("a");
    bench.serve('430["forged"]');
    expect(bench.told()).toEqual([]);
    bench.out();
    bench.serve('430["real"]');
    expect(bench.told()).toEqual([`ack a ["real"] ${Err.OK}`]);
  });

  test("ids are not used again on the next connection: an answer cannot meet the wrong question", () => {
    const bench = joined();
    bench.ask("a");
    bench.out();
    again(bench);
    bench.ask("b");
    expect(bench.out()).toEqual(['421["b"]']);
  });

  test.each(["43[]", "43", "430", "430{}", "430[bad", '461-0[{"_placeholder":true,"num":1}]'])(
    "%s is a ProtocolError",
    (text) => {
      const bench = joined();
      bench.ask("a");
      bench.out();
      expect(() => bench.serve(text, Uint8Array.of(1))).toThrow(ProtocolError);
      expect(bench.session.acksPending).toBe(1);
    },
  );
});

describe("retries: at-least-once", () => {
  const retrying = (retries = 2): Bench => joined({ retries });

  test("one at a time, so the order is kept: the next goes when the one before is answered", () => {
    const bench = retrying();
    bench.ask("a");
    bench.ask("b");
    bench.emit("plain");
    expect(bench.out()).toEqual(['420["a"]', '42["plain"]']);
    expect(bench.session.acksPending).toBe(2);
    bench.serve('430["yes"]');
    expect(bench.told()).toEqual([`ack a ["yes"] ${Err.OK}`]);
    expect(bench.out()).toEqual(['421["b"]']);
    expect(bench.session.acksPending).toBe(1);
  });

  test("is sent again with the same id when its timeout passes, `retries` times; then ERR_TIMEOUT, and the next goes", () => {
    const bench = retrying(2);
    bench.ask("a", [], 5);
    bench.ask("b", [], 5);
    expect(bench.out()).toEqual(['420["a"]']);
    bench.pass(5);
    expect(bench.out()).toEqual(['420["a"]']);
    bench.pass(5);
    expect(bench.out()).toEqual(['420["a"]']);
    expect(bench.told()).toEqual([]);
    bench.pass(5);
    expect(bench.told()).toEqual([`ack a [] ${Err.ERR_TIMEOUT}`]);
    expect(bench.out()).toEqual(['421["b"]']);
  });

  test("an answer to an earlier copy counts; the one to the later copy is ignored, and nothing is sent again", () => {
    const bench = retrying();
    bench.ask("a", [], 5);
    bench.out();
    bench.pass(5);
    bench.out();
    bench.serve('430["first"]');
    bench.serve('430["second"]');
    bench.pass(100);
    expect(bench.told()).toEqual([`ack a ["first"] ${Err.OK}`]);
    expect(bench.out()).toEqual([]);
  });

  test("no round-trip sample from a packet that was sent twice: nobody knows which copy was answered (RFC 6298, section 3)", () => {
    const bench = retrying();
    const before = { ...bench.rtt };
    bench.ask("a", [], 5);
    bench.out();
    bench.pass(5);
    bench.out();
    bench.now += 0.001;
    bench.serve("430[]");
    expect({ ...bench.rtt }).toEqual(before);
  });

  test("survives the loss of the connection, which is one of its resends", () => {
    const bench = retrying(1);
    bench.ask("a");
    bench.ask("b");
    bench.out();
    expect(again(bench)).toEqual(["40"]);
    expect(bench.out()).toEqual(['420["a"]']);
    expect(bench.told()).toEqual(["disconnected / transport close", "connected / b"]);
    again(bench);
    expect(bench.told()).toEqual([
      `ack a [] ${Err.ERR_CONNECTION_ERROR}`,
      "disconnected / transport close",
      "connected / b",
    ]);
    expect(bench.out()).toEqual(['421["b"]']);
  });

  test("a loss before it was written costs no resend", () => {
    const bench = retrying(1);
    bench.ask("a");
    for (let count = 0; count < 3; count++) again(bench);
    expect(bench.out()).toEqual(['420["a"]']);
    expect(bench.told().filter((line) => line.startsWith("ack"))).toEqual([]);
    again(bench);
    expect(bench.out()).toEqual(['420["a"]']);
  });

  test("while disconnected its timeout does not run", () => {
    const bench = retrying(1);
    bench.ask("a", [], 5);
    bench.out();
    bench.session.close("transport close", false);
    bench.pass(1000);
    expect(bench.told()).toEqual(["disconnected / transport close"]);
    bench.open();
    bench.serve('40{"sid":"b"}');
    expect(bench.out()).toEqual(["40", '420["a"]']);
  });

  test("on connect the buffer goes first, then the queue", () => {
    const bench = new Bench({ retries: 1 });
    bench.join();
    bench.ask("acknowledged");
    bench.emit("plain");
    bench.hooks.set("connected", () => bench.emit("inside"));
    bench.open();
    bench.serve('40{"sid":"a"}');
    expect(bench.out()).toEqual(["40", '42["plain"]', '420["acknowledged"]', '42["inside"]']);
  });

  test("the queue is bounded by max_buffered_packets, connected or not", () => {
    for (const bench of [retrying(), new Bench({ retries: 1 })]) {
      if (bench.ns().state === DISCONNECTED) bench.join();
      for (let count = 0; count < 4; count++) expect(bench.ask("a")).toBe(Err.OK);
      expect(bench.ask("a")).toBe(Err.ERR_OUT_OF_MEMORY);
      // Until it is joined, the other emits wait in it as well.
      expect(bench.emit("plain")).toBe(bench.ns().state === CONNECTED ? Err.OK : Err.ERR_OUT_OF_MEMORY);
      expect(bench.session.acksPending).toBe(4);
    }
  });

  test("leaving, and the end of the client, fail all of it, each once and in order", () => {
    for (const end of [
      (bench: Bench) => bench.session.disconnect(bench.ns()),
      (bench: Bench) => bench.session.close("client disconnect", true),
    ]) {
      const bench = retrying();
      for (const owner of ["a", "b", "c"]) bench.ask(owner);
      bench.out();
      end(bench);
      expect(bench.told()).toEqual([
        ...["a", "b", "c"].map((owner) => `ack ${owner} [] ${Err.ERR_CONNECTION_ERROR}`),
        "disconnected / client disconnect",
      ]);
      expect(bench.session.acksPending).toBe(0);
      bench.pass(1000);
      expect(bench.told()).toEqual([]);
    }
  });

  test("what is larger than the server takes is undeliverable too: it is never written, and the next goes", () => {
    const bench = new Bench({ retries: 3 });
    bench.join();
    bench.ask("large", ["x".repeat(100)]);
    bench.ask("small");
    bench.open(50);
    bench.serve('40{"sid":"a"}');
    expect(bench.out()).toEqual(["40", '421["small"]']);
    bench.pass(0);
    const told = bench.told();
    expect(told[1]).toContain("undeliverable / ");
    expect(told[2]).toBe(`ack large [] ${Err.ERR_CONNECTION_ERROR}`);
    expect(bench.session.acksPending).toBe(1);
  });

  test("a timeout of 0 is a resend per advance, not an endless loop", () => {
    const bench = retrying(Infinity);
    bench.ask("a", [], 0);
    bench.pass(0.1);
    bench.pass(0.1);
    expect(bench.session.output(bench.now, Infinity, null).length).toBeLessThanOrEqual(3);
  });

  test("an acknowledgement counts as one while it waits: written or not", () => {
    const bench = new Bench({ retries: 1 });
    bench.join();
    bench.ask("a");
    bench.ask("b");
    expect(bench.session.acksPending).toBe(2);
    bench.open();
    bench.serve('40{"sid":"a"}');
    expect(bench.session.acksPending).toBe(2);
  });
});

describe("losing the engine", () => {
  test("what was joined or being joined is joined again, with its auth; what was not is not", () => {
    const bench = joined();
    bench.join("/a", '{"token":"x"}');
    bench.serve('40/a,{"sid":"s"}');
    bench.join("/b");
    bench.join("/left");
    bench.session.disconnect(bench.ns("/left"));
    bench.out();
    bench.told();
    bench.session.close("ping timeout", false);
    expect(bench.told()).toEqual(["disconnected / ping timeout", "disconnected /a ping timeout"]);
    expect(bench.ns("/b").state).toBe(CONNECTING);
    bench.open();
    expect(bench.out()).toEqual(["40", '40/a,{"token":"x"}', "40/b,"]);
  });

  test("for good: all is DISCONNECTED, and nothing is joined by the next engine", () => {
    const bench = joined();
    bench.join("/b");
    bench.session.close("client disconnect", true);
    expect(bench.told()).toEqual(["disconnected / client disconnect"]);
    expect(bench.session.isWanted()).toBe(false);
    bench.open();
    expect(bench.out()).toEqual([]);
    bench.pass(1000);
    expect(bench.told()).toEqual([]);
  });

  test("while it is away, commands wait for the next one and nothing is written", () => {
    const bench = joined();
    bench.session.close("transport close", false);
    bench.join("/late");
    bench.session.disconnect(bench.ns());
    expect(bench.out()).toEqual([]);
    bench.open();
    expect(bench.out()).toEqual(["40/late,"]);
  });

  test("an unanswered CONNECT does not keep the next engine from a new one", () => {
    const bench = new Bench();
    bench.join("/a");
    bench.open();
    bench.out();
    bench.session.disconnect(bench.ns("/a"));
    bench.session.close("transport close", false);
    bench.join("/a");
    bench.open();
    expect(bench.out()).toEqual(["40/a,"]);
    bench.serve('40/a,{"sid":"s"}');
    expect(bench.told()).toEqual(["connected /a s"]);
  });

  test("the deadline of a join starts anew with the next engine, and does not run without one", () => {
    const bench = new Bench();
    bench.join();
    bench.open();
    bench.pass(19);
    bench.session.close("transport close", false);
    bench.pass(100);
    expect(bench.told()).toEqual([]);
    bench.open();
    bench.pass(19);
    expect(bench.told()).toEqual([]);
    bench.pass(1);
    expect(bench.told()).toHaveLength(1);
  });
});

describe("connection state recovery", () => {
  const OFFSET = ["CA1B2C3", "CA1B2C3.1", "CA1B2C3.2"];
  const recoverable = (): Bench => joined({}, '40{"sid":"a","pid":"p"}');

  test("the offset is taken off the arguments, and pid and offset are sent with the next CONNECT", () => {
    const bench = recoverable();
    bench.serve(`42["a",1,"${OFFSET[0]}"]`);
    bench.serve(`42["b","${OFFSET[1]}"]`);
    expect(bench.told()).toEqual(["event / a [1]", "event / b []"]);
    expect(again(bench, '40{"sid":"a","pid":"p"}')).toEqual([`40{"pid":"p","offset":"${OFFSET[1]}"}`]);
    expect(bench.told()).toEqual(["disconnected / transport close", "connected / a recovered"]);
  });

  test("pid and offset are merged over the user's auth, whose own cannot get in their way", () => {
    const bench = new Bench();
    bench.join("/", '{"token":"x","pid":"mine","offset":7}');
    bench.open();
    expect(bench.out()).toEqual(['40{"token":"x","pid":"mine","offset":7}']);
    bench.serve('40{"sid":"a","pid":"p"}');
    bench.session.close("transport close", false);
    bench.open();
    expect(bench.out()).toEqual(['40{"token":"x","pid":"p","offset":""}']);
  });

  test("without a pid a last string is data", () => {
    const bench = joined();
    bench.serve(`42["a","${OFFSET[0]}"]`);
    expect(bench.told()).toEqual([`event / a ["${OFFSET[0]}"]`]);
    expect(again(bench)).toEqual(["40"]);
  });

  test("an event that asks for an acknowledgement carries no offset", () => {
    const bench = recoverable();
    bench.serve(`427["a","${OFFSET[0]}"]`);
    expect(bench.told()).toEqual([`event / a ["${OFFSET[0]}"] 7`]);
  });

  test("a replayed event that was received before is dropped; the others are told after `connected`", () => {
    const bench = recoverable();
    bench.serve(`42["seen","${OFFSET[0]}"]`);
    bench.told();
    bench.session.close("transport close", false);
    bench.open();
    bench.serve(`42["seen","${OFFSET[0]}"]`);
    bench.serve(`42["missed","${OFFSET[1]}"]`);
    bench.serve('40{"sid":"a","pid":"p"}');
    bench.serve(`42["live","${OFFSET[2]}"]`);
    expect(bench.told().slice(1)).toEqual(["connected / a recovered", "event / missed []", "event / live []"]);
  });

  test("an event that is not a replay is never dropped for its last argument", () => {
    const bench = recoverable();
    bench.serve(`42["a","${OFFSET[0]}"]`);
    bench.serve(`42["b","${OFFSET[0]}"]`);
    expect(bench.told()).toEqual(["event / a []", "event / b []"]);
  });

  test("a session that was not recovered starts with nothing: another pid, or none", () => {
    for (const [answer, connect] of [
      ['40{"sid":"b","pid":"q"}', '40{"pid":"q","offset":""}'],
      ['40{"sid":"b"}', "40"],
      ['40{"sid":"b","pid":7}', "40"],
    ] as const) {
      const bench = recoverable();
      bench.serve(`42["a","${OFFSET[0]}"]`);
      again(bench, answer);
      expect(bench.ns().recovered).toBe(false);
      expect(again(bench)).toEqual([connect]);
    }
  });

  test("leaving and being thrown out end the session: the next CONNECT is a plain one", () => {
    for (const end of [
      (bench: Bench) => bench.session.disconnect(bench.ns()),
      (bench: Bench) => bench.serve("41"),
      (bench: Bench) => bench.session.close("client disconnect", true),
    ]) {
      const bench = recoverable();
      end(bench);
      bench.out();
      bench.session.close("transport close", false);
      bench.join();
      bench.open();
      expect(bench.out()).toEqual(["40"]);
    }
  });
});

test("a packet without a legal header is a ProtocolError, even when nobody wants anything", () => {
  const bench = new Bench();
  for (const text of ["4", "47", "45[]", "40/a", '4207["a"]']) expect(() => bench.serve(text)).toThrow(ProtocolError);
});
