/*
 * A Socket.IO 5 server as socket.io is one, strict where that is strict: it notes everything for which that would close the
 * whole connection and a client could have known better. Its application takes every numbered event into a book that
 * survives a restart, so that it can tell a repeated one.
 */
import type { Random } from "../property/random.js";
import type { Agenda } from "./agenda.js";
import type { Down, ServerEnd, ServerSide, Up } from "./link.js";
import { type EngineOwner, type EngineSettings, ModelEngine } from "./model-engine.js";
import { Chain, ModelSocket, type Said } from "./model-socket.js";
import { bytesFor, isSame, PLACEHOLDER, readPacket, type WirePacket, writePacket } from "./wire.js";

interface ServerSettings extends EngineSettings {
  readonly recovery: boolean;
  /** Emits before it answers CONNECT. */
  readonly early: boolean;
  /** Repeats some of what was received before it goes on with what was missed. */
  readonly repeats: boolean;
  /** How many events the client can hold that come before that answer. */
  readonly maxHeld: number;
}

/** An event of the game that the application got. */
export interface Arrival {
  readonly number: number;
  readonly kind: string;
  readonly path: string;
  /** Which joining it came over. */
  readonly socket: ModelSocket;
}

/** What goes wrong at the server for a while. */
interface Mood {
  acks: "at once" | "late" | "never";
  /** So many CONNECTs are refused. */
  refuse: number;
  /** CONNECTs are not answered before this moment. */
  muteUntil: number;
  /** How long the answer to a CONNECT takes. Seconds. */
  connectDelay: number;
}

/** How long a lost session can be recovered. Seconds. */
const RECOVERY_TIME = 4;
/** How long a server that does not answer goes on like that unasked. Seconds. */
const MUTE_STEP = 0.25;
/** How long an answer takes that is late. Seconds. */
const LATE = 0.7;

export class ModelServer implements ServerSide, EngineOwner {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly engineSettings: EngineSettings;
  readonly violations: string[] = [];
  readonly arrivals: Arrival[] = [];
  readonly chains: Chain[] = [];
  readonly mood: Mood = { acks: "at once", refuse: 0, muteUntil: 0, connectDelay: 0 };
  /** Replies to the server's questions, by chain and number. */
  readonly replies = new Map<string, number>();
  up = true;
  readonly #settings: ServerSettings;
  readonly #engines = new Map<string, ModelEngine>();
  readonly #ends = new Map<ServerEnd, ModelEngine>();
  readonly #sockets = new Map<ModelEngine, Map<string, ModelSocket>>();
  /** Namespaces that were closed by the server: what the client writes for them may have crossed with that. */
  readonly #crossing = new Map<ModelEngine, Set<string>>();
  /** Namespaces that the client has left. */
  readonly #leftOn = new Map<ModelEngine, Set<string>>();
  /** They have replayed more than the client holds. */
  readonly #tooMuch = new Set<ModelEngine>();
  /** Joins that are not answered yet. */
  readonly #pending = new Map<ModelEngine, Set<string>>();
  /** An event whose attachments are awaited. */
  readonly #partial = new Map<ModelEngine, { packet: WirePacket; bytes: Uint8Array[] }>();
  /** The client's last join of a path was written before the game left it. */
  joinIsStale: (path: string, stamp: number) => boolean = () => false;
  #numbers = 0;

  constructor(agenda: Agenda, random: Random, settings: ServerSettings) {
    this.agenda = agenda;
    this.random = random;
    this.#settings = settings;
    this.engineSettings = settings;
  }

