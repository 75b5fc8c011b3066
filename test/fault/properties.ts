/* The promises of the client, as they can be told after a run. Each is a sentence if it was broken. */
import { Err, OK, SocketIOClient } from "socketio-gameloop";
import { type Emit, type Game, PATHS } from "./game.js";
import type { Arrival, ModelServer } from "./model-server.js";
import type { World } from "./world.js";

/** Emits that may have been lost, and how. */
export interface Tally {
  emits: number;
  arrived: number;
  /** On the wire when the connection broke, or when the game left. */
  inFlight: number;
  repeats: number;
  /** Never written: timed out or failed before, and told so; lost as the policy says; lost with the end of a namespace. */
  toldUnsent: number;
  byPolicy: number;
  byEnd: number;
  said: number;
  heard: number;
}

export function emptyTally(): Tally {
  return {
    emits: 0,
    arrived: 0,
    inFlight: 0,
    repeats: 0,
    toldUnsent: 0,
    byPolicy: 0,
    byEnd: 0,
    said: 0,
    heard: 0,
  };
}

export function audit(world: World): { problems: string[]; tally: Tally } {
  const { game, server } = world;
  const problems = [...game.violations, ...server.violations];
  const tally = emptyTally();
  auditEmits(world, problems, tally);
  auditOrder(server, game, problems);
  auditEvents(server, problems, tally);
  auditSignals(game, problems);
  auditLeaks(world, problems);
  return { problems, tally };
}

function auditEmits({ game, server, config }: World, problems: string[], tally: Tally): void {
  const arrivals = new Map<number, Arrival[]>();
  for (const arrival of server.arrivals) {
    arrivals.set(arrival.number, [...(arrivals.get(arrival.number) ?? []), arrival]);
  }
  for (const emit of game.emits) {
    const { number, path, kind, code, results, writes, retried } = emit;
    const what = `${kind} ${number} of ${path}`;
    const there = arrivals.get(number) ?? [];
    tally.arrived += there.length > 0 ? 1 : 0;
    tally.repeats += Math.max(0, there.length - 1);
    for (const arrival of there) {
      if (arrival.path !== path || arrival.kind !== kind) problems.push(`${what} arrived as ${arrival.kind}`);
    }
    const asks = kind.startsWith("asked");
    if (code !== OK) {
      if (writes > 0 || there.length > 0) problems.push(`${what} was refused with ${code} and sent all the same`);
      if (results.length > 0) problems.push(`${what} was refused with ${code} and its callback called`);
      continue;
    }
    tally.emits++;
    const most = retried ? 1 + config.retries : 1;
    if (writes > most) problems.push(`${what} was written ${writes} times, ${most} at most`);
    if (there.length > writes) problems.push(`${what} arrived ${there.length} times, written ${writes} times`);
    if (asks) auditAnswer(emit, there, what, problems, config.retries);
    if (writes === 0) {
      if (asks) tally.toldUnsent++;
      else if (game.hasEndedSince(emit)) tally.byEnd++;
      // What is not kept for the next connection is lost with this one, too.
      else if (config.offline !== "buffer" || kind === "volatile") tally.byPolicy++;
      else problems.push(`${what} was lost`);
    }
    if (writes > 0 && there.length === 0) tally.inFlight++;
  }
}

function auditAnswer(emit: Emit, there: readonly Arrival[], what: string, problems: string[], retries: number): void {
  const { results, response, number, retried } = emit;
  if (results.length !== 1) problems.push(`${what} was settled ${results.length} times`);
  if (results[0] === OK) {
    if (there.length === 0) problems.push(`${what} was acknowledged and never arrived`);
    if (!retried && there.length > 1) problems.push(`${what} was acknowledged and arrived ${there.length} times`);
    if (response[0] !== "got" || response[1] !== number) problems.push(`${what} got ${JSON.stringify(response)}`);
    if (number % 5 === 0 && !(response[2] instanceof Uint8Array)) problems.push(`${what} got no bytes`);
  } else if (results[0] === Err.ERR_TIMEOUT && retried && retries > 1e6) problems.push(`${what} gave up`);
}

