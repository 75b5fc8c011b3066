import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AnimationFrameLoop, type AnimationFrameOptions, type Polled } from "../../src/loop/index.js";
import { VirtualPage, VirtualPlatform } from "./virtual.js";

const FRAME = 1 / 64;

let platform: VirtualPlatform;
let page: VirtualPage;
/** What happened, in order. */
let told: string[];
let errors: unknown[];

beforeEach(() => {
  platform = new VirtualPlatform();
  platform.now = 100;
  page = new VirtualPage(platform);
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
    events_skipped: 0,
    poll(now?: number) {
      told.push(`${name} ${now}`);
    },
    flush() {
      told.push(`${name}: flush`);
    },
    get_stats() {
      return { events_skipped: this.events_skipped };
    },
  };
}

function make(
  what: Polled = polled(),
  frame: ((delta: number, now: number) => void) | null = (delta) => told.push(`frame ${delta}`),
  options: AnimationFrameOptions = {},
): AnimationFrameLoop {
  const { clock } = platform;
  const loop = new AnimationFrameLoop(what, frame, {
    clock,
    document: page,
    request_animation_frame: page.request,
    ...options,
  });
  loop.resumed.connect((seconds, skipped) => told.push(`resumed ${seconds} ${skipped}`));
  return loop;
}

/** What happened since the last time. */
function happened(): string[] {
  return told.splice(0);
}

describe("a frame", () => {
  test("polls with the time of the clock, calls the game, sends what it emitted", () => {
    make().start();
    expect(happened()).toEqual([]);
    page.paint(FRAME);
    expect(happened()).toEqual([`poll ${100 + FRAME}`, "frame 0", "poll: flush"]);
    page.paint(FRAME);
    expect(happened()).toEqual([`poll ${100 + 2 * FRAME}`, `frame ${FRAME}`, "poll: flush"]);
  });

  test("polls all before it calls the game, and all at the same moment", () => {
    make([polled("one"), { poll: (now) => told.push(`bare ${now}`) }, polled("two")]).start();
    page.paint(1);
    expect(happened()).toEqual(["one 101", "bare 101", "two 101", "frame 0", "one: flush", "two: flush"]);
  });

  test("needs no callback", () => {
    make(polled(), null).start();
    page.paint(1);
    expect(happened()).toEqual(["poll 101", "poll: flush"]);
  });

  test("takes a list that changes", () => {
    const list = new Set([polled("one")]);
    make(list, null).start();
    page.paint(1);
    list.add(polled("two"));
    happened();
    page.paint(1);
    expect(happened()).toEqual(["one 102", "two 102", "one: flush", "two: flush"]);
  });

  test("lasts what it lasted by the frames' own time, not by when they are run", () => {
    const deltas: number[] = [];
    make(polled(), (delta) => deltas.push(delta)).start();
    for (const [frameTime, readAt] of [
      [1000, 1.001],
      [1016, 1.023],
      [1032, 1.0325],
    ] as const) {
      platform.now = readAt;
      page.requests.splice(0).forEach((run) => void run(frameTime));
    }
    expect(deltas[0]).toBe(0);
    expect(deltas[1]).toBeCloseTo(0.016, 9);
    expect(deltas[2]).toBeCloseTo(0.016, 9);
    expect(told).toEqual(["poll 1.001", "poll: flush", "poll 1.023", "poll: flush", "poll 1.0325", "poll: flush"]);
  });

  test("is never told more than max_delta, nor less than nothing", () => {
    const deltas: number[] = [];
    make(polled(), (delta) => deltas.push(delta)).start();
    page.paint(1);
    page.paint(3);
    page.requests.splice(0).forEach((run) => void run(0));
    expect(deltas).toEqual([0, 0.25, 0]);
  });

  test("is told the time that has really passed with max_delta: Infinity", () => {
    const deltas: number[] = [];
    make(polled(), (delta) => deltas.push(delta), { max_delta: Infinity }).start();
    page.paint(1);
    page.paint(3);
    expect(deltas).toEqual([0, 3]);
  });

  test("whose time is not told lasts by the clock", () => {
    const deltas: number[] = [];
    const loop = make(polled(), (delta) => deltas.push(delta), {
      request_animation_frame: (callback) => platform.setTimeout(() => callback(), 125),
    });
    loop.start();
    platform.advance(0.25);
    expect(deltas).toEqual([0, 0.125]);
  });

  test("that throws is reported and does not end the loop", () => {
    const broken = { poll: () => void told.push("broken"), flush: () => void told.push("broken: flush") };
    broken.poll = () => {
      throw new Error("poll");
    };
    const frame = () => {
      throw new Error("frame");
    };
    make([broken, polled()], frame).start();
    page.paint(1);
    page.paint(1);
    expect(errors.map(String)).toEqual(["Error: poll", "Error: frame", "Error: poll", "Error: frame"]);
    const everyFrame = ["broken: flush", "poll: flush"];
    expect(happened()).toEqual(["poll 101", ...everyFrame, "poll 102", ...everyFrame]);
  });
});

