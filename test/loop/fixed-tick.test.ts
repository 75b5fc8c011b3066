import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FixedTickLoop, type FixedTickOptions, type Polled } from "../../src/loop/index.js";
import { VirtualPlatform } from "./virtual.js";

let platform: VirtualPlatform;
/** What happened, in order. */
let told: string[];
let errors: unknown[];

beforeEach(() => {
  platform = new VirtualPlatform();
  platform.now = 1000;
  told = [];
  errors = [];
  vi.stubGlobal("reportError", (error: unknown) => errors.push(error));
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Something that is polled. */
function polled(name = "poll") {
  return {
    poll: (now?: number) => void told.push(`${name} ${now}`),
    flush: () => void told.push(`${name}: flush`),
  };
}

/** A loop of 8 ticks a second: its times are numbers that a computer can write down. */
function make(
  what: Polled = [],
  tick: ((delta: number, tick_number: number) => void) | null = (_, number) => told.push(`tick ${number}`),
  options: FixedTickOptions = {},
): FixedTickLoop {
  const loop = new FixedTickLoop(what, tick, { tick_rate: 8, clock: platform.clock, timers: platform, ...options });
  loop.behind.connect((skipped, seconds) => told.push(`behind ${skipped} ${seconds}`));
  return loop;
}

/** What happened since the last time. */
function happened(): string[] {
  return told.splice(0);
}

describe("a tick", () => {
  test("polls with the time of the clock, calls the game, sends what it emitted", () => {
    make([polled("one"), { poll: (now) => told.push(`bare ${now}`) }, polled("two")]).start();
    platform.advance(0.125);
    expect(happened()).toEqual(["one 1000.125", "bare 1000.125", "two 1000.125", "tick 1", "one: flush", "two: flush"]);
  });

  test("the first is due one period after start()", () => {
    make().start();
    platform.advance(0.12);
    expect(happened()).toEqual([]);
    platform.advance(0.005);
    expect(happened()).toEqual(["tick 1"]);
  });

  test("is told a delta that is always the period", () => {
    const deltas = new Set<number>();
    make([], (delta) => deltas.add(delta), { tick_rate: 30 }).start();
    platform.lateness = 0.007;
    platform.advance(3);
    expect([...deltas]).toEqual([1 / 30]);
  });

  test("needs no callback", () => {
    const loop = make(polled(), null);
    loop.start();
    platform.advance(0.125);
    expect(happened()).toEqual(["poll 1000.125", "poll: flush"]);
    expect(loop.get_stats().ticks).toBe(1);
  });

  test("that throws is reported and does not end the loop", () => {
    const broken = {
      poll() {
        throw new Error("poll");
      },
      flush() {
        throw new Error("flush");
      },
    };
    const tick = () => {
      throw new Error("tick");
    };
    make([broken, polled()], tick).start();
    platform.advance(0.25);
    expect(errors.map(String)).toEqual(
      ["poll", "tick", "flush", "poll", "tick", "flush"].map((what) => `Error: ${what}`),
    );
    expect(happened()).toEqual(["poll 1000.125", "poll: flush", "poll 1000.25", "poll: flush"]);
  });

  test("without an option there are 60 a second", () => {
    const loop = new FixedTickLoop([], null, { clock: platform.clock, timers: platform });
    loop.start();
    platform.advance(10.001);
    expect(loop.get_stats().ticks).toBe(600);
  });
});

describe("deadlines are absolute", () => {
  test.each([
    [30, 0.0004],
    [60, 0.0049],
    [60, 0.0151],
    [144, 0.0019],
    [7, 0.1],
  ])("at %i Hz, with timers that are always %f s late: after an hour no tick is lost", (tick_rate, lateness) => {
    platform.lateness = lateness;
    let ticks = 0;
    const loop = make([], () => ticks++, { tick_rate });
    loop.start();
    const hour = 3600;
    platform.advance(hour);
    // The last one may be late, but not by more than its timer: nothing has added up.
    expect(ticks).toBeGreaterThanOrEqual(tick_rate * (hour - lateness) - 1);
    expect(ticks).toBeLessThanOrEqual(tick_rate * hour);
    expect(loop.get_stats().skipped).toBe(0);
    expect(loop.get_stats().jitter_max).toBeLessThan(lateness + 0.0011);
  });

  test("no tick runs before it is due", () => {
    const early: number[] = [];
    let number = 0;
    const start = platform.now;
    make(
      [],
      () => {
        number++;
        if (platform.now < start + number / 60) early.push(number);
      },
      { tick_rate: 60 },
    ).start();
    platform.advance(60);
    expect(number).toBeGreaterThan(3000);
    expect(early).toEqual([]);
  });

  test("a tick that takes long shortens the wait for the next one", () => {
    const times: number[] = [];
    make([], () => {
      times.push(platform.now - 1000);
      platform.block(0.0625);
    }).start();
    platform.advance(0.51);
    expect(times.map((time) => Math.floor(time * 8))).toEqual([1, 2, 3, 4]);
    expect(times.filter((time) => time % 0.125 > 0.0011)).toEqual([]);
    expect(platform.delays.slice(0, 2)).toEqual([125, 63]);
  });

  test("a period that no timer can hold is waited for in parts", () => {
    make([], (_, number) => told.push(`tick ${number}`), { tick_rate: 1 / (40 * 86_400) }).start();
    platform.advance(39 * 86_400);
    expect(happened()).toEqual([]);
    platform.advance(86_401);
    expect(happened()).toEqual(["tick 1"]);
    expect(Math.max(...platform.delays)).toBeLessThan(2 ** 31);
    expect(platform.delays).toHaveLength(3);
  });
});

describe("when it is late", () => {
  test("what is due runs in one go, each tick with its own poll", () => {
    make(polled()).start();
    platform.block(0.375);
    platform.advance(0);
    const each = (number: number) => ["poll 1000.375", `tick ${number}`, "poll: flush"];
    expect(happened()).toEqual([...each(1), ...each(2), ...each(3)]);
    platform.advance(0.125);
    expect(happened()).toEqual(["poll 1000.5", "tick 4", "poll: flush"]);
  });

  test("each poll is told the time that it is by then; what becomes due meanwhile waits for the next go", () => {
    const poll = (now?: number) => void told.push(`poll ${now}`);
    const loop = make({ poll }, () => platform.block(0.125));
    loop.start();
    platform.block(0.25);
    platform.advance(0);
    expect(happened()).toEqual(["poll 1000.25", "poll 1000.375"]);
    expect(loop.get_stats()).toMatchObject({ ticks: 2, skipped: 0, jitter_max: 0.125 });
  });

  test("no more than max_catch_up run; the rest is skipped and told, and the next is due in step", () => {
    const loop = make([], undefined, { max_catch_up: 3 });
    loop.start();
    platform.block(10.0625);
    platform.advance(0);
    expect(happened()).toEqual(["tick 1", "tick 2", "tick 3", "behind 77 9.625"]);
    expect(loop.get_stats()).toMatchObject({ ticks: 3, skipped: 77 });
    platform.advance(0.0624);
    expect(happened()).toEqual([]);
    platform.advance(0.001);
    expect(happened()).toEqual(["tick 4"]);
  });

  test("what a machine has slept through is not counted tick by tick", () => {
    const loop = make([], undefined, { max_catch_up: 1, tick_rate: 2 ** 19 });
    loop.start();
    platform.block(2 ** 21);
    platform.advance(0);
    // One has run; none is due at the start.
    expect(loop.get_stats()).toMatchObject({ ticks: 1, skipped: 2 ** 40 - 1 });
  });

  test("by exactly max_catch_up it skips nothing", () => {
    make([], undefined, { max_catch_up: 3 }).start();
    platform.block(0.375);
    platform.advance(0);
    expect(happened()).toEqual(["tick 1", "tick 2", "tick 3"]);
  });

  test("the default is 8, as in Godot", () => {
    const loop = make();
    loop.start();
    platform.block(10);
    platform.advance(0);
    expect(loop.get_stats()).toMatchObject({ ticks: 8, skipped: 72 });
  });

  test("with max_catch_up: Infinity all run", () => {
    const loop = make([], undefined, { max_catch_up: Infinity });
    loop.start();
    platform.block(100);
    platform.advance(0);
    expect(loop.get_stats()).toMatchObject({ ticks: 800, skipped: 0 });
  });

  test("a tick that takes longer than its period does not run away with the process", () => {
    let inOneGo = 0;
    let most = 0;
    const loop = make([], () => {
      platform.block(0.2);
      most = Math.max(most, ++inOneGo);
    });
    const clocked = platform.setTimeout.bind(platform);
    platform.setTimeout = (run, milliseconds) =>
      clocked(() => {
        inOneGo = 0;
        run();
      }, milliseconds);
    loop.start();
    platform.advance(100);
    expect(most).toBe(8);
    const { ticks, skipped } = loop.get_stats();
    expect(skipped).toBeGreaterThan(0);
    // 500 ticks fit into 100 s, and whether run or skipped each of the 800 is accounted for, but for what is due at the end.
    expect(ticks).toBeGreaterThan(480);
    expect(ticks + skipped).toBeGreaterThanOrEqual(800 - 16);
    expect(told.every((what) => what.startsWith("behind"))).toBe(true);
  });

  test.each([3, 7, 30, 60, 144, 1000 / 3])(
    "at %f Hz every tick that was due has run or was skipped, however long it was blocked",
    (tick_rate) => {
      const loop = make([], null, { tick_rate, max_catch_up: 2 });
      loop.start();
      const start = platform.now;
      let reported = 0;
      loop.behind.connect((skipped) => {
        reported += skipped;
      });
      for (let round = 1; round < 300; round++) {
        platform.block((round * 7919) % 13 === 0 ? round / 7 : round / 1000);
        platform.advance(0);
        const { ticks, skipped } = loop.get_stats();
        expect(ticks + skipped).toBe(countDue(start, tick_rate));
        expect(skipped).toBe(reported);
      }
    },
  );

  test("a tick that is due in the next instant is not skipped, though the division says so", () => {
    platform.now = 0.1;
    const loop = make([], null, { tick_rate: 60, max_catch_up: 1 });
    loop.start();
    const due = 0.1 + 23 / 60;
    // The largest number below it.
    const justBefore = due - Number.EPSILON / 4;
    expect(justBefore).toBeLessThan(due);
    expect(Math.floor((justBefore - 0.1) * 60)).toBe(23);
    platform.now = justBefore;
    platform.advance(0);
    expect(loop.get_stats()).toMatchObject({ ticks: 1, skipped: 21 });
  });

  function countDue(start: number, rate: number): number {
    let count = Math.floor((platform.now - start) * rate) + 1;
    while (start + count / rate > platform.now) count--;
    return count;
  }
});

describe("start and stop", () => {
  test("is_running() tells", () => {
    const loop = make();
    expect(loop.is_running()).toBe(false);
    loop.start();
    expect(loop.is_running()).toBe(true);
    loop.stop();
    expect(loop.is_running()).toBe(false);
  });

  test("after stop() no timer is set, so that a process can end", () => {
    const loop = make();
    loop.start();
    platform.advance(1);
    expect(platform.waiting).toBe(1);
    loop.stop();
    loop.stop();
    expect(platform.waiting).toBe(0);
    happened();
    platform.advance(1);
    expect(happened()).toEqual([]);
  });

  test("never are two timers set", () => {
    const loop = make();
    for (let turn = 0; turn < 5; turn++) {
      loop.start();
      loop.start();
      expect(platform.waiting).toBe(1);
      platform.advance(0.2);
      loop.stop();
      loop.start();
      expect(platform.waiting).toBe(1);
    }
  });

  test("started again it counts on, and its ticks are due from then", () => {
    const loop = make();
    loop.start();
    platform.advance(0.25);
    loop.stop();
    platform.advance(100.03);
    happened();
    loop.start();
    platform.advance(0.1249);
    expect(happened()).toEqual([]);
    platform.advance(0.002);
    expect(happened()).toEqual(["tick 3"]);
  });

  test("stop() in a tick: those that were due with it do not run", () => {
    const loop: FixedTickLoop = make(polled(), (_, number) => {
      told.push(`tick ${number}`);
      if (number === 2) loop.stop();
    });
    loop.start();
    platform.block(100);
    platform.advance(100);
    const poll = "poll 1100";
    expect(happened()).toEqual([poll, "tick 1", "poll: flush", poll, "tick 2", "poll: flush"]);
    expect(platform.waiting).toBe(0);
  });

  test("stop() in a listener: the game is not called any more", () => {
    const loop: FixedTickLoop = make({ poll: () => loop.stop() });
    loop.start();
    platform.advance(1);
    expect(happened()).toEqual([]);
    expect(loop.get_stats().ticks).toBe(0);
  });

  test("stop() in a listener: no other client is polled, and what was emitted is sent", () => {
    const loop: FixedTickLoop = make([{ poll: () => loop.stop() }, polled()]);
    loop.start();
    platform.advance(1);
    expect(happened()).toEqual(["poll: flush"]);
  });

  test("stop() in behind: nothing is waited for", () => {
    const loop = make();
    loop.behind.connect(() => loop.stop());
    loop.start();
    platform.block(100);
    platform.advance(0);
    expect(platform.waiting).toBe(0);
  });

  test("stop() and start() in a tick: it goes on, with one timer", () => {
    const loop: FixedTickLoop = make([], (_, number) => {
      told.push(`tick ${number}`);
      loop.stop();
      loop.start();
    });
    loop.start();
    platform.block(0.5);
    platform.advance(0);
    expect(happened()).toEqual(["tick 1"]);
    expect(platform.waiting).toBe(1);
    platform.advance(0.125);
    expect(happened()).toEqual(["tick 2"]);
  });
});

describe("step", () => {
  test("runs ticks now, without a timer", () => {
    const loop = make(polled());
    loop.step();
    expect(happened()).toEqual(["poll 1000", "tick 1", "poll: flush"]);
    loop.step(2);
    expect(happened().filter((what) => what.startsWith("tick"))).toEqual(["tick 2", "tick 3"]);
    loop.step(0);
    expect(happened()).toEqual([]);
    expect(platform.waiting).toBe(0);
    expect(loop.get_stats()).toEqual({
      ticks: 3,
      skipped: 0,
      jitter_p50: 0,
      jitter_p95: 0,
      jitter_p99: 0,
      jitter_max: 0,
    });
  });

  test("a test owns time", () => {
    const loop = make(polled());
    platform.now = 5;
    loop.step();
    platform.now = 6;
    loop.step();
    expect(happened().filter((what) => what.startsWith("poll "))).toEqual(["poll 5", "poll 6"]);
  });

  test("while it runs these ticks come on top", () => {
    const loop = make();
    loop.start();
    loop.step(2);
    platform.advance(0.125);
    expect(happened()).toEqual(["tick 1", "tick 2", "tick 3"]);
  });

  test("inside a tick, or a listener, it does nothing", () => {
    const loop: FixedTickLoop = make({ poll: () => loop.step() }, (_, number) => {
      told.push(`tick ${number}`);
      loop.step(5);
    });
    loop.step();
    expect(happened()).toEqual(["tick 1"]);
  });

  test("stop() ends the rest of them", () => {
    const loop: FixedTickLoop = make([], (_, number) => {
      told.push(`tick ${number}`);
      loop.stop();
    });
    loop.step(5);
    expect(happened()).toEqual(["tick 1"]);
  });

  test.each([-1, 0.5, Number.NaN, Infinity, "2", null])("step(%o) is a TypeError", (n) => {
    const message = "step: the number of ticks must be a whole number of 0 or more, got ";
    expect(() => make().step(n as number)).toThrow(TypeError);
    expect(() => make().step(n as number)).toThrow(message);
    expect(happened()).toEqual([]);
  });
});

describe("precision", () => {
  test('"timer" sets one timer per tick', () => {
    make([], null, { tick_rate: 60 }).start();
    platform.advance(10);
    expect(platform.immediates).toBe(0);
    expect(platform.delays.length).toBeLessThanOrEqual(601);
  });

  test('"hybrid" ends each wait with turns of the event loop, and is on time', () => {
    platform.lateness = 0.0009;
    const loop = make([], null, { tick_rate: 60, precision: "hybrid" });
    loop.start();
    platform.advance(10);
    // A turn takes a tenth of a millisecond here.
    expect(loop.get_stats().jitter_max).toBeLessThan(0.00011);
    expect(platform.immediates).toBeGreaterThan(0);
    expect(platform.immediates).toBeLessThan(600 * 20);
    expect(platform.delays.length).toBeLessThanOrEqual(601);
  });

  test('"hybrid" at 1000 Hz has no use for a timer', () => {
    const loop = make([], null, { tick_rate: 1000, precision: "hybrid" });
    loop.start();
    platform.advance(1.0001);
    expect(platform.delays).toEqual([]);
    expect(loop.get_stats().ticks).toBe(1000);
  });

  test('"hybrid" ends with stop() as well', () => {
    const loop = make([], null, { tick_rate: 1000, precision: "hybrid" });
    loop.start();
    expect(platform.waiting).toBe(1);
    loop.stop();
    expect(platform.waiting).toBe(0);
  });

  test('"hybrid" without a setImmediate, as in browsers, is "timer"', () => {
    const browser = {
      setTimeout: platform.setTimeout.bind(platform),
      clearTimeout: platform.clearTimeout.bind(platform),
    };
    const loop = make([], null, { precision: "hybrid", timers: browser });
    loop.start();
    platform.advance(1);
    expect(loop.get_stats().ticks).toBe(8);
    expect(platform.delays.slice(0, 2)).toEqual([125, 125]);
    loop.stop();
    expect(platform.waiting).toBe(0);
  });
});

describe("statistics", () => {
  test("jitter is how late the last 256 ticks ran", () => {
    const loop = make([], null, { max_catch_up: 1 });
    loop.start();
    for (let number = 1; number <= 300; number++) {
      // Tick number n is n / 4096 s late; the first 44 fall out of the window.
      platform.now = 1000 + number / 8 + number / 4096;
      platform.advance(0);
    }
    expect(loop.get_stats()).toEqual({
      ticks: 300,
      skipped: 0,
      jitter_p50: (44 + 129) / 4096,
      jitter_p95: (44 + 244) / 4096,
      jitter_p99: (44 + 254) / 4096,
      jitter_max: 300 / 4096,
    });
  });

  test("of fewer ticks it is these alone", () => {
    const loop = make();
    loop.start();
    platform.block(0.375);
    platform.advance(0);
    expect(loop.get_stats()).toMatchObject({ jitter_p50: 0.125, jitter_p99: 0.25, jitter_max: 0.25 });
  });

  test("the latest of all is not forgotten", () => {
    const loop = make();
    loop.start();
    platform.block(1);
    platform.advance(0);
    platform.advance(100);
    expect(loop.get_stats()).toMatchObject({ jitter_max: 0.875, jitter_p99: 0 });
  });
});

describe("arguments that cannot be", () => {
  const rate = 'option "tick_rate" must be a number of ticks per second above 0, at most 1000000';
  const catchUp = 'option "max_catch_up" must be a whole number of 1 or more';
  const precision = 'option "precision" must be "timer" or "hybrid"';
  const names = "tick_rate, max_catch_up, precision, clock, timers";
  test.each<[options: unknown, message: string]>([
    [{ tick_rate: 0 }, `${rate}, got 0`],
    [{ tick_rate: -30 }, `${rate}, got -30`],
    [{ tick_rate: Number.NaN }, `${rate}, got NaN`],
    [{ tick_rate: Infinity }, `${rate}, got Infinity`],
    [{ tick_rate: 1_000_001 }, `${rate}, got 1000001`],
    [{ tick_rate: "30" }, `${rate}, got "30"`],
    [{ tick_rate: null }, `${rate}, got null`],
    [{ max_catch_up: 0 }, `${catchUp}, got 0`],
    [{ max_catch_up: -1 }, `${catchUp}, got -1`],
    [{ max_catch_up: 1.5 }, `${catchUp}, got 1.5`],
    [{ max_catch_up: Number.NaN }, `${catchUp}, got NaN`],
    [{ precision: "exact" }, `${precision}, got "exact"`],
    [{ precision: null }, `${precision}, got null`],
    [{ clock: 0 }, 'option "clock" must be a function, got 0'],
    [{ timers: null }, 'option "timers" must be like globalThis, got null'],
    [{ timers: {} }, 'option "timers" must be like globalThis, got object'],
    [{ tickRate: 30 }, `an option must be one of ${names}, got "tickRate"`],
    [{ constructor: 30 }, `an option must be one of ${names}, got "constructor"`],
    [30, "options must be an object, got 30"],
  ])("the options %o", (options, message) => {
    expect(() => new FixedTickLoop([], null, options as never)).toThrow(new TypeError(message));
  });

  test("options that are undefined are as if they were not there", () => {
    const options = { tick_rate: undefined, max_catch_up: undefined, precision: undefined, clock: undefined };
    expect(() => new FixedTickLoop([], undefined, options as never)).not.toThrow();
  });

  test("what cannot be polled, a callback that cannot be called", () => {
    expect(() => new FixedTickLoop({} as never)).toThrow(
      new TypeError("what is polled must be a client or a list of clients, got object"),
    );
    // An iterator would poll nobody: whoever looks through it has used it up.
    const clients = new Map([["a", { poll() {} }]]);
    expect(() => new FixedTickLoop(clients.values())).toThrow("what is polled must be a client or a list of clients");
    expect(() => new FixedTickLoop([], 30 as never)).toThrow(
      new TypeError("the callback must be a function or null, got 30"),
    );
  });
});

test("one that leaves the list while it is polled keeps no other from its turn", () => {
  const list: { poll(): void }[] = ["a", "b", "c"].map((name) => ({
    poll() {
      told.push(name);
      if (name === "a") list.shift();
    },
  }));
  make(list, null).step(1);
  expect(told).toEqual(["a", "b", "c"]);
});

test("one that is taken off the list in a tick is sent what it said in that, and polled no more", () => {
  const list = new Set([polled("a"), polled("b")]);
  const loop = make(list, () => list.clear());
  loop.step(2);
  expect(happened()).toEqual(["a 1000", "b 1000", "a: flush", "b: flush"]);
});
