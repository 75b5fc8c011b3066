import { Err, OK } from "socketio-gameloop";
import type { Bot, BotSwarmOptions } from "socketio-gameloop/bots";
import { BotSwarm } from "socketio-gameloop/bots";
import { beforeEach, describe, expect, test } from "vitest";
import { TICK, World } from "./world.js";

let world: World;

beforeEach(() => {
  world = new World();
});

const idle = null;

describe("the ramp", () => {
  test("starts so many bots a second", () => {
    const swarm = world.swarm({ count: 100, ramp: 10, script: idle });
    expect(world.play(swarm, 0).started).toBe(1);
    expect(world.play(swarm, 1.05).started).toBe(11);
    expect(world.play(swarm, 3).started).toBe(41);
    expect(world.play(swarm, 60)).toMatchObject({ started: 100, joined: 100, connected: 100, ok: true });
    expect(world.server.sockets).toHaveLength(100);
  });

  test("or all of them within a time", () => {
    const swarm = world.swarm({ count: 100, ramp: undefined as never, ramp_time: 5, script: idle });
    expect(world.play(swarm, 2.55).started).toBeCloseTo(52, -1);
    expect(world.play(swarm, 2.5).started).toBe(100);
  });

  test("waits while too many are on their way in", () => {
    let isOpen = false;
    const waiting: (() => void)[] = [];
    world.server.use((_, next) => (isOpen ? next() : waiting.push(next)));
    const swarm = world.swarm({ count: 50, max_connecting: 8, script: idle });
    expect(world.play(swarm, 1)).toMatchObject({ started: 8, joined: 0 });
    isOpen = true;
    for (const next of waiting) next();
    expect(world.play(swarm, 1)).toMatchObject({ started: 50, joined: 50 });
  });

  test("does not wait for those that were refused", () => {
    world.server.use((_, next) => next({ message: "full" }));
    const swarm = world.swarm({ count: 30, max_connecting: 8, script: idle });
    expect(world.play(swarm, 1)).toMatchObject({ started: 30, joined: 0, errors: { "connect: full": 30 } });
  });

  test("nor for those whom a lobby lets wait", () => {
    world.server.of("/lobby");
    const script = ({ client }: Bot) => {
      const lobby = client.create_namespace("/lobby");
      client.connect_to_url("ws://game.example");
      lobby.connect_to_namespace();
    };
    const swarm = world.swarm({ count: 30, max_connecting: 8, client: { main_namespace: false }, script });
    expect(world.play(swarm, 1)).toMatchObject({ started: 30, joined: 0 });
  });

  test("nor for those that have given up on the way in", () => {
    world.server.use(() => {});
    const script = ({ client }: Bot) => void world.clock.after(0.1, () => client.close());
    const swarm = world.swarm({ count: 30, max_connecting: 8, script });
    expect(world.play(swarm, 1)).toMatchObject({ started: 30, joined: 0 });
    expect(swarm.is_running()).toBe(false);
  });
});

