/** Where ours spends its time: one round of each part under the profiler, and the functions with the most time of their own. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./build.mjs";
import { runClient, startServer } from "./process.mjs";

const TOP = 25;

export async function profileCase(id, file, only) {
  const module = await import(file);
  const server = module.server === false ? { port: 0, stop() {} } : await startServer();
  try {
    for (const part of module.parts(false)) {
      if (only && part.name !== only) continue;
      const folder = join(cache, "profiles", id, part.name.replace(/\W+/g, "-"));
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      const flags = ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=200", ...(part.flags ?? [])];
      // Longer than a round, so that the start of the process weighs less.
      const params = { ...part, times: 10 * (part.times ?? 1), ticks: 5 * (part.ticks ?? 1) };
      const figures = await runClient({ file, variant: "ours", params, port: server.port }, flags);
      console.log(`\n${id} ${part.name}, ours: ${JSON.stringify(figures)}`);
      const [name] = readdirSync(folder);
      if (name) console.log(topOf(JSON.parse(readFileSync(join(folder, name), "utf8"))));
    }
  } finally {
    server.stop();
  }
}

function topOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map();
  let total = 0;
  for (const [index, id] of samples.entries()) {
    const { functionName, url, lineNumber } = byId.get(id).callFrame;
    if (functionName === "(idle)") continue;
    const where = url ? ` ${url.replace(/^.*\/(?=[^/]+\/[^/]+$)/, "")}:${lineNumber + 1}` : "";
    const name = `${functionName || "(anonymous)"}${where}`;
    times.set(name, (times.get(name) ?? 0) + timeDeltas[index]);
    total += timeDeltas[index];
  }
  return [...times]
    .sort((a, b) => b[1] - a[1])
    .slice(0, TOP)
    .map(([name, time]) => `${((time / total) * 100).toFixed(1).padStart(6)} %  ${name}`)
    .join("\n");
}
