/*
 * Every rule of docs/protocol.md names the tests that hold it, as `file` › name. They exist.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(`${root}docs/protocol.md`, "utf8");
const sources = new Map<string, string>();

interface Row {
  readonly cells: readonly string[];
  readonly tests: readonly string[];
}

/** The rows of the tables of one part. The last cell names tests, those of one file without it if the text above says so. */
function rows(part: string): Row[] {
  const [, text] = page.split(`\n## ${part}\n`) as [string, string];
  let here = "";
  return text
    .split("\n## ")[0]!
    .split("\n")
    .flatMap((line) => {
      here = /names without a file are in `(.+?)`/i.exec(line)?.[1] ?? here;
      const cells = line.startsWith("| ") ? line.slice(2, -2).split(" | ") : [];
      const last = cells.at(-1) ?? "---";
      if (last === "tests" || last === "---") return [];
      return [
        { cells, tests: last.split("<br>").map((test) => (test.includes("` › ") ? test : `\`${here}\` › ${test}`)) },
      ];
    });
}

const conformance = rows("Conformance");
const traps = rows("Rules and traps");
const servers = rows("Servers that others wrote");
const all = [...conformance, ...traps, ...servers];
const references = all.flatMap(({ tests }) => tests);

/** The source of a file under test/, whose folder is written only where it is test/ itself. */
function source(file: string): string {
  const path = file.startsWith("test/") ? file : `test/${file}`;
  if (!sources.has(path)) sources.set(path, readFileSync(root + path, "utf8"));
  return sources.get(path)!;
}

test("what is asked, and what holds it", () => {
  expect(conformance.length).toBeGreaterThan(30);
  for (const { cells } of conformance) expect(cells).toHaveLength(2);
});

test("traps, each with what is done about it and what holds it", () => {
  expect(traps.length).toBeGreaterThan(55);
  for (const { cells } of traps) expect(cells).toHaveLength(3);
});

test("each of the 21 deviations of other servers, in order", () => {
  expect(servers.map(({ cells }) => Number.parseInt(cells[0]!, 10))).toEqual(
    Array.from({ length: 21 }, (_, i) => i + 1),
  );
  for (const { cells } of servers) expect(cells).toHaveLength(3);
});

describe.each(all)("$cells.0", ({ tests }) => {
  test.each(tests)("%s", (reference) => {
    const [, file, name] = /^`([\w/-]+\.test\.ts)` › (.+)$/.exec(reference) ?? [];
    expect(file, "written as `file` › name").toBeDefined();
    const quoted = ['"', "'", "`"].map((quote) => quote + name + quote);
    expect(quoted.filter((title) => source(file!).includes(title)).length, `no test of that name in ${file}`).toBe(1);
  });
});

test("the tests of conformance are in these files", () => {
  expect(readdirSync(`${root}test/conformance`).sort()).toEqual(["engine-io.test.ts", "socket-io.test.ts"]);
});

test.each([
  ["conformance/engine-io.test.ts", 30],
  ["conformance/socket-io.test.ts", 20],
  ["real/deviations.test.ts", 40],
])("every test of %s is named here", (file, count) => {
  const opening = /(?:\btest|\btest\.each\((?:BOTH|\[.*\])\)|\n *\]\))\(\s*(["'])(.+?)\1,/g;
  const titles = [...source(file).matchAll(opening)].map(([, , title]) => title!);
  expect(titles.length).toBeGreaterThan(count);
  for (const title of titles) expect(references).toContain(`\`${file}\` › ${title}`);
});
