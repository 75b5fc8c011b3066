/*
 * Frames that no server should send. Valid transcripts are mutated (bytes flipped, cut, doubled, swapped, spliced, numbers
 * changed, hostile tokens put in) and fed to the core alone and to a whole client with an in-memory transport and a manual
 * clock. The assertion is always the same: nothing but ProtocolError leaves the core, nothing at all leaves the client, what
 * is kept stays within the limits, and the books balance: states, signals, acknowledgements.
 *
 * The seed is printed; FUZZ_SEED=… plays a run back.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { type ClientOptionsInput, SocketIOClient, SocketIONamespace, type TransportHandler } from "socketio-gameloop";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Attachment, restoreAttachments, takeAttachments } from "../../src/protocol/attachments.js";
import { CLOSE, MESSAGE, OPENED } from "../../src/protocol/constants.js";
import { Deadlines } from "../../src/protocol/deadlines.js";
import { EngineSession } from "../../src/protocol/engine-session.js";
import { ProtocolError } from "../../src/protocol/protocol-error.js";
import { RttEstimator } from "../../src/protocol/rtt.js";
import { type RawPacket, SocketDecoder } from "../../src/protocol/socket-decoder.js";
import { type SessionSink, SocketSession } from "../../src/protocol/socket-session.js";
import { HeardNamespace } from "../support/heard-namespace.js";
import { chooseSeed, Random } from "./random.js";

type Frame = string | Uint8Array;

const CORE_FRAMES = 110_000;
const CLIENT_FRAMES = 110_000;
const PATHS = ["/", "/a", "/b"] as const;
const LIMITS = {
  max_buffered_packets: 16,
  max_queued_packets: 32,
  max_queued_bytes: 20_000,
  max_attachments: 4,
} as const;

const seed = chooseSeed();
let frames = 0;
let parseErrors = 0;

const HOSTILE: readonly string[] = [
  ..."[]{}\"\\,-/0123456789:.eE+?'\u0000\u001e\u2028\ud800\udc00é😀 \n",
  "null",
  "true",
  "NaN",
  "-1",
  "1.5",
  "1e999",
  "4294967295",
  "9007199254740993",
  "[[[[[[[[",
  "]]]]]]]]",
  '{"a":{"a":{"a":',
  '"\\ud800"',
  '"\\u0000"',
  '"__proto__":{"x":1}',
  '"constructor"',
  '"connect"',
  '"disconnect"',
  '"length"',
  '"toString":1',
  '"message":{"toString":1,"valueOf":2}',
  '"message":[[]]',
  '"sid":""',
  '"pid":{}',
  '{"_placeholder":true,"num":0}',
  '{"_placeholder":true,"num":"length"}',
  '{"_placeholder":true,"num":-1}',
  '{"_placeholder":true,"num":1.5}',
  '{"_placeholder":true,"num":4294967295}',
  '{"_placeholder":true,"num":"constructor"}',
  '{"_placeholder":true,"num":{"toString":0}}',
  "45",
  "451-",
  "4599999999999999-",
  "40",
  "41",
  "0{",
  "/a,",
  "/__proto__,",
  "/\u0000,",
  `/${"x".repeat(300)},`,
  "x".repeat(3000),
];

/** One whole conversation of a server, in which nothing is wrong. */
function transcript(random: Random, ids: () => number): Frame[] {
  const path = () => random.pick(["", "", "/a,", "/b,"]);
  const pid = random.chance(0.4) ? ',"pid":"p"' : "";
  const offset = () => (pid && random.chance(0.7) ? `,"PZpMbA${random.below(10)}.${random.below(4)}"` : "");
  const result: Frame[] = [
    `0{"sid":"e","upgrades":[],"pingInterval":${random.pick([25000, 300])},"pingTimeout":${random.pick([20000, 200])},"maxPayload":${random.pick([1000000, 200])}}`,
  ];
  if (random.chance(0.3)) result.push(`42["early",1${offset()}]`);
  for (const name of ["", "/a,", "/b,"]) result.push(`40${name}{"sid":"s${random.below(9)}"${pid}}`);
  for (let count = random.below(12); count > 0; count--) {
    switch (random.below(11)) {
      case 0:
        result.push("2");
        break;
      case 1:
        result.push("6");
        break;
      case 2:
        result.push(`44${path()}{"message":"no","data":{"code":${random.below(9)}}}`);
        break;
      case 3:
        result.push(`41${path()}`);
        break;
      case 4:
        result.push(`42${path()}${random.below(20)}["question",{"a":[1,null,"é"]}]`);
        break;
      case 5:
        result.push(`451-${path()}["binary",{"_placeholder":true,"num":0}${offset()}]`, random.bytes(random.below(40)));
        break;
      case 6:
        result.push(
          `452-${path()}["binary",{"x":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0}]`,
          random.bytes(3),
          random.bytes(random.below(200)),
        );
        break;
      case 7:
        result.push(`461-${path()}${ids()}[{"_placeholder":true,"num":0}]`, random.bytes(5));
        break;
      case 8:
      case 9:
        result.push(`43${path()}${ids()}["yes",${random.below(100)}]`);
        break;
      default:
        for (let snapshots = random.below(4); snapshots >= 0; snapshots--) {
          result.push(
            `42${path()}["${random.pick(["snapshot", "chat", "constructor", "*", "unheard"])}",${random.below(1000)}${offset()}]`,
          );
        }
    }
  }
  if (random.chance(0.1)) result.push("1");
  return result;
}

