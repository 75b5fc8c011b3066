/*
 * A server as strict as the real one, and a game that does anything at any time, in callbacks too. Whatever the order, the
 * promises of the client hold. fast-check shrinks what breaks them to a short list of steps.
 */
import fc from "fast-check";
import { type Err, OK, type OutFrame, type SocketIONamespace } from "socketio-gameloop";
import { expect, test } from "vitest";
import { OPEN, Rig, type ScriptedPeer } from "../support/scripted-server.js";

const PATHS = ["/", "/a", "/b"];

/** What a server does with what the client writes; anything that would make it close the connection is an error. */
class StrictServer {
  readonly joined = new Set<string>();
  readonly pending = new Set<string>();
  /** Kicked, and the client may not have heard of it: what it writes for them crosses with that on the wire. */
  readonly crossing = new Set<string>();
  readonly unanswered: string[] = [];
  #read = 0;

  constructor(readonly peer: ScriptedPeer) {}

  /** Reads what was written since the last time. */
  read(): void {
    for (const write of this.peer.writes.slice(this.#read)) {
      const left = new Set<string>();
      for (const frame of write) this.#take(frame, left);
    }
    this.#read = this.peer.writes.length;
  }

  #take(frame: OutFrame, left: Set<string>): void {
    if (typeof frame !== "string") throw new Error("a binary frame that nobody sent");
    if (frame === "3") return;
    const [, type, path = "/", id] = /^4([0-9])(?:(\/\w*),)?(\d*)/.exec(frame) ?? [];
    if (type === "0") {
      if (this.joined.has(path) || this.pending.has(path)) throw new Error(`a second CONNECT: ${frame}`);
      if (left.has(path)) throw new Error(`CONNECT in one write with DISCONNECT: ${frame}`);
      this.pending.add(path);
      this.crossing.delete(path);
    } else if (!this.crossing.has(path)) {
      if (!this.joined.has(path)) throw new Error(`a packet for a namespace that is not joined: ${frame}`);
      if (type === "1") {
        this.joined.delete(path);
        left.add(path);
      } else if (type === "2" && id !== "") this.unanswered.push(path === "/" ? `43${id}[]` : `43${path},${id}[]`);
    }
  }

  /** Answers one pending CONNECT. */
  answer(index: number, accept: boolean): void {
    const path = [...this.pending][index % Math.max(1, this.pending.size)];
    if (path === undefined) return;
    this.pending.delete(path);
    const head = (digit: string) => (path === "/" ? `4${digit}` : `4${digit}${path},`);
    if (accept) {
      this.joined.add(path);
      this.peer.push(`${head("0")}{"sid":"s"}`);
    } else this.peer.push(`${head("4")}{"message":"no"}`);
  }

  kick(path: string): void {
    if (!this.joined.delete(path)) return;
    this.crossing.add(path);
    this.peer.push(path === "/" ? "41" : `41${path},`);
  }
}

interface Step {
  readonly action: number;
  readonly path: number;
  readonly inside: number;
}

class Game {
  readonly rig: Rig;
  readonly story: string[] = [];
  readonly acks: { code: Err; answers: number }[] = [];
  readonly promises: Promise<unknown>[] = [];
  server: StrictServer | null = null;
  /** What to do in the next callbacks. */
  plan: Step[] = [];

  constructor(options: object) {
    this.rig = new Rig({ reconnection: { delay: 0.1, jitter: 0, delay_max: 0.1 }, ...options });
    const { client } = this.rig;
    const act = (line: string) => {
      this.story.push(line);
      const step = this.plan.shift();
      if (step) this.act(step);
    };
    client.connected.connect((sid) => act(`connected ${sid}`));
    client.disconnected.connect(() => act("disconnected"));
    client.namespace_connected.connect((path) => act(`+${path}`));
    client.namespace_disconnected.connect((path) => act(`-${path}`));
    client.connect_error.connect(() => act("connect_error"));
    client.reconnecting.connect(() => act("reconnecting"));
    client.event_received.connect(() => act("event"));
    for (const path of PATHS) client.create_namespace(path);
  }

  namespace(step: Step): SocketIONamespace {
    return this.rig.client.get_namespace(PATHS[step.path % PATHS.length] as string) as SocketIONamespace;
  }