describe("a script", () => {
  test("is called for each bot before it connects, and at each tick while it is connected", () => {
    const told: string[] = [];
    const swarm = world.swarm({
      count: 2,
      script: (bot) => {
        told.push(`bot ${bot.index}, state ${bot.client.get_connection_state()}`);
        return (now) => told.push(`${bot.index} at ${now.toFixed(2)} ${bot.is_connected()}`);
      },
    });
    expect(told).toEqual([]);
    world.play(swarm, 2 * TICK);
    expect(told).toEqual([
      "bot 0, state 0",
      "bot 1, state 0",
      "0 at 100.05 true",
      "1 at 100.05 true",
      "0 at 100.10 true",
      "1 at 100.10 true",
    ]);
    expect(swarm.get_report().ticks).toBe(4);
  });

  test("may set the tick function itself, and change it", () => {
    const told: string[] = [];
    const swarm = world.swarm({
      count: 1,
      script: (bot) => {
        bot.tick = () => {
          told.push("first");
          bot.tick = () => told.push("next");
        };
      },
    });
    world.play(swarm, 3 * TICK);
    expect(told).toEqual(["first", "next", "next"]);
  });

  test("gives its bot random numbers that depend on the seed and the bot's number alone", () => {
    const draw = (options: BotSwarmOptions) => {
      const drawn: Record<number, number[]> = {};
      const script = (bot: Bot) => {
        drawn[bot.index] = [bot.random(), bot.random(), bot.random()];
      };
      world.play(world.swarm({ script, ...options }), 0);
      return drawn;
    };
    const ten = draw({ count: 10 });
    expect(draw({ count: 10 })).toEqual(ten);
    expect(draw({ count: 3, first_index: 4 })).toEqual({ 4: ten[4], 5: ten[5], 6: ten[6] });
    expect(draw({ count: 1, seed: 2 })[0]).not.toEqual(ten[0]);
    const all = Object.values(ten).flat();
    expect(new Set(all).size).toBe(30);
    expect(all.every((number) => number >= 0 && number < 1)).toBe(true);
  });

  test("that throws is counted and told, and the bot goes on", () => {
    const told: string[] = [];
    const swarm = world.swarm({
      count: 2,
      script: (bot) => () => {
        if (bot.index === 1) throw new Error("no plan");
      },
    });
    swarm.script_error.connect((error, bot) => told.push(`${bot.index}: ${(error as Error).message}`));
    const report = world.play(swarm, 3 * TICK);
    expect(told).toEqual(["1: no plan", "1: no plan", "1: no plan"]);
    expect(report).toMatchObject({ ok: false, script_errors: 3, ticks: 6, errors: { "script: no plan": 3 } });
    expect(report.connected).toBe(2);
  });

  test("whose listener throws is counted too", () => {
    world.server.on("connection", (socket) => socket.emit("welcome"));
    const swarm = world.swarm({
      count: 1,
      script: (bot) => {
        bot.namespace.on("welcome", () => {
          throw new Error("not at home");
        });
      },
    });
    expect(world.play(swarm, 1)).toMatchObject({ script_errors: 1, errors: { "script: not at home": 1 }, events: 1 });
  });

  test("may throw anything, and have a promise that is rejected", () => {
    const odd = [Object.create(null), undefined, { message: "an object" }, Symbol("s")];
    const swarm = world.swarm({
      count: 1,
      script: () => () => {
        if (odd.length > 0) throw odd.shift();
      },
    });
    world.play(swarm, 1);
    // As the command line does it, which alone has the process for itself.
    expect(swarm.countRejection(new Error("not answered"))).toBe(true);
    swarm.script_error.connect(() => expect.unreachable());
    expect(swarm.get_report()).toMatchObject({
      ok: false,
      script_errors: 5,
      errors: {
        "script: object": 1,
        "script: undefined": 1,
        "script: an object": 1,
        "script: Symbol(s)": 1,
        "script: not answered": 1,
      },
    });
    const report = swarm.stop();
    expect(swarm.countRejection(new Error("the end"))).toBe(false);
    expect(swarm.get_report()).toEqual(report);
  });

  test("that cannot start one of the bots costs that bot alone", () => {
    const swarm = world.swarm({
      count: 3,
      script: (bot) => {
        if (bot.index === 1) throw new Error("unlucky");
      },
    });
    expect(world.play(swarm, 1)).toMatchObject({ started: 3, joined: 2, failed: 1, ok: false });
  });

  test("whose client will not connect costs that bot alone, too", () => {
    const swarm = world.swarm({
      count: 3,
      script: (bot) => {
        if (bot.index === 1) Object.assign(bot.client, { connect_to_url: () => Err.ERR_UNAVAILABLE });
      },
    });
    expect(world.play(swarm, 1)).toMatchObject({ started: 3, joined: 2, failed: 1, errors: { "connect: ": 1 } });
  });

  test("that polls its own swarm does nothing by it", () => {
    const polled: number[] = [];
    const swarm = world.swarm({ count: 1, script: () => () => polled.push(swarm.poll()) });
    expect(world.play(swarm, 2 * TICK).ticks).toBe(2);
    expect(polled).toEqual([0, 0]);
  });

  test("that cannot start the first one lets nothing start, and it can be tried again", () => {
    let isReady = false;
    const swarm = world.swarm({
      count: 3,
      script: (bot) => {
        bot.namespace.on("welcome", () => {});
        if (!isReady) throw new Error("not yet");
      },
    });
    expect(() => swarm.start()).toThrow("not yet");
    world.clock.advance(1);
    expect([swarm.is_running(), world.server.connections.length, swarm.bots.length]).toEqual([false, 0, 0]);
    isReady = true;
    expect(swarm.start()).toBe(OK);
    world.clock.advance(1);
    expect(swarm.stop()).toMatchObject({ joined: 3, script_errors: 0 });
  });

  test("must not return a promise", () => {
    const swarm = world.swarm({ script: (async () => {}) as never });
    expect(() => swarm.start()).toThrow(
      "what a bot's script returns must be a function that is called at each tick, or nothing (and no promise: await inside), got promise",
    );
  });

  test("may stop the swarm", () => {
    const swarm = world.swarm({ count: 5, script: () => () => void swarm.stop() });
    world.play(swarm, 1);
    expect(swarm.is_running()).toBe(false);
    expect(swarm.get_report()).toMatchObject({ ticks: 1, connected: 5, ok: true });
  });

  test.each([0, 3])("may stop the swarm before its bot connects: bot %i", (last) => {
    const swarm = world.swarm({ count: 10, ramp: 10, script: (bot) => void (bot.index === last && swarm.stop()) });
    world.play(swarm, 1);
    expect(swarm.is_running()).toBe(false);
    expect(swarm.get_report()).toMatchObject({ started: last, ok: true });
    expect(world.server.connections).toEqual([]);
  });

  test("that stops it as the first one keeps the promise of run()", async () => {
    const swarm = world.swarm({ script: () => void swarm.stop() });
    expect(await swarm.run()).toBe(swarm.get_report());
    expect(swarm.start()).toBe(Err.ERR_ALREADY_IN_USE);
  });
});