function mutateText(text: string, other: string, random: Random): string {
  const at = random.below(text.length + 1);
  const end = at + random.below(text.length + 1 - at);
  switch (random.below(9)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << random.below(8))) + text.slice(at + 1);
    case 1:
      return text.slice(0, at);
    case 2:
      return text.slice(at);
    case 3:
      return text.slice(0, end) + text.slice(at, end) + text.slice(end);
    case 4:
      return text.slice(0, at) + text.slice(end);
    case 5:
      return text.slice(end) + text.slice(at, end) + text.slice(0, at);
    case 6:
      return text.slice(0, at) + random.pick(HOSTILE) + text.slice(at);
    case 7:
      return text.replace(/-?\d+(?!.*\d)|\d+/, () =>
        random.pick(["-1", "0", "00", "1.5", "1e9", "99", "4294967296", "9007199254740992", ""]),
      );
    default:
      return text.slice(0, at) + other.slice(random.below(other.length + 1));
  }
}

/** A transcript in which something is wrong, mostly. */
function mutated(random: Random, ids: () => number): Frame[] {
  let result = transcript(random, ids);
  const other = transcript(random, ids);
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(result.length);
    const frame = result[at]!;
    const stranger = random.pick(other);
    switch (random.below(8)) {
      case 0:
        result.splice(at, 0, frame);
        break;
      case 1:
        result.splice(at, 1);
        break;
      case 2: {
        const to = random.below(result.length);
        [result[at], result[to]] = [result[to]!, frame];
        break;
      }
      case 3:
        result = [...result.slice(0, at), ...other.slice(random.below(other.length))];
        break;
      case 4:
        result.splice(at, 0, random.bytes(random.pick([0, 1, 50, 500])));
        break;
      default:
        result[at] =
          typeof frame === "string"
            ? mutateText(frame, typeof stranger === "string" ? stranger : "", random)
            : frame.subarray(random.below(frame.length + 1));
    }
    if (result.length === 0) result.push(random.pick(HOSTILE));
  }
  return result;
}

