import {
  type OutFrame,
  SocketIOClient,
  type Transport,
  type TransportFactory,
  type TransportHandler,
  type TransportRequest,
} from "socketio-gameloop";
import { LinkSimulator, ManualClock } from "socketio-gameloop/testing";
import { describe, expect, test, vi } from "vitest";
import { behindLink } from "./play.js";

const REQUEST = { url: "ws://test", sid: "" } as TransportRequest;

/** What is at the far end of the link. */
class Inner implements Transport {
  readonly name = "inner";
  bufferedAmount = 0;
  readonly calls: unknown[] = [];
  constructor(readonly handler: TransportHandler) {}
  send(frames: readonly OutFrame[]) {
    this.calls.push([...frames]);
  }
  close(dead = false) {
    this.calls.push(dead ? "close(true)" : "close()");
  }
}

/** One connection through a link, open, and what each end has heard by when. */
function line(settings: ConstructorParameters<typeof LinkSimulator>[0], seed = 1, extras: object = {}) {
  const clock = new ManualClock();
  const link = new LinkSimulator(settings, { clock, seed });
  let inner!: Inner;
  const heard: unknown[] = [];
  const at = () => Math.round(clock.now * 1000) / 1000;
  const transport = link.wrap((_request, handler) => {
    inner = Object.assign(new Inner(handler), extras);
    return inner;
  })(REQUEST, {
    opened: () => heard.push("opened"),
    received: (frame) => heard.push([frame, at()]),
    closed: (reason, message, finality) => heard.push([reason, message, finality]),
  });
  clock.advance(10); // the way to open it is over
  const sent = () => inner.calls.splice(0);
  const got = () => heard.splice(0);
  return { clock, link, inner, transport, sent, got, at };
}

describe("latency", () => {
  test("each direction has its own", () => {
    const { clock, inner, transport, sent, got } = line({ latency: 0.1, down: { latency: 0.3 } });
    transport.send(["a", "b"]);
    inner.handler.received("c");
    clock.advance(0.09);
    expect(sent()).toEqual([]);
    clock.advance(0.02);
    expect(sent()).toEqual([["a", "b"]]); // what was written together arrives together
    expect(got()).toEqual([]);
    clock.advance(1);
    expect(got()).toEqual([["c", 10.3]]);
  });

  test("nothing comes earlier because something else is sent", () => {
    const { clock, transport, sent } = line({ latency: 0.1 });
    transport.send(["a"]);
    clock.advance(0.099);
    transport.send(["b"]);
    expect(sent()).toEqual([]);
    clock.advance(0.002);
    expect(sent()).toEqual([["a"]]);
  });

  test("what comes of one frame is heard after it, not in the middle of it", () => {
    const clock = new ManualClock();
    const log: string[] = [];
    let far!: TransportHandler;
    new LinkSimulator("none", { clock }).wrap((_request, handler) => {
      far = handler;
      return new Inner(handler);
    })(REQUEST, {
      received: (frame) => {
        log.push(`${frame} begins`);
        if (frame === "a") far.received("b");
        log.push(`${frame} ends`);
      },
      closed() {},
    });
    clock.advance(0);
    far.received("a");
    expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
  });

  test("a link that does nothing hands over at once", () => {
    const { inner, transport, sent, got } = line("none");
    transport.send(["a"]);
    expect(sent()).toEqual([["a"]]);
    inner.handler.received("b");
    expect(got()).toEqual([["b", 10]]);
  });

  test("opening a connection takes two round trips", () => {
    const { game } = behindLink({ up: { latency: 0.03 }, down: { latency: 0.02 } });
    game.play(0.095, 0.005);
    expect(game.client.get_engine_io_session_id()).toBe("");
    game.play(0.01, 0.005);
    expect(game.client.get_engine_io_session_id()).toBe("engine-1");
    game.play(0.06, 0.005); // and joining a namespace one more
    expect(game.news()).toEqual(["connected(socket-1)"]);
  });

  test("less of it lets nothing overtake", () => {
    const { clock, link, transport, sent } = line({ latency: 1 });
    transport.send(["slow"]);
    link.set({ latency: 0.1 });
    transport.send(["fast"]);
    clock.advance(0.5);
    expect(sent()).toEqual([]);
    clock.advance(0.5);
    expect(sent()).toEqual([["slow"], ["fast"]]);
  });
});