describe("emits", () => {
  test("are counted, and acknowledgements measured", () => {
    world.link.set({ latency: 0.04 });
    world.server.on("connection", (socket) => socket.on("ask", (_, reply) => reply?.(["yes"])));
    const answers: unknown[] = [];
    const swarm = world.swarm({
      count: 4,
      script: (bot) => () => {
        bot.emit("move", [1, 2]);
        if (bot.index === 0) bot.emit_with_ack("ask", ["?"], (response, error) => answers.push([response, error]));
      },
    });
    world.play(swarm, 5);
    const { ticks, emits, acks, ack, rtt, connect, acks_unanswered } = swarm.stop();
    expect([emits, acks_unanswered]).toEqual([ticks + ticks / 4, 0]);
    // Under way is what the end has cut off: that is no fault of the server.
    expect(acks).toBe(ticks / 4 - 2);
    expect(answers.slice(0, acks)).toEqual(Array(acks).fill([["yes"], OK]));
    // 80 ms there and back, and what is left of the tick.
    expect([ack.min, ack.max, ack.count]).toEqual([expect.closeTo(0.1, 6), expect.closeTo(0.1, 6), acks]);
    expect(rtt.p50).toBeCloseTo(0.08, 2);
    // Handshake, and then the namespace.
    expect(connect).toMatchObject({ count: 4, min: connect.max });
    expect(connect.max).toBeGreaterThan(0.12);
  });

  test("that are not answered in time are counted", () => {
    const swarm = world.swarm({
      count: 1,
      script: (bot) => {
        bot.namespace.connected.connect(() => bot.emit_with_ack("ask", [], undefined, 1));
      },
    });
    expect(world.play(swarm, 2)).toMatchObject({ emits: 1, acks: 0, acks_unanswered: 1, ok: true });
  });

  test("may be volatile", () => {
    const swarm = world.swarm({
      count: 1,
      script: (bot) => {
        bot.emit_volatile("early");
        return () => bot.emit_volatile("move");
      },
    });
    const report = world.play(swarm, 1);
    expect(report).toMatchObject({ emits: 20, emits_refused: 1, errors: { "emit: ERR_UNCONFIGURED": 1 }, ok: true });
  });

  test("that are refused are counted by their error", () => {
    const swarm = world.swarm({
      count: 1,
      client: { offline: "error" },
      script: (bot) => {
        bot.emit("early");
      },
    });
    expect(world.play(swarm, 1)).toMatchObject({ emits: 0, emits_refused: 1 });
    expect(Object.keys(swarm.get_report().errors)).toEqual([expect.stringMatching(/^emit: ERR_/)]);
  });
});

