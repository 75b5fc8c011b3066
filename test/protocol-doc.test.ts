/*
 * Every rule of docs/protocol.md names the tests that hold it, as `file` › name. They exist.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(`${root}docs/protocol.md`, "utf8");
const rows = page
  .slice(page.indexOf("## Rules and traps"))
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (rule|---)/.test(line))
  .map((line) => line.split(" | "));
const sources = new Map<string, string>();

/** The source of a file under test/, whose folder is written only where it is test/ itself. */
function source(file: string): string {
  const path = file.startsWith("test/") ? file : `test/${file}`;
  if (!sources.has(path)) sources.set(path, readFileSync(root + path, "utf8"));
  return sources.get(path)!;
}

test("has rules, each with what is done about it and what holds it", () => {
  expect(rows.length).toBeGreaterThan(45);
  for (const row of rows) expect(row).toHaveLength(3);
});

describe.each(rows)("%s", (_rule, _answer, tests) => {
  test.each(tests!.replace(/ \|$/, "").split("<br>"))("%s", (reference) => {
    const [, file, name] = /^`([\w/-]+\.test\.ts)` › (.+)$/.exec(reference) ?? [];
    expect(file, "written as `file` › name").toBeDefined();
    const quoted = ['"', "'", "`"].map((quote) => quote + name + quote);
    expect(quoted.filter((title) => source(file!).includes(title)).length, `no test of that name in ${file}`).toBe(1);
  });
});