  get engines(): ModelEngine[] {
    return [...this.#engines.values()];
  }

  violation(text: string): void {
    this.violations.push(text);
  }

  // Connections

  accept(end: ServerEnd, sid = ""): ModelEngine | null {
    const known = this.#engines.get(sid);
    if (sid !== "") {
      if (known === undefined) end.end();
      else {
        this.#ends.set(end, known);
        known.join(end);
      }
      return known ?? null;
    }
    const engine = new ModelEngine(this, `e${this.#numbers++}`, end);
    this.#ends.set(end, engine);
    this.#engines.set(engine.sid, engine);
    this.#sockets.set(engine, new Map());
    this.#crossing.set(engine, new Set());
    this.#pending.set(engine, new Set());
    this.#leftOn.set(engine, new Set());
    return engine;
  }

  receive(end: ServerEnd, frames: Up[]): void {
    this.#ends.get(end)?.receive(end, frames);
  }

  garbled(end: ServerEnd): void {
    this.#ends.get(end)?.close("parse error");
  }

  ended(end: ServerEnd): void {
    this.#ends.get(end)?.ended(end);
  }

  drained(end: ServerEnd): void {
    const engine = this.#ends.get(end);
    if (engine?.end === end) engine.flush();
  }

  engineClosed(engine: ModelEngine, reason: string): void {
    const recoverable = reason !== "kicked" && this.#settings.recovery;
    for (const socket of this.#sockets.get(engine)!.values()) {
      socket.over = true;
      socket.chain.lostAt = recoverable ? this.agenda.now : Number.NEGATIVE_INFINITY;
    }
    this.#engines.delete(engine.sid);
    this.#sockets.delete(engine);
    this.#partial.delete(engine);
  }

  /** Everything in memory is forgotten; the application's book is not. */
  restart(): void {
    for (const engine of this.engines) engine.close("restart");
    for (const chain of this.chains) chain.lostAt = Number.NEGATIVE_INFINITY;
    this.mood.acks = "at once";
  }

  // Packets

  messages(engine: ModelEngine, frames: Up[]): void {
    const sockets = this.#sockets.get(engine)!;
    const deferred: { socket: ModelSocket; packet: WirePacket; bytes: Uint8Array[] }[] = [];
    for (const { frame, stamp } of frames) {
      if (engine.over) return;
      const partial = this.#partial.get(engine);
      if (typeof frame !== "string") {
        if (partial === undefined) {
          this.violation("a binary frame that was not announced");
          engine.close("parse error");
          return;
        }
        partial.bytes.push(frame as Uint8Array);
        if (partial.bytes.length < partial.packet.attachments) continue;
        this.#partial.delete(engine);
        const socket = sockets.get(partial.packet.path);
        if (socket !== undefined) deferred.push({ socket, ...partial });
        continue;
      }
      const packet = readPacket(frame);
      if (packet === null || partial !== undefined) {
        this.violation(`a packet that cannot be read: ${frame}`);
        engine.close("parse error");
        return;
      }
      const socket = sockets.get(packet.path);
      if (packet.type === 0 && socket === undefined) this.#join(engine, packet, stamp);
      else if (packet.type === 0 || socket === undefined) {
        this.#refuseStranger(engine, packet, frame, deferred, frames, stamp);
        return;
      } else if (packet.attachments > 0) this.#partial.set(engine, { packet, bytes: [] });
      else deferred.push({ socket, packet, bytes: [] });
    }
    // As in socket.io, leaving and answers are looked at one tick later, and events one more.
    for (const { socket, packet } of deferred) {
      if (packet.type === 1) {
        this.#left(socket);
        this.#leftOn.get(engine)?.add(packet.path);
      }
      if (packet.type === 3 || packet.type === 6) this.#answered(socket, packet);
    }
    for (const { socket, packet, bytes } of deferred) {
      if (!socket.over && (packet.type === 2 || packet.type === 5)) this.#event(socket, packet, bytes);
    }
  }

  /** What socket.io closes the whole connection for. A client that could have known better has broken the protocol. */
  #refuseStranger(
    engine: ModelEngine,
    packet: WirePacket,
    frame: string,
    deferred: readonly { packet: WirePacket }[],
    frames: readonly Up[],
    stamp: number,
  ): void {
    const isJoin = packet.type === 0;
    const leaving = deferred.some((other) => other.packet.type === 1 && other.packet.path === packet.path);
    // Written apart, read at once: the network has done that.
    const stamps = frames.filter((up) => up.stamp === stamp).map((up) => up.frame);
    const together = stamps.includes(writePacket("1", packet.path, null));
    if (isJoin && (!leaving || together)) this.violation(`a second CONNECT: ${frame}`);
    if (!isJoin && !this.#crossing.get(engine)!.has(packet.path)) {
      this.violation(`a packet for a namespace that is not joined: ${frame}`);
    }
    engine.close("parse error");
  }