describe("a bot that is lost", () => {
  test("is counted by the reason, and comes back", () => {
    const told: string[] = [];
    const swarm = world.swarm({ count: 3, script: idle });
    swarm.bot_connected.connect((bot) => told.push(`${bot.index} in`));
    swarm.bot_lost.connect((bot, reason) => told.push(`${bot.index} ${reason}`));
    world.play(swarm, 1);
    world.server.connections[1]!.cut();
    const report = world.play(swarm, 5);
    expect(told.slice(0, 3).sort()).toEqual(["0 in", "1 in", "2 in"]);
    expect(told.slice(3)).toEqual(["1 transport error", "1 in"]);
    expect(report).toMatchObject({ lost: 1, reconnects: 1, joined: 3, connected: 3, failed: 0, ok: false });
    expect(report.errors).toEqual({ "lost: transport error": 1 });
    expect(report.connect.count).toBe(3);
  });

  test("may have been put out by the server", () => {
    const swarm = world.swarm({ count: 3, script: idle });
    world.play(swarm, 1);
    world.server.sockets[0]!.disconnect();
    expect(world.play(swarm, 5)).toMatchObject({ lost: 1, connected: 2, errors: { "lost: server disconnect": 1 } });
  });

  test("is not one that has left by itself", () => {
    const swarm = world.swarm({
      count: 3,
      script: (bot) => () => bot.index === 2 && bot.client.close(),
    });
    expect(world.play(swarm, 1)).toMatchObject({ lost: 0, connected: 2, ok: true });
  });
});

describe("the clients' options", () => {
  test.each<[string, BotSwarmOptions["client"], number]>([
    ["are the swarm's own", {}, 1],
    ["may name one part of reconnection", { reconnection: { jitter: 0 } }, 1],
    ["may switch it on, which it is", { reconnection: true }, 1],
    ["may say nothing", { clock: undefined, reconnection: { delay: undefined } } as never, 1],
    ["may say all", { reconnection: { delay: 2 } }, 2],
  ])("%s", (_, client, delay) => {
    const swarm = world.swarm({ count: 1, script: idle, client: { random: () => 0, ...client } });
    world.play(swarm, 1);
    const delays: number[] = [];
    swarm.bots[0]?.client.reconnecting.connect((_attempt, delay) => delays.push(delay));
    world.server.connections[0]?.cut();
    world.play(swarm, 0.5);
    expect(delays).toEqual([delay]);
  });
});

