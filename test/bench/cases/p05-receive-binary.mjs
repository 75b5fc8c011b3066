/* P5: as P4, with an attachment of 64 bytes or 1 KB in each event. */
import { receiveFlood } from "../lib/flood.mjs";

export const title = "receive flood, 64 B and 1 KB binary";

export const parts = (quick) => [
  { name: "64 B", kind: "bytes64", count: quick ? 10_000 : 60_000, times: quick ? 1 : 3 },
  { name: "1 KB", kind: "bytes1k", count: quick ? 10_000 : 40_000, times: quick ? 1 : 3 },
];

export const client = receiveFlood;

export const lines = parts(true).map(({ name }) => ({
  name: `${name}, CPU each`,
  unit: "µs",
  part: name,
  figure: "cpu",
  checks: [{ ratio: "sio/ours", atLeast: 2 }],
}));
