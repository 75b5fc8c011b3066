/* P4: a server that sends as fast as it can. What does a small event cost the client, in CPU and in garbage? */
import { NO_COLLECTION } from "../lib/cpu.mjs";
import { receiveFlood } from "../lib/flood.mjs";

export const title = "receive flood, 54-byte events";

export const parts = (quick) => [
  { name: "cpu", kind: "small", count: quick ? 20_000 : 100_000, times: quick ? 1 : 3 },
  { name: "heap", kind: "small", count: quick ? 10_000 : 40_000, heap: true, flags: NO_COLLECTION },
];

export const client = receiveFlood;

export const lines = [
  {
    name: "CPU each",
    unit: "µs",
    part: "cpu",
    figure: "cpu",
    checks: [
      { ratio: "sio/ours", atLeast: 2 },
      { ratio: "ours/limit", atMost: 1.09 },
    ],
  },
  { name: "heap each", unit: "B", part: "heap", figure: "heap", checks: [{ ratio: "ours/sio", atMost: 0.25 }] },
];
