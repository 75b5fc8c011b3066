/*
 * The results as a table: for the terminal, and for docs/compatibility.md.
 */
import type { Check } from "./check.js";
import type { Deviation } from "./deviations.js";
import { all, count, type Result, type Row } from "./results.js";
import { COLUMNS, type Column } from "./targets.js";

const TITLES: Readonly<Record<Column, string>> = {
  websocket: "WebSocket",
  polling: "polling",
  upgrade: "upgrade",
  fallback: "fallback",
};

/** `25`, `24 + 1 defect`, `23, 2 failed`, `refused`. */
function cell(row: Row, column: Column): string {
  const outcome = row.target.outcomes[column];
  if (!outcome) return "";
  const results = row.cells.get(column);
  if (!results || results.length === 0) return "not run";
  const failed = count(results, "fail");
  if (failed > 0) return `${count(results, "pass")}, **${failed} failed**`;
  if ("refused" in outcome) return "a clear error";
  if (outcome.unsteady) return "falls back";
  const defects = count(results, "defect");
  return defects > 0 ? `${count(results, "pass")}, ${defects} of the server` : `${count(results, "pass")}`;
}

const WITHOUT: Readonly<Record<string, string>> = {
  recovery: "recovery",
  dynamic: "dynamic namespaces",
  auth_event: "auth in the handler",
  refusal_data: "data in refusals",
  kick_close: "close without DISCONNECT",
};

const without = ({ target }: Row): string =>
  Object.entries(target.has)
    .filter(([name, has]) => !has && name in WITHOUT)
    .map(([name]) => WITHOUT[name])
    .join(", ");

const columnsOf = (rows: readonly Row[]): Column[] =>
  COLUMNS.filter((column) => rows.some(({ target }) => target.outcomes[column]));

export function summary(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const table = [
    ["", ...columns],
    ...rows.map((row) => [row.target.id, ...columns.map((column) => cell(row, column))]),
  ];
  const widths = [0, ...columns.map((_, index) => index + 1)].map((index) =>
    Math.max(...table.map((line) => (line[index] ?? "").length)),
  );
  const lines = table.map((line) =>
    line
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const notRun = rows
    .filter((row) => row.notRun)
    .map((row) => `${row.target.id} ${row.broken ? "failed" : "not run"}: ${row.notRun}`);
  const failures = rows.flatMap((row) =>
    [...row.cells].flatMap(([column, results]) =>
      results.flatMap(({ check, outcome, reason }) =>
        outcome === "fail" ? [`✗ ${row.target.id}, ${column}, ${check}: ${reason}`] : [],
      ),
    ),
  );
  const gone = new Set(all(...rows).flatMap((result) => (result.gone ? [result.gone] : [])));
  const goners = [...gone].map((known) => `no longer a defect of ${known.servers.join(", ")}: ${known.reason}`);
  const defects = count(all(...rows), "defect");
  const known = defects > 0 ? [`${defects} known defects of servers`] : [];
  return [...lines, ...notRun, ...failures, ...goners, ...known].join("\n");
}

/** The page docs/compatibility.md. */
export function document(rows: readonly Row[], checks: readonly Check[], now: Date): string {
  const isProxy = (row: Row) => row.target.outcomes.fallback !== undefined;
  return `${[
    "# Compatibility",
    "What the client was tried against, by `npm run test:interop -- --write`" +
      ` on ${now.toISOString().slice(0, 10)}, with Node ${process.versions.node}. Every server is a small program of` +
      " `test/interop/servers/`, on the version that the table says; every number is of checks that passed.",
    '- **WebSocket**, **polling**: that transport alone. **upgrade**: `["polling", "websocket"]`, a session that begins with' +
      ' polling and moves. **fallback**: `["websocket", "polling"]`.\n' +
      "- **of the server**: a check that cannot hold because of a defect of the server, which is told [below](#what-is-not-a-pass)" +
      " with the bytes that show it.\n" +
      "- **a clear error**: it cannot work there, and the error says why.\n" +
      "- **falls back**: polling cannot work there; the client notices, and goes on by WebSocket.",
    "## Servers",
    table(rows.filter((row) => !isProxy(row))),
    "## Proxies",
    "In front of two `socket.io` 4.8 servers on Node.",
    table(rows.filter(isProxy)),
    "## What is not a pass",
    failures(rows),
    "## The checks",
    checks.map(({ name }) => `- ${name}`).join("\n"),
  ].join("\n\n")}\n`;
}

function table(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const head = ["server", "version", ...columns.map((column) => TITLES[column]), "it has no"];
  const lines = rows.map((row) => [
    row.target.title,
    row.target.version,
    ...columns.map((column) => cell(row, column)),
    without(row),
  ]);
  return [head, head.map(() => "---"), ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function failures(rows: readonly Row[]): string {
  const notRun = rows
    .filter((row) => row.notRun)
    .map((row) => `- ${row.target.title}: ${row.broken ? "failed" : "not run"}: ${row.notRun.trim()}`);
  const failed = rows.flatMap((row) =>
    [...row.cells].flatMap(([column, results]) =>
      results
        .filter(({ outcome }) => outcome === "fail")
        .map(({ check, reason }) => `- ${row.target.title}, ${TITLES[column]}, ${check}: **failed**: ${reason}`),
    ),
  );
  const defects = new Map<string, string[]>();
  for (const [known, where] of shown(rows)) {
    const servers = unique(where.map(({ row }) => `${row.target.title} ${row.target.version}`));
    defects.set(servers, [...(defects.get(servers) ?? [`### ${servers}`]), describe(known, where)]);
  }
  const parts = [[...notRun, ...failed].join("\n"), ...[...defects.values()].flat()].filter((part) => part !== "");
  return parts.length > 0 ? parts.join("\n\n") : "Nothing.";
}

interface Seen {
  readonly row: Row;
  readonly column: Column;
  readonly result: Result;
}

/** The defects that showed, each with where it did. */
function shown(rows: readonly Row[]): Map<Deviation, Seen[]> {
  const seen = new Map<Deviation, Seen[]>();
  for (const row of rows)
    for (const [column, results] of row.cells)
      for (const result of results) {
        if (!result.deviation) continue;
        seen.set(result.deviation, [...(seen.get(result.deviation) ?? []), { row, column, result }]);
      }
  return seen;
}

function describe(known: Deviation, where: readonly Seen[]): string {
  return [
    `${known.reason}\n`,
    `- seen in: ${known.version}`,
    `- transports: ${unique(where.map(({ column }) => TITLES[column]))}`,
    `- checks: ${unique(where.map(({ result }) => result.check))}`,
    "\n```text",
    known.bytes.trim(),
    "```",
  ].join("\n");
}

const unique = (texts: readonly string[]): string => [...new Set(texts)].join("; ");
