/* P2: from an event to its frames, without a socket. The limit is JSON.stringify of what is JSON in it. */
import { ENCODERS } from "../lib/codec-modules.mjs";
import { LEAVING } from "../lib/codecs.mjs";
import { timePairs } from "../lib/micro.mjs";

export const title = "encode, over bare JSON.stringify";
export const server = false;
export const variants = ["ours", "sio"];

const TARGETS = { small: 1.16, ack: 1.35, binary: 1.45, "1 KB": 1.1, "50 KB + attachment": 1.12 };

export const parts = (quick) => Object.keys(TARGETS).map((kind) => ({ name: kind, kind, slices: quick ? 6 : 30 }));

export async function client(variant, { kind, slices }) {
  const encode = await ENCODERS[variant]();
  const messages = LEAVING[kind]();
  for (const { data, id, bare } of messages.slice(0, 4)) {
    const frames = encode(data, id);
    // The peer hands over one frame after the other; of several the last is seen, the attachment.
    const seen = Array.isArray(frames) ? frames[0] : frames;
    if (typeof seen === "string" && !seen.endsWith(JSON.stringify(bare)))
      throw new Error(`encoded ${seen.slice(0, 200)}`);
  }
  const work = (count) => {
    for (let n = 0; n < count; n++) {
      const { data, id } = messages[n & 63];
      encode(data, id);
    }
  };
  const bare = (count) => {
    for (let n = 0; n < count; n++) JSON.stringify(messages[n & 63].bare);
  };
  const { ns, ratio } = await timePairs([work, bare], { slices });
  return { ns: ns[0], bare: ns[1], ratio };
}

export const lines = Object.entries(TARGETS).flatMap(([kind, atMost]) => [
  { name: kind, unit: "times JSON.stringify", part: kind, figure: "ratio", checks: [{ atMost }] },
  { name: kind, unit: "ns", part: kind, figure: "ns" },
]);
