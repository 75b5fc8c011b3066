/*
 * P10: from the call to `connected`, with the options that nobody has changed. On a socket.io server, because it is the server that answers
 * each of the requests on the way: one that was written by hand makes those of the peer cheaper than they are.
 */
import { connect } from "../lib/clients.mjs";
import { cpuTimer, sleep } from "../lib/cpu.mjs";
import { makeCrowd } from "../lib/crowd.mjs";
import { SOCKET_IO_SERVER, startServer } from "../lib/process.mjs";
import { median } from "../lib/stats.mjs";

export const title = "connect, default options";
export const rounds = 7;
export const server = false;

export const parts = (quick) => [
  { name: "one", count: quick ? 10 : 60 },
  { name: "2,000 at once", crowd: quick ? 100 : 2000 },
];

export async function client(variant, params) {
  const { port, stop } = await startServer(SOCKET_IO_SERVER);
  try {
    return await measure(variant, params, `http://127.0.0.1:${port}`);
  } finally {
    stop();
  }
}

async function measure(variant, { count, crowd }, url) {
  const options = { pump: "busy", transports: undefined };
  if (crowd) {
    (await makeCrowd(variant, url, 20, { transports: null })).close();
    await sleep(100);
    const cpu = cpuTimer();
    const started = performance.now();
    const all = await makeCrowd(variant, url, crowd, { atOnce: crowd, transports: null });
    // The peer goes on to move to a WebSocket after it is connected.
    await sleep(300);
    const figures = { cpu: cpu() / crowd / 1000, time: performance.now() - started - 300 };
    all.close();
    return figures;
  }
  const times = [];
  for (let n = -5; n < count; n++) {
    const started = performance.now();
    const one = await connect(variant, url, options);
    if (n >= 0) times.push(performance.now() - started);
    // Apart, so that what one does after it is connected is not in the time of the next.
    await sleep(15);
    one.close();
    await sleep(5);
  }
  return { time: median(times) };
}

export const lines = [
  {
    name: "one, until connected",
    unit: "ms",
    part: "one",
    figure: "time",
    checks: [{ ratio: "sio/ours", atLeast: 4 }],
  },
  {
    name: "2,000 at once, CPU each",
    unit: "ms",
    part: "2,000 at once",
    figure: "cpu",
    checks: [{ ratio: "sio/ours", atLeast: 2 }],
  },
  { name: "2,000 at once, until all are connected", unit: "ms", part: "2,000 at once", figure: "time" },
];
