/*
 * Random faults in virtual time. Each schedule is drawn from a seed: what a game does, what the network, the machine and the
 * server do to it. When they are over, every promise of the client must have held.
 *
 *     FAULT_SEED=…   plays back the schedule of that seed
 *     FAULT_RUNS=…   so many schedules; 2000 if not said
 */
import { expect, test } from "vitest";
import { type Outcome, run } from "./run.js";
import { describeStep, drawSchedule, shorten } from "./schedule.js";

const given = process.env["FAULT_SEED"];
// In CI the same ones each time, so that it judges the change and not the draw; every other run looks further.
const first = process.env["CI"] ? 20_261_129 : Math.floor(Math.random() * 2 ** 31);
const seed = given ? Number(given) : first;
const runs = Number(process.env["FAULT_RUNS"] ?? (given ? 1 : 2000));

test(`${runs} schedules of faults in virtual time, from seed ${seed} on`, { timeout: 600_000 }, async () => {
  const totals = new Totals();
  for (let index = 0; index < runs; index++) {
    const schedule = drawSchedule(seed + index);
    const outcome = await run(schedule);
    if (outcome.problems.length > 0) {
      const shortest = await shorten(schedule, async (shorter) => (await run(shorter)).problems.length > 0, 300);
      const { problems } = await run(shortest);
      throw new Error(
        [
          `FAULT_SEED=${schedule.seed} plays this back`,
          ...outcome.problems.slice(0, 8),
          "the shortest schedule that fails:",
          JSON.stringify(shortest.config),
          ...shortest.steps.map(describeStep),
          ...problems.slice(0, 8),
        ].join("\n  "),
      );
    }
    totals.add(outcome);
  }
  console.log(totals.lines().join("\n"));
  expect(totals.schedules).toBe(runs);
});

/** What all schedules together came to. */
class Totals {
  schedules = 0;
  #numbers: Record<string, number> = {};
  #faults: Record<string, number> = {};
  #disconnects: Record<string, number> = {};

  add({ tally, faults, disconnects, reconnects, upgrades, recoveries, seconds }: Outcome): void {
    this.schedules++;
    sum(this.#numbers, { ...tally, reconnects, upgrades, recoveries, seconds });
    sum(this.#faults, faults);
    sum(this.#disconnects, disconnects);
  }

  lines(): string[] {
    const { emits, arrived, inFlight, repeats, toldUnsent, byPolicy, byEnd } = this.#numbers;
    const { said, heard, reconnects, upgrades, recoveries, seconds } = this.#numbers;
    const list = (counts: Record<string, number>) =>
      Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .map(([name, count]) => `${name} ${count}`)
        .join(", ");
    const faults = Object.values(this.#faults).reduce((all, count) => all + count, 0);
    return [
      `virtual: ${this.schedules} schedules, ${Math.round(seconds! / 3600)} h of virtual time, ${faults} faults`,
      `  faults: ${list(this.#faults)}`,
      `  ends: ${list(this.#disconnects)}`,
      `  reconnected ${reconnects}, recovered ${recoveries}, upgraded ${upgrades}`,
      `  to the server: ${emits} accepted, ${arrived} arrived, ${inFlight} on the wire when it broke, ${repeats} repeated by retries`,
      `    never written: ${toldUnsent} and the game was told, ${byPolicy} by the offline policy, ${byEnd} with the end of their namespace`,
      `  to the client: ${said} said, ${heard} heard`,
      "  lost 0, doubled 0",
    ];
  }
}

function sum(into: Record<string, number>, counts: object): void {
  for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count;
}
