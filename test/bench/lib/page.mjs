/** docs/performance.md: the figures of one run, and what is kept by hand in notes.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { root, versionOf } from "./build.mjs";
import { markdownTable, passes, rowsOf } from "./report.mjs";
import { NOISE } from "./rounds.mjs";

const NOTES = new URL("../notes.md", import.meta.url);

/** @param results of `runCase` by row; `browser` is what the browser's page measured, or why there is none. Returns the page's path. */
export function writePage(results, browser) {
  const { missed, tried } = readNotes();
  const reached = [...results.values()].filter(passes).length;
  const rounds = Math.min(...[...results.values()].flatMap(({ rounds }) => rounds));
  const misses = [...results].filter(([, result]) => !passes(result)).map(([id]) => id);
  const text = `# Performance

How fast it is, how much memory it takes, and how that compares: with \`socket.io-client\` ("sio"), and with \`ws\` and JSON by hand
speaking the same wire format ("limit"). Everything here was measured in one run of

\`\`\`sh
npm run bench
\`\`\`

| | |
| --- | --- |
| date | ${new Date().toISOString().slice(0, 10)} |
| machine | ${cpus().length} × ${cpus()[0]?.model.trim() || process.arch}, ${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()} |
| Node | ${process.version} |
| socket.io-client | ${versionOf("socket.io-client")} |
| ws | ${versionOf("ws")} |

**${reached} of ${results.size} rows reach their target.**${misses.length > 0 ? ` Missed: ${misses.join(", ")}.` : ""}

## How it is measured

- Client and server are separate processes. The server writes frames that were built before, so the client is what limits.
- In each round every client runs once, in a process of its own, another one first each time. A ratio is made of two runs of the same
  round; the table shows the median of all rounds (here at least ${rounds}), and the range in which half of them lie.
- In P13 client and server have a core each: where the scheduler wakes a server decides how soon it answers.
- CPU is the process's own, from the system. Heap is counted by the engine.
- A target counts as reached within ${NOISE * 100} % of it, which is noise. Sizes have none.
- What arrives is counted and its order is checked. A run that lost, doubled or reordered anything has no figure.
- The targets are in the table: \`sio/ours ≥ 2\` means that socket.io-client takes at least twice as much as ours.

\`npm run bench -- P4\` measures one row, \`npm run bench -- P4 --profile\` shows where its time goes, \`--quick\` is a look within a minute.

## The table

${[...results].map(([id, result]) => section(id, result, missed)).join("\n\n")}

## In a browser

${browser?.text ?? "Not measured: there was no Chromium."}

## What was tried and did not help

${tried}
`;
  const path = join(root, "docs/performance.md");
  writeFileSync(path, text);
  return path;
}

function section(id, result, missed) {
  const rows = rowsOf(id, result);
  const why = passes(result) || !missed.has(id) ? "" : `\n\nMissed: ${missed.get(id)}`;
  return `### ${id}: ${result.title}\n\n${markdownTable(rows)}${why}`;
}

function readNotes() {
  const text = readFileSync(NOTES, "utf8").replace(/<!--.*?-->\n*/gs, "");
  const [, missedText, tried] = /# Missed\n(.*)# Tried\n(.*)/s.exec(text);
  const missed = new Map([...missedText.matchAll(/^(P\d+): (.*)$/gm)].map(([, id, why]) => [id, why]));
  return { missed, tried: tried.trim() };
}
