/* P11: a poll in which nothing is due, sixty times a second for hours, in every one of a thousand bots. */
import { garbageOf, NO_COLLECTION } from "../lib/cpu.mjs";
import { looseOurs } from "../lib/loose.mjs";
import { timePairs } from "../lib/micro.mjs";

export const title = "poll() with nothing to do";
export const server = false;
export const variants = ["ours"];

const SIZES = {
  alone: {},
  "10,000 acks pending": { acks: 10_000 },
  "1,000 namespaces": { namespaces: 1000 },
};

export const parts = (quick) =>
  Object.entries(SIZES).flatMap(([name, size]) => {
    const time = { name, ...size, slices: quick ? 6 : 30 };
    const counted = { name: `${name}, garbage`, ...size, garbage: true, flags: NO_COLLECTION };
    return quick && name !== "alone" ? [time] : [time, counted];
  });

export async function client(_variant, { acks = 0, namespaces = 0, garbage, slices }) {
  const { arrive, client } = await looseOurs({ connect_timeout: 1e6 });
  const main = client.get_namespace();
  for (let n = 0; n < acks; n++) main.emit_with_ack("ask", [], () => {}, 1e6);
  for (let n = 0; n < namespaces; n++) {
    const path = `/n${n}`;
    client.create_namespace(path).connect_to_namespace();
    client.poll();
    arrive(`40${path},{"sid":"x"}`);
    client.poll();
    if (!client.get_namespace(path).is_namespace_connected()) throw new Error(`${path} was not joined`);
  }
  if (client.get_stats().acks_pending !== acks) throw new Error("the acknowledgements do not wait");
  const withClock = (count) => {
    for (let n = 0; n < count; n++) client.poll();
  };
  // In a list with something else in it each number is an object already: what a caller's own sums cost is not counted.
  const start = performance.now() / 1000 + 1;
  const moments = ["", ...Array.from({ length: 1023 }, (_, n) => start + n * 1e-6)];
  moments[0] = start;
  const given = (count) => {
    for (let n = 0; n < count; n++) client.poll(moments[n & 1023]);
  };
  if (garbage) return { clock: await garbageOf(withClock, 1_000_000), given: await garbageOf(given, 1_000_000) };
  const { ns } = await timePairs([withClock, given], { slices });
  return { clock: ns[0], given: ns[1] };
}

export const lines = Object.keys(SIZES).flatMap((name) => [
  { name: `${name}, with its clock`, unit: "ns", part: name, figure: "clock", checks: [{ atMost: 70 }] },
  { name: `${name}, time given`, unit: "ns", part: name, figure: "given", checks: [{ atMost: 12 }] },
  // Less than one byte is what the counting itself leaves behind.
  { name: `${name}, garbage`, unit: "B", part: `${name}, garbage`, figure: "given", checks: [{ atMost: 1 }] },
]);
