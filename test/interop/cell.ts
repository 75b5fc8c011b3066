/*
 * Running checks, one cell of the table after the other.
 */
import { Arena, type Surroundings } from "./arena.js";
import type { Check } from "./check.js";
import { LASTING_CHECKS } from "./checks-lasting.js";
import { ENVIRONMENT, SESSION_CHECKS } from "./checks-session.js";
import { TRAFFIC_CHECKS } from "./checks-traffic.js";
import { deviationOf, expectedOf } from "./deviations.js";
import type { Result } from "./results.js";
import { type Column, type Outcome, type Target, TRANSPORTS } from "./targets.js";

/** More than the longest check takes by its own deadlines. */
const CHECK_SECONDS = 60;
/** The first of all: without it no other can hold. */
const FIRST = SESSION_CHECKS[0] as Check;

export const CHECKS: readonly Check[] = [...SESSION_CHECKS, ...TRAFFIC_CHECKS];
export { ENVIRONMENT, LASTING_CHECKS };

/** What a callback or a promise of the client threw at nobody; the check that runs then has failed. */
const strays: unknown[] = [];
export function catchStrays(): void {
  process.on("uncaughtException", (error) => strays.push(error));
  process.on("unhandledRejection", (error) => strays.push(error));
}

export async function runCell(
  target: Target,
  column: Column,
  outcome: Outcome,
  port: number,
  checks: readonly Check[],
  tell: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const wanted =
    "refused" in outcome ? [refusal(outcome.refused)] : checks.filter((check) => !outcome.unsteady || check === FIRST);
  const stays = "stays" in outcome ? outcome.stays : "polling";
  for (const check of wanted) {
    const surroundings = { port, transports: TRANSPORTS[column], stays, options: target.options };
    const result = await runCheck(target, column, check, surroundings);
    results.push(result);
    tell(result);
    if (check === FIRST && result.outcome === "fail") break;
  }
  return results;
}

/** A connection that cannot be: it has to end with a sentence about the cause. */
function refusal(expected: RegExp): Check {
  return {
    name: "a clear error",
    async run(arena) {
      const player = arena.player({ reconnection: false });
      player.connect();
      await arena.until(() => player.reasons.length > 0, "the end of the attempt");
      const said = [...player.errors, player.client.get_last_error()].join(" / ");
      if (!expected.test(said)) throw new Error(`the error does not say ${expected}: "${said}"`);
    },
  };
}

async function runCheck(target: Target, column: Column, check: Check, surroundings: Surroundings): Promise<Result> {
  const { name, needs } = check;
  if (needs && target.has[needs] === false) return { check: name, outcome: "absent", milliseconds: 0, reason: "" };
  strays.length = 0;
  const started = performance.now();
  const arena = new Arena(surroundings);
  let message = "";
  try {
    await inTime(check.run(arena));
  } catch (error) {
    message = error instanceof Error ? error.message : String(error);
  } finally {
    arena.close();
  }
  if (strays.length > 0) message = `thrown at nobody: ${strays.map(describe).join("; ")}${message && `; ${message}`}`;
  const result = { check: name, milliseconds: performance.now() - started };
  if (message === "") return { ...result, outcome: "pass", reason: "", gone: expectedOf(target.id, column, name) };
  const deviation = deviationOf(target.id, column, name, message);
  return { ...result, outcome: deviation ? "defect" : "fail", reason: message, deviation };
}

function inTime(run: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${CHECK_SECONDS} s`)), CHECK_SECONDS * 1000);
  });
  return Promise.race([run, late]).finally(() => clearTimeout(timer));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split("\n", 3).join(" ") : String(error);
}
