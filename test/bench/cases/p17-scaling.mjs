/* P17: what there is much of must not make a single packet dearer: 10,000 of it compared with one. */
import { looseOurs } from "../lib/loose.mjs";
import { timePairs } from "../lib/micro.mjs";

export const title = "cost of a packet with 10,000 of something, over the cost with one";
export const server = false;
export const variants = ["ours"];

const MANY = 10_000;
const PER_POLL = 100;
const KINDS = ["listeners", "namespaces", "pending acks", "waiting packets"];

export const parts = (quick) => KINDS.map((kind) => ({ name: kind, slices: quick ? 6 : 30 }));

export async function client(_variant, { name, slices }) {
  const many = await WORK[name](MANY);
  const one = await WORK[name](1);
  const { ns, ratio } = await timePairs([many, one], { slices });
  return { ratio, many: ns[0], one: ns[1] };
}

const event = (path, name, n) => `42${path}${JSON.stringify([name, { n, x: 12.5 }])}`;

/** A function that receives events of one name in one namespace, `PER_POLL` between two polls, and checks that all are heard. */
function receiving(loose, frames, heard) {
  return (count) => {
    const before = heard.count;
    let n = 0;
    while (n < count) {
      for (let k = 0; k < PER_POLL; k++, n++) loose.arrive(frames[n & 63]);
      loose.client.poll();
    }
    if (heard.count - before !== n) throw new Error(`of ${n} packets ${heard.count - before} were delivered`);
  };
}

const framesOf = (path, name) => Array.from({ length: 64 }, (_, n) => Buffer.from(event(path, name, n)).toString());

const WORK = {
  async listeners(size) {
    const loose = await looseOurs();
    const ns = loose.client.get_namespace("/");
    const heard = { count: 0 };
    for (let n = 0; n < size; n++) ns.on(`event${n}`, () => heard.count++);
    return receiving(loose, framesOf("", `event${size >> 1}`), heard);
  },

  async namespaces(size) {
    const loose = await looseOurs({ connect_timeout: 1e6 });
    const heard = { count: 0 };
    for (let n = 0; n < size; n++) {
      const ns = loose.client.create_namespace(`/room${n}`);
      ns.connect_to_namespace();
      ns.on("move", () => heard.count++);
    }
    loose.client.poll();
    for (let n = 0; n < size; n++) loose.arrive(`40/room${n},{"sid":"x"}`);
    loose.client.poll();
    return receiving(loose, framesOf(`/room${size >> 1},`, "move"), heard);
  },

  async "pending acks"(size) {
    const loose = await looseOurs();
    const ns = loose.client.get_namespace("/");
    let id = 0;
    let settled = 0;
    for (; id < size; id++) ns.emit_with_ack("ask", [], () => {}, 1e6);
    loose.client.poll();
    return (count) => {
      const before = settled;
      let n = 0;
      while (n < count) {
        const first = id;
        for (let k = 0; k < PER_POLL; k++, n++, id++) ns.emit_with_ack("ask", [], () => settled++, 5);
        loose.client.poll();
        for (let k = 0; k < PER_POLL; k++) loose.arrive(`43${first + k}[]`);
        loose.client.poll();
      }
      if (settled - before !== n) throw new Error(`of ${n} acks ${settled - before} were settled`);
    };
  },

  async "waiting packets"(size) {
    const loose = await looseOurs({ poll_max_packets: PER_POLL });
    const heard = { count: 0 };
    loose.client.get_namespace("/").on("move", () => heard.count++);
    const frames = framesOf("", "move");
    for (let n = 0; n < size; n++) loose.arrive(frames[n & 63]);
    return receiving(loose, frames, heard);
  },
};

export const lines = KINDS.flatMap((kind) => [
  { name: `${kind}: 10,000 over 1`, unit: "times", part: kind, figure: "ratio", checks: [{ atMost: 1.2 }] },
  { name: `${kind}: with 10,000`, unit: "ns", part: kind, figure: "many" },
]);
