/*
 * Random schedules in virtual time: what a game does, what a server does, and what the network does to both. The server is a
 * strict one: it notes everything for which socket.io would close the whole connection. After each schedule the faults end,
 * and all must be well again.
 *
 * FUZZ_SEED=… plays a run back; fast-check shrinks the schedule that failed.
 */
import fc from "fast-check";
import { type OutFrame, SocketIOClient, type SocketIONamespace, type TransportHandler } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { type Deadline, Deadlines } from "../../src/protocol/deadlines.js";
import { chooseSeed } from "./random.js";

const seed = chooseSeed() | 0;
const PATHS = ["/", "/a", "/b"] as const;
/** One way, seconds. */
const LATENCY = 0.03;

type Path = (typeof PATHS)[number];
type AckMode = "at once" | "late" | "never";

/** A connection as its server sees it. */
class ServerSide {
  readonly joined = new Map<string, string>();
  /** When DISCONNECT came for a namespace. */
  readonly left = new Map<string, number>();
  /** What is on its way: to the client as text, to the server as whatever was written. */
  readonly down: { at: number; frame: string }[] = [];
  readonly up: { at: number; frame: OutFrame }[] = [];
  over = false;

  constructor(
    readonly handler: TransportHandler,
    readonly world: World,
  ) {}

  send(frame: string, delay = 0): void {
    // Frames do not overtake each other.
    const at = Math.max(this.world.now + LATENCY + delay, this.down.at(-1)?.at ?? 0);
    this.down.push({ at, frame });
  }

  cut(): void {
    if (this.over) return;
    this.over = true;
    this.handler.closed("transport close", "cut");
  }

  deliver(): void {
    const { now } = this.world;
    while (!this.over && this.up[0] && this.up[0].at <= now) this.#receive(this.up.shift()!);
    while (!this.over && this.down[0] && this.down[0].at <= now) this.handler.received(this.down.shift()!.frame);
  }

  #receive({ at, frame }: { at: number; frame: OutFrame }): void {
    const { world } = this;
    if (frame === "3") return;
    const [, type, path = "/", id, json] = /^4([0-4])(?:(\/[^,]*),)?(\d+)?(.*)$/.exec(String(frame)) ?? [];
    if (type === undefined) world.violations.push(`cannot read ${String(frame)}`);
    else if (type === "0") {
      if (this.joined.has(path)) world.violations.push(`a second CONNECT for ${path}`);
      if (at - (this.left.get(path) ?? -1) < 0.05) world.violations.push(`CONNECT right behind DISCONNECT of ${path}`);
      if (world.refuses > 0) {
        world.refuses--;
        this.send(`44${path === "/" ? "" : `${path},`}{"message":"full"}`);
        return;
      }
      this.joined.set(path, `sid${world.sids++}`);
      this.send(`40${path === "/" ? "" : `${path},`}{"sid":"${this.joined.get(path)}"}`);
    } else if (!this.joined.has(path)) {
      // Crossed the server's own DISCONNECT: nobody's fault, and socket.io closes the whole connection all the same.
      if (this.left.has(`kicked ${path}`)) this.cut();
      else world.violations.push(`${String(frame)} for a namespace that is not joined`);
    } else if (type === "1") {
      this.joined.delete(path);
      this.left.set(path, at);
    } else if (type === "2") {
      const [event, number] = JSON.parse(json!) as [string, number];
      world.arrived.push({ path: path as Path, event, number });
      if (id === undefined) return;
      const answer = `43${path === "/" ? "" : `${path},`}${id}["got",${number}]`;
      if (world.ackMode === "at once") this.send(answer);
      else if (world.ackMode === "late") this.send(answer, 0.7);
    } else if (type === "3") world.replies.push(json!);
  }
}

