/* P15: the same over HTTP long-polling. */
import { connect, next } from "../lib/clients.mjs";
import { cpuTimer, sleep } from "../lib/cpu.mjs";
import { receiveFlood } from "../lib/flood.mjs";
import { small } from "../lib/frames.mjs";
import { median } from "../lib/stats.mjs";

export const title = "long-polling";
export const variants = ["ours", "sio"];

const OPTIONS = { transports: ["polling"], upgrade: false };

export const parts = (quick) => [
  { name: "receive", kind: "small", count: quick ? 10_000 : 60_000, times: quick ? 1 : 3 },
  { name: "round trip", trips: quick ? 30 : 300 },
  { name: "send", ticks: quick ? 20 : 100, perTick: 200 },
  { name: "send, large POSTs", ticks: quick ? 20 : 100, perTick: 200, polling_max_packets: 1000 },
];

export async function client(variant, params, context) {
  if (params.kind) return receiveFlood(variant, params, context, OPTIONS);
  const { polling_max_packets } = params;
  const client = await connect(variant, context.url, {
    ...OPTIONS,
    pump: params.trips ? "busy" : "frame",
    ...(variant === "ours" && polling_max_packets ? { polling_max_packets } : {}),
  });
  const figures = params.trips ? await ask(client, params.trips) : await send(client, params);
  client.close();
  return figures;
}

async function ask(client, trips) {
  const times = [];
  for (let n = -20; n < trips; n++) {
    const started = performance.now();
    const answer = client.ask("echo", n);
    client.flush();
    if ((await answer) !== n) throw new Error("the answer belongs to another question");
    if (n >= 0) times.push(performance.now() - started);
    // The next GET is on its way before the next question.
    await sleep(2);
  }
  return { time: median(times) };
}

async function send(client, { ticks, perTick }) {
  let number = 0;
  let cpu;
  for (let tick = -Math.ceil(ticks / 3); tick < ticks; tick++) {
    if (tick === 0) cpu = cpuTimer();
    for (let n = 0; n < perTick; n++) client.emit("move", small(number++));
    client.flush();
    await sleep(5);
  }
  const answer = next(client, "report");
  client.emit("report");
  client.flush();
  const { received, faults, first } = await answer;
  const time = cpu() / (ticks * perTick);
  if (received !== number || faults > 0)
    throw new Error(`of ${number} events ${received} arrived, ${faults} not in order ${first}`);
  return { cpu: time };
}

export const lines = [
  {
    name: "receive, CPU each",
    unit: "µs",
    part: "receive",
    figure: "cpu",
    checks: [{ ratio: "sio/ours", atLeast: 4 }],
  },
  { name: "round trip", unit: "ms", part: "round trip", figure: "time", checks: [{ ratio: "sio/ours", atLeast: 4 }] },
  { name: "send, CPU each", unit: "µs", part: "send", figure: "cpu", checks: [{ ratio: "sio/ours", atLeast: 1.4 }] },
  { name: "send with polling_max_packets: 1000, CPU each", unit: "µs", part: "send, large POSTs", figure: "cpu" },
];
