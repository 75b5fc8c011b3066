import type { SwarmReport } from "socketio-gameloop/bots";
import { merge_reports, report_table } from "socketio-gameloop/bots";
import { describe, expect, test } from "vitest";
import { Histogram } from "../../src/bots/histogram.js";
import { amount, duration } from "../../src/bots/report-table.js";
import { Tally } from "../../src/bots/tally.js";
import { World } from "./world.js";

describe("a histogram", () => {
  const of = (samples: readonly number[]) => {
    const histogram = new Histogram();
    for (const sample of samples) histogram.add(sample);
    return histogram.summary();
  };

  test("has percentiles that are at most 1 % off", () => {
    // Every length from a tenth of a millisecond to 20 s, in no order.
    const samples = Array.from({ length: 20_000 }, (_, n) => 0.0001 * 1.0006 ** ((n * 7919) % 20_000));
    const sorted = [...samples].sort((a, b) => a - b);
    const summary = of(samples);
    for (const [name, part] of Object.entries({ p50: 0.5, p90: 0.9, p99: 0.99 })) {
      const exact = sorted[Math.ceil(part * sorted.length) - 1]!;
      expect(Math.abs(summary[name as "p50"] / exact - 1)).toBeLessThan(0.0101);
    }
    expect(summary).toMatchObject({ count: 20_000, min: sorted[0], max: sorted.at(-1) });
    expect(summary.mean).toBeCloseTo(samples.reduce((sum, sample) => sum + sample) / 20_000, 9);
  });

  test("of nothing is all zeros", () => {
    expect(of([])).toEqual({ count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0, buckets: [] });
  });

  test("of one sample is that sample", () => {
    expect(of([0.0427])).toMatchObject({ count: 1, min: 0.0427, mean: 0.0427, p50: 0.0427, p99: 0.0427, max: 0.0427 });
  });

  test("takes what is very short, very long, and no duration", () => {
    const summary = of([0, 1e-9, 1e9, -1, Number.NaN]);
    expect(summary).toMatchObject({ count: 3, min: 0, max: 1e9 });
    expect(summary.buckets).toEqual([
      [0, 2],
      [931, 1],
    ]);
  });
});

describe("errors", () => {
  test("are kept apart by message, up to a bound", () => {
    const tally = new Tally();
    for (let n = 0; n < 80; n++) tally.countError(`no ${n}`);
    tally.countError("no 3");
    expect(tally.errors.size).toBe(51);
    expect(tally.errors.get("no 3")).toBe(2);
    expect(tally.errors.get("other errors")).toBe(30);
  });
});

/** Bots with a link of so much latency. */
function reportOf(latency: number, count: number, first_index: number): SwarmReport {
  const world = new World();
  world.link.set({ latency });
  world.server.on("connection", (socket) => socket.on("bot", (_, reply) => reply?.([])));
  const swarm = world.swarm({ count, first_index });
  world.play(swarm, 10);
  return swarm.stop();
}

describe("several reports", () => {
  test("are made one, through JSON too", () => {
    const parts = [reportOf(0.01, 30, 0), reportOf(0.2, 10, 30)];
    const whole = merge_reports(JSON.parse(JSON.stringify(parts)));
    expect(whole).toMatchObject({ ok: true, count: 40, started: 40, joined: 40, connected: 40, lost: 0, failure: "" });
    for (const name of ["emits", "acks", "ticks", "packets_sent", "bytes_received"] as const)
      expect(whole[name]).toBe(parts[0]![name] + parts[1]![name]);
    expect(whole.rtt.count).toBe(parts[0]!.rtt.count + parts[1]!.rtt.count);
    // Three quarters of the bots are near: half of the samples are short, and the longest are not.
    expect(whole.connect.p50).toBeCloseTo(parts[0]!.connect.p50, 2);
    expect(whole.connect.p90).toBeCloseTo(parts[1]!.connect.p90, 2);
    expect(whole.connect.max).toBe(parts[1]!.connect.max);
    expect(merge_reports([whole])).toEqual(whole);
  });

  test("are not well when one of them is not", () => {
    const well = reportOf(0, 2, 0);
    const ill = { ...well, lost: 1, ok: false, errors: { "lost: transport close": 1 } };
    const late = { ...well, worst_delay: 0.2, failure: "no server" };
    const whole = merge_reports([ill, well, { ...ill, errors: { "lost: transport close": 2 } }, late]);
    expect(whole).toMatchObject({ ok: false, lost: 2, failure: "no server", worst_delay: 0.2 });
    expect(whole.ticks_behind).toBeCloseTo(4, 9);
    expect(whole.errors).toEqual({ "lost: transport close": 3 });
  });

  test("have to be some", () => {
    expect(() => merge_reports([])).toThrow("merge_reports(reports) must be a list of one report or more, got array");
    expect(() => merge_reports(null as never)).toThrow(TypeError);
  });
});

describe("the table", () => {
  const report: SwarmReport = { ...reportOf(0.02, 5, 0), seconds: 10 };

  test("has what is worth knowing", () => {
    const text = report_table({ ...report, emits: 123_456 });
    expect(text).toMatch(/^bots {6}5 of 5 started, 5 connected, 0 not let in, 0 lost, 0 back again$/m);
    expect(text).toMatch(/^emits {5}123\.5 k \(12\.3 k\/s\), \d+ answered, 0 not answered$/m);
    expect(text).toMatch(/^ +samples +p50 +p90 +p99 +max$/m);
    expect(text).toMatch(/^connect +5 /m);
    expect(text).toMatch(/^rtt +\d+ +40 ms/m);
    expect(text).not.toContain("late itself");
    expect(text).not.toContain("Gave up");
  });

  test("says when the bots themselves were too slow, and what went wrong", () => {
    const text = report_table({
      ...report,
      ticks_behind: 1.5,
      failure: "nobody is there",
      errors: { "connect: full": 12, "script: no plan": 1 },
      ack: { ...report.ack, count: 0 },
    });
    expect(text).toMatch(/^ack +0 +- +- +- +-$/m);
    expect(text).toMatch(/^ +12 × connect: full\n +1 × script: no plan$/m);
    expect(text).toContain("The machine of the bots was late itself");
    expect(text).toMatch(/^Gave up: nobody is there$/m);
  });

  test("shows the words of others on one line, without what a terminal would obey", () => {
    const words = "\x1b[2J full\n       9 × lost: by us";
    const text = report_table({
      ...report,
      failure: words,
      errors: { [`connect: ${words}`]: 2, ["x".repeat(1000)]: 1 },
    });
    expect(text).toMatch(/^ +2 × connect: �\[2J full� +9 × lost: by us\n +1 × x{299}…$/m);
    expect(text).toMatch(/^Gave up: �\[2J full� +9 × lost: by us$/m);
  });

  test.each([
    [0.0000123, "12 µs"],
    [0.00095, "950 µs"],
    [0.0042, "4.2 ms"],
    [0.042, "42 ms"],
    [1.46, "1.5 s"],
    [12.3, "12 s"],
  ])("writes %d s as %s", (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  test.each([
    [9999, "9999"],
    [45_600, "45.6 k"],
    [7_800_000, "7.8 M"],
  ])("writes %d as %s", (number, text) => {
    expect(amount(number)).toBe(text);
  });
});