/** A client, its server, and the network between them. */
class World {
  now = 0;
  sids = 0;
  refuses = 0;
  ackMode: AckMode = "at once";
  readonly violations: string[] = [];
  readonly arrived: { path: Path; event: string; number: number }[] = [];
  readonly replies: string[] = [];
  /** By number of the emit: how it was called, and how it ended. */
  readonly asked = new Map<number, { path: Path; results: number[]; response: unknown[] }>();
  readonly heard: string[] = [];
  readonly client: SocketIOClient;
  readonly namespaces: Record<Path, SocketIONamespace>;
  server: ServerSide | null = null;
  #numbers = 0;
  #said = 0;

  constructor(retries: number) {
    this.client = new SocketIOClient({
      clock: () => this.now,
      random: () => 0.5,
      retries,
      ack_timeout: 0.5,
      connect_timeout: 3,
      max_buffered_packets: 1000,
      reconnection: { delay: 0.2, delay_max: 1 },
      transport_factory: (_request, handler) => {
        const server = new ServerSide(handler, this);
        this.server = server;
        server.send('0{"sid":"e","pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
        return {
          name: "memory",
          bufferedAmount: 0,
          send: (frames) => {
            if (!server.over) for (const frame of frames) server.up.push({ at: this.now + LATENCY, frame });
          },
          close: () => {
            server.over = true;
          },
        };
      },
    });
    this.namespaces = {
      "/": this.client.create_namespace("/"),
      "/a": this.client.create_namespace("/a"),
      "/b": this.client.create_namespace("/b"),
    };
    for (const path of PATHS) {
      this.namespaces[path].on("said", ([number]) => this.heard.push(`${path} ${number}`));
      this.namespaces[path].on("question", ([number], reply) => reply?.([number]));
    }
    // A listener may call anything, for instance emit.
    this.namespaces["/"].connected.connect(() => this.emit("/"));
    this.start();
  }

  start(): void {
    this.client.connect_to_url("ws://world");
    for (const path of PATHS) this.namespaces[path].connect_to_namespace();
  }

  emit(path: Path): void {
    this.namespaces[path].emit("plain", [this.#numbers++]);
  }

  emitVolatile(path: Path): void {
    this.namespaces[path].emit_volatile("volatile", [this.#numbers++]);
  }

  ask(path: Path): void {
    const number = this.#numbers++;
    const record = { path, results: [] as number[], response: [] as unknown[] };
    const code = this.namespaces[path].emit_with_ack("asked", [number], (response, error) => {
      record.results.push(error);
      record.response = response;
      // Re-entrancy: one in eight asks on.
      if (number % 8 === 0 && this.#numbers < 500) this.ask(path);
    });
    if (code === 0) this.asked.set(number, record);
  }

  /** The server emits to the client, if it is joined. Returns what a listener notes then. */
  say(path: Path): string | null {
    const { server } = this;
    if (server === null || server.over || !server.joined.has(path)) return null;
    const number = this.#said++;
    const prefix = path === "/" ? "" : `${path},`;
    server.send(`42${prefix}["said",${number}]`);
    server.send(`42${prefix}${number}["question",${number}]`);
    return `${path} ${number}`;
  }

  kick(path: Path): void {
    const { server } = this;
    if (server === null || server.over || !server.joined.delete(path)) return;
    server.left.set(`kicked ${path}`, this.now);
    server.send(`41${path === "/" ? "" : `${path},`}`);
  }

  /** Time passes, in frames of a game loop. */
  pass(seconds: number, frame = 1 / 60): void {
    for (const end = this.now + seconds; this.now < end; ) {
      this.now += frame;
      this.server?.deliver();
      this.client.poll();
    }
  }

  /** The faults end; everything is wanted again. */
  heal(): void {
    this.ackMode = "at once";
    this.refuses = 0;
    this.pass(10);
    if (this.client.get_connection_state() === SocketIOClient.STATE_DISCONNECTED) this.start();
    for (const path of PATHS) this.namespaces[path].connect_to_namespace();
    // As long as the longest retry queue takes.
    this.pass(10 + this.asked.size * 0.2, 1 / 30);
  }

  arrivals(path: Path): number[] {
    return this.arrived.filter((packet) => packet.path === path).map(({ number }) => number);
  }
}

type Command = (world: World) => void;

const path = fc.constantFrom(...PATHS);
/** A command with a name that a failed run can print. */
const named = (name: string, run: Command): Command =>
  Object.assign(run, { toString: () => name, [fc.toStringMethod]: () => name });

const quiet: fc.Arbitrary<Command>[] = [
  path.map((where) => named(`emit ${where}`, (world) => world.emit(where))),
  path.map((where) => named(`ask ${where}`, (world) => world.ask(where))),
  path.map((where) => named(`say ${where}`, (world) => world.say(where))),
  fc.constant(named("a frame", (world) => world.pass(0.01))),
  fc.constantFrom(0.05, 0.3, 1.5).map((seconds) => named(`${seconds} s`, (world) => world.pass(seconds))),
];
const losses: fc.Arbitrary<Command>[] = [
  fc.constant(named("a second in one frame", (world) => world.pass(1, 1))),
  fc.constant(named("cut", (world) => world.server?.cut())),
  fc.constantFrom<AckMode>("at once", "late", "never").map((mode) =>
    named(`acknowledge ${mode}`, (world) => {
      world.ackMode = mode;
    }),
  ),
  path.map((where) => named(`volatile ${where}`, (world) => world.emitVolatile(where))),
  fc.constant(
    named("configure", (world) => {
      world.client.configure({ ack_timeout: 0.4, poll_max_packets: 2 });
    }),
  ),
];
const leaving: fc.Arbitrary<Command>[] = [
  path.map((where) => named(`leave ${where}`, (world) => world.namespaces[where].disconnect_from_namespace())),
  path.map((where) =>
    named(`join ${where}`, (world) => {
      world.namespaces[where].connect_to_namespace();
    }),
  ),
  path.map((where) => named(`kick ${where}`, (world) => world.kick(where))),
  fc.constant(
    named("refuse", (world) => {
      world.refuses++;
    }),
  ),
  fc.constant(named("close", (world) => world.client.close())),
  fc.constant(named("connect", (world) => world.start())),
];

const schedule = (...commands: fc.Arbitrary<Command>[]) =>
  fc.array(fc.oneof(...commands), { maxLength: 60, size: "max" });

function run(retries: number, commands: readonly Command[]): World {
  const world = new World(retries);
  for (const command of commands) command(world);
  world.heal();
  return world;
}

/** What every schedule has to end with. */
function expectWell(world: World): void {
  expect(world.violations).toEqual([]);
  expect(world.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  expect(PATHS.map((where) => world.namespaces[where].is_namespace_connected())).toEqual([true, true, true]);
  expect([...world.asked.values()].filter(({ results }) => results.length !== 1)).toEqual([]);
  expect(world.client.get_stats().acks_pending).toBe(0);
  for (const [number, { results, response }] of world.asked) {
    if (results[0] === 0) expect(response).toEqual(["got", number]);
  }
  // The listeners are still there, each once.
  const before = world.heard.length;
  const said = PATHS.map((where) => world.say(where));
  world.pass(1);
  expect(world.heard.slice(before)).toEqual(said);
  expect(new Set(world.heard).size).toBe(world.heard.length);
  expect(new Set(world.replies).size).toBe(world.replies.length);
}

const rising = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => index === 0 || number > numbers[index - 1]!);
const PARAMETERS = { seed, numRuns: 250, endOnFailure: false };

describe(`schedules, seed ${seed}`, { timeout: 60_000 }, () => {
  test("without retries: emits arrive in the order of the calls, and nothing twice", () => {
    fc.assert(
      fc.property(schedule(...quiet, ...losses, ...leaving), (commands) => {
        const world = run(0, commands);
        expectWell(world);
        for (const where of PATHS) expect(world.arrivals(where)).toSatisfy(rising);
        for (const [number, { path: where, results }] of world.asked) {
          if (results[0] === 0) expect(world.arrivals(where)).toContain(number);
        }
      }),
      PARAMETERS,
    );
  });

  test("without faults every emit arrives, once", () => {
    fc.assert(
      fc.property(schedule(...quiet), (commands) => {
        const world = run(0, commands);
        expectWell(world);
        for (const { results } of world.asked.values()) expect(results).toEqual([0]);
        const numbers = world.arrived.map(({ number }) => number).sort((a, b) => a - b);
        expect(numbers).toEqual(numbers.map((_, index) => index));
        expect(numbers.length).toBeGreaterThanOrEqual(world.asked.size);
      }),
      PARAMETERS,
    );
  });

  test("with retries every acknowledged emit arrives, in order, and is settled once, whatever the network does", () => {
    fc.assert(
      fc.property(schedule(...quiet, ...losses), (commands) => {
        const world = run(Infinity, commands);
        expectWell(world);
        for (const where of PATHS) {
          const asked = [...world.asked].filter(([, record]) => record.path === where).map(([number]) => number);
          const first = [
            ...new Set(
              world.arrived
                .filter((packet) => packet.path === where && packet.event === "asked")
                .map(({ number }) => number),
            ),
          ];
          expect(first).toEqual(asked);
          const others = world.arrived.filter((packet) => packet.path === where && packet.event !== "asked");
          expect(others.map(({ number }) => number)).toSatisfy(rising);
        }
        for (const { results } of world.asked.values()) expect(results).toEqual([0]);
      }),
      PARAMETERS,
    );
  });

  test("with few retries, leaving and closing: still settled once, in order, and OK only if it arrived", () => {
    fc.assert(
      fc.property(schedule(...quiet, ...losses, ...leaving), (commands) => {
        const world = run(2, commands);
        expectWell(world);
        for (const where of PATHS) {
          const arrived = world.arrived
            .filter((packet) => packet.path === where && packet.event === "asked")
            .map(({ number }) => number);
          expect([...new Set(arrived)]).toSatisfy(rising);
          for (const number of new Set(arrived)) {
            expect(arrived.filter((other) => other === number).length).toBeLessThanOrEqual(3);
          }
          for (const [number, record] of world.asked) {
            if (record.path === where && record.results[0] === 0) expect(arrived).toContain(number);
          }
        }
      }),
      PARAMETERS,
    );
  });
});

describe("Deadlines", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("add" as const), by: fc.nat({ max: 50 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("cancel" as const), by: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("advance" as const), by: fc.nat({ max: 20 }) }) },
  );

  test("behave like a list that is sorted by time and then by age", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: "max" }), (steps) => {
        const deadlines = new Deadlines();
        const handles: Deadline[] = [];
        const happened: number[] = [];
        let model: { at: number; number: number }[] = [];
        let now = 0;
        for (const { kind, by } of steps) {
          if (kind === "add") {
            const number = handles.length;
            handles.push(deadlines.add(now + by, () => happened.push(number)));
            model.push({ at: now + by, number });
            model.sort((a, b) => a.at - b.at || a.number - b.number);
          } else if (kind === "cancel" && handles.length > 0) {
            const number = by % handles.length;
            deadlines.cancel(handles[number]!);
            model = model.filter((item) => item.number !== number);
          } else if (kind === "advance") {
            now += by;
            const before = happened.length;
            deadlines.advance(now);
            const due = model.filter(({ at }) => at <= now).map(({ number }) => number);
            model = model.filter(({ at }) => at > now);
            expect(happened.slice(before)).toEqual(due);
          }
          // A cancelled one may still be looked at; it is never late.
          expect(deadlines.next).toBeLessThanOrEqual(model[0]?.at ?? Infinity);
        }
      }),
      { seed, numRuns: 300 },
    );
  });
});
