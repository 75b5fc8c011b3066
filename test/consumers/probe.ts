/*
 * Loaded in front of a page under test: counts the listeners that its game has, its polls and its flushes. The game itself
 * knows nothing of it.
 */
import { SocketIOClient, SocketIONamespace } from "socketio-gameloop";

type Method = (event: string, callback?: unknown) => void;

const methods = SocketIONamespace.prototype as unknown as Record<"on" | "once" | "off", Method>;
const { on, once, off } = methods;
let held: { readonly namespace: unknown; readonly event: string; readonly callback: unknown }[] = [];

for (const [name, add] of Object.entries({ on, once })) {
  methods[name as "on" | "once"] = function (this: unknown, event, callback) {
    held.push({ namespace: this, event, callback });
    add.call(this, event, callback);
  };
}
methods.off = function (this: unknown, event, callback) {
  const isOfEvent = (one: (typeof held)[number]) => one.namespace === this && one.event === event;
  const first = held.find((one) => isOfEvent(one) && one.callback === callback);
  held = held.filter((one) => (callback === undefined ? !isOfEvent(one) : one !== first));
  off.call(this, event, callback);
};

const { poll, flush } = SocketIOClient.prototype;
let polls = 0;
let flushes = 0;

SocketIOClient.prototype.poll = function (now) {
  polls++;
  return poll.call(this, now);
};
SocketIOClient.prototype.flush = function () {
  flushes++;
  flush.call(this);
};

Object.assign(globalThis, { probe: () => ({ listeners: held.length, polls, flushes }) });