describe("start and stop", () => {
  test("is_running() tells", () => {
    const loop = make();
    expect(loop.is_running()).toBe(false);
    loop.start();
    expect(loop.is_running()).toBe(true);
    page.show(false);
    expect(loop.is_running()).toBe(true);
    loop.stop();
    expect(loop.is_running()).toBe(false);
  });

  test("start() while it runs changes nothing, not even what it knows of the last frame and of the hiding", () => {
    const loop = make();
    loop.start();
    page.paint(1);
    loop.start();
    page.paint(0.125);
    expect(happened()).toContain("frame 0.125");
    page.show(false);
    page.paint(10);
    loop.start();
    page.show(true);
    page.paint(1);
    expect(happened()).toContain("resumed 11 0");
  });

  test("after stop() nothing is called, and nothing listens", () => {
    const loop = make();
    loop.start();
    page.paint(1);
    expect(page.listeners.size).toBe(1);
    happened();
    loop.stop();
    expect(page.listeners.size).toBe(0);
    page.paint(1);
    page.paint(1);
    expect(happened()).toEqual([]);
    expect(page.requests).toEqual([]);
  });

  test("never are two frames played, and never two listeners there", () => {
    const loop = make();
    for (let turn = 0; turn < 5; turn++) {
      loop.start();
      loop.start();
      page.show(false);
      page.show(true);
      page.paint(1);
      loop.stop();
      loop.stop();
      loop.start();
      expect(page.listeners.size).toBe(1);
    }
    happened();
    for (let frame = 0; frame < 2; frame++) {
      page.paint(1);
      expect(happened()).toHaveLength(3);
      expect(page.requests).toHaveLength(1);
    }
  });

  test("start() asks anew when the frame before stop() never comes, as with a headset whose session has ended", () => {
    const loop = make(polled(), null);
    loop.start();
    loop.stop();
    page.requests = [];
    loop.start();
    page.paint(1);
    page.paint(1);
    expect(happened()).toEqual(["poll 101", "poll: flush", "poll 102", "poll: flush"]);
  });

  test("stop() in a listener: the game is not called any more", () => {
    const loop: AnimationFrameLoop = make({ poll: () => loop.stop() });
    loop.start();
    page.paint(1);
    page.paint(1);
    expect(happened()).toEqual([]);
    expect(page.requests).toEqual([]);
  });

  test("stop() in a listener, with start() or without: no other client is polled, and all is sent", () => {
    const stopping = polled("stopping");
    const loop = make([{ ...stopping, poll: () => loop.stop() }, polled()]);
    loop.start();
    page.paint(1);
    expect(happened()).toEqual(["stopping: flush", "poll: flush"]);
    const again = make([{ poll: () => [again.stop(), again.start()] }, polled()]);
    again.start();
    page.paint(1);
    expect(happened()).toEqual(["poll: flush"]);
  });

  test("stop() in the frame: what it emitted is still sent", () => {
    const loop: AnimationFrameLoop = make(polled(), () => loop.stop());
    loop.start();
    page.paint(1);
    page.paint(1);
    expect(happened()).toEqual(["poll 101", "poll: flush"]);
  });

  test("stop() and start() in the frame: it goes on, with a delta of 0", () => {
    const loop: AnimationFrameLoop = make(polled(), (delta) => {
      told.push(`frame ${delta}`);
      loop.stop();
      loop.start();
    });
    loop.start();
    page.paint(1);
    page.paint(1);
    expect(happened().filter((what) => what.startsWith("frame"))).toEqual(["frame 0", "frame 0"]);
    expect(page.most).toBe(1);
  });
});

