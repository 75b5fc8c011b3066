/* A client, a server, the network between them and the machine that the client runs on, in virtual time. */
import type { OutFrame, TransportFactory, TransportHandler, TransportRequest } from "socketio-gameloop";
import { Random } from "../property/random.js";
import { Agenda } from "./agenda.js";
import { Game } from "./game.js";
import type { Weather } from "./lane.js";
import { type Frame, Link, type ServerEnd, type Surroundings } from "./link.js";
import { ModelServer } from "./model-server.js";
import { PollingLink } from "./polling-link.js";
import type { Config } from "./schedule.js";

/** What happens to the next attempts to connect. */
export type AttemptFault =
  | "throw"
  | "fail at once"
  | "reset before open"
  | "reset after open"
  | "never open"
  | "twice"
  | "late";

/** What happens to the next attempts of a session to move. */
export type UpgradeFault = "refused" | "never opens" | "reset" | "stalls" | "says nonsense" | "throw" | "cut below";

type AnyLink = Link | PollingLink;

export class World implements Surroundings {
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly weather: Weather;
  readonly server: ModelServer;
  readonly game: Game;
  readonly config: Config;
  readonly links: AnyLink[] = [];
  readonly attemptFaults: AttemptFault[] = [];
  readonly upgradeFaults: UpgradeFault[] = [];
  asleep = false;
  /** Seconds that the client's clock is ahead. */
  offset = 100;
  upgrades = 0;
  #polledAt: number | null = null;
  /** The client's time never goes back, whatever its clock does. */
  #latest = 0;
  #aliveAt = 0;
  /** How long a server may be silent, as the last handshake has it. Seconds. */
  #patience = Number.POSITIVE_INFINITY;
  /** What was noted as written and goes over another connection, with its numbers. */
  readonly #carried = new Map<OutFrame, number[]>();
  /** When DISCONNECT was written on this connection, by namespace. */
  readonly #partedAt = new Map<string, number>();
  /** Nobody answers at the server's address before this. */
  #refusesUntil = 0;

  constructor(seed: number, config: Config) {
    this.config = config;
    this.random = new Random(seed ^ 0x5eed);
    this.weather = { latency: config.latency, jitter: config.jitter };
    const { pingInterval, pingTimeout, recovery, early, repeats, maxQueued } = config;
    const upgrades = config.transports === "upgrade" ? ["websocket"] : [];
    const rules = { recovery, early, repeats, maxHeld: maxQueued };
    const settings = { pingInterval, pingTimeout, maxPayload: 1_000_000, upgrades, ...rules };
    this.server = new ModelServer(this.agenda, this.random, settings);
    this.game = new Game(this.server, this.#clientOptions(), config.auth, this.#frameTime);
    this.game.client.transport_changed.connect((name) => {
      if (name === "websocket") this.upgrades++;
    });
  }

  readonly clock = (): number => this.agenda.now + this.offset;

  /** The client's time: one frame sees one moment, however long its callbacks take. */
  readonly #frameTime = (): number => {
    this.#latest = Math.max(this.#latest, this.#polledAt ?? this.clock());
    return this.#latest;
  };