function auditOrder({ arrivals }: ModelServer, { emits }: Game, problems: string[]): void {
  const latest = new Map<Arrival["socket"], number>();
  for (const { number, socket } of arrivals) {
    if (emits[number]?.retried) continue;
    const before = latest.get(socket) ?? -1;
    if (number <= before) problems.push(`${number} arrived after ${before} over the same connection`);
    latest.set(socket, number);
  }
  // What is sent again goes one after the other: those that were acknowledged arrived in the order of the calls.
  const first = new Map<number, number>();
  for (const [index, { number }] of arrivals.entries()) if (!first.has(number)) first.set(number, index);
  for (const path of PATHS) {
    const acknowledged = emits.filter((emit) => emit.path === path && emit.retried && emit.results[0] === OK);
    for (const [index, { number }] of acknowledged.entries()) {
      const earlier = acknowledged[index - 1]?.number ?? -1;
      if (index > 0 && first.get(number)! < first.get(earlier)!) problems.push(`${number} arrived before ${earlier}`);
    }
  }
}

function auditEvents({ chains, replies }: ModelServer, problems: string[], tally: Tally): void {
  for (const chain of chains) {
    const { said, handed, heard, excused, sid, path } = chain;
    tally.said += said.length;
    tally.heard += heard.length;
    const set = new Set(heard);
    for (const seq of handed) {
      if (set.has(seq) || said[seq]!.kind === "snapshot" || excused) continue;
      problems.push(`${said[seq]!.kind} ${seq} of ${sid} (${path}) was received, but no listener heard it`);
    }
    // Of what is kept for recovery nothing may be missing before the last that was heard.
    const last = heard.at(-1) ?? -1;
    for (const { seq, offset, kind } of said) {
      if (offset === "" || seq > last || set.has(seq) || kind === "snapshot") continue;
      problems.push(`${kind} ${seq} of ${sid} (${path}) was skipped by the recovery`);
    }
  }
  for (const [question, count] of replies) if (count !== 1) problems.push(`${question} was answered ${count} times`);
}

function auditSignals(game: Game, problems: string[]): void {
  for (const [who, changes] of Object.entries(game.ups)) {
    const isPaired = who === "client" ? !changes.includes("++") : /^(\+-)*\+?$/.test(changes);
    if (!isPaired) problems.push(`the signals of ${who} are not paired: ${changes}`);
  }
  if (game.listenerErrors !== game.thrown) {
    problems.push(`${game.thrown} listeners threw, and ${game.listenerErrors} errors were told`);
  }
  if (!game.isEveryoneHeard) problems.push("the listeners of the events and of all events heard different numbers");
}

function auditLeaks({ game, links }: World, problems: string[]): void {
  const { client } = game;
  const { acks_pending, inbox_length } = client.get_stats();
  if (acks_pending !== 0) problems.push(`${acks_pending} acknowledgements are pending`);
  if (inbox_length !== 0) problems.push(`${inbox_length} packets wait`);
  if (game.readyOpen !== 0) problems.push(`${game.readyOpen} calls of ready() never ended`);
  const open = links.filter((link) => !link.clientOver && !link.hasLeft).length;
  const expected = client.get_connection_state() === SocketIOClient.STATE_DISCONNECTED ? 0 : 1;
  if (open !== expected) problems.push(`${open} transports are open instead of ${expected}`);
}

/** What has to be so some time after the faults have ended. */
export function auditConvergence({ game, server }: World): string[] {
  const { client, namespaces, wanted } = game;
  const problems: string[] = [];
  const state = client.get_connection_state();
  if (state !== SocketIOClient.STATE_CONNECTED) problems.push(`the state is ${state}: ${client.get_last_error()}`);
  for (const path of PATHS) {
    const isThere = namespaces[path].is_namespace_connected();
    if (isThere !== wanted[path]) problems.push(`${path} is ${isThere ? "" : "not "}joined`);
    const sockets = server.sockets(path);
    const known = sockets.filter(({ chain }) => chain.sid === namespaces[path].get_session_id());
    if (wanted[path] && known.length !== 1) problems.push(`the server does not know the session of ${path}`);
  }
  return problems;
}
