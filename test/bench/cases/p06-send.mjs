/* P6: a tick that emits much. One write for all of it, or one for each? */
import { connect, next } from "../lib/clients.mjs";
import { cpuTimer, sleep } from "../lib/cpu.mjs";
import { EVENTS } from "../lib/frames.mjs";

export const title = "send, 200 events per tick";

const part = (name, kind, ticks, atLeast) => ({ name, kind, ticks, perTick: 200, atLeast });
const PARTS = [
  part("small", "small", 300, 3.3),
  part("1 KB binary", "bytes1k", 120, 2.9),
  part("1 KB JSON", "state", 150, 1.5),
];

export const parts = (quick) => PARTS.map((each) => ({ ...each, ticks: quick ? 30 : each.ticks }));

export async function client(variant, { kind, ticks, perTick }, { url }) {
  const client = await connect(variant, url, { pump: "frame" });
  client.stopPump();
  const poll = variant === "ours" ? () => client.raw.poll() : () => {};
  const { event, make } = EVENTS[kind];
  // Made before: what an argument costs is the game's business.
  const round = Array.from({ length: perTick * 10 }, (_, n) => make(n));
  let next_ = 0;
  const tick = () => {
    poll();
    for (let k = 0; k < perTick; k++) {
      const arg = round[next_ % round.length];
      renumber(arg, next_++);
      client.emit(event, arg);
    }
    client.flush();
  };
  const report = async () => {
    const answer = next(client, "report");
    client.emit("report");
    client.flush();
    const polling = setInterval(poll, 5);
    const { received, faults, first } = await answer;
    clearInterval(polling);
    if (received !== next_ || faults > 0)
      throw new Error(`of ${next_} events ${received} arrived, ${faults} not in order ${first}`);
    next_ = 0;
  };
  for (let n = 0; n < ticks / 3; n++) {
    tick();
    await sleep(2);
  }
  await report();
  const cpu = cpuTimer();
  for (let n = 0; n < ticks; n++) {
    tick();
    await sleep(2);
  }
  const time = cpu() / (ticks * perTick);
  await report();
  client.close();
  return { cpu: time };
}

function renumber(arg, n) {
  if (arg instanceof Uint8Array) new DataView(arg.buffer).setUint32(0, 1_000_000 + n);
  else arg.n = 1_000_000 + n;
}

export const lines = PARTS.map(({ name, atLeast }) => ({
  name: `${name}, CPU each`,
  unit: "µs",
  part: name,
  figure: "cpu",
  checks: [{ ratio: "sio/ours", atLeast }],
}));