describe("jitter", () => {
  test("is up to so many seconds more, the same for the same seed, another for another", () => {
    const arrivals = (seed: number) => {
      const { clock, inner, got } = line({ latency: 0.1, jitter: 0.05 }, seed);
      const times: number[] = [];
      for (let index = 0; index < 50; index++) {
        const start = clock.now;
        inner.handler.received("x");
        clock.advance(1);
        times.push(...got().map((entry) => (entry as [string, number])[1] - Math.round(start * 1000) / 1000));
      }
      return times;
    };
    const times = arrivals(1);
    expect(times).toHaveLength(50);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0.1 - 1e-9);
    expect(Math.max(...times)).toBeLessThanOrEqual(0.15 + 1e-9);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(0.03);
    expect(arrivals(1)).toEqual(times);
    expect(arrivals(2)).not.toEqual(times);
  });
});

describe("bandwidth", () => {
  test("each byte takes its time, and what waits is the buffered amount", () => {
    const { clock, transport, sent } = line({ latency: 0.1, up: { bandwidth: 1000 } });
    transport.send(["x".repeat(500), new Uint8Array(500)]);
    expect(transport.bufferedAmount).toBe(1000);
    clock.advance(0.25);
    expect(transport.bufferedAmount).toBe(750);
    clock.advance(0.3);
    expect(sent()).toEqual([]);
    clock.advance(0.06);
    expect(sent()).toEqual([["x".repeat(500)]]);
    expect(transport.bufferedAmount).toBe(390);
    clock.advance(0.5);
    expect(sent()).toEqual([[new Uint8Array(500)]]);
    expect(transport.bufferedAmount).toBe(0);
  });

  test("text counts in bytes of UTF-8, a Blob in its own; what the transport itself buffers counts too", () => {
    const { inner, transport } = line({ up: { bandwidth: 1 } });
    inner.bufferedAmount = 100;
    transport.send(["ü", new Blob(["abc"])]);
    expect(transport.bufferedAmount).toBe(105);
  });

  test("that changes changes nothing of what waits: so many bytes, written as they would have been", () => {
    const { clock, link, transport } = line({ up: { bandwidth: 1000 } });
    transport.send(["x".repeat(1000), "y".repeat(1000)]);
    for (const bandwidth of [1e6, 10, Infinity]) {
      link.set({ up: { bandwidth } });
      expect(transport.bufferedAmount).toBe(2000);
    }
    clock.advance(0.5);
    transport.send(["z".repeat(100)]);
    expect(transport.bufferedAmount).toBe(1600);
    link.freeze();
    clock.advance(10);
    transport.send(["z"]);
    expect(transport.bufferedAmount).toBe(1601);
    link.thaw();
    clock.advance(1);
    expect(transport.bufferedAmount).toBe(601);
    clock.advance(0.6);
    expect(transport.bufferedAmount).toBe(0);
  });

  test("emit_volatile() leaves out what would come too late", () => {
    const { game, link } = behindLink({ latency: 0.01 });
    game.play(1);
    link.set({ up: { bandwidth: 10_000 } });
    for (let frame = 0; frame < 60; frame++) {
      game.main.emit_volatile("state", ["x".repeat(1000)]);
      game.play(1 / 60);
    }
    const arrived = game.server.sockets[0]?.received.length ?? 0;
    expect(arrived).toBeGreaterThan(5);
    game.play(5);
    expect(game.server.sockets[0]?.received.length).toBeLessThan(30);
  });
});