describe("a hidden page", () => {
  test("is not polled; on return resumed is told first, then what waited, then the frame", () => {
    make().start();
    page.paint(1);
    page.show(false);
    happened();
    page.paint(30);
    page.paint(30);
    expect(happened()).toEqual([]);
    page.show(true);
    expect(happened()).toEqual([]);
    page.paint(0.5);
    expect(happened()).toEqual(["resumed 60.5 0", "poll 161.5", "frame 0.25", "poll: flush"]);
    page.paint(0.125);
    expect(happened()).toEqual(["poll 161.625", "frame 0.125", "poll: flush"]);
  });

  test("is not polled either where hidden pages are painted", () => {
    make().start();
    page.show(false);
    page.paintAnyway();
    page.paintAnyway();
    expect(happened()).toEqual([]);
    page.show(true);
    page.paint(1);
    expect(happened()).toEqual(["resumed 1 0", "poll 101", "frame 0", "poll: flush"]);
  });

  test("resumed counts what EVENT_LATEST left out meanwhile, of all that are polled", () => {
    const one = polled("one");
    const two = polled("two");
    one.events_skipped = 100;
    make([one, { poll() {} }, two], null).start();
    page.show(false);
    one.events_skipped += 20;
    two.events_skipped += 3;
    page.show(true);
    page.paint(1);
    expect(happened()[0]).toBe("resumed 1 23");
    one.events_skipped += 5;
    page.show(false);
    page.show(true);
    page.paint(2);
    expect(happened().find((what) => what.startsWith("resumed"))).toBe("resumed 2 0");
  });

  test("a client that leaves the list meanwhile takes nothing from the count", () => {
    const leaving = polled("leaving");
    leaving.events_skipped = 100;
    const list = new Set([leaving]);
    make(list, null).start();
    page.show(false);
    list.delete(leaving);
    page.show(true);
    page.paint(1);
    expect(happened()).toEqual(["resumed 1 0"]);
  });

  test("shown for less than a frame it counts as hidden throughout", () => {
    make(polled(), null).start();
    page.show(false);
    page.paint(10);
    page.show(true);
    page.show(false);
    page.paint(10);
    page.show(true);
    page.paint(1);
    expect(happened()[0]).toBe("resumed 21 0");
  });

  test("a loop that is started while hidden begins on return", () => {
    page.show(false);
    make(polled(), null).start();
    page.paint(5);
    expect(happened()).toEqual([]);
    page.show(true);
    page.paint(1);
    expect(happened()).toEqual(["resumed 6 0", "poll 106", "poll: flush"]);
  });

  test("a loop that is stopped while hidden does not resume; started anew it knows nothing of it", () => {
    const loop = make(polled(), null);
    loop.start();
    page.show(false);
    loop.stop();
    page.show(true);
    page.paint(1);
    expect(happened()).toEqual([]);
    loop.start();
    page.paint(1);
    expect(happened()).toEqual(["poll 102", "poll: flush"]);
  });

  test("stop() in resumed: nothing is polled, what was emitted is sent", () => {
    const loop = make();
    loop.resumed.connect(() => loop.stop());
    loop.start();
    page.show(false);
    page.show(true);
    page.paint(1);
    page.paint(1);
    expect(happened()).toEqual(["resumed 1 0", "poll: flush"]);
  });

  test("a callback of resumed that throws, and statistics that do, do not end the loop", () => {
    const client = polled();
    const loop = make(client, null);
    loop.resumed.connect(() => {
      throw new Error("resumed");
    });
    loop.start();
    page.show(false);
    page.show(true);
    page.paint(1);
    expect(errors.map(String)).toEqual(["Error: resumed"]);
    expect(happened()).toEqual(["resumed 1 0", "poll 101", "poll: flush"]);
    page.show(false);
    client.get_stats = () => {
      throw new Error("statistics");
    };
    page.show(true);
    expect(() => page.paint(1)).toThrow("statistics");
    page.paint(1);
    expect(happened()).toEqual(["poll 103", "poll: flush"]);
  });

  test("without a document no page is ever hidden", () => {
    make(polled(), null, { document: null }).start();
    page.show(false);
    page.paintAnyway();
    expect(happened()).toEqual(["poll 100", "poll: flush"]);
  });
});

