/* P3: what is not wanted should cost next to nothing: from the frame's arrival to the poll that drops it. */
import { turn } from "../lib/cpu.mjs";
import { looseOurs, loosePeer } from "../lib/loose.mjs";
import { timePairs } from "../lib/micro.mjs";

export const title = "event nobody listens to, or superseded by EVENT_LATEST";
export const server = false;
const PER_POLL = 200;

export const parts = (quick) => [
  { name: "nobody listens", event: "unheard", slices: quick ? 6 : 30, variants: ["ours", "sio"] },
  { name: "superseded", event: "state", latest: true, slices: quick ? 6 : 30, variants: ["ours"] },
];

export async function client(variant, { event, latest, slices }) {
  const frames = Array.from({ length: 64 }, (_, n) =>
    Buffer.from(`42${JSON.stringify([event, { n: 1_000_000 + n, x: 12.5, y: 33.25, d: "left" }])}`).toString(),
  );
  let heard = 0;
  let run;
  if (variant === "ours") {
    const { arrive, client } = await looseOurs();
    const ns = client.get_namespace();
    ns.on("state", () => heard++);
    if (latest) ns.set_event_mode("state", 1);
    run = (count) => {
      for (let n = 1; n <= count; n++) {
        arrive(frames[n & 63]);
        if (n % PER_POLL === 0) client.poll();
      }
      client.poll();
    };
    const before = client.get_stats().packets_received;
    run(1000);
    const { packets_received, events_skipped } = client.get_stats();
    if (packets_received - before !== 1000) throw new Error("packets were lost");
    if (heard !== (latest ? 5 : 0) || events_skipped !== (latest ? 995 : 0))
      throw new Error(`${heard} were heard, ${events_skipped} skipped`);
  } else {
    const { arrive, socket } = await loosePeer();
    socket.on("state", () => heard++);
    run = async (count) => {
      for (let n = 1; n <= count; n++) {
        arrive(frames[n & 63]);
        if (n % PER_POLL === 0) await turn();
      }
      await turn();
    };
  }
  const { ns } = await timePairs([run], { slices });
  return { ns: ns[0] };
}

export const lines = parts(true).map(({ name }) => ({
  name,
  unit: "ns",
  part: name,
  figure: "ns",
  checks: [{ atMost: 60 }],
}));
