import type { SteadyScriptOptions } from "socketio-gameloop/bots";
import { steady_script } from "socketio-gameloop/bots";
import { expect, test } from "vitest";
import { World } from "./world.js";

/** Bots that nobody has told what to do, for 10 s; what the server got of bot 0, and the report. */
function play({ answers = true, ...options }: SteadyScriptOptions & { answers?: boolean } = {}) {
  const world = new World();
  // A little, so that there is something to measure.
  world.link.set({ latency: 0.001 });
  const asked: number[] = [];
  world.server.on("connection", (socket) => {
    socket.on(options.event ?? "bot", ([index, n], reply) => {
      if (reply === undefined) return;
      if (index === 0) asked.push(n);
      if (answers) reply([]);
    });
  });
  const swarm = world.swarm({ count: 3, script: steady_script(options) });
  const report = world.play(swarm, 10);
  return { asked, report, received: world.server.sockets[0]!.received };
}

test("emits its number and a count at each tick", () => {
  const { received, report } = play();
  // 200 ticks; what was sent in the last one is still under way.
  expect(received).toHaveLength(199);
  expect(received.map(({ event }) => event)).toEqual(Array(199).fill("bot"));
  expect(received.map(({ data }) => data)).toEqual(Array.from({ length: 199 }, (_, n) => [0, n + 1]));
  expect(report).toMatchObject({ emits: 600, acks_unanswered: 0, ok: true });
});

test("asks for an acknowledgement once a second, each bot at another moment", () => {
  const { asked, report } = play();
  expect(asked.length).toBeGreaterThanOrEqual(9);
  // 20 ticks, and one more where the computer's sums fall short.
  expect(asked.slice(1).every((n, index) => n - asked[index]! >= 20 && n - asked[index]! <= 21)).toBe(true);
  expect(report.acks).toBeGreaterThan(25);
});

test("as often as it is told", () => {
  expect(play({ ack_interval: 0 }).asked).toHaveLength(199);
  expect(play({ ack_interval: Infinity }).asked).toHaveLength(0);
});

test("under another name, with more to carry", () => {
  const { received } = play({ event: "input", payload: 8 });
  expect(received[0]).toEqual({ event: "input", data: [0, 1, "xxxxxxxx"] });
});

test("asks no further when the first question was not answered", () => {
  const { asked, report } = play({ answers: false });
  // Until it knows: an acknowledgement has 5 s.
  expect(asked.length).toBeLessThanOrEqual(6);
  expect(report.acks_unanswered).toBeGreaterThan(0);
  // Without any answer, the round trip is known from the connection itself.
  expect(report.rtt.count).toBeGreaterThanOrEqual(3);
  expect(report.ok).toBe(true);
});

test.each<[unknown, string | RegExp]>([
  [{ event: 5 }, "the event's name must be a free string: "],
  [{ event: "disconnect" }, /the event's name must be a free string: .*, got "disconnect"/],
  [{ ack_interval: -1 }, 'option "ack_interval" must be a number of seconds of 0 or more, got -1'],
  [{ ack_interval: "1" }, 'option "ack_interval" must be a number of seconds of 0 or more, got "1"'],
  [{ ack_interval: null }, 'option "ack_interval" must be a number of seconds of 0 or more, got null'],
  [{ payload: 1.5 }, 'option "payload" must be a whole number from 0 to 100000000, got 1.5'],
  [{ payload: 1e10 }, 'option "payload" must be a whole number from 0 to 100000000, got 10000000000'],
  [{ interval: 1 }, 'an option of steady_script must be one of event, ack_interval, payload, got "interval"'],
  [null, "the options of steady_script must be an object, got null"],
  [5, "the options of steady_script must be an object, got 5"],
])("refuses %j", (options, message) => {
  expect(() => steady_script(options as never)).toThrow(message);
});
