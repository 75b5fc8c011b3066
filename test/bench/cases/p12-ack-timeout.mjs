/*
 * P12: what it costs that an acknowledgement is awaited, with a deadline: to register it and to settle it. For ours, a whole emit with
 * its answer, less the same emit without one and an event that arrives instead of the answer; JSON, and the texts with the ids in them,
 * are left out by a codec that does nothing.
 * For the peer, the two methods that do it.
 */
import { looseOurs, loosePeer } from "../lib/loose.mjs";
import { timePairs } from "../lib/micro.mjs";

export const title = "an ack with timeout: register, settle";
export const server = false;
export const variants = ["ours", "sio"];

export const parts = (quick) => [{ name: "ack", slices: quick ? 6 : 30 }];

const PER_POLL = 100;

/** A codec that looks at nothing: what comes is bytes that carry the parts of their packet as properties. */
const codec = {
  encode: () => "packet",
  decode: ({ type, id, event, content }) => ({ type, namespace: "/", id, event, data: () => content() }),
};
const message = (type, event, content) => Object.assign(new Uint8Array(1), { type, id: -1, event, content });

export async function client(variant, { slices }) {
  return variant === "ours" ? timeOurs(slices) : timePeer(slices);
}

async function timeOurs(slices) {
  const { arrive, client } = await looseOurs({ codec, greeting: message(0, null, () => ({ sid: "main" })) });
  const ns = client.get_namespace("/");
  const answers = Array.from({ length: PER_POLL }, () => message(3, null, () => []));
  const events = Array.from({ length: PER_POLL }, () => message(2, "event", () => ["event"]));
  let settled = 0;
  let id = 0;
  const onAnswer = (_response, error) => {
    if (error === 0) settled++;
  };
  ns.on("event", () => settled++);
  const acked = (count) => {
    for (let done = 0; done < count; done += PER_POLL) {
      const first = id;
      for (let n = 0; n < PER_POLL; n++, id++) ns.emit_with_ack("ask", [], onAnswer, 5);
      client.poll();
      for (let n = 0; n < PER_POLL; n++) {
        answers[n].id = first + n;
        arrive(answers[n]);
      }
      client.poll();
    }
  };
  const plain = (count) => {
    for (let done = 0; done < count; done += PER_POLL) {
      for (let n = 0; n < PER_POLL; n++) ns.emit("ask", []);
      client.poll();
      for (let n = 0; n < PER_POLL; n++) arrive(events[n]);
      client.poll();
    }
  };
  settled = 0;
  acked(1000);
  plain(1000);
  if (settled !== 2000) throw new Error(`${settled} of 2000 were settled`);
  const { ns: times } = await timePairs([acked, plain], { slices });
  return { cost: times[0] - times[1], whole: times[0] };
}

async function timePeer(slices) {
  const { socket } = await loosePeer();
  let settled = 0;
  let id = 0;
  const onAnswer = (error) => {
    if (error === null) settled++;
  };
  const run = (count) => {
    for (let done = 0; done < count; done += PER_POLL) {
      const first = id;
      for (let n = 0; n < PER_POLL; n++, id++) {
        socket.flags = { timeout: 5000 };
        socket._registerAckCallback(id, withError(onAnswer));
      }
      for (let n = 0; n < PER_POLL; n++) socket.onack({ id: first + n, data: [] });
    }
    socket.flags = {};
  };
  run(1000);
  if (settled !== 1000) throw new Error(`${settled} of 1000 were settled`);
  const { ns } = await timePairs([run], { slices });
  return { cost: ns[0], whole: ns[0] };
}

/** As its `timeout(…).emit` marks a callback that gets the error first. */
function withError(callback) {
  return (...args) => callback(...args);
}

export const lines = [
  { name: "register and settle", unit: "ns", part: "ack", figure: "cost", checks: [{ atMost: 150 }] },
];
