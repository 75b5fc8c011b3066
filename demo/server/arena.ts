import type { Server } from "socket.io";
import { PERK_ANSWER_SECONDS, PHASE_PLAYING, SNAPSHOT_EVERY, TICK_RATE } from "../shared/constants.js";
import { offerPerks } from "../shared/perks.js";
import { Prng } from "../shared/prng.js";
import type { ArenaClientEvents, ArenaServerEvents, LobbyStatus, RosterEntry, ScoreLine } from "../shared/protocol.js";
import { stepWorld } from "../shared/rules.js";
import { dashCooldown } from "../shared/ship.js";
import { encodeSnapshot } from "../shared/snapshot.js";
import { addShip, type Effect, removeShip, standings, type World } from "../shared/world.js";
import { HighScores } from "./high-scores.js";
import { InputQueue } from "./input-queue.js";
import type { ArenaSocket, NoServerEvents, Player } from "./player.js";
import { RateLimit } from "./rate-limit.js";
import { refusal } from "./refuse.js";
import type { Grant, TicketOffice } from "./tickets.js";
import { cleanArenaAuth, cleanMoves, cleanSequence } from "./validate.js";

export type ArenaServer = Server<ArenaClientEvents, ArenaServerEvents, NoServerEvents, { grant: Grant }>;

/** The room of those who look at the arena right now; a hidden tab leaves it and costs no bandwidth. */
const WATCHERS = "watchers";
/** How long the ship of a dropped player waits for them. */
const SEAT_SECONDS = 8;

/** The arena: the main namespace, the players, and the one world they share. `tick()` is called by the clock. */
export class Arena {
  readonly #io: ArenaServer;
  readonly #clock: () => number;
  readonly #world: World;
  readonly #players = new Map<string, Player>();
  readonly #highScores = new HighScores();
  readonly #perkDice: Prng;
  readonly #answers: (() => void)[] = [];
  #dashes: Effect[] = [];

