/*
 * P1, P2 and P7 in a real browser: builds the page, opens it once for each client and round, and draws the frame times. Returns
 * the text for docs/performance.md, or `null` when no browser is installed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { findChromium } from "../programs.mjs";
import { installed, peerFolder, root } from "./lib/build.mjs";
import { frameTimesChart, histogram } from "./lib/chart.mjs";
import { startServer } from "./lib/process.mjs";
import { median, quantile } from "./lib/stats.mjs";

const PAGE = fileURLToPath(new URL("./browser/page.mjs", import.meta.url));
/** `worker` is ours with its WebSocket in a worker. The codecs are the same there. */
const VARIANTS = ["ours", "worker", "sio"];
const BURST = { count: 100_000, work: 0.002, budget: 2 };

export async function runBrowser({ quick, rounds = 7 }) {
  const executablePath = findChromium();
  if (executablePath === null) return null;
  const script = await bundle();
  const server = await startServer();
  const { origin, close } = await serve(script);
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath, args });
  const load = async (run) => {
    const page = await browser.newPage();
    try {
      await page.goto(origin);
      await page.waitForFunction("globalThis.bench !== undefined");
      return await run(page);
    } finally {
      await page.close();
    }
  };
  const samples = { frames: [], decode: {}, encode: {} };
  try {
    const spec = { ...BURST, count: quick ? 5000 : BURST.count };
    for (let round = 0; round < (quick ? 1 : rounds); round++) {
      const figures = {};
      for (let turn = 0; turn < VARIANTS.length; turn++) {
        const variant = VARIANTS[(turn + round) % VARIANTS.length];
        const url = `http://127.0.0.1:${server.port}`;
        figures[variant] = await load((page) =>
          page.evaluate(([who, where, what]) => globalThis.bench.burst(who, where, what), [variant, url, spec]),
        );
        if (round >= CODEC_ROUNDS || variant === "worker") continue;
        for (const [work, kinds] of Object.entries(KINDS))
          for (const kind of quick ? kinds.slice(0, 1) : kinds) {
            const ratio = await load((page) =>
              page.evaluate(([how, who, what]) => globalThis.bench[how](who, what), [work, variant, kind]),
            );
            samples[work][kind] ??= { ours: [], sio: [] };
            samples[work][kind][variant].push(ratio);
          }
      }
      samples.frames.push(figures);
    }
    return { text: report(samples, browser.version(), spec), svg: draw(samples) };
  } finally {
    await browser.close();
    close();
    server.stop();
  }
}

/** The codecs are timed in many slices each time; more rounds would say the same. */
const CODEC_ROUNDS = 3;
const KINDS = { decode: ["small", "ack", "binary", "1 KB"], encode: ["small", "ack", "binary", "1 KB"] };

async function bundle() {
  const peers = dirname(peerFolder());
  const { outputFiles } = await build({
    entryPoints: [PAGE],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    alias: { ours: join(installed, "dist") },
    nodePaths: [peers],
    tsconfigRaw: {},
    logLevel: "error",
  });
  return outputFiles[0].text;
}

/** Serves the page. These headers give it a clock of 5 µs instead of 100. */
function serve(script) {
  const isolated = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };
  const http = createServer(({ url }, response) => {
    const isScript = url === "/page.js";
    response.writeHead(200, { ...isolated, "content-type": isScript ? "text/javascript" : "text/html; charset=utf-8" });
    response.end(
      isScript
        ? script
        : '<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    );
  });
  return new Promise((resolve) =>
    http.listen(0, "127.0.0.1", () =>
      resolve({
        origin: `http://127.0.0.1:${http.address().port}`,
        close: () => http.close(() => {}).closeAllConnections(),
      }),
    ),
  );
}

function report({ frames, decode, encode }, version, { count, budget }) {
  const of = (variant, figure) => median(frames.map((round) => figure(round[variant])));
  const row = (name, figure, digits = 1) =>
    `| ${name} | ${VARIANTS.map((variant) => of(variant, figure).toFixed(digits)).join(" | ")} |`;
  const over =
    (ms) =>
    ({ gaps }) =>
      gaps.filter((gap) => gap > ms).length;
  const ratios = (table, what) =>
    Object.entries(table).map(
      ([kind, { ours, sio }]) =>
        `| ${kind}, times ${what} | ${median(ours).toFixed(2)} | | ${median(sio).toFixed(2)} |`,
    );
  return `Chromium ${version}, ${count.toLocaleString("en")} events in one burst with 2 µs of work each, ours with a budget of ${budget} ms per
\`poll()\`; medians of ${frames.length} rounds.

![frame times of the clients](images/frame-times.svg)

| | ours | ours, its socket [in a worker](reference/worker.md) | sio |
| --- | ---: | ---: | ---: |
${[
  row("longest time from frame to frame, ms", ({ gaps }) => Math.max(...gaps)),
  row("frames over 20 ms", over(20), 0),
  row("frames over 33 ms", over(33), 0),
  row("poll p99, ms", ({ polls }) => quantile(polls, 0.99), 2),
  row("until all are delivered, ms", ({ drained }) => drained, 0),
  ...ratios(decode, "JSON.parse"),
  ...ratios(encode, "JSON.stringify"),
].join("\n")}

What makes frames long is not the listeners but a task for each message, which the browser runs in the page with either client. In a worker
those tasks cost no frame.`;
}

function draw({ frames }) {
  const gapsOf = (variant) => frames.flatMap((round) => round[variant].gaps);
  return frameTimesChart("Frame times while 100,000 events burst in", [
    { title: "socketio-gameloop, budget 2 ms per poll", color: "#2a7", counts: histogram(gapsOf("ours")) },
    { title: "the same, its socket in a worker", color: "#27a", counts: histogram(gapsOf("worker")) },
    { title: "socket.io-client", color: "#c63", counts: histogram(gapsOf("sio")) },
  ]);
}

export function writeChart(svg) {
  mkdirSync(join(root, "docs/images"), { recursive: true });
  writeFileSync(join(root, "docs/images/frame-times.svg"), svg);
}
