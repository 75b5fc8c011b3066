/*
 * Runs the matrix and prints it.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKS, catchStrays, ENVIRONMENT, LASTING_CHECKS, runCell } from "./cell.js";
import { LASTING_ENVIRONMENT } from "./checks-lasting.js";
import { Unavailable } from "./program.js";
import { findProxies } from "./proxies.js";
import { document, summary } from "./report.js";
import { all, count, type Result, type Row } from "./results.js";
import { COLUMNS, type Column, findServers, type Target } from "./targets.js";

interface Wish {
  readonly targets: readonly Target[];
  readonly columns: readonly Column[];
  /** Part of the names of the checks to run. */
  readonly checks: string;
  readonly write: boolean;
  /** The servers were named. */
  readonly named: boolean;
}

const MARKS = { pass: "✓", fail: "✗", defect: "!", absent: "–" };

/** @returns the exit code */
export async function main(here: string, args: readonly string[]): Promise<number> {
  const targets = findTargets(here);
  const wish = read(args, targets);
  if (typeof wish === "string") {
    console.error(wish);
    return 2;
  }
  catchStrays();
  const rows: Row[] = [];
  for (const target of wish.targets) rows.push(await runTarget(target, wish));
  console.log(`\n${summary(rows)}`);
  if (wish.write) {
    const page = join(here, "../../docs/compatibility.md");
    writeFileSync(page, document(rows, [...CHECKS, ...LASTING_CHECKS], new Date()));
    console.log("\nwritten: docs/compatibility.md");
  }
  const results = all(...rows);
  // Who names a server wants to see it run.
  const missed = rows.filter(({ broken, notRun }) => broken || (wish.named && notRun !== ""));
  const failed = count(results, "fail") + missed.length;
  console.log(`\n${count(results, "pass")} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

function findTargets(here: string): Target[] {
  const servers = findServers(join(here, "servers"));
  const behind = servers.find(({ id }) => id === "node");
  return behind ? [...servers, ...findProxies(join(here, "proxies"), join(here, ".cache/proxies"), behind)] : servers;
}

/** What the command line asks for, or a sentence about what is wrong with it. */
function read(args: readonly string[], targets: readonly Target[]): Wish | string {
  const value = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
  const odd = args.filter((arg) => arg.startsWith("--") && !/^--(write$|transports=|checks=)/.test(arg));
  if (odd.length > 0) return `No such option: ${odd.join(", ")}. There are: --transports=, --checks=, --write`;
  const columns = value("transports")?.split(",") ?? COLUMNS;
  const unknown = columns.filter((name) => !COLUMNS.some((column) => column === name));
  if (unknown.length > 0) return `No such transport: ${unknown.join(", ")}. There are: ${COLUMNS.join(", ")}`;
  const names = args.filter((arg) => !arg.startsWith("--"));
  const found = names.map((name) => {
    const exact = targets.filter(({ id }) => id === name);
    return exact.length > 0 ? exact : targets.filter(({ id }) => id.startsWith(name));
  });
  const missing = names.filter((_, index) => found[index]?.length === 0);
  const ids = targets.map(({ id }) => id).join(", ");
  if (missing.length > 0) return `No such server: ${missing.join(", ")}. There are: ${ids}`;
  const write = args.includes("--write");
  if (write && args.length > 1) return "--write is for the whole table: it takes no servers, transports or checks";
  const chosen = names.length === 0 ? targets : targets.filter((target) => found.flat().includes(target));
  return {
    targets: chosen,
    columns: columns as Column[],
    checks: value("checks") ?? "",
    write,
    named: names.length > 0,
  };
}

async function runTarget(target: Target, wish: Wish): Promise<Row> {
  const row: Row = { target, cells: new Map(), notRun: target.missing, broken: false };
  console.log(`\n${target.title} ${target.version} (${target.id})`);
  if (row.notRun) console.log(`  not run: ${row.notRun}`);
  else {
    try {
      target.build();
      await runColumns(row, wish);
    } catch (error) {
      row.broken = !(error instanceof Unavailable);
      row.notRun = error instanceof Error ? error.message : String(error);
      console.log(`  ${row.broken ? MARKS.fail : MARKS.absent} ${row.notRun}`);
    }
  }
  return row;
}

async function runColumns({ target, cells }: Row, wish: Wish): Promise<void> {
  const wanted = (name: string) => name.includes(wish.checks);
  const columns = wish.columns.flatMap((column) => {
    const outcome = target.outcomes[column];
    return outcome ? [{ column, outcome }] : [];
  });
  const tell = (column: Column) => (result: Result) => {
    const { check, outcome, milliseconds, reason, gone } = result;
    const why = outcome === "absent" ? "the server has none" : `${milliseconds.toFixed(0)} ms`;
    console.log(`  ${MARKS[outcome]} ${column}: ${check} (${why})${reason && `: ${reason}`}`);
    if (gone) console.log(`    the known defect does not show any more: ${gone.reason}`);
  };
  const checks = CHECKS.filter(({ name }) => wanted(name));
  const server = await target.launch(ENVIRONMENT);
  try {
    for (const { column, outcome } of columns) {
      cells.set(column, await runCell(target, column, outcome, server.port, checks, tell(column)));
    }
  } finally {
    await server.stop();
  }
  const lasting = LASTING_CHECKS.filter(({ name }) => wanted(name));
  // They mostly wait, so all columns wait together. One that could not connect at all is not tried again.
  const alive = columns.filter(({ column, outcome }) => {
    const results = cells.get(column) ?? [];
    return "stays" in outcome && !outcome.unsteady && (results.length === 0 || count(results, "pass") > 0);
  });
  if (lasting.length === 0 || alive.length === 0) return;
  const patient = await target.launch(LASTING_ENVIRONMENT);
  try {
    await Promise.all(
      alive.map(async ({ column, outcome }) => {
        const results = await runCell(target, column, outcome, patient.port, lasting, tell(column));
        cells.get(column)?.push(...results);
      }),
    );
  } finally {
    await patient.stop();
  }
}
