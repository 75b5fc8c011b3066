/*
 * Random faults over real sockets: our client, a TCP proxy that does what networks do, and a socket.io server in a process of
 * its own that is killed now and then.
 *
 *     FAULT_SEED=…        the first schedule's seed. What a network does is not the same twice, the schedule is
 *     FAULT_REAL_RUNS=…   so many schedules; 40 if not said
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../property/random.js";
import { type Lane, type RealOutcome, RealRun, TRANSPORTS } from "./real-run.js";
import { ServerProcess } from "./server-process.js";
import { TcpProxy } from "./tcp-proxy.js";

const given = process.env["FAULT_SEED"];
// In CI the same ones each time, so that it judges the change and not the draw; every other run looks further.
const first = process.env["CI"] ? 20_261_129 : Math.floor(Math.random() * 2 ** 31);
const seed = given ? Number(given) : first;
const runs = Number(process.env["FAULT_REAL_RUNS"] ?? 40);
/** How many at a time, each with a proxy and a server. */
const LANES = Math.min(8, runs);

test(`${runs} schedules of faults over real sockets, from seed ${seed} on`, { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "faults-"));
  const lanes: Lane[] = [];
  const outcomes: RealOutcome[] = [];
  const failures: string[] = [];
  let next = seed;
  const drive = async (index: number) => {
    const server = new ServerProcess(join(folder, `book${index}`), index % 2 === 0);
    await server.start();
    const random = new Random(seed + index);
    const proxy = new TcpProxy(
      () => server.port,
      () => random.next(),
    );
    const lane = { server, proxy, url: `ws://127.0.0.1:${await proxy.listen()}` };
    lanes.push(lane);
    while (next < seed + runs) {
      const mine = next++;
      const outcome = await new RealRun(mine, lane).go();
      outcomes.push(outcome);
      if (outcome.problems.length === 0) continue;
      const { name } = TRANSPORTS[mine % TRANSPORTS.length]!;
      failures.push(
        [`FAULT_SEED=${mine} FAULT_REAL_RUNS=1 (${name})`, ...outcome.problems.slice(0, 6), outcome.notes].join("\n  "),
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: LANES }, (_, index) => drive(index)));
  } finally {
    await Promise.all(lanes.map(({ proxy, server }) => Promise.all([proxy.close(), server.kill()])));
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(report(outcomes, failures.length));
  expect(failures).toEqual([]);
  expect(outcomes).toHaveLength(runs);
});

function report(outcomes: readonly RealOutcome[], failures: number): string {
  const sum = (count: (outcome: RealOutcome) => number) => outcomes.reduce((all, outcome) => all + count(outcome), 0);
  const faults: Record<string, number> = {};
  for (const outcome of outcomes) {
    for (const [kind, count] of Object.entries(outcome.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  }
  const list = Object.entries(faults)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, count]) => `${kind} ${count}`);
  const [emits, arrived, repeated] = [sum((o) => o.emits), sum((o) => o.arrived), sum((o) => o.repeated)];
  return [
    `real sockets: ${outcomes.length} schedules, ${Object.values(faults).reduce((a, b) => a + b, 0)} faults`,
    `  faults: ${list.join(", ")}`,
    `  reconnected ${sum((o) => o.reconnects)}, recovered ${sum((o) => o.recoveries)}, moved to WebSocket ${sum((o) => o.upgrades)}`,
    `  to the server: ${emits} accepted, ${arrived} arrived, ${repeated} repeated by retries`,
    `  to the client: ${sum((o) => o.heard)} heard`,
    failures === 0 ? "  lost 0, doubled 0" : `  ${failures} schedules broke a promise`,
  ].join("\n");
}
