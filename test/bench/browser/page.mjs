/*
 * The page: the same work as P1, P2 and P7, where the frames are the browser's. One run of one client per load of the page.
 * `ours` and the peer's packages are paths that the bundler fills in.
 */

import * as engineParser from "engine.io-parser";
import { SocketIOClient } from "ours/index.js";
import * as decoding from "ours/protocol/socket-decoder.js";
import * as packets from "ours/protocol/socket-packet.js";
import { worker_websocket } from "ours/transport/worker-websocket.js";
import { io } from "socket.io-client";
import * as socketParser from "socket.io-parser";
import { ARRIVING, decoderOfOurs, decoderOfPeer, encoderOfOurs, encoderOfPeer, LEAVING } from "../lib/codecs.mjs";
import { Tally } from "../lib/frames.mjs";
import { timePairs } from "../lib/micro.mjs";

const SLICES = 24;

const DECODERS = {
  ours: () => decoderOfOurs(decoding, packets),
  sio: () => decoderOfPeer(socketParser, engineParser),
};
const ENCODERS = {
  ours: () => encoderOfOurs(packets),
  sio: () => encoderOfPeer(socketParser, engineParser),
};

/** How many times as long as JSON.parse alone. */
export async function decode(variant, kind) {
  const decode = DECODERS[variant]();
  const arriving = ARRIVING[kind]();
  const work = (count) => {
    for (let n = 0; n < count; n++) decode(arriving[n & 63].frames);
  };
  const bare = (count) => {
    for (let n = 0; n < count; n++) JSON.parse(arriving[n & 63].json);
  };
  return (await timePairs([work, bare], { slices: SLICES })).ratio;
}

/** How many times as long as JSON.stringify alone. */
export async function encode(variant, kind) {
  const encode = ENCODERS[variant]();
  const leaving = LEAVING[kind]();
  const work = (count) => {
    for (let n = 0; n < count; n++) encode(leaving[n & 63].data, leaving[n & 63].id);
  };
  const bare = (count) => {
    for (let n = 0; n < count; n++) JSON.stringify(leaving[n & 63].bare);
  };
  return (await timePairs([work, bare], { slices: SLICES })).ratio;
}

/** A function that keeps busy for `ms`: by counting, because the clock of a page is too coarse for it. */
function makeWork(ms) {
  let state = 1;
  const count = (steps) => {
    for (let n = 0; n < steps; n++) state = (Math.imul(state, 1103515245) + 12345) | 0;
  };
  count(1e6);
  const started = performance.now();
  count(1e7);
  const steps = Math.round((ms * 1e7) / (performance.now() - started));
  return () => count(steps);
}

const frame = () => new Promise(requestAnimationFrame);

/** A burst of `count` events, each with `work` ms of work: the times from frame to frame, and how long the polls took. */
export async function burst(variant, url, { count, work, budget }) {
  const client = await CLIENTS[variant](url, budget, count);
  const doWork = makeWork(work);
  const tally = new Tally();
  let finished = 0;
  client.on("move", ({ n }) => {
    tally.take(n);
    if (tally.received === count) finished = performance.now();
    doWork();
  });
  const prepared = client.next("prepared");
  client.emit("prepare", { kind: "small", count });
  client.poll();
  while (!prepared.came) {
    client.poll();
    await frame();
  }
  for (let n = 0; n < 30; n++) await frame();
  const gaps = [];
  const polls = [];
  const started = performance.now();
  let last = await frame();
  client.emit("flood", { kind: "small", count });
  client.flush();
  // A second of quiet frames behind it.
  while (finished === 0 || performance.now() < finished + 1000) {
    const before = performance.now();
    client.poll();
    polls.push(performance.now() - before);
    const now = await frame();
    gaps.push(now - last);
    last = now;
    if (performance.now() - started > 60_000) throw new Error(`only ${tally.received} of ${count} came`);
  }
  tally.prove(count);
  client.close();
  return { gaps, polls, drained: finished - started };
}

const CLIENTS = {
  // A browser cannot pause a socket: the inbox has to have room for the burst.
  ours: (url, budget, count) => connectOurs(url, budget, { max_queued_packets: 2 * count, max_queued_bytes: 1e9 }),
  worker: (url, budget) => connectOurs(url, budget, { transports: [worker_websocket()] }),
  sio: (url) => connectPeer(url),
};

async function connectOurs(url, budget, options) {
  const client = new SocketIOClient({ poll_max_time: budget / 1000, ...options });
  const ns = client.get_namespace("/");
  client.connect_to_url(url);
  while (!ns.is_namespace_connected()) {
    client.poll();
    await frame();
  }
  return {
    on: (event, callback) => ns.on(event, ([arg]) => callback(arg)),
    next: (event) => noting((note) => ns.once(event, note)),
    emit: (event, arg) => ns.emit(event, [arg]),
    poll: () => client.poll(),
    flush: () => client.flush(),
    close: () => client.close(),
  };
}

async function connectPeer(url) {
  const socket = io(url, { transports: ["websocket"] });
  await new Promise((resolve) => socket.once("connect", resolve));
  return {
    on: (event, callback) => socket.on(event, callback),
    next: (event) => noting((note) => socket.once(event, note)),
    emit: (event, arg) => socket.emit(event, arg),
    poll() {},
    flush() {},
    close: () => socket.close(),
  };
}

function noting(listen) {
  const state = { came: false };
  listen(() => {
    state.came = true;
  });
  return state;
}

Object.assign(globalThis, { bench: { decode, encode, burst } });
