/** The table: one line for each figure, for the terminal and for the page. */

const number = (value) => {
  if (value === undefined || Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  return size >= 1000
    ? Math.round(value).toLocaleString("en")
    : size >= 100
      ? value.toFixed(0)
      : size >= 10
        ? value.toFixed(1)
        : value.toFixed(2);
};

const target = ({ ratio, atLeast, atMost }, unit) => {
  const bound = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`;
  return ratio ? `${ratio} ${bound}` : `${bound} ${unit}`;
};

/** The lines of a case as rows of texts; a row for each check, and one for a line that has none. */
export function rowsOf(id, result) {
  return result.lines.flatMap((line) => {
    const { ours, sio, limit } = line.figures ?? {};
    const cells = [id, `${line.name}, ${line.unit}`, ours, sio, limit].map((cell) =>
      typeof cell === "string" ? cell : number(cell?.median),
    );
    if (line.missing) return [[...cells, "", "", line.checks ? target(line.checks[0], line.unit) : "", "no figure"]];
    if (line.checks.length === 0) return [[...cells, "", "", "", ""]];
    return line.checks.map((check, index) => [
      ...(index === 0 ? cells : [id, "″", "", "", ""]),
      number(check.median),
      `${number(check.low)} … ${number(check.high)}`,
      target(check, line.unit),
      check.pass ? "pass" : "MISS",
    ]);
  });
}

export const HEAD = ["row", "figure", "ours", "sio", "limit", "compared", "half of the rounds", "target", ""];

export function plainTable(rows) {
  const widths = HEAD.map((_, column) => Math.max(...[HEAD, ...rows].map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, column) => (column > 1 && column < 6 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join("  ")
      .trimEnd();
  return [HEAD, ...rows].map(line).join("\n");
}

export function markdownTable(rows) {
  const line = (row) => `| ${row.map((cell) => cell.replace("|", "\\|")).join(" | ")} |`;
  return [
    line(HEAD),
    line(HEAD.map((_, column) => (column > 1 && column < 6 ? "---:" : "---"))),
    ...rows.map(line),
  ].join("\n");
}

export const passes = (result) => result.lines.every((line) => !line.missing && line.checks.every(({ pass }) => pass));
