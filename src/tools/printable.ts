/*
 * What the tools write for people: names that a server chose, numbers with units, tables.
 */

/** The longest name that is shown or kept. */
const NAME_LENGTH = 40;

/**
 * A name as it can be shown on one line, whoever chose it: without control characters, which a terminal would obey, and cut
 * after `length` characters. The result is a string of its own: a name that was cut out of a frame keeps the frame in memory.
 */
export function printable(name: string, length = NAME_LENGTH): string {
  const shown = name.length > length ? `${name.slice(0, length - 1)}…` : name;
  return Array.from(shown, (character) => (UNSAFE.test(character) ? "�" : character)).join("");
}

/** Controls, those of bidirectional text too, ends of lines, halves of characters. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** `"82 ms"`, `"1.2 ms"`, `"3.4 s"`. */
export function showTime(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const milliseconds = seconds * 1000;
  return `${milliseconds.toFixed(milliseconds > 0 && milliseconds < 9.95 ? 1 : 0)} ms`;
}

/** `"812 B/s"`, `"12.3 kB/s"`: thousands, as network people count. */
export function showRate(bytesPerSecond: number): string {
  if (bytesPerSecond < 999.5) return `${Math.round(bytesPerSecond)} B/s`;
  const [amount, unit] = bytesPerSecond < 999_500 ? [bytesPerSecond / 1000, "kB/s"] : [bytesPerSecond / 1e6, "MB/s"];
  return `${amount.toFixed(amount < 99.95 ? 1 : 0)} ${unit}`;
}

/** Packets in a second: `"60/s"`, `"0.5/s"`. */
export function showCount(perSecond: number): string {
  return `${perSecond.toFixed(perSecond > 0 && perSecond < 9.95 ? 1 : 0)}/s`;
}

/** Rows under each other; columns of numbers, all but the first `left` ones, end at the same place. */
export function table(rows: readonly (readonly string[])[], left: number): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)));
  return rows.map((row) => line(row).join("  ").trimEnd()).join("\n");
}