describe("stalls", () => {
  test("what follows waits as well, and comes all at once", () => {
    const { clock, link, transport, sent } = line({ latency: 0.01 });
    link.set({ stall_chance: 1, stall_time: 1 });
    transport.send(["lost once"]);
    link.set({ stall_chance: 0 });
    transport.send(["behind it"]);
    clock.advance(0.4);
    expect(sent()).toEqual([]);
    clock.advance(1.2);
    expect(sent()).toEqual([["lost once"], ["behind it"]]);
  });

  test("come as often as is said, more often for what needs many segments", () => {
    const stalls = (size: number) => {
      const { clock, inner, got } = line({ stall_chance: 0.05, stall_time: 1 });
      let count = 0;
      for (let index = 0; index < 1000; index++) {
        inner.handler.received("x".repeat(size));
        if (got().length === 0) count++;
        clock.advance(2);
        got();
      }
      return count;
    };
    const small = stalls(10);
    expect(small).toBeGreaterThan(25);
    expect(small).toBeLessThan(80);
    const large = stalls(14_600); // ten segments: 1 - 0.95 ** 10 = 40 %
    expect(large).toBeGreaterThan(320);
    expect(large).toBeLessThan(480);
  });
});

describe("freeze() and thaw()", () => {
  test("what was half way then is half way after", () => {
    const { clock, link, transport, inner, sent, got } = line({ latency: 1 });
    transport.send(["a"]);
    inner.handler.received("b");
    clock.advance(0.5);
    link.freeze();
    link.freeze();
    expect(link.is_frozen()).toBe(true);
    transport.send(["c"]);
    expect(transport.bufferedAmount).toBe(1);
    clock.advance(100);
    expect([sent(), got()]).toEqual([[], []]);
    link.thaw();
    link.thaw();
    expect(transport.bufferedAmount).toBe(0);
    clock.advance(0.6);
    expect(sent()).toEqual([["a"]]);
    expect(got()).toEqual([["b", 110.5 + 0.5]]);
    clock.advance(0.5);
    expect(sent()).toEqual([["c"]]);
  });

  test("a game in a tunnel: the ping fails to come, a new connection is made after it", () => {
    const { game, link } = behindLink({ latency: 0.04 });
    game.play(1);
    game.news();
    link.freeze();
    game.play(60);
    expect(game.news().slice(0, 2)).toEqual(["disconnected(ping timeout)", "reconnecting(1, 0.25)"]);
    expect(game.server.sockets).toEqual([]);
    link.thaw();
    game.play(30);
    expect(game.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    expect(game.server.sockets).toHaveLength(1);
  });

  test("a short one goes unnoticed", () => {
    const { game, link } = behindLink({ latency: 0.04 });
    game.play(1);
    game.news();
    link.freeze();
    game.main.emit("move", [1]);
    game.server.emit("tick", [1]);
    game.play(5);
    expect(game.news()).toEqual([]);
    link.thaw();
    game.play(0.1);
    expect(game.news()).toEqual(["tick [1]"]);
    expect(game.server.sockets[0]?.received).toEqual([{ event: "move", data: [1] }]);
  });
});

describe("ends", () => {
  test("disconnect(): both ends hear of it at once, what was under way is lost", () => {
    const { clock, link, transport, inner, sent, got } = line({ latency: 1 });
    inner.handler.received("heard");
    clock.advance(2);
    transport.send(["a"]);
    inner.handler.received("b");
    link.disconnect();
    inner.handler.received("late");
    transport.send(["late"]);
    clock.advance(10);
    expect(sent()).toEqual(["close(true)"]);
    expect(got()).toEqual([
      ["heard", 11],
      ["transport close", "the simulated link was cut", undefined],
    ]);
  });

  test("a game is cut off and comes back", () => {
    const { game, link } = behindLink({ latency: 0.04 });
    game.play(1);
    link.disconnect();
    game.play(1);
    expect(game.news()).toEqual([
      "connected(socket-1)",
      "disconnected(transport close)",
      "reconnecting(1, 0.25)",
      "connected(socket-2)",
    ]);
  });

  test("mean_uptime: as often as is said, from the moment it is set", () => {
    const { game, link } = behindLink({ latency: 0.01 });
    game.play(100, 0.1);
    expect(game.news()).toEqual(["connected(socket-1)"]);
    link.set({ mean_uptime: 10 });
    game.play(2000, 0.1);
    const count = game.news().filter((line) => line.startsWith("disconnected")).length;
    expect(count).toBeGreaterThan(120);
    expect(count).toBeLessThan(260);
    link.set({ mean_uptime: Infinity });
    game.play(10, 0.1);
    game.news();
    game.play(1000, 0.1);
    expect(game.news()).toEqual([]);
  });

  test("the far end closes: heard after what came before it; what is on its way there is lost", () => {
    const { clock, transport, inner, sent, got } = line({ latency: 1 });
    transport.send(["a"]);
    inner.handler.received("b");
    inner.handler.closed("transport error", "reset", "server");
    clock.advance(5);
    expect(sent()).toEqual([]);
    expect(got()).toEqual([
      ["b", 11],
      ["transport error", "reset", "server"],
    ]);
  });

  test("the client closes: what it sent before arrives, then the end; it hears nothing more", () => {
    const { clock, transport, inner, sent, got } = line({ latency: 1 });
    transport.send(["a"]);
    inner.handler.received("b");
    transport.close();
    transport.close();
    clock.advance(5);
    inner.handler.received("c");
    inner.handler.closed("transport close", "");
    clock.advance(5);
    expect(sent()).toEqual([["a"], "close()"]);
    expect(got()).toEqual([]);
  });

  test("the client gives up a dead peer: at once", () => {
    const { transport, sent } = line({ latency: 1 });
    transport.send(["a"]);
    transport.close(true);
    expect(sent()).toEqual(["close(true)"]);
  });

  test("client.close() through a link: the server gets the farewell", () => {
    const { game } = behindLink({ latency: 0.04 });
    game.play(1);
    const reasons: string[] = [];
    game.server.sockets[0]?.on("disconnect", ([reason]) => reasons.push(reason));
    game.main.emit("bye");
    const [socket] = game.server.sockets;
    game.client.close();
    expect(reasons).toEqual([]);
    game.clock.advance(0.1);
    expect(reasons).toEqual(["client namespace disconnect"]);
    expect(socket?.received).toEqual([{ event: "bye", data: [] }]);
    expect(game.server.connections).toEqual([]);
  });

  test("a transport that fails while it is made, or cannot be made", () => {
    const clock = new ManualClock();
    const link = new LinkSimulator("none", { clock });
    const closed = vi.fn();
    const failing: TransportFactory = (_request, handler) => {
      handler.closed("transport error", "no route");
      return new Inner(handler);
    };
    link.wrap(failing)(REQUEST, { received() {}, closed });
    expect(closed).not.toHaveBeenCalled();
    clock.advance(1);
    expect(closed).toHaveBeenCalledExactlyOnceWith("transport error", "no route", undefined);
    const throwing: TransportFactory = () => {
      throw new Error("no such platform");
    };
    expect(() => link.wrap(throwing)(REQUEST, { received() {}, closed })).toThrow("no such platform");
    link.disconnect();
  });
});

describe("what a transport may have besides", () => {
  test("is there if the wrapped one has it, and not otherwise", () => {
    const bare = line("none").transport;
    for (const name of ["pause", "resume", "leave", "stay", "isStuck", "textOnly", "established"])
      expect([name, name in bare && bare[name as keyof Transport] !== undefined]).toEqual([name, false]);
    const { transport } = line("none", 1, { textOnly: true, isStuck: () => true });
    expect(transport.textOnly).toBe(true);
    expect(transport.isStuck?.()).toBe(true);
    expect(transport.name).toBe("inner");
  });

  test("the factory keeps its Engine.IO name", () => {
    const link = new LinkSimulator();
    const factory = (): Transport => new Inner({ received() {}, closed() {} });
    expect(link.wrap(Object.assign(factory, { engineName: "polling" })).engineName).toBe("polling");
    expect(link.wrap(() => factory()).engineName).toBeUndefined();
  });

  test("pause() holds back what is under way as well, resume() lets it go on", () => {
    const calls: string[] = [];
    const extras = { pause: () => calls.push("pause"), resume: () => calls.push("resume") };
    const { clock, transport, inner, got } = line({ latency: 0.1 }, 1, extras);
    inner.handler.received("a");
    transport.pause?.();
    clock.advance(1);
    expect(got()).toEqual([]);
    transport.resume?.();
    expect(got()).toEqual([["a", 11]]);
    expect(calls).toEqual(["pause", "resume"]);
  });

  test("established: the transport is told as soon as it has heard it itself", () => {
    const established = vi.fn();
    const clock = new ManualClock();
    const link = new LinkSimulator({ latency: 1 }, { clock });
    let inner!: Inner;
    link.wrap((_request, handler) => {
      inner = Object.assign(new Inner(handler), { established });
      return inner;
    })(REQUEST, { received() {}, closed() {} });
    inner.handler.received('0{"sid":"s","maxPayload":99}');
    expect(established).toHaveBeenCalledExactlyOnceWith("s", 99);
    inner.handler.received('0{"sid":"t"}');
    expect(established).toHaveBeenCalledTimes(1);
  });

  test("leave: nothing more is written, all that was said is heard, then the rest is given back in order", () => {
    let leave: (unsent: readonly OutFrame[]) => void = () => {};
    const extras = {
      leave: (done: typeof leave) => {
        leave = done;
      },
      stay: () => {},
    };
    const { clock, transport, inner, sent, got } = line({ latency: 1 }, 1, extras);
    transport.send(["on its way"]);
    const done = vi.fn();
    transport.leave?.(done);
    transport.send(["later"]);
    inner.handler.received("last");
    clock.advance(0.5);
    leave(["not written"]);
    clock.advance(0.6);
    expect(got()).toEqual([["last", 11]]);
    expect(done).not.toHaveBeenCalled();
    clock.advance(1);
    expect(done).toHaveBeenCalledExactlyOnceWith(["not written", "on its way", "later"]);
    clock.advance(10);
    transport.close(true);
    expect(sent()).toEqual([]);
  });

  test("stay: it goes on", () => {
    const stay = vi.fn();
    const { clock, transport, sent } = line({ latency: 1 }, 1, { leave: () => {}, stay });
    transport.send(["a"]);
    transport.leave?.(() => {});
    transport.send(["b"]);
    clock.advance(5);
    expect(sent()).toEqual([]);
    transport.stay?.();
    expect(sent()).toEqual([["a"], ["b"]]);
    expect(stay).toHaveBeenCalledTimes(1);
  });

  test("close() while it leaves", () => {
    const { clock, transport, sent } = line({ latency: 1 }, 1, { leave: () => {}, stay: () => {} });
    transport.leave?.(() => {});
    transport.send(["a"]);
    transport.close();
    clock.advance(5);
    expect(sent()).toEqual([["a"], "close()"]);
  });
});

describe("settings", () => {
  test("none but what is named changes; a preset is all of it", () => {
    const link = new LinkSimulator("train");
    link.set({ latency: 0.5, down: { jitter: 0.7 } });
    const { up, down, mean_uptime } = link.get_settings();
    expect(up).toEqual({ latency: 0.5, jitter: 0.12, bandwidth: 100_000, stall_chance: 0.02, stall_time: 1.5 });
    expect(down).toEqual({ latency: 0.5, jitter: 0.7, bandwidth: 300_000, stall_chance: 0.02, stall_time: 1.5 });
    expect(mean_uptime).toBe(90);
    link.set("none");
    expect(link.get_settings()).toEqual(new LinkSimulator().get_settings());
  });

  test("what is undefined is not named", () => {
    const link = new LinkSimulator({ latency: 0.5, jitter: undefined } as never);
    link.set({ latency: undefined, down: { latency: undefined }, up: undefined, mean_uptime: undefined } as never);
    expect(link.get_settings()).toEqual(new LinkSimulator({ latency: 0.5 }).get_settings());
  });

  test("those of a direction go before those of both", () => {
    const link = new LinkSimulator({ up: { latency: 2 }, latency: 1, down: { jitter: 3 } });
    const { up, down } = link.get_settings();
    expect([up.latency, up.jitter, down.latency, down.jitter]).toEqual([2, 0, 1, 3]);
  });

  test.each(["wifi", "4g", "train"] as const)("%s: a game can be played on it", (preset) => {
    const { game } = behindLink(preset, { recovery: 60 });
    let answers = 0;
    game.server.on("connection", (socket) => socket.on("ask", (_data, reply) => reply?.([])));
    for (let second = 0; second < 120; second++) {
      game.main.emit_with_ack("ask", [], (_, error) => {
        if (error === 0) answers++;
      });
      game.play(1);
    }
    expect(answers).toBeGreaterThan(110);
  });

  test("they are in order: each preset is worse than the one before", () => {
    const rtt = (["none", "wifi", "4g", "train"] as const).map((preset) => {
      const { game } = behindLink(preset);
      game.play(30);
      return game.client.get_stats().rtt_min;
    });
    expect(rtt).toEqual([...rtt].sort((a, b) => a - b));
    expect(new Set(rtt).size).toBe(4);
  });

  test.each([
    [{ latency: -0.1 }, '"latency" must be a finite number of 0 or more seconds, got -0.1'],
    [{ latency: Number.NaN }, '"latency"'],
    [{ latency: Infinity }, '"latency"'],
    [{ latency: "80" }, '"latency"'],
    [{ jitter: -1 }, '"jitter"'],
    [{ bandwidth: 0 }, "freeze() for none"],
    [{ bandwidth: Number.NaN }, '"bandwidth"'],
    [{ stall_chance: 1.1 }, "from 0 to 1"],
    [{ stall_time: -1 }, '"stall_time"'],
    [{ mean_uptime: 0 }, '"mean_uptime"'],
    [{ up: { latency: -1 } }, 'up: "latency"'],
    [{ down: { mean_uptime: 3 } }, "down"],
    [{ down: null }, "down"],
    [{ loss: 0.1 }, "stall_chance"],
    [{ loss: undefined }, "stall_chance"],
    [[], "an object"],
    [null, "an object"],
    ["5g", "one of none, wifi, 4g, train"],
  ])("%o is a TypeError, and nothing has changed", (settings, message) => {
    expect(() => new LinkSimulator(settings as never)).toThrow(TypeError);
    const link = new LinkSimulator("wifi");
    const before = link.get_settings();
    expect(() => link.set(settings as never)).toThrow(message);
    expect(link.get_settings()).toBe(before);
  });

  test("a seed and a clock that are none, and what is no factory", () => {
    expect(() => new LinkSimulator({}, { seed: Number.NaN })).toThrow("the seed");
    expect(() => new LinkSimulator({}, { clock: (() => 0) as never })).toThrow("a ManualClock");
    // Which would be real time.
    expect(() => new LinkSimulator({}, new ManualClock() as never)).toThrow("must be one of seed, clock, got");
    expect(() => new LinkSimulator({}, { seeds: 1 } as never)).toThrow('must be one of seed, clock, got "seeds"');
    expect(() => new LinkSimulator({}, null as never)).toThrow(
      "the options of a LinkSimulator must be an object, got null",
    );
    new LinkSimulator({}, { seed: undefined, clock: undefined } as never);
    expect(() => new LinkSimulator().wrap("websocket" as never)).toThrow("a transport factory like `websocket`");
  });
});

test("a connection that is over leaves nothing behind that wakes up", () => {
  const clock = new ManualClock();
  let pending = 0;
  const counting = {
    get now() {
      return clock.now;
    },
    after(seconds: number, callback: () => void) {
      pending++;
      let isOver = false;
      const over = () => {
        if (!isOver) pending--;
        isOver = true;
      };
      const cancel = clock.after(seconds, () => {
        over();
        callback();
      });
      return () => {
        over();
        cancel();
      };
    },
  };
  const link = new LinkSimulator({ latency: 1, mean_uptime: 1e6 }, { clock: counting });
  const transport = link.wrap((_request, handler) => new Inner(handler))(REQUEST, { received() {}, closed() {} });
  clock.advance(1);
  expect(pending).toBe(1);
  transport.send(["a"]);
  transport.close();
  clock.advance(2);
  expect(pending).toBe(0);
});

test("in real time without a clock", async () => {
  const link = new LinkSimulator({ latency: 0.02 });
  const heard: string[] = [];
  let inner!: Inner;
  const transport = link.wrap((_request, handler) => {
    inner = new Inner(handler);
    return inner;
  })(REQUEST, { received: (frame) => heard.push(String(frame)), closed() {} });
  transport.send(["a"]);
  inner.handler.received("b");
  expect([inner.calls, heard]).toEqual([[], []]);
  await expect.poll(() => [inner.calls, heard]).toEqual([[["a"]], ["b"]]);
  transport.close();
  await expect.poll(() => inner.calls).toEqual([["a"], "close()"]);
});