  #join(engine: ModelEngine, packet: WirePacket, stamp: number): void {
    const { path } = packet;
    const pending = this.#pending.get(engine)!;
    if (pending.has(path)) this.violation(`a second CONNECT before the first is answered: ${path}`);
    pending.add(path);
    this.#crossing.get(engine)!.delete(path);
    const auth = packet.json === "" ? {} : JSON.parse(packet.json);
    if (auth.token !== `token ${path}`) this.violation(`CONNECT without its auth: ${path} ${packet.json}`);
    const due = this.agenda.now + this.mood.connectDelay;
    const answer = () => {
      if (engine.over) return;
      // Looked at again and again: peace ends the silence for those too who came before it.
      const wait = Math.max(due, this.mood.muteUntil) - this.agenda.now;
      if (wait > 0) {
        this.agenda.after(Math.min(wait, MUTE_STEP), answer);
        return;
      }
      pending.delete(path);
      if (this.mood.refuse > 0) {
        this.mood.refuse--;
        engine.send([{ frame: writePacket("4", path, null, { message: "full" }) }]);
      } else this.#accept(engine, path, auth, stamp);
    };
    answer();
  }

  #accept(engine: ModelEngine, path: string, auth: { pid?: string; offset?: string }, stamp: number): void {
    const lost = this.#settings.recovery ? this.chains.find((chain) => chain.pid === auth.pid) : undefined;
    const from = lost?.said.findIndex(({ offset }) => offset !== "" && offset === auth.offset) ?? -1;
    // A session whose connection the server takes for alive cannot be resumed.
    const since = lost !== undefined && Number.isFinite(lost.lostAt) ? this.agenda.now - lost.lostAt : Infinity;
    const recovered = lost !== undefined && from >= 0 && since <= RECOVERY_TIME;
    const number = this.#numbers++;
    const pid = this.#settings.recovery ? `p${number}` : "";
    const chain = recovered ? lost : new Chain(number, path, `s${number}`, pid, path === "/");
    if (!recovered) {
      this.chains.push(chain);
      // The old one stays as it is; only a client that leaves it ends it.
      chain.excused = this.joinIsStale(path, stamp);
    }
    chain.lostAt = Number.POSITIVE_INFINITY;
    const socket = new ModelSocket(engine, path, chain);
    const sockets = this.#sockets.get(engine)!;
    sockets.set(path, socket);
    const missed = recovered ? chain.said.slice(from + 1).filter(({ offset }) => offset !== "") : [];
    if (recovered && this.#settings.repeats) missed.unshift(...chain.heardAndKept.slice(-3));
    // Before the answer the client holds no more than its inbox; then it gives the session up.
    if (missed.length >= this.#settings.maxHeld) this.#tooMuch.add(engine);
    if (this.#tooMuch.has(engine)) for (const other of sockets.values()) other.chain.excused = true;
    for (const said of missed) socket.write(said);
    // Nobody can tell these from the last words of a session that was left on the same connection.
    if (this.#settings.early && !this.#leftOn.get(engine)!.has(path)) this.say(path, "said", socket);
    const answer: Down = {
      frame: writePacket("0", path, null, pid === "" ? { sid: chain.sid } : { sid: chain.sid, pid: chain.pid }),
      handed: () => socket.answerHanded(),
    };
    engine.send([answer]);
    this.say(path, "said", socket);
  }

  #left(socket: ModelSocket): void {
    socket.over = true;
    socket.chain.lostAt = Number.NEGATIVE_INFINITY;
    this.#sockets.get(socket.engine)?.delete(socket.path);
  }

  #answered(socket: ModelSocket, { id, json }: WirePacket): void {
    const key = `${socket.chain.number} ${id}`;
    const [seq] = JSON.parse(json) as [number];
    if (seq !== id || socket.chain.said[id]?.kind !== "question") this.violation(`a reply to no question: ${json}`);
    this.replies.set(key, (this.replies.get(key) ?? 0) + 1);
  }

  #event(socket: ModelSocket, packet: WirePacket, bytes: Uint8Array[]): void {
    const [kind, number] = JSON.parse(packet.json) as [string, number];
    if (packet.attachments > 0 && !isSame(bytes[0], bytesFor(number))) this.violation(`other bytes in ${number}`);
    this.arrivals.push({ number, kind, path: packet.path, socket });
    if (packet.id < 0) return;
    const answer = () => {
      if (socket.over || socket.engine.over) return;
      const binary = number % 5 === 0;
      const data = binary ? ["got", number, PLACEHOLDER] : ["got", number];
      const head = { frame: writePacket(binary ? "61-" : "3", packet.path, packet.id, data) };
      this.ackWritten(number, binary ? [head, { frame: bytesFor(number) }] : [head], socket);
    };
    if (this.mood.acks === "late") this.agenda.after(LATE, answer);
    else if (this.mood.acks === "at once") answer();
  }

  /** Told when the client gets the answer to an emit. */
  ackHanded: (number: number) => void = () => {};

  ackWritten(number: number, frames: Down[], socket: ModelSocket): void {
    const last = frames.at(-1)!;
    socket.engine.send([...frames.slice(0, -1), { ...last, handed: () => this.ackHanded(number) }]);
  }

  // What the application does

  /** Those who are in a namespace, as the server knows it. */
  sockets(path: string): ModelSocket[] {
    return this.engines.flatMap((engine) => this.#sockets.get(engine)?.get(path) ?? []);
  }

  /** Says something to who is there, and to who may come back to hear it. */
  say(path: string, kind: Said["kind"], only?: ModelSocket): number {
    const stored = this.#settings.recovery && kind !== "question" && kind !== "volatile";
    const sockets = only ? [only] : this.sockets(path);
    for (const socket of sockets) socket.write(this.#compose(socket.chain, kind, stored));
    if (only || !stored) return sockets.length;
    for (const chain of this.chains) {
      const waits = chain.path === path && Number.isFinite(chain.lostAt);
      if (waits && this.agenda.now - chain.lostAt <= RECOVERY_TIME) this.#compose(chain, kind, stored);
    }
    return sockets.length;
  }

  #compose(chain: Chain, kind: Said["kind"], stored: boolean): Said {
    const seq = chain.said.length;
    const offset = stored ? `t-${this.#numbers++}` : "";
    const data: unknown[] = [kind, chain.number, seq];
    if (kind === "raw") data.push(PLACEHOLDER);
    if (stored) data.push(offset);
    const head = writePacket(kind === "raw" ? "51-" : "2", chain.path, kind === "question" ? seq : null, data);
    const said: Said = { seq, kind, offset, frames: kind === "raw" ? [head, bytesFor(seq)] : [head] };
    chain.said.push(said);
    return said;
  }

  /** Throws everybody out of a namespace. */
  kick(path: string): void {
    for (const socket of this.sockets(path)) {
      this.#left(socket);
      this.#crossing.get(socket.engine)!.add(path);
      socket.engine.send([{ frame: writePacket("1", path, null) }]);
    }
  }

  /** Ends every connection, politely. */
  hangUp(withWord: boolean): void {
    for (const engine of this.engines) {
      if (withWord) engine.send([{ frame: "1" }]);
      engine.close("kicked");
    }
  }
}
