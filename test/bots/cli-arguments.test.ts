import { describe, expect, test } from "vitest";
import { HELP, readArguments, type Task, UsageError } from "../../src/bots/cli-arguments.js";
import { shareOf } from "../../src/bots/cli-processes.js";

const URL = "ws://localhost:3000";
const read = (...args: string[]) => readArguments(["bots", URL, ...args])!;

test("an address is enough", () => {
  expect(read()).toEqual({
    task: {
      url: URL,
      count: 10,
      firstIndex: 0,
      ramp: 100,
      duration: 10,
      patience: 10,
      rate: 20,
      seed: 1,
      script: null,
      event: "bot",
      payload: 0,
      ackInterval: 1,
      namespace: "/",
      auth: {},
      transport: "websocket",
      insecure: false,
    },
    processes: 1,
    isJson: false,
    isQuiet: false,
  });
});

test("every option is read, and in the help", () => {
  const args = [
    ...["--count", "50", "--ramp", "25s", "--duration", "inf", "--processes", "4", "--patience", "2.5"],
    ...[
      "--script",
      "x.mjs",
      "--rate",
      "30",
      "--seed=-7",
      "--event",
      "move",
      "--payload",
      "64",
      "--ack-interval",
      "inf",
    ],
    ...[
      "--namespace",
      "/game",
      "--auth",
      '{"token":"abc"}',
      "--transport",
      "polling",
      "--insecure",
      "--json",
      "--quiet",
    ],
  ];
  expect(read(...args)).toEqual({
    task: {
      url: URL,
      count: 50,
      firstIndex: 0,
      ramp: 2,
      duration: null,
      patience: 2.5,
      rate: 30,
      seed: -7,
      script: "x.mjs",
      event: "move",
      payload: 64,
      ackInterval: null,
      namespace: "/game",
      auth: { token: "abc" },
      transport: "polling",
      insecure: true,
    },
    processes: 4,
    isJson: true,
    isQuiet: true,
  });
  for (const name of args.join(" ").match(/--[\w-]+/g)!) expect(HELP).toContain(name);
});

test("help wins", () => {
  expect(readArguments(["--help"])).toBeNull();
  expect(readArguments(["bots", "-h"])).toBeNull();
});

test.each<[string[], string]>([
  [[], "Write: socketio-gameloop bots <url>"],
  [["swarm"], 'swarm: no such command; there is "bots"'],
  [["bots"], "bots: the address of the server is missing, like ws://localhost:3000"],
  [["bots", URL, "extra"], "extra: one address is enough"],
  [["bots", URL, "--cuont=3"], "Unknown option '--cuont'"],
  [["bots", URL, "--count=0"], "--count 0: a whole number of 1 or more is expected"],
  [["bots", URL, "--count=1.5"], "--count 1.5: a whole number of 1 or more is expected"],
  [["bots", URL, "--count="], "--count : a whole number of 1 or more is expected"],
  [["bots", URL, "--processes=11"], "--processes 11: more than there are bots (--count 10)"],
  [["bots", URL, "--ramp=0"], "--ramp 0: a number above 0 is expected"],
  [["bots", URL, "--ramp=-1s"], "--ramp -1s: seconds like 20s, or bots per second like 100, are expected"],
  [["bots", URL, "--duration=long"], "--duration long: a number of 0 or more is expected"],
  [["bots", URL, "--rate=0"], "--rate 0: a number above 0 is expected"],
  [["bots", URL, "--seed=x"], "--seed x: a whole number is expected"],
  [["bots", URL, "--namespace=game"], "--namespace game: a path like /game is expected"],
  [["bots", URL, "--auth=token"], '--auth token: a JSON object like {"token":"abc"} is expected'],
  [["bots", URL, "--auth=[1]"], '--auth [1]: a JSON object like {"token":"abc"} is expected'],
  [["bots", URL, "--transport=pigeon"], "--transport pigeon: websocket or polling is expected"],
])("%j is answered with a sentence", (args, message) => {
  expect(() => readArguments(args)).toThrow(new UsageError(message));
});

describe("shares", () => {
  test.each([
    [10, 3, [4, 3, 3]],
    [2000, 4, [500, 500, 500, 500]],
    [5, 5, [1, 1, 1, 1, 1]],
  ])("%d bots in %d processes are %j", (count, processes, expected) => {
    const task: Task = { ...read().task, count };
    const shares = expected.map((_, index) => shareOf(task, index, processes));
    expect(shares.map((share) => share.count).sort((a, b) => b - a)).toEqual(expected);
    let next = 0;
    for (const share of shares) {
      expect(share.firstIndex).toBe(next);
      next += share.count;
    }
    expect(next).toBe(count);
    expect(shares.reduce((sum, { ramp }) => sum + ramp, 0)).toBeCloseTo(task.ramp, 9);
  });
});