  /** One thing that the game, the network or the server does. */
  act(step: Step): void {
    const { rig, server } = this;
    const { client } = rig;
    const namespace = this.namespace(step);
    const path = namespace.get_namespace_path();
    switch (step.action % 14) {
      case 0:
        client.connect_to_url("ws://test");
        break;
      case 1:
        if (step.inside % 8 === 0) client.close();
        break;
      case 2:
        namespace.connect_to_namespace();
        break;
      case 3:
        namespace.disconnect_from_namespace();
        break;
      case 4:
        namespace.emit("x", [step.path]);
        break;
      case 5: {
        const ack: Game["acks"][number] = { code: OK, answers: 0 };
        ack.code = namespace.emit_with_ack("y", [], () => {
          ack.answers++;
          const next = this.plan.shift();
          if (next) this.act(next);
        });
        this.acks.push(ack);
        break;
      }
      case 6:
        namespace.emit_volatile("z");
        break;
      case 7:
        client.flush();
        break;
      case 8:
        client.poll();
        break;
      case 9:
        // The peer of a connection that the client has closed is not heard any more.
        if (rig.peers.length > 0 && server?.peer !== rig.peer) {
          this.server = new StrictServer(rig.peer);
          rig.push(OPEN);
        }
        break;
      case 10:
        server?.answer(step.inside, step.path !== 7);
        break;
      case 11:
        if (server?.joined.has(path)) rig.push(path === "/" ? '42["e"]' : `42${path},["e"]`);
        break;
      case 12:
        if (step.inside % 3 === 0) server?.kick(path);
        else if (server && server.unanswered.length > 0) rig.push(server.unanswered.shift() as string);
        break;
      default:
        if (step.inside % 5 === 0 && rig.peers.length > 0) rig.peer.cut();
        else rig.clock.advance((step.inside % 7) / 10);
    }
    this.server?.read();
  }
}

// Connecting, opening, answering and polling more often than the rest, so that there is something to break.
const action = fc.constantFrom(...Array(14).keys(), 0, 8, 9, 9, 9, 10, 10, 10, 10, 8, 11, 2);
const step = fc.record({ action, path: fc.nat(7), inside: fc.nat(30) });
const script = fc.array(fc.record({ outside: step, callbacks: fc.array(step, { maxLength: 3, size: "max" }) }), {
  maxLength: 120,
  size: "max",
});

for (const options of [{}, { poll_max_packets: 1 }, { retries: 2 }, { main_namespace: false }, { offline: "drop" }]) {
  test(`whatever the game, the network and the server do, with ${JSON.stringify(options)}`, async () => {
    await fc.assert(
      fc.asyncProperty(script, async (steps) => {
        const game = new Game(options);
        const { client } = game.rig;
        for (const { outside, callbacks } of steps) {
          game.plan = [...callbacks];
          game.act(outside);
          game.plan = [];
          if (outside.inside % 2 === 0) client.poll();
          game.server?.read();
          for (const path of PATHS) {
            const namespace = client.get_namespace(path);
            expect(namespace?.get_session_id() !== "").toBe(namespace?.is_namespace_connected());
          }
        }
        client.close();
        game.server?.read();
        // Up and down are paired, in order, for each namespace.
        for (const path of PATHS) {
          const changes = game.story.filter((line) => line.slice(1) === path).map((line) => line[0]);
          expect(changes.join("")).toMatch(/^(\+-)*$/);
        }
        // No `connected` without a session id, and the last word of a story that had one is `disconnected`.
        expect(game.story).not.toContain("connected ");
        const ends = game.story.filter((line) => line === "disconnected" || line.startsWith("connected"));
        if (ends.length > 0) expect(ends.at(-1)).toBe("disconnected");
        // Every accepted acknowledgement has ended once, every refused one never.
        for (const { code, answers } of game.acks) expect(answers).toBe(code === OK ? 1 : 0);
        expect(client.get_stats().acks_pending).toBe(0);
        expect(client.get_connection_state()).toBe(0);
        expect(game.rig.told().filter((line) => line.startsWith("listener_error"))).toEqual([]);
        // After close() nothing happens any more.
        const { length } = game.story;
        for (const peer of game.rig.peers) peer.push('42["late"]', "41");
        game.rig.step(100);
        expect(game.story).toHaveLength(length);
      }),
      { numRuns: 80, seed: 7 },
    );
  });
}
