/* P14: 100,000 emits while there is no connection, and then there is one. What do they keep, and how long does the game stand still? */

import { ours, peer } from "../lib/build.mjs";
import { heapUsed, sleep } from "../lib/cpu.mjs";
import { small } from "../lib/frames.mjs";
import { longestGap } from "../lib/gaps.mjs";

export const title = "100,000 emits buffered offline, then flushed";
export const rounds = 7;
export const variants = ["ours", "sio"];

/** Seconds, and what a gap may have beyond it in milliseconds. */
const BUDGET = 0.002;

export const parts = (quick) => [{ name: "buffer", count: quick ? 10_000 : 100_000 }];

export async function client(variant, { count }, { url }) {
  const offline = await OFFLINE[variant](url, count);
  globalThis.gc();
  const before = heapUsed();
  for (let n = 0; n < count; n++) offline.emit("move", small(n));
  globalThis.gc();
  const heap = (heapUsed() - before) / count;
  // The frames of a game that has just started to run again.
  await sleep(50);
  const watch = longestGap();
  offline.start();
  const report = await offline.report();
  const gap = watch();
  if (report.received !== count || report.faults > 0)
    throw new Error(`of ${count} emits ${report.received} arrived, ${report.faults} not in order`);
  offline.close();
  return { heap, gap };
}

const OFFLINE = {
  async ours(url, count) {
    const { SocketIOClient } = await ours();
    const client = new SocketIOClient({ max_buffered_packets: 2 * count, poll_max_time: BUDGET });
    const ns = client.get_namespace("/");
    client.connect_to_url(url);
    let timer;
    return {
      emit: (event, arg) => ns.emit(event, [arg]),
      start() {
        timer = setInterval(() => client.poll(), 1000 / 60);
      },
      report: () =>
        new Promise((resolve) => {
          ns.once("report", ([answer]) => resolve(answer));
          ns.emit("report");
        }),
      close() {
        clearInterval(timer);
        client.close();
      },
    };
  },
  async sio(url) {
    const { io } = await peer();
    const socket = io(url, { transports: ["websocket"], autoConnect: false, forceNew: true });
    return {
      emit: (event, arg) => socket.emit(event, arg),
      start: () => socket.connect(),
      report: () =>
        new Promise((resolve) => {
          socket.once("report", resolve);
          socket.emit("report");
        }),
      close: () => socket.close(),
    };
  },
};

export const lines = [
  { name: "heap each", unit: "B", part: "buffer", figure: "heap", checks: [{ ratio: "ours/sio", atMost: 0.333 }] },
  {
    name: "longest gap of the flush, budget 2 ms",
    unit: "ms",
    part: "buffer",
    figure: "gap",
    checks: [{ atMost: BUDGET * 1000 + 5 }],
  },
];