describe("the end", () => {
  test("comes with stop(): every client is closed, and the report stays", () => {
    const reports: object[] = [];
    const swarm = world.swarm({ count: 5, script: idle });
    swarm.finished.connect((report) => reports.push(report));
    world.play(swarm, 2);
    const report = swarm.stop();
    expect(report).toMatchObject({ connected: 5, lost: 0, ok: true, failure: "" });
    expect(report.seconds).toBeCloseTo(2, 6);
    expect(world.server.connections).toEqual([]);
    expect(swarm.stop()).toBe(report);
    expect(swarm.get_report()).toBe(report);
    expect(reports).toEqual([report]);
    expect([swarm.poll(), swarm.start(), swarm.get_last_error()]).toEqual([
      0,
      Err.ERR_ALREADY_IN_USE,
      "the swarm was started before; make another one",
    ]);
  });

  test("comes so long after the last bot was started", () => {
    const swarm = world.swarm({ count: 11, ramp: 10, duration: 3, script: idle });
    world.play(swarm, 4.4);
    expect(swarm.is_running()).toBe(true);
    const report = world.play(swarm, 0.2);
    expect(swarm.is_running()).toBe(false);
    expect(report).toMatchObject({ ok: true, connected: 11 });
    expect(report.seconds_at_full).toBeCloseTo(3, 1);
  });

  test("leaves what was sent last half a second to arrive", () => {
    let last = 0;
    const swarm = world.swarm({ count: 1, duration: 3, script: () => (now: number) => (last = now) });
    const startedAt = world.clock.read();
    world.play(swarm, 3.6);
    expect(swarm.is_running()).toBe(false);
    expect(last - startedAt).toBeGreaterThan(2.8);
    expect(last - startedAt).toBeLessThan(3.01);
  });

  test("comes when nobody gets in", () => {
    world.server.stop();
    const swarm = world.swarm({ count: 20, patience: 4, script: idle });
    world.play(swarm, 3.9);
    expect(swarm.is_running()).toBe(true);
    const report = world.play(swarm, 0.2);
    expect(report).toMatchObject({ ok: false, started: 20, joined: 0, failed: 20, connected: 0 });
    expect(report.failure).toMatch(/^no bot could connect to ws:\/\/game\.example within 4 s \(.*nobody listens\)$/);
  });

  test("comes when the server is gone for too long", () => {
    const swarm = world.swarm({ count: 3, patience: 4, script: idle });
    world.play(swarm, 2);
    world.server.stop();
    expect(world.play(swarm, 3.9)).toMatchObject({ lost: 3, failure: "" });
    const { failure } = world.play(swarm, 0.2);
    expect(failure).toMatch(/^every bot was lost, and none came back within 4 s/);
  });

  test("does not come when the server is back in time", () => {
    const swarm = world.swarm({ count: 3, patience: 8, script: idle });
    world.play(swarm, 2);
    world.server.stop();
    world.play(swarm, 2);
    world.server.start();
    expect(world.play(swarm, 10)).toMatchObject({ lost: 3, reconnects: 3, connected: 3, failure: "" });
    expect(swarm.is_running()).toBe(true);
  });

  test("comes at once when all were refused", () => {
    world.server.use((_, next) => next({ message: "members only" }));
    const swarm = world.swarm({ count: 3, script: idle });
    const report = world.play(swarm, 3 * TICK);
    expect(swarm.is_running()).toBe(false);
    expect(report.failure).toBe("no bot could connect to ws://game.example (members only)");
    expect(report).toMatchObject({ failed: 3, errors: { "connect: members only": 3 } });
  });

  test("comes at once, and well, when all have left", () => {
    const swarm = world.swarm({ count: 3, script: (bot) => () => bot.client.close() });
    const report = world.play(swarm, 3 * TICK);
    expect(swarm.is_running()).toBe(false);
    expect(report).toMatchObject({ ok: true, failure: "", joined: 3 });
  });

  test("after the duration is a failure when nobody was in by then", () => {
    world.server.use(() => {});
    const swarm = world.swarm({ count: 3, duration: 2, script: idle });
    expect(world.play(swarm, 2.6)).toMatchObject({ ok: false, failed: 3, failure: /no bot could connect/ as never });
  });

  test("by stop() does not blame those who are on their way in", () => {
    world.server.use(() => {});
    const swarm = world.swarm({ count: 3, script: idle });
    world.play(swarm, 1);
    expect(swarm.stop()).toMatchObject({ started: 3, joined: 0, failed: 0, failure: "" });
  });
});

