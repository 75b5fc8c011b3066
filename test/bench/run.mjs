/**
 * `npm run bench`: measures this client beside socket.io-client and beside `ws` with JSON by hand, prints the table and writes it to
 * docs/performance.md.
 *
 *     npm run bench                    every row
 *     npm run bench -- P4 P6           some rows; writes nothing. BROWSER is the page in a real browser
 *     npm run bench -- --quick         a minute's look: is the bench in order? Its figures say little; writes nothing
 *     npm run bench -- P4 --profile    where ours spends its time, from one round
 *     npm run bench -- P4 --rounds=21  more rounds
 *     npm run bench -- P4 --src=../old/src   other sources: those of before a change
 *
 * The exit code is 1 when anything was lost, doubled, reordered or crashed, whatever the figures are.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runBrowser, writeChart } from "./browser.mjs";
import { buildOurs } from "./lib/build.mjs";
import { writePage } from "./lib/page.mjs";
import { profileCase } from "./lib/profile.mjs";
import { plainTable, rowsOf } from "./lib/report.mjs";
import { runCase } from "./lib/rounds.mjs";

const folder = fileURLToPath(new URL("./cases/", import.meta.url));
const cases = new Map(
  readdirSync(folder)
    .sort()
    .map((name) => [`P${Number(/^p(\d+)/.exec(name)[1])}`, pathToFileURL(join(folder, name)).href]),
);

const BROWSER = "BROWSER";
const args = process.argv.slice(2);
const quick = args.includes("--quick");
const setting = (name) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
const rounds = Number(setting("rounds")) || undefined;
const only = setting("part");
const wanted = args.filter((arg) => !arg.startsWith("--")).map((arg) => arg.toUpperCase());
const strangers = wanted.filter((id) => !cases.has(id) && id !== BROWSER);
if (strangers.length > 0) {
  console.error(`No such row: ${strangers.join(", ")}. There are: ${[...cases.keys(), BROWSER].join(", ")}`);
  process.exit(2);
}

await buildOurs(setting("src"));
const results = new Map();
const failures = [];
for (const [id, file] of cases) {
  if (wanted.length > 0 && !wanted.includes(id)) continue;
  if (args.includes("--profile")) {
    await profileCase(id, file, only);
    continue;
  }
  const started = performance.now();
  const onRound = (name, round, of) =>
    process.stderr.isTTY && process.stderr.write(`\r${id} ${name}: round ${round} of ${of}   `);
  try {
    const result = await runCase(file, { quick, rounds, only, onRound });
    results.set(id, result);
    if (process.stderr.isTTY) process.stderr.write(`\r${"".padEnd(60)}\r`);
    console.log(
      `\n${id} ${result.title} (${((performance.now() - started) / 1000).toFixed(0)} s)\n${plainTable(rowsOf(id, result))}`,
    );
  } catch (error) {
    failures.push(id);
    console.error(`\n${id}: no figure, because something went wrong.\n${error.stack}`);
  }
}

let browser = null;
if ((wanted.length === 0 || wanted.includes(BROWSER)) && !args.includes("--profile")) {
  try {
    browser = await runBrowser({ quick, rounds });
    console.log(
      `\nIn a browser: ${browser?.text ?? "no Chromium or Chrome was found; CHROMIUM can hold the path of one"}`,
    );
  } catch (error) {
    failures.push(BROWSER);
    console.error(`\n${BROWSER}: no figure, because something went wrong.\n${error.stack}`);
  }
}

if (failures.length > 0) {
  console.error(`\nLost, reordered or crashed: ${failures.join(", ")}`);
  process.exit(1);
}
if (wanted.length === 0 && !quick) {
  if (browser) writeChart(browser.svg);
  console.log(`\nWritten: ${writePage(results, browser)}`);
} else if (wanted.includes(BROWSER) && browser && !quick) writeChart(browser.svg);