const collect = (() => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

/** Runs `body` until `frames` have been fed; the heap of the last three quarters must not have grown with their number. */
function untilFed(body: (random: Random) => number, total: number, random: Random): void {
  let fed = 0;
  while (fed < total / 4) fed += body(random);
  const before = heap();
  while (fed < total) fed += body(random);
  frames += fed;
  expect(heap() - before).toBeLessThan(24 * 1024 * 1024);
}

describe(`seed ${seed}`, () => {
  beforeAll(() => console.log(`fuzz: seed ${seed} (FUZZ_SEED=${seed} plays this run back)`));
  afterAll(() => console.log(`fuzz: ${frames} frames, seed ${seed}, ${parseErrors} parse errors`));

  test("the core: nothing but ProtocolError comes out of it, and what it keeps is bounded", { timeout: 60_000 }, () => {
    untilFed((random) => coreRun(random), CORE_FRAMES, new Random(seed));
  });

  test("the client: nothing comes out of it, and its books balance", { timeout: 60_000 }, () => {
    untilFed((random) => clientRun(random), CLIENT_FRAMES, new Random(seed + 1));
  });

  test("enough was fed, and enough of it was wrong and right", () => {
    expect(frames).toBeGreaterThanOrEqual(200_000);
    expect(parseErrors).toBeGreaterThan(frames / 100);
    expect(parseErrors).toBeLessThan(frames / 2);
  });
});

/** One session through several engines. Returns how many frames it was fed. */
function coreRun(random: Random): number {
  const pending = new Set<number>();
  let asked = 0;
  /** What is to be received again. */
  let early: RawPacket[] = [];
  const sink: SessionSink = {
    makeNamespace: (path) => new HeardNamespace(path),
    counters: { bytes_sent: 1 },
    backlog: 0,
    lastError: "",
    taken: () => {},
    released: (held) => early.push(...held),
    connected: () => act(),
    disconnected: () => act(),
    refused: () => act(),
    event: (namespace, _event, data, ackId) => {
      if (!Array.isArray(data)) expect.fail("data is no array");
      if (ackId >= 0 && random.chance(0.5)) session.reply(namespace, namespace.generation, ackId, [ackId]);
      act();
    },
    undeliverable: () => act(),
  };
  const options = {
    offline: random.pick(["buffer", "buffer", "drop", "error"] as const),
    retries: random.pick([0, 0, 2]),
    connect_timeout: 5,
    ...LIMITS,
  };
  const deadlines = new Deadlines();
  const session = new SocketSession(options, deadlines, new RttEstimator(), sink);
  let now = 0;
  let depth = 0;
  function act(): void {
    if (depth > 2 || random.chance(0.7)) return;
    depth++;
    const namespace = session.namespace(random.pick(PATHS));
    switch (random.below(6)) {
      case 0:
        session.emit(namespace, "chat", [random.bytes(2)], now);
        break;
      case 1:
      case 2: {
        const owner = asked++;
        pending.add(owner);
        const ack = () => {
          if (!pending.delete(owner)) expect.fail(`acknowledgement ${owner} was settled twice`);
          act();
        };
        const code = session.emit(namespace, "ask", ["x".repeat(random.pick([1, 300]))], now, ack, 1);
        if (code !== 0) pending.delete(owner);
        break;
      }
      case 3:
        session.emitVolatile(namespace, "input", [1], true);
        break;
      case 4:
        if (random.chance(0.2)) session.disconnect(namespace);
        break;
      default:
        if (namespace.state === 0) session.connect(namespace, random.pick(["", null, '{"a":1}']), now);
        else if (namespace.auth === null) session.authorize(namespace, "", now);
    }
    depth--;
  }
  for (const path of PATHS) session.connect(session.namespace(path), "", now);
  let fed = 0;
  for (let engines = 0; engines < 4; engines++) {
    const engine = new EngineSession();
    const decoder = new SocketDecoder({ options: LIMITS });
    let reason = "transport close";
    for (const frame of mutated(random, () => random.below(asked + 1))) {
      fed++;
      try {
        const type = typeof frame === "string" ? engine.receive(frame, now) : MESSAGE;
        if (type === OPENED) session.open(now, engine.handshake!.maxPayload || Infinity);
        else if (type === MESSAGE) {
          const packet = decoder.receive(frame, now);
          if (packet !== null) session.receive(packet);
          const released = early;
          early = [];
          for (const held of released) session.receive(held);
        } else if (type === CLOSE) break;
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        if (error.message.length > 800) expect.fail("the message of an error grows with the packet");
        parseErrors++;
        reason = "parse error";
        break;
      }
      act();
      if (random.chance(0.5)) session.output(now, Infinity, null);
      now += random.pick([0, 0, 0.1, 2]);
      deadlines.advance(now);
      check();
    }
    session.close(reason, engines === 3 || random.chance(0.1));
    check();
  }
  // A callback of the last close may have begun something new; now none does.
  depth = Infinity;
  session.close("client disconnect", true);
  check();
  if (pending.size > 0 || session.isWanted())
    expect.fail(`${pending.size} acknowledgements left, or a namespace wanted`);
  function check(): void {
    const { acksPending } = session;
    if (acksPending !== pending.size) expect.fail(`${acksPending} acknowledgements pending, ${pending.size} unsettled`);
    for (const path of PATHS) {
      const { state, sid, held, queue } = session.namespace(path);
      if (![0, 1, 2].includes(state) || (state === 2) !== (sid !== ""))
        expect.fail(`${path} has state ${state}, sid ${sid}`);
      if (held.length > LIMITS.max_queued_packets) expect.fail(`${held.length} events held`);
      // What takes turns stays in it; what was not written is added when a connection is lost, however much it is.
      const turns = queue.filter((packet) => typeof packet !== "string" && packet.takesTurn).length;
      if (turns > LIMITS.max_buffered_packets) expect.fail(`${turns} wait for their turn`);
      if (state === 2 && queue.length > turns) expect.fail(`${queue.length - turns} buffered although connected`);
    }
  }
  return fed;
}

/** One client through several connections, its own end included. Returns how many frames it was fed. */
function clientRun(random: Random): number {
  let now = 0;
  let handler: TransportHandler | null = null;
  let open = false;
  let canPause = false;
  const options: ClientOptionsInput = {
    ...LIMITS,
    max_payload: 4000,
    retries: random.pick([0, 0, 2]),
    ack_timeout: 1,
    connect_timeout: 5,
    offline: random.pick(["buffer", "buffer", "drop", "error"]),
    heartbeat: random.pick(["arrival", "poll"]),
    poll_max_packets: random.pick([0, 0, 0, 3]),
    reconnection: { delay: 0.1, delay_max: 1, attempts: random.pick([2, Infinity]) },
    clock: () => now,
    random: () => random.next(),
    transport_factory: (_request, itsHandler) => {
      handler = itsHandler;
      open = true;
      canPause = random.chance(0.5);
      const transport = {
        name: "memory",
        bufferedAmount: 0,
        send: () => {},
        close: () => {
          if (handler === itsHandler) open = false;
        },
      };
      return canPause ? { ...transport, pause: () => {}, resume: () => {} } : transport;
    },
  };
  const client = new SocketIOClient(options);
  const pending = new Set<number>();
  const up = new Set<string>();
  const told = new Set<string>();
  let announced = false;
  let asked = 0;
  let depth = 0;
  const namespaces = PATHS.map((path) => client.create_namespace(path));

  function act(): void {
    if (depth > 2 || random.chance(0.7)) return;
    depth++;
    const namespace = random.pick(namespaces);
    switch (random.below(9)) {
      case 0:
        namespace.emit("chat", [random.bytes(2)]);
        break;
      case 1:
      case 2: {
        const id = asked++;
        pending.add(id);
        const data = ["x".repeat(random.pick([1, 300]))];
        const code = namespace.emit_with_ack("ask", data, () => {
          if (!pending.delete(id)) expect.fail(`acknowledgement ${id} was settled twice`);
          act();
        });
        if (code !== 0) pending.delete(id);
        break;
      }
      case 3:
        namespace.emit_volatile("input", [1]);
        break;
      case 4:
        if (random.chance(0.2)) namespace.disconnect_from_namespace();
        break;
      case 5:
        if (random.chance(0.05)) client.close();
        break;
      case 6:
        if (random.chance(0.3)) namespace.set_event_mode("snapshot", random.pick([0, 1]));
        break;
      case 7:
        if (random.chance(0.3)) client.connect_to_url("ws://fuzz");
        break;
      default:
        namespace.connect_to_namespace(random.pick([{}, { a: 1 }, () => ({ a: 2 })]));
    }
    depth--;
    if (random.chance(0.02)) throw new Error("from a listener");
  }

  // A callback that fails an assertion must not be taken for one that merely throws.
  const failures: unknown[] = [];
  client.listener_error.connect((error) => {
    if ((error as Error).message !== "from a listener" && !/larger than/.test((error as Error).message))
      failures.push(error);
  });
  const flip = (set: Set<string>, path: string, isUp: boolean): void => {
    if (set.has(path) === isUp)
      failures.push(new Error(`${path} was told ${isUp ? "connected" : "disconnected"} twice`));
    if (isUp) set.add(path);
    else set.delete(path);
  };
  client.connected.connect(() => {
    if (announced) failures.push(new Error("connected twice"));
    announced = true;
    act();
  });
  client.disconnected.connect(() => {
    announced = false;
    act();
  });
  client.namespace_connected.connect((path) => flip(told, path, true));
  client.namespace_disconnected.connect((path) => flip(told, path, false));
  client.connect_error.connect(() => act());
  for (const namespace of namespaces) {
    const path = namespace.get_namespace_path();
    namespace.connected.connect(() => {
      flip(up, path, true);
      act();
    });
    namespace.disconnected.connect(() => {
      flip(up, path, false);
      act();
    });
    namespace.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    for (const event of ["early", "question", "binary", "snapshot", "chat", "constructor", "*"]) {
      namespace.on(event, (data, reply) => {
        if (!Array.isArray(data)) failures.push(new Error("data is no array"));
        if (reply && random.chance(0.5)) reply([data]);
        act();
      });
    }
  }

  const guarded = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      // The one that `act` throws when it is called from here and not from a callback.
      if ((error as Error).message !== "from a listener") throw error;
      depth = 0;
    }
  };

  let fed = 0;
  for (let connections = 0; connections < 6; connections++) {
    if (client.get_connection_state() === SocketIOClient.STATE_DISCONNECTED) {
      client.connect_to_url("ws://fuzz", random.pick([{}, { token: "x" }, () => ({ token: "y" })]));
      for (const namespace of namespaces) namespace.connect_to_namespace();
    }
    for (let waited = 0; !open && waited < 5; waited++) {
      now += 1;
      client.poll();
    }
    for (const frame of mutated(random, () => random.below(asked + 1))) {
      if (!open) break;
      fed++;
      handler!.received(frame);
      guarded(act);
      if (random.chance(0.6)) {
        now += random.pick([0, 0, 0.1, 2]);
        client.poll();
      }
      check();
    }
    if (open && random.chance(0.7)) {
      open = false;
      handler!.closed(random.pick(["transport close", "transport error"]), "cut");
      check();
    }
    if (!open) {
      // Whatever waited in front of it: a lost connection is told as soon as that has been delivered.
      for (let polls = 0; polls < 2 * LIMITS.max_queued_packets && client.get_pending_count() > 0; polls++)
        client.poll();
      client.poll();
      if (!open && client.is_socket_connected()) expect.fail("the connection is over, and nobody was told");
    }
    if (/expected /.test(client.get_last_error())) parseErrors++;
    check();
  }
  client.close();
  // A callback may have connected again inside close(); now none does.
  depth = Infinity;
  client.close();
  check();
  if (client.get_connection_state() !== SocketIOClient.STATE_DISCONNECTED)
    expect.fail("not DISCONNECTED after close()");
  if (pending.size > 0) expect.fail(`${pending.size} acknowledgements were never settled`);
  if (up.size + told.size > 0) expect.fail("a namespace was told connected, and not disconnected");
  return fed;

  function check(): void {
    if (failures.length > 0) throw failures[0];
    const state = client.get_connection_state();
    const waiting = client.get_pending_count();
    if (![0, 1, 2].includes(state)) expect.fail(`state ${state}`);
    if ((client.get_engine_io_session_id() !== "") !== client.is_socket_connected())
      expect.fail("engine id and state differ");
    if (state === 0 && (waiting > 0 || client.is_socket_connected())) expect.fail("DISCONNECTED with something left");
    if (waiting > LIMITS.max_queued_packets * (canPause ? 2 : 1)) expect.fail(`${waiting} packets wait`);
    const { acks_pending } = client.get_stats();
    if (acks_pending !== pending.size)
      expect.fail(`${acks_pending} acknowledgements pending, ${pending.size} unsettled`);
    for (const namespace of namespaces) {
      const path = namespace.get_namespace_path();
      if (namespace.is_namespace_connected() !== up.has(path)) expect.fail(`${path}: state and signals differ`);
      if (namespace.is_namespace_connected() !== (namespace.get_session_id() !== ""))
        expect.fail(`${path}: state and id differ`);
    }
  }
}

