/* P1: from the frames of a packet to its data, without a socket. The limit is JSON.parse of the JSON alone. */
import { DECODERS } from "../lib/codec-modules.mjs";
import { ARRIVING } from "../lib/codecs.mjs";
import { garbageOf, NO_COLLECTION } from "../lib/cpu.mjs";
import { timePairs } from "../lib/micro.mjs";

export const title = "decode, over bare JSON.parse";
export const server = false;
export const variants = ["ours", "sio"];

const TARGETS = { small: 1.1, ack: 1.2, binary: 1.3, "1 KB": 1.02 };

export const parts = (quick) =>
  Object.keys(TARGETS).flatMap((kind) => {
    const time = { name: kind, kind, slices: quick ? 6 : 30 };
    const counted = { name: `${kind}, garbage`, kind, garbage: true, flags: NO_COLLECTION, rounds: 7 };
    return quick && kind !== "small" ? [time] : [time, counted];
  });

export async function client(variant, { kind, garbage, slices }) {
  const decode = await DECODERS[variant]();
  const packets = ARRIVING[kind]();
  prove(decode, packets);
  const work = (count) => {
    for (let n = 0; n < count; n++) decode(packets[n & 63].frames);
  };
  const bare = (count) => {
    for (let n = 0; n < count; n++) JSON.parse(packets[n & 63].json);
  };
  // The data itself is what was asked for.
  if (garbage) return { garbage: (await garbageOf(work)) - (await garbageOf(bare)) };
  const { ns, ratio } = await timePairs([work, bare], { slices });
  return { ns: ns[0], bare: ns[1], ratio };
}

function prove(decode, packets) {
  for (const { frames, json } of packets) {
    const expected = JSON.parse(json);
    if (frames.length > 1) expected[1] = frames[1];
    const data = decode(frames);
    if (frames.length > 1) data[1] = new Uint8Array(data[1]);
    if (JSON.stringify(data) !== JSON.stringify(expected))
      throw new Error(`decoded ${JSON.stringify(data)} of ${json}`);
  }
}

export const lines = Object.entries(TARGETS).flatMap(([kind, atMost]) => [
  { name: kind, unit: "times JSON.parse", part: kind, figure: "ratio", checks: [{ atMost }] },
  { name: kind, unit: "ns", part: kind, figure: "ns" },
  {
    name: `${kind}, garbage beyond the data`,
    unit: "B",
    part: `${kind}, garbage`,
    figure: "garbage",
    checks: kind === "1 KB" ? [] : [{ ratio: "ours/sio", atMost: 0.333 }],
  },
]);