describe("a loop of its own", () => {
  test("ticks the bots at the rate that was asked for, those of one cohort after those of another", () => {
    const ticks: string[] = [];
    const swarm = world.swarm({
      count: 4,
      cohorts: 2,
      tick_rate: 10,
      script: (bot) => (now) => ticks.push(`${bot.index} ${now.toFixed(2)}`),
    });
    expect(swarm.start()).toBe(OK);
    expect(swarm.poll()).toBe(0);
    world.clock.advance(0.5);
    // The first one is on its way from start(), the others from the first tick of the loop.
    expect(ticks.slice(0, 7)).toEqual([
      ...["0 100.05", "1 100.10", "3 100.10", "0 100.15", "2 100.15"],
      ...["1 100.20", "3 100.20"],
    ]);
    const report = swarm.stop();
    expect(report).toMatchObject({ tick_rate: 10, ticks: ticks.length, ticks_skipped: 0 });
    expect(report.ticks_behind).toBeCloseTo(0, 1);
    world.clock.advance(1);
    expect(ticks).toHaveLength(report.ticks);
  });

  test("says how late it was", () => {
    let isSlow = false;
    const swarm = world.swarm({
      count: 1,
      script: () => () => {
        if (isSlow) world.clock.advance(0.5);
        isSlow = false;
      },
    });
    swarm.start();
    world.clock.advance(1);
    isSlow = true;
    world.clock.advance(1);
    const report = swarm.stop();
    expect(report.worst_delay).toBeCloseTo(0.45, 2);
    expect(report.ticks_behind).toBeCloseTo(9, 0);
    // Two were made up for.
    expect(report.ticks_skipped).toBe(8);
  });

  test("runs until the promise of run() is kept", async () => {
    const swarm = world.swarm({ count: 3, duration: 2 });
    const promise = swarm.run();
    world.clock.advance(3);
    expect(await promise).toMatchObject({ ok: true, connected: 3, started: 3 });
  });

  test("does not run for an address that cannot be used", async () => {
    const swarm = new BotSwarm("nonsense://x");
    expect(swarm.start()).toBe(Err.ERR_INVALID_PARAMETER);
    expect(swarm.get_last_error()).toBe('cannot use the URL "nonsense://x"; write one like ws://localhost:3000');
    expect(swarm.is_running()).toBe(false);
    await expect(swarm.run()).rejects.toMatchObject({
      code: Err.ERR_INVALID_PARAMETER,
      message: swarm.get_last_error(),
    });
    expect(() => swarm.poll()).toThrow("cannot use the URL");
  });
});

describe("a namespace", () => {
  test("is joined with what auth says of the bot", () => {
    world.server.of("/game");
    const swarm = world.swarm({
      count: 2,
      namespace: "/game",
      script: idle,
      auth: (bot) => ({ name: `bot ${bot.index}` }),
    });
    expect(world.play(swarm, 1)).toMatchObject({ namespace: "/game", connected: 2, ok: true });
    expect(world.server.sockets).toEqual([]);
    expect(world.server.of("/game").sockets.map(({ auth }) => auth)).toEqual([{ name: "bot 0" }, { name: "bot 1" }]);
  });

  test("may be reached by a way that the script knows", () => {
    const lobby = world.server.of("/lobby");
    lobby.on("connection", (socket) => socket.on("ticket", (_, reply) => reply?.(["T1"])));
    const swarm = world.swarm({
      count: 3,
      client: { main_namespace: false },
      script: (bot) => {
        const way = bot.client.create_namespace("/lobby");
        way.connected.connect(() => {
          way.emit_with_ack("ticket", [], ([ticket]) => bot.namespace.connect_to_namespace({ ticket }));
        });
        bot.client.connect_to_url("ws://game.example");
        way.connect_to_namespace();
      },
    });
    expect(world.play(swarm, 1)).toMatchObject({ joined: 3, connected: 3, ok: true });
    expect(world.server.sockets.map(({ auth }) => auth)).toEqual(Array(3).fill({ ticket: "T1" }));
  });

  test("that does not exist ends it at once", () => {
    const swarm = world.swarm({ count: 2, namespace: "/nowhere", script: idle, auth: { name: "x" } });
    expect(world.play(swarm, 1)).toMatchObject({ ok: false, failed: 2, errors: { "connect: Invalid namespace": 2 } });
    expect(swarm.is_running()).toBe(false);
  });
});

