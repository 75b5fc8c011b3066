import type { ClientObserver } from "socketio-gameloop";
import { msgpack } from "socketio-gameloop/msgpack";
import { expect, test, vi } from "vitest";
import { connected, connecting, OPEN } from "../support/scripted-server.js";

/** Everything that is told, a line each. */
function watch(told: string[]): Required<ClientObserver> {
  return {
    poll_started: (now) => told.push(`poll ${now}`),
    poll_ended: (callbacks) => told.push(`polled ${callbacks}`),
    packet_received: (event, path, bytes) => told.push(`in ${event} ${path} ${bytes}`),
    packet_skipped: (event, path, bytes) => told.push(`skipped ${event} ${path} ${bytes}`),
    packet_sent: (event, path, bytes) => told.push(`out ${event} ${path} ${bytes}`),
    callback_ran: (event, path, args, seconds, error) =>
      told.push(`ran ${event} ${path} ${JSON.stringify(args)} ${seconds} ${error === null ? "" : error.thrown}`.trim()),
  };
}

test("an observer is told of polls, packets and callbacks, in order", () => {
  const rig = connected();
  const told: string[] = [];
  rig.main.on("hit", () => rig.clock.advance(0.25));
  rig.client.add_observer(watch(told));
  rig.main.emit("shoot", [1]);
  rig.push('42["hit",2]');
  rig.push('42["unheard"]');
  rig.client.poll(100);
  expect(told).toEqual([
    "poll 100",
    "in hit / 11",
    "ran hit / [[2]] 0.25",
    "in unheard / 13",
    "out shoot / 13",
    "polled 1",
  ]);
});

test("what is no event has no name; attachments count", () => {
  const rig = connected();
  const told: string[] = [];
  rig.main.emit_with_ack("bytes", [new Uint8Array(10)], () => {});
  rig.client.add_observer(watch(told));
  rig.poll();
  rig.serve("430[]");
  const text = '451-0["bytes",{"_placeholder":true,"num":0}]';
  expect(told.filter((line) => /^(in|out)/.test(line))).toEqual([`out bytes / ${text.length + 10}`, "in  / 5"]);
});

test("an event that came before the answer to CONNECT is told once, when it is its turn", () => {
  const rig = connecting();
  const told: string[] = [];
  rig.client.add_observer({ packet_received: (event, _, bytes) => told.push(`${event} ${bytes}`) });
  rig.serve(OPEN, '42["early"]');
  expect(told).toEqual([]);
  rig.serve('40{"sid":"a"}');
  expect(told).toEqual([" 13", "early 11"]);
});

test("what EVENT_LATEST leaves out is told with its size", () => {
  const rig = connected();
  const told: string[] = [];
  rig.main.set_event_mode("s", 1);
  rig.client.add_observer(watch(told));
  rig.push('42["s","old one"]');
  rig.push('42["s",1]');
  expect(told).toEqual(["skipped s / 17"]);
});

test("a callback that throws is told with what it threw, before listener_error", () => {
  const rig = connected();
  const told: string[] = [];
  rig.main.on("a", () => {
    throw new Error("oh");
  });
  rig.client.add_observer(watch(told));
  rig.serve('42["a"]');
  expect(told.filter((line) => line.startsWith("ran"))).toEqual([
    "ran a / [[]] 0 Error: oh",
    'ran listener_error / [{},"a","/"] 0',
  ]);
});

test("several observe; one that is removed hears no more; adding twice is refused", () => {
  const rig = connected();
  const [one, two]: string[][] = [[], []];
  const first = watch(one!);
  expect(rig.client.add_observer(first)).toBe(true);
  expect(rig.client.add_observer(first)).toBe(false);
  expect(rig.client.add_observer(watch(two!))).toBe(true);
  rig.client.poll(1);
  expect(rig.client.remove_observer(first)).toBe(true);
  expect(rig.client.remove_observer(first)).toBe(false);
  rig.client.poll(2);
  expect([one, two]).toEqual([
    ["poll 1", "polled 0"],
    ["poll 1", "polled 0", "poll 2", "polled 0"],
  ]);
});

test("one that throws is reported, and neither the others nor the game notice", () => {
  const rig = connected();
  const report = vi.spyOn(console, "error").mockImplementation(() => {});
  const told: string[] = [];
  rig.client.add_observer({
    poll_started() {
      throw new Error("observer");
    },
  });
  rig.client.add_observer(watch(told));
  rig.client.poll(1);
  expect(told).toEqual(["poll 1", "polled 0"]);
  expect(String(report.mock.calls)).toContain("observer");
  report.mockRestore();
});

test("a packet that cannot be read ends the connection as it does without an observer", () => {
  const rig = connected();
  rig.client.add_observer(watch([]));
  rig.serve("4");
  expect(rig.told()).toContainEqual(expect.stringContaining("parse error"));
});

test("what is no observer is a TypeError", () => {
  const { client } = connected();
  expect(() => client.add_observer(null as never)).toThrow("the observer must be an object, got null");
});

test("with a codec the names are the same", () => {
  const codec = msgpack();
  const rig = connecting({ codec });
  rig.serve(OPEN);
  rig.push(codec.encode({ type: 0, namespace: "/", id: -1, data: { sid: "a" } }) as Uint8Array);
  rig.poll();
  const told: string[] = [];
  rig.client.add_observer(watch(told));
  rig.main.emit("shoot", [1]);
  const packet = { type: 2, namespace: "/", id: -1, data: ["hit", 2] };
  rig.push(codec.encode(packet) as Uint8Array);
  rig.poll();
  expect(told.map((line) => line.replace(/\d+$/, "n")).slice(1, 3)).toEqual(["in hit / n", "out shoot / n"]);
});

test("a codec that cannot read what it writes is reported, and everything is written", () => {
  const report = vi.spyOn(console, "error").mockImplementation(() => {});
  const codec = {
    encode: ({ type }: { type: number }) => `c${type}`,
    decode(message: string | Uint8Array) {
      if (message !== "s") throw new Error("not from a server");
      return { type: 0, namespace: "/", id: -1, event: null, data: () => ({ sid: "a" }) };
    },
  };
  const rig = connecting({ codec });
  rig.client.add_observer({ packet_sent() {} });
  rig.serve(OPEN, "4s");
  rig.main.emit("one");
  rig.main.emit("two");
  expect(rig.sent()).toEqual(["4c0", "4c2", "4c2"]);
  expect(report).toHaveBeenCalledTimes(3);
  report.mockRestore();
});