/** A client in the middle of a session, and what its server can do. */
function connectedClient(options: ClientOptionsInput = {}) {
  let now = 0;
  const handlers: TransportHandler[] = [];
  const told: string[] = [];
  const client = new SocketIOClient({
    clock: () => now,
    random: () => 0,
    max_payload: 10_000_000,
    transport_factory: (_request, handler) => {
      handlers.push(handler);
      return { name: "memory", bufferedAmount: 0, send: () => {}, close: () => {} };
    },
    ...options,
  });
  client.disconnected.connect((reason) => told.push(`disconnected ${reason}`));
  client.reconnecting.connect(() => told.push("reconnecting"));
  client.connect_to_url("ws://fuzz");
  const serve = (...served: Frame[]) => {
    for (const frame of served) handlers.at(-1)!.received(frame);
  };
  serve('0{"sid":"e","pingInterval":25000,"pingTimeout":20000}', '40{"sid":"a"}');
  client.poll();
  return {
    client,
    told,
    serve,
    cut: () => handlers.at(-1)!.closed("transport close", "cut"),
    poll: (seconds = 0) => {
      now += seconds;
      client.poll();
    },
  };
}

describe("frames made to hurt", () => {
  const many = (text: string, count: number) => text.repeat(count);
  const deep = `${many("[", 400_000)}${many("]", 400_000)}`;

  test.each<[string, Frame[]]>([
    ["a megabyte of [", [`42${many("[", 1_000_000)}`]],
    ["a megabyte of [ behind a name", [`42["chat",${many("[", 1_000_000)}`]],
    ["a megabyte of {", [`42${many('{"a":', 200_000)}`]],
    ["a megabyte without a quote", [`42["${many("x", 1_000_000)}`]],
    ["a megabyte without a quote, and a bracket", [`42["${many("x", 1_000_000)}]`]],
    ["a megabyte of backslashes", [`42["${many("\\", 1_000_000)}"]`]],
    ["a megabyte of escaped quotes", [`42["${many('\\"', 500_000)}]`]],
    ["a megabyte of unicode escapes without an end", [`42["${many("\\u0061", 160_000)}]`]],
    ["a million digits", [`42${many("1", 1_000_000)}[]`]],
    ["a million digits in the JSON", [`42["chat",${many("1", 1_000_000)}]`]],
    ["a million digits of attachments", [`45${many("9", 1_000_000)}-[]`]],
    ["a namespace of a megabyte", [`42/${many("x", 1_000_000)}`]],
    ["a namespace of a megabyte, with its comma", [`42/${many("x", 1_000_000)},["chat"]`]],
    ["an event of 400,000 levels", [`42["chat",${deep}]`]],
    ["an acknowledgement of 400,000 levels", [`430[${deep}]`]],
    ["a binary event of 400,000 levels", [`451-["chat",${deep},{"_placeholder":true,"num":0}]`, Uint8Array.of(1)]],
    ["a placeholder of 400,000 levels", [`451-["chat",{"_placeholder":true,"num":9,"x":${deep}}]`, Uint8Array.of(1)]],
    [
      "a placeholder whose num has 400,000 levels",
      [`451-["chat",{"_placeholder":true,"num":${deep}}]`, Uint8Array.of(1)],
    ],
    ["a refusal of 400,000 levels", [`44{"message":${deep}}`]],
    ["a refusal that has no text", ['44{"message":{"toString":1}}']],
    ["a CONNECT of 400,000 levels", [`40{"sid":${deep}}`]],
    ["an open packet of 400,000 levels", [`0${deep}`]],
    ["a name of 400,000 levels", [`42[${deep}]`]],
    ["30,000 placeholders", [`451-["chat"${many(',{"_placeholder":true,"num":0}', 30_000)}]`, Uint8Array.of(1)]],
    ["a million separators", [many("\u001e", 1_000_000)]],
    ["half of a character", ['42["\ud800"]', "\ud800", "4\udc00"]],
    ["100,000 empty frames", Array.from({ length: 100_000 }, () => "")],
    ["100,000 empty binary frames", Array.from({ length: 100_000 }, () => new Uint8Array(0))],
    ["100,000 noops", Array.from({ length: 100_000 }, () => "6")],
    ["100,000 pings", Array.from({ length: 100_000 }, () => "2")],
  ])("%s: nothing is thrown, and the client goes on or closes", (_, hostile) => {
    for (const mode of [SocketIONamespace.EVENT_QUEUE, SocketIONamespace.EVENT_LATEST] as const) {
      const { client, serve, poll } = connectedClient();
      client.get_namespace("/").set_event_mode("chat", mode);
      client.get_namespace("/").on("chat", () => {});
      client.get_namespace("/").emit_with_ack("ask", [], () => {});
      client.poll();
      serve(...hostile);
      poll();
      poll(1);
      expect([SocketIOClient.STATE_CONNECTED, SocketIOClient.STATE_CONNECTING]).toContain(
        client.get_connection_state(),
      );
      client.close();
      expect(client.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
      expect(client.get_stats().acks_pending).toBe(0);
    }
  });

  test("a packet that cannot be read and a cut before the same poll: told as lost, and made again", () => {
    const { told, serve, cut, poll, client } = connectedClient();
    serve("42[bad");
    cut();
    poll();
    expect(told).toEqual(["disconnected parse error", "reconnecting"]);
    expect(client.is_socket_connected()).toBe(false);
  });

  test("the same with a packet that is found out on arrival, by a client with EVENT_LATEST", () => {
    const { told, serve, poll, client } = connectedClient();
    client.get_namespace("/").set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    serve('42["chat"]', "42/never-ends");
    poll();
    expect(told).toEqual(["disconnected parse error", "reconnecting"]);
    expect(client.is_socket_connected()).toBe(false);
  });
});

describe("structure", () => {
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.constantFrom<unknown>(
        null,
        true,
        0,
        -1,
        1.5,
        "",
        "a",
        "__proto__",
        { _placeholder: true, num: 0 },
        { _placeholder: true, num: "length" },
      ),
      fc.string(),
      fc.double({ noNaN: true }),
      fc.array(tie("any"), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(fc.string(), fc.constantFrom("__proto__", "toString", "message", "sid", "num")),
        tie("any"),
        { maxKeys: 4 },
      ),
    ),
  })).any;
  const packet = fc
    .record({
      engine: fc.constantFrom("4", "4", "4", "4", "0", "1", "2", "3", "5", "6", ""),
      type: fc.constantFrom("0", "1", "2", "2", "3", "4", "5", "6", "7", ""),
      count: fc.constantFrom("", "", "1-", "2-", "0-", "-", "01-"),
      namespace: fc.constantFrom("", "", "/a,", "/a", "/b,", "/,", "/x,"),
      id: fc.oneof(fc.constant(""), fc.nat({ max: 5 }).map(String)),
      payload: fc.oneof(
        fc.constant(""),
        value.map((data) => JSON.stringify(data)),
        fc.array(value).map((data) => JSON.stringify(["chat", ...data])),
      ),
    })
    .map(({ engine, type, count, namespace, id, payload }) => `${engine}${type}${count}${namespace}${id}${payload}`);
  const frame = fc.oneof({ weight: 8, arbitrary: packet }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }) });

  test("packets put together from legal and illegal parts: nothing is thrown", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (hostile) => {
        const { client, serve, poll } = connectedClient();
        client.get_namespace("/").on("chat", () => {});
        client.get_namespace("/").emit_with_ack("ask", [], () => {});
        client.create_namespace("/a").connect_to_namespace();
        client.poll();
        for (const part of hostile) {
          serve(part);
          poll();
        }
        frames += hostile.length;
        client.close();
        return client.get_stats().acks_pending === 0;
      }),
      { seed, numRuns: 400 },
    );
  });

  test("whatever is sent comes out the same at the other end", () => {
    const data = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.uint8Array({ maxLength: 5 }),
        fc.string({ unit: "binary" }),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("any"), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie("any"), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).any;
    fc.assert(
      fc.property(
        data.filter((sample) => !JSON.stringify(sample).includes('"_placeholder"')),
        (sample) => {
          const attachments: Attachment[] = [];
          const received: object = JSON.parse(takeAttachments([sample], attachments));
          restoreAttachments(received, attachments as Uint8Array[]);
          expect(received).toEqual([sample]);
        },
      ),
      { seed, numRuns: 2000 },
    );
  });
});
