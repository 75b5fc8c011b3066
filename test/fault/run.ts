/* One schedule from beginning to end: the steps, then peace, then the audit. */
import { OK, SocketIOClient } from "socketio-gameloop";
import { Deadlines } from "../../src/protocol/deadlines.js";
import { perform } from "./actions.js";
import { PATHS } from "./game.js";
import { audit, auditConvergence, emptyTally, type Tally } from "./properties.js";
import { FAULT_KINDS, type Schedule, type Step } from "./schedule.js";
import { World } from "./world.js";

export interface Outcome {
  readonly problems: readonly string[];
  readonly tally: Tally;
  readonly faults: Readonly<Record<string, number>>;
  readonly reconnects: number;
  readonly upgrades: number;
  readonly recoveries: number;
  readonly seconds: number;
  readonly disconnects: Readonly<Record<string, number>>;
}

/** Longer than anything takes that is bounded by the settings: a last ping may still come. Seconds. */
function patience({ config }: World): number {
  return 2 * config.pingInterval + config.pingTimeout + config.connectTimeout + 14;
}

/** @param watch sees the world before anything happens in it, and each step before it is taken: to look into a failure */
export async function run(
  schedule: Schedule,
  watch: (world: World) => void = () => {},
  before: (step: Step) => void = () => {},
): Promise<Outcome> {
  const world = new World(schedule.seed, schedule.config);
  watch(world);
  const { game, config } = world;
  const { client } = game;
  const faults: Record<string, number> = {};
  const problems: string[] = [];
  const deadlines = watchDeadlines(() => game.connect());
  try {
    await world.pass(0.2);
    for (const step of schedule.steps) {
      before(step);
      if (FAULT_KINDS.has(step.kind)) faults[step.kind] = (faults[step.kind] ?? 0) + 1;
      await perform(world, step);
      await world.pass(0.05 * step.b);
    }
    world.heal();
    while (game.lateReplies.length > 0) game.replyLate();
    const frame = Math.max(config.frame, Math.min(0.05, config.pingTimeout / 8));
    await world.pass(patience(world), frame);
    // A game that was thrown out asks again.
    game.wanted["/"] = true;
    if (client.get_connection_state() === SocketIOClient.STATE_DISCONNECTED) game.connect();
    for (const path of PATHS) if (game.wanted[path]) game.join(path);
    await world.pass(patience(world), frame);
    for (let turn = 0; turn < 2000 && isBusy(world); turn++) await world.pass(0.2, frame);
    problems.push(...auditConvergence(world));
    if (problems.length === 0) problems.push(...(await lastRound(world, frame)));
    // Every deadline that is left has passed by then.
    await world.pass(Math.max(25, config.pingInterval), Math.min(0.5, config.pingTimeout / 4));
    const next = deadlines()?.next ?? Infinity;
    if (next !== Number.POSITIVE_INFINITY) problems.push(`a deadline is left at ${next}, now ${world.clock()}`);
    const final = audit(world);
    problems.push(...final.problems);
    const { reconnects } = client.get_stats();
    await end(world, problems);
    const { upgrades } = world;
    const { recoveries, disconnects } = game;
    return {
      problems,
      tally: final.tally,
      faults,
      reconnects,
      upgrades,
      recoveries,
      seconds: world.agenda.now,
      disconnects,
    };
  } catch (error) {
    problems.push(`threw ${(error as Error)?.stack ?? error}`);
    const tally = emptyTally();
    return { problems, tally, faults, reconnects: 0, upgrades: 0, recoveries: 0, seconds: 0, disconnects: {} };
  }
}

function isBusy({ game }: World): boolean {
  const { acks_pending, inbox_length } = game.client.get_stats();
  return acks_pending > 0 || inbox_length > 0;
}

/** In peace everything arrives, once. */
async function lastRound(world: World, frame: number): Promise<string[]> {
  const { game, server } = world;
  const problems: string[] = [];
  const emits = game.emits.length;
  const chains = new Map<string, number>();
  for (const path of PATHS) {
    if (!game.wanted[path]) continue;
    for (const kind of ["plain", "blob", "asked", "asked-blob", "volatile"] as const) game.emit(path, kind);
    for (const kind of ["said", "raw", "question", "volatile", "snapshot"] as const) server.say(path, kind);
    chains.set(path, server.sockets(path).length);
  }
  for (let turn = 0; turn < 500 && (turn < 5 || isBusy(world)); turn++) {
    await world.pass(0.1, frame);
    while (game.lateReplies.length > 0) game.replyLate();
  }
  await world.pass(0.2, frame);
  for (const { number, path, kind, code, results, retried } of game.emits.slice(emits)) {
    const count = server.arrivals.filter((arrival) => arrival.number === number).length;
    // A slow answer lets it be sent again.
    if (code !== OK || count < 1 || (count > 1 && !retried))
      problems.push(`in peace ${kind} of ${path} arrived ${count} times (${code})`);
    if (kind.startsWith("asked") && results[0] !== OK)
      problems.push(`in peace ${kind} of ${path} ended with ${results}`);
  }
  for (const path of chains.keys()) {
    const sid = game.namespaces[path as "/"].get_session_id();
    const chain = server.chains.find((other) => other.sid === sid);
    const heard = new Set(chain?.heard);
    const missing = chain?.said.slice(-5).filter(({ seq }) => !heard.has(seq)) ?? [];
    for (const { kind } of missing) problems.push(`in peace ${kind} of ${path} was not heard`);
    if (chain && !server.replies.has(`${chain.number} ${chain.said.length - 3}`)) {
      problems.push(`in peace a question of ${path} was not answered`);
    }
  }
  return problems;
}

/** After `close()` nothing is left, and nothing happens any more. */
async function end(world: World, problems: string[]): Promise<void> {
  const { game, links, server } = world;
  const { client } = game;
  game.close();
  if (client.get_connection_state() !== SocketIOClient.STATE_DISCONNECTED) problems.push("close() did not disconnect");
  const before = game.callbacks;
  await world.pass(3 + world.config.pingInterval + world.config.pingTimeout, 0.5);
  if (game.callbacks !== before) problems.push("something was told after close()");
  if (links.some((link) => !link.clientOver && !link.hasLeft)) problems.push("a transport is open after close()");
  const alive = server.engines.filter((engine) => engine.end.name !== "ghost").length;
  if (alive > 0) problems.push(`${alive} sessions live on at the server`);
  for (const [who, changes] of Object.entries(game.ups)) {
    if (changes.endsWith("+")) problems.push(`${who} was never told to be disconnected: ${changes}`);
  }
  const { acks_pending, inbox_length } = client.get_stats();
  if (acks_pending + inbox_length > 0) problems.push("something is pending after close()");
}

/** Finds the list of deadlines of the client that `start` sets going. */
function watchDeadlines(start: () => void): () => Deadlines | undefined {
  const { add } = Deadlines.prototype;
  let found: Deadlines | undefined;
  Deadlines.prototype.add = function (this: Deadlines, ...args: Parameters<typeof add>) {
    found ??= this;
    return add.apply(this, args);
  };
  try {
    start();
  } finally {
    Deadlines.prototype.add = add;
  }
  return () => found;
}