  written(frames: readonly OutFrame[]): readonly number[] {
    const stamp = this.game.stamp;
    this.#auditSilence(frames);
    const carried = frames.map((frame) => this.#carried.get(frame)?.shift());
    const fresh = frames.filter((_, index) => carried[index] === undefined);
    this.game.written(fresh);
    for (const frame of fresh) {
      this.#auditRecovery(frame);
      this.#auditRejoin(frame);
    }
    return carried.map((before) => before ?? stamp);
  }

  alive(frame: Frame): void {
    this.#frameTime();
    this.#aliveAt = this.#latest;
    // It may be somebody else's, with another heartbeat in it.
    const [, interval, timeout] = /^0.*"pingInterval":([\d.]+),"pingTimeout":([\d.]+)/.exec(String(frame)) ?? [];
    if (timeout !== undefined) this.#patience = (Number(interval) + Number(timeout)) / 1000;
  }

  violation(text: string): void {
    this.game.violations.push(text);
  }

  /** The server has been silent for so long that nothing may be written to it any more. */
  #auditSilence(frames: readonly OutFrame[]): void {
    const { canPause } = this.config;
    // A client that does not read hears no ping, and knows that. What moves a session goes over another connection.
    if (canPause || ["1", "2probe", "5"].includes(String(frames[0]))) return;
    this.#frameTime();
    const silence = this.#latest - this.#aliveAt;
    if (silence > this.#patience + 0.03) this.violation(`wrote after ${silence} s of silence`);
  }

  /** socket.io closes the connection when it reads DISCONNECT and CONNECT of a namespace at once. */
  #auditRejoin(frame: OutFrame): void {
    const [, type, path = "/"] = /^4([01])(?:(\/[^,]*),)?/.exec(typeof frame === "string" ? frame : "") ?? [];
    // By its own clock, whatever that does.
    const now = this.#frameTime();
    if (type === "1") this.#partedAt.set(path, now);
    else if (type === "0" && now - (this.#partedAt.get(path) ?? Number.NEGATIVE_INFINITY) < 0.04) {
      this.violation(`CONNECT ${now - this.#partedAt.get(path)!} s after DISCONNECT of ${path}`);
    }
  }

  /** A session is resumed from the last that the game has heard of it. */
  #auditRecovery(frame: OutFrame): void {
    const json = typeof frame === "string" ? /^40(?:\/[^,]*,)?(\{.*"pid".*)$/.exec(frame)?.[1] : undefined;
    if (json === undefined) return;
    const { pid, offset } = JSON.parse(json) as { pid: string; offset: string };
    const last = this.server.chains.find((chain) => chain.pid === pid)?.heardAndKept.at(-1);
    if (last && last.offset !== offset) this.violation(`recovers from ${offset}, heard up to ${last.offset}`);
  }

  carry(frame: OutFrame, stamp: number): void {
    this.#carried.set(frame, [...(this.#carried.get(frame) ?? []), stamp]);
  }

  /** The connection that the client uses or tries to use. */
  get link(): AnyLink | undefined {
    return this.links.findLast((link) => !link.clientOver);
  }

  /** Time passes, in frames of a game loop. */
  async pass(seconds: number, frame = this.config.frame): Promise<void> {
    const end = this.agenda.now + seconds;
    while (this.agenda.now < end) {
      this.agenda.advance(Math.min(end, this.agenda.now + frame));
      this.#poll();
      if (this.config.auth === "promise") for (let turn = 0; turn < 4; turn++) await null;
    }
  }

  /** Time passes, and nobody polls. */
  idle(seconds: number): void {
    this.agenda.advance(this.agenda.now + seconds);
  }

  /** The machine sleeps: no poll, no I/O. After it the loop runs first, or the network. */
  sleep(seconds: number, loopFirst: boolean): void {
    this.#setAsleep(true);
    this.idle(seconds);
    if (loopFirst) this.#poll();
    this.#setAsleep(false);
  }

  restart(down: number, silent: boolean): void {
    if (silent) for (const link of this.links) link.cut({ up: 0, down: 0, clientKnows: false, serverKnows: false });
    this.server.restart();
    this.refuseConnections(down);
  }

  refuseConnections(seconds: number): void {
    this.#refusesUntil = Math.max(this.#refusesUntil, this.agenda.now + seconds);
  }

  /** Nothing goes wrong any more. What is broken already stays so, for the client to find out. */
  heal(): void {
    this.#refusesUntil = 0;
    this.attemptFaults.length = this.upgradeFaults.length = 0;
    Object.assign(this.server.mood, { acks: "at once", refuse: 0, muteUntil: 0, connectDelay: 0 });
    Object.assign(this.weather, { latency: 0.01, jitter: 0 });
    this.game.plan = [];
  }

  #poll(): void {
    this.#polledAt = this.game.polledAt = this.clock();
    // The client sees this moment, connected or not, and its time does not go back behind it.
    this.#frameTime();
    this.game.client.poll();
    this.#polledAt = null;
  }

