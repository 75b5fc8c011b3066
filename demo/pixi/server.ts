import { randomUUID } from "node:crypto";
import type { Namespace, Server, Socket } from "socket.io";
import { RateLimit } from "../server/rate-limit.js";
import { cleanName, cleanSequence } from "../server/validate.js";
import { SEAT_SECONDS, SNAPSHOT_EVERY, STEER_SCALE, STEER_TICKS, TICK_RATE } from "./constants.js";
import {
  INK_NAMESPACE,
  type InkAuth,
  type InkClientEvents,
  type InkServerEvents,
  type SplashAnswer,
} from "./protocol.js";
import { encodeSnapshot } from "./snapshot.js";
import { type Drop, World } from "./world.js";

type InkNamespace = Namespace<InkClientEvents, InkServerEvents, Record<string, never>, { player: Player }>;
type InkSocket = Socket<InkClientEvents, InkServerEvents, Record<string, never>, { player: Player }>;

interface Player {
  readonly name: string;
  readonly seat: string;
  readonly drop: Drop;
  socket: InkSocket | null;
  leftAt: number;
}

interface InkOptions {
  readonly seed: number;
  readonly roundTicks: number;
  /** Seconds. */
  readonly clock: () => number;
}

/**
 * Ink Ring on a namespace of its own beside whatever else the server has. The server decides everything: where a drop is, what it
 * has painted, whether a splash was allowed. Pages and bots send where they would like to go.
 *
 * @returns one tick of the game, to be called `TICK_RATE` times a second
 */
export function attachInk(io: Pick<Server, "of">, { seed, roundTicks, clock }: InkOptions): () => void {
  const namespace = io.of(INK_NAMESPACE) as unknown as InkNamespace;
  const world = new World(seed, roundTicks);
  const players = new Map<string, Player>();

  const roster = () => [...players.values()].map(({ name, drop }) => ({ slot: drop.slot, name, bot: drop.bot }));

  const clearSeats = (): void => {
    const limit = clock() - SEAT_SECONDS;
    const gone = [...players.values()].filter(({ socket, leftAt }) => socket === null && leftAt < limit);
    for (const player of gone) {
      players.delete(player.seat);
      world.remove(player.drop.slot);
    }
    if (gone.length > 0) namespace.emit("roster", roster());
  };

  namespace.use((socket, next) => {
    const auth: { readonly [Key in keyof InkAuth]?: unknown } = socket.handshake.auth;
    const name = cleanName(auth.name);
    if (name === null) {
      const hint = "1 to 16 letters, digits, blanks or . _ ' - and a letter or digit first";
      next(refusal("this name cannot be used", hint));
      return;
    }
    const known = typeof auth.seat === "string" ? players.get(auth.seat) : undefined;
    const drop = known?.name === name ? known.drop : world.add(auth.bot === true);
    if (drop === null) {
      next(refusal("the board is full", "try again in a minute"));
      return;
    }
    if (known?.drop === drop) socket.data.player = known;
    else socket.data.player = { name, seat: randomUUID(), drop, socket: null, leftAt: clock() };
    players.set(socket.data.player.seat, socket.data.player);
    next();
  });

  namespace.on("connection", (socket) => {
    const { player } = socket.data;
    const { drop } = player;
    player.socket?.disconnect();
    player.socket = socket;
    drop.away = false;
    // A page that was loaded again counts from the beginning.
    drop.ack = 0;
    socket.emit("welcome", { slot: drop.slot, seat: player.seat });
    namespace.emit("roster", roster());
    const steers = new RateLimit(60, 90, clock());
    const splashes = new RateLimit(4, 8, clock());
    // Whatever comes in is `unknown` until it was looked at.
    socket.on("steer", (sequence: unknown, x: unknown, y: unknown) => {
      const number = cleanSequence(sequence);
      if (number === null || !isAxis(x) || !isAxis(y) || !steers.take(clock())) return;
      drop.ack = number;
      drop.steerX = x / STEER_SCALE;
      drop.steerY = y / STEER_SCALE;
      drop.steerTicks = STEER_TICKS;
    });
    socket.on("splash", (answer: unknown) => {
      if (typeof answer !== "function") return;
      const cells = splashes.take(clock()) ? world.splash(drop) : null;
      const said: SplashAnswer = { ok: cells !== null, cells: cells ?? 0, cooldown: drop.cooldownTicks / TICK_RATE };
      answer(said);
    });
    socket.on("disconnect", (reason) => {
      if (player.socket !== socket) return;
      player.socket = null;
      // Whoever has left on purpose does not come back to that seat.
      player.leftAt = reason === "client namespace disconnect" ? Number.NEGATIVE_INFINITY : clock();
      drop.away = true;
      clearSeats();
    });
  });

  return () => {
    const effects = world.step();
    // The snapshot goes first: it is volatile, and would be dropped for everyone who was sent something just before.
    if (world.tick % SNAPSHOT_EVERY === 0) namespace.volatile.emit("snapshot", encodeSnapshot(world));
    if (effects.length > 0) namespace.emit("effects", effects);
    if (world.tick % TICK_RATE === 0) clearSeats();
  };
}

/** `data` travels to the client with the message. */
function refusal(message: string, hint: string): Error & { data: { hint: string } } {
  return Object.assign(new Error(message), { data: { hint } });
}

function isAxis(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(value as number) <= STEER_SCALE;
}