  constructor(io: ArenaServer, tickets: TicketOffice, world: World, clock: () => number) {
    this.#io = io;
    this.#clock = clock;
    this.#world = world;
    this.#perkDice = new Prng(Math.floor(world.random.next() * 0xffffffff));
    io.use((socket, next) => {
      const auth = cleanArenaAuth(socket.handshake.auth);
      const grant = auth === null ? null : tickets.redeem(auth.ticket, auth.name, clock());
      if (grant === null) {
        next(refusal("no valid ticket", { code: "bad_ticket", hint: "ask /lobby for one with the join request" }));
        return;
      }
      socket.data.grant = grant;
      next();
    });
    io.on("connection", (socket) => this.#enter(socket));
  }

  /** One step of the simulation, and what it sends. */
  tick(): void {
    const world = this.#world;
    const playing = world.phase === PHASE_PLAYING;
    for (const player of this.#players.values()) {
      const { ship } = player;
      player.inputs.consume(ship, playing, () => {
        this.#dashes.push({ type: "dash", ship: ship.id, x: ship.x, y: ship.y });
      });
    }
    const effects = this.#dashes;
    this.#dashes = [];
    stepWorld(world, effects);
    // The snapshot goes first: it is volatile, and would be dropped for everyone who was sent something just before.
    if (world.tick % SNAPSHOT_EVERY === 0) this.#io.to(WATCHERS).volatile.emit("snapshot", encodeSnapshot(world));
    if (effects.length > 0) this.#io.to(WATCHERS).emit("effects", world.tick, effects);
    for (const answer of this.#answers.splice(0)) answer();
    if (effects.some((effect) => effect.type === "round_end")) this.#endRound();
    if (world.tick % TICK_RATE === 0) this.#clearSeats();
  }

  /** What the lobby shows. */
  status(): LobbyStatus {
    const present = [...this.#players.values()].filter((player) => player.socket !== null);
    const leader = this.#scores().find((line) => line.score > 0) ?? null;
    return {
      players: present.filter((player) => !player.bot).length,
      bots: present.filter((player) => player.bot).length,
      round: this.#world.round,
      leader,
      highScores: this.#highScores.lines,
    };
  }

  #enter(socket: ArenaSocket): void {
    const player = this.#seat(socket.data.grant);
    player.socket?.disconnect();
    player.socket = socket;
    player.inputs = new InputQueue(player.ship.ack);
    player.ship.away = false;
    socket.emit("welcome", { id: player.ship.id, lastSequence: player.ship.ack, roster: this.#roster() });
    void socket.join(WATCHERS);
    this.#io.except(socket.id).emit("roster", this.#roster());
    this.#listen(socket, player);
    socket.on("disconnect", () => {
      if (player.socket !== socket) return;
      player.socket = null;
      player.leftAt = this.#clock();
      player.ship.away = true;
    });
  }

  /** The waiting ship of somebody who has been here a moment ago, or a new one. */
  #seat(grant: Grant): Player {
    const known = this.#players.get(grant.seat);
    if (known !== undefined && known.name === grant.name) return known;
    // Somebody has come back under another name: the ship of before would be nobody's, for ever.
    if (known !== undefined) {
      known.socket?.disconnect();
      removeShip(this.#world, known.ship.id);
    }
    const ship = addShip(this.#world, grant.bot);
    const player: Player = { ...grant, ship, inputs: new InputQueue(0), socket: null, leftAt: 0 };
    this.#players.set(grant.seat, player);
    return player;
  }

  #listen(socket: ArenaSocket, player: Player): void {
    // A page sends one input per frame (up to 240 on a fast screen), a bot thirty.
    const inputs = new RateLimit(250, 300, this.#clock());
    const actions = new RateLimit(12, 20, this.#clock());
    socket.on("input", (first: unknown, moves: unknown) => {
      const sequence = cleanSequence(first);
      const clean = cleanMoves(moves);
      if (sequence === null || clean === null || !inputs.take(this.#clock())) return;
      player.inputs.pushMoves(sequence, clean);
    });
    socket.on("dash", (sequence: unknown, answer: unknown) => {
      if (typeof answer !== "function") return;
      if (cleanSequence(sequence) === null || !actions.take(this.#clock())) {
        answer({ ok: false, cooldown: player.ship.cooldownTicks / TICK_RATE });
        return;
      }
      player.inputs.pushDash((ok) => {
        const ticks = ok ? dashCooldown(player.ship) : player.ship.cooldownTicks;
        this.#answers.push(() => answer({ ok, cooldown: ticks / TICK_RATE }));
      });
    });
    socket.on("away", (hidden: unknown) => {
      if (typeof hidden !== "boolean" || !actions.take(this.#clock())) return;
      player.ship.away = hidden;
      void (hidden ? socket.leave(WATCHERS) : socket.join(WATCHERS));
    });
  }

  #endRound(): void {
    const results = this.#scores();
    this.#highScores.add(results);
    this.#io.emit("round_over", { round: this.#world.round, standings: results.slice(0, 5) });
    for (const player of this.#players.values()) void this.#offerPerk(player);
  }

  /** Asks a player to choose a perk; no answer in time, or a wrong one, changes nothing. */
  async #offerPerk(player: Player): Promise<void> {
    const offer = offerPerks(this.#perkDice);
    try {
      const perk: unknown = await player.socket?.timeout(PERK_ANSWER_SECONDS * 1000).emitWithAck("pick_perk", offer);
      const chosen = offer.find((one) => one.id === perk);
      if (chosen !== undefined) player.ship.perk = chosen.id;
    } catch {
      // Answered too late or left: both are fine.
    }
  }

  #clearSeats(): void {
    const limit = this.#clock() - SEAT_SECONDS;
    let changed = false;
    for (const [seat, player] of this.#players) {
      if (player.socket !== null || player.leftAt > limit) continue;
      removeShip(this.#world, player.ship.id);
      this.#players.delete(seat);
      changed = true;
    }
    if (changed) this.#io.emit("roster", this.#roster());
  }

  #roster(): RosterEntry[] {
    return [...this.#players.values()].map(({ ship, name, bot }) => ({ id: ship.id, name, bot }));
  }

  #scores(): ScoreLine[] {
    const byShip = new Map([...this.#players.values()].map((player) => [player.ship.id, player]));
    return standings(this.#world).map((ship) => ({
      name: byShip.get(ship.id)?.name ?? "?",
      score: ship.score,
      bot: ship.bot,
    }));
  }
}