  #setAsleep(asleep: boolean): void {
    this.asleep = asleep;
    for (const link of this.links) link.settle();
    // What was held back comes at once.
    this.agenda.advance(this.agenda.now);
  }

  #clientOptions() {
    const { config } = this;
    const ws: TransportFactory = (request, handler) => this.#connect(request, handler);
    const poll: TransportFactory = Object.assign(
      (request: TransportRequest, handler: TransportHandler) => this.#connectPolling(request, handler),
      { engineName: "polling" },
    );
    const transports = { websocket: [ws], polling: [poll], upgrade: [poll, ws] }[config.transports];
    return {
      clock: this.clock,
      random: () => this.random.next(),
      transports,
      retries: config.retries,
      offline: config.offline,
      heartbeat: config.heartbeat,
      main_namespace: config.mainNamespace,
      poll_max_packets: config.maxPackets,
      poll_max_time: config.slowCallbacks ? 0.01 : 0,
      max_queued_packets: config.maxQueued,
      max_buffered_packets: config.maxBuffered,
      connect_timeout: config.connectTimeout,
      ack_timeout: config.ackTimeout,
      reconnection: { delay: 0.1, delay_max: 1, attempts: config.attempts },
    };
  }

  #connect(request: TransportRequest, handler: TransportHandler): Link {
    const { agenda } = this;
    const { sid } = request;
    const link = new Link(this, handler, this.server, this.config.canPause);
    if (sid !== "") {
      link.below = this.links.findLast((other) => other instanceof PollingLink && !other.clientOver) ?? null;
      this.#moveTo(link, sid, handler);
      return link;
    }
    this.#partedAt.clear();
    const fault = this.attemptFaults.shift();
    if (fault === "throw") throw new Error("the platform has no sockets left");
    this.links.push(link);
    if (fault === "fail at once") {
      link.clientOver = true;
      handler.closed("transport error", "no route");
      return link;
    }
    // TCP and HTTP take a round trip each.
    const trip = 2 * this.weather.latency;
    agenda.after(trip, () => {
      if (!this.server.up || agenda.now < this.#refusesUntil || fault === "reset before open") {
        link.refuse();
        return;
      }
      if (fault === "never open") return;
      if (fault === "twice") this.server.accept(this.#ghost());
      agenda.after(fault === "late" ? 2 : trip, () => {
        if (link.clientOver) return;
        this.server.accept(link);
        if (fault !== "reset after open") return;
        agenda.after(trip * this.random.next() * 2, () =>
          link.cut({ up: 0, down: 0, clientKnows: true, serverKnows: true }),
        );
      });
    });
    return link;
  }

  /** A session moves to this connection, or tries to. */
  #moveTo(link: Link, sid: string, handler: TransportHandler): void {
    const fault = this.upgradeFaults.shift();
    if (fault === "throw") throw new Error("the platform has no sockets left");
    this.links.push(link);
    const { agenda } = this;
    const trip = 4 * this.weather.latency;
    if (fault === "never opens") return;
    agenda.after(trip, () => {
      if (link.clientOver) return;
      if (fault === "refused" || agenda.now < this.#refusesUntil) {
        link.refuse();
        return;
      }
      this.server.accept(link, sid);
      if (!link.clientOver) handler.opened?.();
      const loss = { up: 0, down: 0, clientKnows: true, serverKnows: true };
      if (fault === "stalls") link.halfOpen(this.random.chance(0.5) ? "up" : "down");
      else if (fault === "says nonsense") link.inject("3prose", true);
      else if (fault === "reset") agenda.after(trip * this.random.next() * 2, () => link.cut(loss));
      else if (fault === "cut below") {
        const below = this.links.findLast((other) => other instanceof PollingLink && !other.clientOver);
        agenda.after(trip * this.random.next() * 2, () => below?.cut(loss));
      }
    });
  }

  #connectPolling(_request: TransportRequest, handler: TransportHandler): PollingLink {
    const { agenda } = this;
    this.#partedAt.clear();
    const fault = this.attemptFaults.shift();
    if (fault === "throw") throw new Error("the platform has no sockets left");
    const link = new PollingLink(this, handler, this.server);
    this.links.push(link);
    if (fault === "fail at once") {
      link.clientOver = true;
      handler.closed("transport error", "no route");
      return link;
    }
    link.started = () => {
      if (!this.server.up || agenda.now < this.#refusesUntil || fault === "reset before open") link.refuse();
      else if (fault !== "never open") {
        if (fault === "twice") this.server.accept(this.#ghost());
        this.server.accept(link);
        if (fault === "reset after open") link.cut({ up: 0, down: 1, clientKnows: true, serverKnows: false });
      }
    };
    return link;
  }

  /** A connection that a network made twice: the server sees it, nobody speaks on it. */
  #ghost(): ServerEnd {
    return { name: "ghost", writable: true, write() {}, end() {} };
  }
}
