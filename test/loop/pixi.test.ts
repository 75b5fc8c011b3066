/** A client in a real ticker of PixiJS: in which order, what a pause does, and what it means to detach. */
import { PollGroup, SocketIONamespace } from "socketio-gameloop";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { attach_to_ticker, type TickerLike, type TickerOptions } from "../../src/loop/pixi.js";
import { connected } from "../support/scripted-server.js";
import { Frames, loadPixi } from "./pixi-host.js";

let pixi: typeof import("pixi.js");
let errors: unknown[];

beforeAll(async () => {
  pixi = await loadPixi();
});

beforeEach(() => {
  errors = [];
  vi.stubGlobal("reportError", (error: unknown) => errors.push(error));
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A connected client, a ticker, and their common clock. */
function play(options: TickerOptions = {}) {
  const rig = connected();
  const ticker = new pixi.Ticker();
  const frames = new Frames(ticker, rig.clock);
  const attach = () => attach_to_ticker(ticker, rig.client, { clock: rig.clock.read, ...options });
  return { rig, ticker, frames, attach };
}

describe("a frame", () => {
  test("hears what came before it, calls the game, and sends behind it what it emitted", () => {
    const { rig, ticker, frames, attach } = play();
    const told: string[] = [];
    rig.main.on("move", ([x]) => told.push(`move ${x}`));
    // The game is there first, and wants to be before everything.
    ticker.add(() => told.push("high"), undefined, pixi.UPDATE_PRIORITY.HIGH);
    ticker.add(() => told.push("input"), undefined, pixi.UPDATE_PRIORITY.INTERACTION);
    ticker.add(() => {
      told.push(`utility, written ${rig.peer.written()}`);
      rig.main.emit("late", []);
    }, undefined, pixi.UPDATE_PRIORITY.UTILITY); // biome-ignore format: one callback
    attach();
    ticker.add(() => rig.main.emit("input", [1]));
    rig.push('42["move",1]', '42["move",2]');
    frames.paint();
    expect(told).toEqual(["input", "move 1", "move 2", "high", "utility, written "]);
    expect(rig.peer.written()).toEqual(['42["input",1]', '42["late"]']);
  });

  test("polls with the time of the clock, whatever the ticker makes of time", () => {
    const { rig, ticker, frames } = play();
    const times: (number | undefined)[] = [];
    ticker.speed = 0.25;
    attach_to_ticker(ticker, { poll: (now) => times.push(now) }, { clock: rig.clock.read });
    const start = rig.clock.now;
    frames.paint(0.5);
    frames.paint(0.5);
    expect(times.map((time) => (time ?? 0) - start)).toEqual([0.5, 1]);
    expect(ticker.deltaMS).toBe(25);
  });

  test("polls a group, and a list that changes", () => {
    const { rig, ticker, frames } = play();
    const told: string[] = [];
    const group = new PollGroup();
    group.add(rig.client);
    const list = [{ poll: () => told.push("one") }];
    attach_to_ticker(ticker, group);
    attach_to_ticker(ticker, list);
    list.push({ poll: () => told.push("two") });
    rig.main.on("move", () => told.push("move"));
    rig.push('42["move"]');
    frames.paint();
    expect(told).toEqual(["move", "one", "two"]);
  });

  test("what is thrown while polling does not end the ticker, and keeps nobody else from being polled", () => {
    const { ticker, frames } = play();
    const told: string[] = [];
    const broken = {
      poll() {
        throw new Error("poll");
      },
      flush() {
        throw new Error("flush");
      },
    };
    attach_to_ticker(ticker, [broken, { poll: () => told.push("polled"), flush: () => told.push("flushed") }]);
    ticker.add(() => told.push("game"));
    frames.paint();
    frames.paint();
    expect(told).toEqual(["polled", "game", "flushed", "polled", "game", "flushed"]);
    expect(errors.map(String)).toEqual(["Error: poll", "Error: flush", "Error: poll", "Error: flush"]);
  });

  test("who takes itself off the list makes nobody miss a frame", () => {
    const { ticker, frames } = play();
    const told: string[] = [];
    const last = { poll: () => told.push("last"), flush: () => told.push("sent") };
    const list: { poll(): unknown }[] = [{ poll: () => told.push(`first of ${list.splice(0, 1).length}`) }, last];
    attach_to_ticker(ticker, list);
    frames.paint();
    expect(told).toEqual(["first of 1", "last", "sent"]);
  });

  test("a listener that throws is the client's to report; the ticker goes on", () => {
    const { rig, ticker, frames, attach } = play();
    attach();
    let game = 0;
    ticker.add(() => game++);
    rig.main.on("move", () => {
      throw new Error("of the game");
    });
    rig.client.listener_error.connect((error) => errors.push(error));
    rig.push('42["move"]');
    frames.paint();
    frames.paint();
    expect(game).toBe(2);
    expect(errors.map(String)).toEqual(["Error: of the game"]);
  });
});

describe("a pause", () => {
  function watched(options: TickerOptions = {}) {
    const rig = play(options);
    const told: string[] = [];
    const { main } = rig.rig;
    main.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    main.on("snapshot", ([tick]) => told.push(`snapshot ${tick}`));
    main.on("chat", ([text]) => told.push(`chat ${text}`));
    const detach = rig.attach();
    detach.resumed.connect((seconds, skipped) => told.push(`resumed ${seconds} ${skipped}`));
    rig.ticker.add(() => told.push("frame"));
    return { ...rig, told, detach };
  }

  test("longer than the heartbeat allows: connected, told once, then what waited, then the game", () => {
    const { rig, frames, told } = watched();
    frames.paint();
    told.length = 0;
    rig.peer.written();
    for (let second = 1; second < 100; second++) {
      rig.clock.advance(1);
      rig.push(`42["snapshot",${second}]`);
      if (second === 40) rig.push('42["chat","hello"]');
      if (second % 25 === 0) rig.push("2");
    }
    expect(told).toEqual([]);
    expect(rig.peer.written()).toEqual(["3", "3", "3"]);
    frames.paint(1);
    expect(told).toEqual(["resumed 100 98", "chat hello", "snapshot 99", "frame"]);
    told.length = 0;
    frames.paint();
    expect(told).toEqual(["frame"]);
    expect(rig.client.is_socket_connected()).toBe(true);
  });

  test("counts what was skipped in it, not before", () => {
    const { rig, frames, told } = watched();
    frames.paint();
    rig.push('42["snapshot",1]', '42["snapshot",2]', '42["snapshot",3]');
    frames.paint();
    rig.push('42["snapshot",4]', '42["snapshot",5]');
    told.length = 0;
    frames.paint(2);
    expect(told).toEqual(["resumed 2 1", "snapshot 5", "frame"]);
  });

  test("is one from resumed_after on", () => {
    const { frames, told } = watched({ resumed_after: 0.25 });
    frames.paint(10);
    frames.paint(0.1875);
    expect(told).toEqual(["frame", "frame"]);
    frames.paint(0.25);
    expect(told).toEqual(["frame", "frame", "resumed 0.25 0", "frame"]);
  });

  test("resumed may detach: nothing is polled then", () => {
    const { rig, frames, told, detach } = watched();
    frames.paint();
    detach.resumed.connect(() => detach());
    rig.push('42["chat","hello"]');
    told.length = 0;
    frames.paint(2);
    expect(told).toEqual(["resumed 2 0", "frame"]);
  });

  test("nobody listens to resumed: the statistics are asked for in no frame", () => {
    const { ticker, frames, rig } = play();
    const client = { poll() {}, get_stats: vi.fn(() => ({ events_skipped: 7 })) };
    const detach = attach_to_ticker(ticker, client, { clock: rig.clock.read });
    frames.paint();
    frames.paint();
    expect(client.get_stats).not.toHaveBeenCalled();
    // Connected while the ticker stands still: nothing is known about before.
    const heard: number[] = [];
    detach.resumed.connect((_, skipped) => heard.push(skipped));
    frames.paint(5);
    expect(heard).toEqual([0]);
  });
});

describe("detaching", () => {
  test("leaves the ticker as it was and the client connected", () => {
    const { rig, ticker, frames, attach } = play();
    const detach = attach();
    expect(ticker.count).toBe(2);
    detach();
    detach();
    expect(ticker.count).toBe(0);
    rig.main.on("move", () => errors.push("heard"));
    rig.push('42["move"]');
    frames.paint();
    expect(errors).toEqual([]);
    expect(rig.client.is_socket_connected()).toBe(true);
  });

  test("from a listener: the rest of that poll is delivered, the game gets its frame, then nothing more is polled", () => {
    const { rig, ticker, frames, attach } = play();
    const detach = attach();
    const told: string[] = [];
    rig.main.on("move", ([x]) => {
      told.push(`move ${x}`);
      detach();
    });
    ticker.add(() => told.push("frame"));
    rig.push('42["move",1]', '42["move",2]');
    frames.paint();
    rig.push('42["move",3]');
    frames.paint();
    expect(told).toEqual(["move 1", "move 2", "frame", "frame"]);
  });

  test("sends what was emitted, in a frame of which nothing else comes any more", () => {
    const { rig, ticker, frames, attach } = play();
    const detach = attach();
    ticker.addOnce(() => {
      rig.main.emit("leave");
      detach();
    });
    frames.paint();
    expect(rig.peer.written()).toEqual(['42["leave"]']);
  });

  test("from a callback of the game, and after the ticker was destroyed", () => {
    const { ticker, frames, attach } = play();
    const detach = attach();
    ticker.addOnce(() => detach());
    frames.paint();
    expect(ticker.count).toBe(0);
    const again = attach();
    ticker.destroy();
    expect(() => again()).not.toThrow();
  });

  test("a ticker may be destroyed by a listener", () => {
    const { rig, ticker, frames, attach } = play();
    attach();
    rig.main.on("move", () => ticker.destroy());
    rig.push('42["move"]');
    expect(() => frames.paint()).not.toThrow();
    expect(errors).toEqual([]);
  });
});

describe("what cannot be", () => {
  test("the same client twice on one ticker, alone or in a list; on another ticker, or after detaching, it can", () => {
    const { rig, ticker, attach } = play();
    const detach = attach();
    const message = "the client must be one that this ticker does not poll yet; detach it first, got object";
    expect(attach).toThrow(new TypeError(`attach_to_ticker: ${message}`));
    expect(() => attach_to_ticker(ticker, [rig.client])).toThrow("detach it first, got array");
    expect(ticker.count).toBe(2);
    attach_to_ticker(new pixi.Ticker(), rig.client);
    detach();
    attach();
    expect(ticker.count).toBe(2);
  });

  test("a client that is in an attached list by now; one that has left it can", () => {
    const { rig, ticker, attach } = play();
    const list = new Set([rig.client]);
    attach_to_ticker(ticker, list);
    list.clear();
    expect(() => attach_to_ticker(ticker, list)).toThrow("detach it first");
    attach()();
    list.add(rig.client);
    expect(attach).toThrow("detach it first");
    expect(ticker.count).toBe(2);
  });

  test.each<[string, () => unknown, string]>([
    ["no ticker", () => attach_to_ticker(undefined as never, []), "like app.ticker of PixiJS, got undefined"],
    ["no client", () => attach_to_ticker(new pixi.Ticker(), {} as never), "a client or a list of clients, got object"],
    ["resumed_after 0", () => attach_to_ticker(new pixi.Ticker(), [], { resumed_after: 0 }), "above 0, got 0"],
    ["resumed_after NaN", () => attach_to_ticker(new pixi.Ticker(), [], { resumed_after: NaN }), "above 0, got NaN"],
    [
      "no clock",
      () => attach_to_ticker(new pixi.Ticker(), [], { clock: 1 as never }),
      'option "clock" must be a function',
    ],
    ["an unknown option", () => attach_to_ticker(new pixi.Ticker(), [], { fps: 1 } as never), 'clock, got "fps"'],
  ])("%s", (_, attach, message) => {
    expect(attach).toThrow(TypeError);
    expect(attach).toThrow(message);
  });

  test("a ticker that was destroyed takes nothing, and nothing stays of the attempt", () => {
    const { rig } = play();
    const ticker = new pixi.Ticker();
    ticker.destroy();
    expect(() => attach_to_ticker(ticker, rig.client)).toThrow(TypeError);
    // The same complaint, and not that it is attached already.
    expect(() => attach_to_ticker(ticker as TickerLike, rig.client)).not.toThrow("detach it first");
  });
});