describe("options", () => {
  test.each<[unknown, string]>([
    [{ count: 0 }, 'option "count" must be a whole number of 1 or more, got 0'],
    [{ count: 1.5 }, 'option "count" must be a whole number of 1 or more, got 1.5'],
    [{ count: Infinity }, 'option "count" must be a whole number of 1 or more, got Infinity'],
    [{ count: "10" }, 'option "count" must be a whole number of 1 or more, got "10"'],
    [{ ramp: 0 }, 'option "ramp" must be a number above 0, or Infinity, got 0'],
    [{ ramp: Number.NaN }, 'option "ramp" must be a number above 0, or Infinity, got NaN'],
    [{ ramp: 1, ramp_time: 1 }, 'options "ramp" and "ramp_time" must be only one of them: they say the same, got 1'],
    [{ tick_rate: -1 }, 'option "tick_rate" must be a number above 0, got -1'],
    [{ cohorts: 0 }, 'option "cohorts" must be a whole number of 1 or more, got 0'],
    [{ seed: 0.5 }, 'option "seed" must be a whole number, got 0.5'],
    [{ duration: -1 }, 'option "duration" must be a number of 0 or more, or Infinity, got -1'],
    [{ patience: 0 }, 'option "patience" must be a number above 0, or Infinity, got 0'],
    [{ script: "file.mjs" }, 'option "script" must be a function that takes a bot, or null, got "file.mjs"'],
    [{ namespace: 7 }, 'option "namespace" must be a path like "/game", got 7'],
    [{ auth: null }, 'option "auth" must be a dictionary or a function, got null'],
    [{ auth: new Map() }, "auth must be a dictionary object or a function for one, got map"],
    [{ auth: { key: new Uint8Array(1) } }, "auth must be an object without binary data"],
    [{ tls_options: {} }, 'option "tls_options" must be made by TLSOptions.client(), got object'],
    [{ client: [] }, 'option "client" must be an object with options of SocketIOClient, got array'],
    [{ clock: 1 }, 'option "clock" must be a function, got 1'],
    [{ bots: 5 }, "an option of a BotSwarm must be one of count, ramp, "],
    [null, "the options of a BotSwarm must be an object, got null"],
    [{ client: { transport: "polling" } }, "an option must be one of "],
    [{ client: { ack_timeout: -1 } }, 'option "ack_timeout" must be a number from 0 to 1000000000, got -1'],
    [{ namespace: "game" }, 'a namespace path must be like "/chat"'],
  ])("%j are refused", (options, message) => {
    expect(() => new BotSwarm("ws://game.example", options as never)).toThrow(message);
    expect(() => new BotSwarm("ws://game.example", options as never)).toThrow(TypeError);
  });

  test.each([
    [undefined, "undefined"],
    [new URL("ws://game.example"), "url"],
  ])("%s is no address", (url, kind) => {
    const message = `the URL of a BotSwarm must be a string, got ${kind}`;
    expect(() => new BotSwarm(url as never)).toThrow(new TypeError(message));
  });
});