describe("the platform's own", () => {
  test("requestAnimationFrame, document and performance are used unless others are given", () => {
    vi.stubGlobal("document", page);
    vi.stubGlobal("requestAnimationFrame", function (this: unknown, callback: (milliseconds: number) => void) {
      // A browser's throws "Illegal invocation" when it is called as a method of anything but the page.
      expect(this).toBeUndefined();
      return page.request(callback);
    });
    vi.stubGlobal("performance", { now: () => 7000 });
    const loop = new AnimationFrameLoop(polled());
    loop.start();
    expect(page.listeners.size).toBe(1);
    page.paint(1);
    expect(happened()).toEqual(["poll 7", "poll: flush"]);
  });

  test("where there is no requestAnimationFrame, start() says what to use", () => {
    const loop = new AnimationFrameLoop(polled());
    expect(() => loop.start()).toThrow(
      new TypeError("requestAnimationFrame must be there; use a FixedTickLoop, got undefined"),
    );
    expect(loop.is_running()).toBe(false);
  });
});

describe("arguments that cannot be", () => {
  const list = "what is polled must be a client or a list of clients";
  const names = "max_delta, clock, request_animation_frame, document";
  const delta = 'option "max_delta" must be a number of seconds above 0';
  test.each<[polled: unknown, frame: unknown, options: unknown, message: string]>([
    [undefined, null, {}, `${list}, got undefined`],
    [null, null, {}, `${list}, got null`],
    ["client", null, {}, `${list}, got "client"`],
    [() => {}, null, {}, `${list}, got function`],
    [{ poll: 1 }, null, {}, `${list}, got object`],
    [[polled(), {}], null, {}, `${list}, got array`],
    [polled(), { max_delta: 1 }, {}, "the callback must be a function or null, got object"],
    [polled(), 5, {}, "the callback must be a function or null, got 5"],
    [polled(), null, null, "options must be an object, got null"],
    [polled(), null, { maxDelta: 1 }, `an option must be one of ${names}, got "maxDelta"`],
    [polled(), null, { max_delta: 0 }, `${delta}, got 0`],
    [polled(), null, { max_delta: -1 }, `${delta}, got -1`],
    [polled(), null, { max_delta: Number.NaN }, `${delta}, got NaN`],
    [polled(), null, { max_delta: "1" }, `${delta}, got "1"`],
    [polled(), null, { clock: 5 }, 'option "clock" must be a function, got 5'],
    [
      polled(),
      null,
      { request_animation_frame: null },
      'option "request_animation_frame" must be a function, got null',
    ],
    [polled(), null, { document: {} }, 'option "document" must be like a page\'s document, or null, got object'],
  ])("new AnimationFrameLoop(%o, %o, %o)", (what, frame, options, message) => {
    expect(() => new AnimationFrameLoop(what as never, frame as never, options as never)).toThrow(
      new TypeError(message),
    );
  });
});
