import { beforeEach, describe, expect, test, vi } from "vitest";
import { AckError, Err, OK, Signal, type SocketIOClient } from "../../src/index.js";
import type { FakeSocket, ManualClock } from "../../src/testing/index.js";
import { connect, type Game, PAUSED, RUNNING, Scene, SLEEPING } from "./phaser-host.js";

let clock: ManualClock;
let client: SocketIOClient;
let game: Game;
let socket: FakeSocket;
let scene: Scene;
/** What the scene has heard. */
let heard: unknown[];

beforeEach(() => {
  ({ clock, client, game, socket } = connect());
  scene = new Scene(game, "arena");
  heard = [];
});

/** Everything that the server sends here arrives before the same poll. */
function send(...events: string[]): unknown[] {
  heard = [];
  for (const event of events) socket.emit(event, [heard.length]);
  game.frame();
  return heard;
}

const hear =
  (what: string) =>
  (...args: unknown[]) => {
    heard.push(args.length > 0 ? what : "nothing");
  };

describe("on, once, off", () => {
  test("hear an event with its data, its reply, and the scene as this", () => {
    const answer = vi.fn();
    scene.net.on("hit", function (this: Scene, [damage], reply) {
      heard.push(this, damage);
      reply?.([damage * 2]);
    } as Parameters<typeof scene.net.on>[1]);
    socket.emit_with_ack("hit", [3], answer);
    game.frame();
    expect(heard).toEqual([scene, 3]);
    expect(answer).toHaveBeenCalledExactlyOnceWith([6], OK);
  });

  test("once is heard once", () => {
    scene.net.once("hit", hear("once"));
    expect(send("hit", "hit")).toEqual(["once"]);
    expect(send("hit")).toEqual([]);
  });

  test("the same callback may be added twice; off removes the first, or all without a callback", () => {
    const callback = hear("hit");
    scene.net.on("hit", callback);
    scene.net.on("hit", callback);
    scene.net.once("hit", callback);
    expect(send("hit")).toEqual(["hit", "hit", "hit"]);
    scene.net.off("hit", callback);
    expect(send("hit")).toEqual(["hit"]);
    scene.net.off("hit");
    scene.net.off("hit", callback);
    expect(send("hit")).toEqual([]);
  });

  test("off removes nothing of another scene, of another event or of the game itself", () => {
    const callback = hear("arena");
    const menu = new Scene(game, "menu");
    scene.net.on("hit", callback);
    scene.net.on("", callback);
    menu.net.on("hit", hear("menu"));
    client.get_namespace().on("hit", hear("game"));
    scene.net.off("hit");
    expect(send("hit", "")).toEqual(["menu", "game", "arena"]);
  });

  test.each(["on", "once"] as const)("%s takes nothing but a function, and no reserved name", (name) => {
    expect(() => scene.net[name]("hit", 5 as never)).toThrow(
      new TypeError('the callback of "hit" must be a function, got 5'),
    );
    expect(() => scene.net[name]("connect", () => {})).toThrow(TypeError);
    scene.shutdown();
    expect(() => scene.net[name]("hit", undefined as never)).toThrow(TypeError);
  });

  test("what a callback throws is told with the event's name, and the others are called", () => {
    const error = new Error("no such sprite");
    client.listener_error.connect((...args) => heard.push(args));
    scene.net.on("hit", () => {
      throw error;
    });
    scene.net.on("hit", hear("second"));
    expect(send("hit")).toEqual([[error, "hit", "/"], "second"]);
  });
});

describe("namespaces", () => {
  test("have listeners and emits of their own, which end with the scene", () => {
    const chat = scene.net.namespace("/chat");
    expect(chat.get_namespace()).toBe(client.get_namespace("/chat"));
    chat.get_namespace().connect_to_namespace();
    game.frame();
    game.frame();
    chat.on("line", ([text]) => heard.push(text));
    const server = socket.connection.sockets[1]!;
    chat.emit("say", ["hi"]);
    chat.emit_volatile("wave");
    game.frame();
    expect(server.received.map(({ event, data }) => [event, data])).toEqual([
      ["say", ["hi"]],
      ["wave", []],
    ]);
    server.emit("line", ["hello"]);
    game.frame();
    expect(heard).toEqual(["hello"]);
    scene.shutdown();
    server.emit("line", ["anybody?"]);
    game.frame();
    expect(heard).toEqual(["hello"]);
    expect(chat.get_namespace().is_namespace_connected()).toBe(true);
  });

  test("are not joined by being asked for, and need a path", () => {
    scene.net.namespace("/chat");
    expect(client.get_namespace("/chat")?.is_namespace_connected()).toBe(false);
    expect(() => scene.net.namespace("chat")).toThrow(TypeError);
  });
});

describe("connect and disconnect", () => {
  test("a signal is heard until the scene ends, with the scene as this; a callback is taken once", () => {
    const signal = new Signal<[score: number]>();
    const callback = function (this: unknown, score: number) {
      heard.push(this === scene, score);
    };
    expect(scene.net.connect(signal, callback)).toBe(OK);
    expect(scene.net.connect(signal, callback)).toBe(Err.ERR_INVALID_PARAMETER);
    signal.emit(7);
    expect(heard).toEqual([true, 7]);
    scene.net.disconnect(signal, callback);
    scene.net.disconnect(signal, callback);
    expect(signal.get_connections()).toEqual([]);
    expect(scene.net.connect(signal, callback)).toBe(OK);
    scene.shutdown();
    expect(signal.get_connections()).toEqual([]);
  });

  test("CONNECT_ONE_SHOT is heard once", () => {
    const signal = new Signal();
    expect(scene.net.connect(signal, () => heard.push("shot"), Signal.CONNECT_ONE_SHOT)).toBe(OK);
    signal.emit();
    signal.emit();
    expect(heard).toEqual(["shot"]);
    expect(signal.get_connections()).toEqual([]);
  });

  test("a callback may be connected to two signals, and be disconnected from one", () => {
    const [one, two] = [new Signal(), new Signal()];
    const callback = () => heard.push("one of them");
    expect([scene.net.connect(one, callback), scene.net.connect(two, callback)]).toEqual([OK, OK]);
    scene.net.disconnect(one, callback);
    one.emit();
    two.emit();
    expect(heard).toEqual(["one of them"]);
  });

  test("two scenes may connect the same callback", () => {
    const signal = new Signal();
    const callback = () => heard.push("both");
    const menu = new Scene(game, "menu");
    expect([scene.net.connect(signal, callback), menu.net.connect(signal, callback)]).toEqual([OK, OK]);
    scene.shutdown();
    signal.emit();
    expect(heard).toEqual(["both"]);
  });

  test("take nothing but a function", () => {
    expect(() => scene.net.connect(client.connected, null as never)).toThrow("the callback must be a function");
  });
});

describe("acknowledgements", () => {
  beforeEach(() => {
    socket.on("buy", ([item], reply) => reply?.([`${item}!`]));
  });

  test("the callback gets the response while the scene runs", () => {
    expect(scene.net.emit_with_ack("buy", ["sword"], (...args) => heard.push(...args))).toBe(OK);
    game.frame();
    game.frame();
    expect(heard).toEqual([["sword!"], OK]);
  });

  test("it is not called in a scene that has ended, nor in its next run", () => {
    scene.net.emit_with_ack("buy", ["sword"], hear("answer"));
    scene.start();
    game.frame();
    game.frame();
    expect(heard).toEqual([]);
  });

  test("nor is one that was asked for after the end", () => {
    scene.shutdown();
    expect(scene.net.emit_with_ack("buy", ["sword"], hear("answer"))).toBe(OK);
    scene.start();
    game.frame();
    game.frame();
    expect(heard).toEqual([]);
    expect(socket.received).toHaveLength(1);
  });

  test("a promise is settled in any case, with the timeout that was asked for", async () => {
    const answer = scene.net.emit_with_ack("buy", ["sword"]);
    const late = scene.net.emit_with_ack("nobody", [], 2);
    const refused = expect(late).rejects.toThrow(AckError);
    scene.shutdown();
    game.frame();
    game.frame();
    await expect(answer).resolves.toEqual(["sword!"]);
    clock.advance(2.1);
    game.frame();
    await refused;
  });
});

describe("the end of a scene", () => {
  test("what it has registered is gone; the farewell of its shutdown is sent", () => {
    scene.net.on("hit", hear("hit"));
    scene.sys.events.on("shutdown", () => scene.net.emit("leave"));
    scene.shutdown();
    expect(send("hit")).toEqual([]);
    expect(socket.received.map(({ event }) => event)).toEqual(["leave"]);
  });

  test("the next run begins with nothing", () => {
    scene.net.on("hit", hear("first run"));
    scene.start();
    scene.net.on("hit", hear("second run"));
    expect(send("hit")).toEqual(["second run"]);
  });

  test.each(["shutdown", "destroy"] as const)("what is registered after %s is not, and may still be emitted", (how) => {
    scene.net.emit("here");
    scene[how]();
    const signal = new Signal();
    scene.net.on("hit", hear("late"));
    expect(scene.net.connect(signal, hear("late"))).toBe(Err.ERR_UNAVAILABLE);
    expect(scene.net.emit("late")).toBe(OK);
    expect(signal.get_connections()).toEqual([]);
    scene.sys.settings.status = RUNNING;
    expect(send("hit")).toEqual([]);
  });

  test("destroy() of the plugin ends it too, and may be called again", () => {
    scene.net.on("hit", hear("hit"));
    scene.net.destroy();
    scene.net.destroy();
    expect(send("hit")).toEqual([]);
  });
});

describe("a scene that ends inside a callback", () => {
  const END: [how: string, end: (scene: Scene) => void][] = [
    ["is shut down at once", (scene) => scene.shutdown()],
    ["is destroyed at once", (scene) => scene.destroy()],
    ["has ordered to be stopped", (scene) => scene.order("stop")],
    ["has ordered it by the scene itself", (scene) => scene.order("stop", scene)],
    ["has ordered to be removed", (scene) => scene.order("remove")],
    ["has ordered to be started again", (scene) => scene.order("start")],
    ["has ordered to be run, which starts again what runs", (scene) => scene.order("run")],
    ["is switched to, which does the same", (scene) => scene.order("switch", "menu", scene.key)],
  ];

  test.each(END)("and %s: no later callback of it is called, of whatever kind", (_, end) => {
    const signal = new Signal();
    socket.on("buy", (_data, reply) => reply?.([]));
    client.event_received.connect(() => signal.emit());
    scene.net.emit_with_ack("buy", [], hear("answer"));
    client.flush();
    heard = [];
    socket.emit("hit");
    socket.emit("hit");
    scene.net.off("hit");
    let isFirst = true;
    scene.net.on("hit", () => {
      heard.push("end");
      if (isFirst) end(scene);
      isFirst = false;
    });
    scene.net.on("hit", hear("second listener"));
    scene.net.once("hit", hear("once"));
    scene.net.connect(signal, hear("signal"));
    game.frame();
    expect(heard.filter((what) => what !== "nothing")).toEqual(["answer", "end"]);
    game.frame();
    expect(send("hit")).toEqual([]);
    expect(signal.get_connections()).toEqual([]);
  });

  test("what another scene has registered is called", () => {
    new Scene(game, "menu").net.on("hit", hear("menu"));
    scene.net.on("hit", () => scene.order("stop"));
    expect(send("hit", "hit")).toEqual(["menu", "menu"]);
  });

  test("an order of its update counts from then on: Phaser carries it out behind the next poll", () => {
    scene.net.on("hit", hear("hit"));
    scene.order("stop");
    expect(send("hit")).toEqual([]);
  });

  test("orders that do not end it change nothing", () => {
    scene.net.on("hit", hear("hit"));
    for (const op of ["pause", "sleep", "switch", "bringToTop"]) scene.order(op);
    scene.order("stop", "menu");
    expect(send("hit")).toEqual(["hit"]);
  });

  test("a Phaser that keeps its orders elsewhere ends the scene when it shuts it down", () => {
    Object.assign(game.scene, { _queue: undefined });
    scene.net.on("hit", () => {
      heard.push("hit");
      if (heard.length === 2) scene.shutdown();
    });
    socket.emit("hit");
    socket.emit("hit");
    socket.emit("hit");
    client.poll();
    expect(heard).toEqual(["hit", "hit"]);
  });

  test.each([
    ["run", PAUSED],
    ["run", SLEEPING],
    ["switch", SLEEPING],
  ])("nor does an order that only wakes it: %s in status %i", (op, status) => {
    scene.net.on("hit", hear("hit"));
    scene.sys.settings.status = status;
    if (op === "switch") scene.order(op, "menu", scene.key);
    else scene.order(op);
    expect(send("hit")).toEqual(["hit"]);
    expect(send("hit")).toEqual(["hit"]);
  });

  test("nor does what Phaser will not carry out: to stop in a transition, to start while the scene is made", () => {
    scene.net.on("hit", hear("hit"));
    scene.isTransitioning = true;
    scene.order("stop");
    expect(send("hit")).toEqual(["hit"]);
    scene.sys.settings.status = 3;
    scene.order("start");
    expect(send("hit")).toEqual(["hit"]);
  });
});

describe("a scene that is being made", () => {
  test("hears what it says itself, in every run", () => {
    const score = new Signal<[score: number]>();
    let run = 0;
    scene.create = () => {
      const number = ++run;
      scene.net.connect(score, (points: number) => heard.push(`run ${number}: ${points}`));
      score.emit(0);
    };
    scene.start();
    scene.net.on("hit", () => {
      scene.order("stop");
      scene.order("start");
    });
    expect(send("hit")).toEqual(["run 2: 0"]);
    score.emit(1);
    expect(heard).toEqual(["run 2: 0", "run 2: 1"]);
  });

  test("hears others that are started with it, once it is there", () => {
    const ready = new Signal<[who: string]>();
    const [hud, chat] = [new Scene(game, "hud"), new Scene(game, "chat")];
    scene.create = () => void scene.net.connect(ready, (who: string) => heard.push(who));
    for (const other of [hud, chat]) other.create = () => ready.emit(other.key);
    for (const started of [hud, scene, chat]) started.order("start");
    game.frame();
    expect(heard).toEqual(["chat"]);
  });

  test("hears nothing more when it tells itself to stop", () => {
    const signal = new Signal();
    scene.create = () => {
      scene.net.connect(signal, hear("too late"));
      scene.order("stop");
      signal.emit();
    };
    scene.order("start");
    game.frame();
    expect(heard).toEqual([]);
    expect(signal.get_connections()).toEqual([]);
  });
});

describe("a scene that is paused or sleeps", () => {
  beforeEach(() => {
    scene.net.on("hit", hear("hit"));
    scene.net.once("hit", hear("once"));
    scene.net.connect(client.event_received, hear("signal"));
  });

  test.each([PAUSED, SLEEPING])("hears all, status %i", (status) => {
    scene.sys.settings.status = status;
    expect(send("hit")).toEqual(["hit", "once", "signal"]);
  });

  test.each([PAUSED, SLEEPING])(
    "with pause_with_scene hears signals and acknowledgements alone, status %i",
    (status) => {
      expect(scene.net.pause_with_scene).toBe(false);
      scene.net.pause_with_scene = true;
      socket.on("buy", (_data, reply) => reply?.([1]));
      scene.net.emit_with_ack("buy", [], hear("answer"));
      client.flush();
      scene.sys.settings.status = status;
      expect(send("hit")).toEqual(["answer", "signal"]);
      scene.sys.settings.status = RUNNING;
      expect(send("hit")).toEqual(["hit", "once", "signal"]);
    },
  );
});

describe("the end of the game", () => {
  test("the farewell of a scene is sent, though no frame ends any more", () => {
    scene.sys.events.on("destroy", () => scene.net.emit("leave"));
    game.destroy();
    expect(socket.received.map(({ event }) => event)).toEqual(["leave"]);
  });

  test("a scene that first uses its plugin after it may emit, and registers nothing", () => {
    scene.start();
    game.destroy();
    expect(scene.net.on("hit", hear("late"))).toBeUndefined();
    expect(scene.net.emit("late")).toBe(OK);
    client.flush();
    expect(socket.received.map(({ event }) => event)).toEqual(["late"]);
  });
});

test("without the global plugin the first use is an error that says what to write", () => {
  game.plugins.plugins = [];
  const other = new Scene(game, "other");
  for (const use of [() => other.net.on("hit", () => {}), () => other.net.emit("hit"), () => other.net.client])
    expect(use).toThrow(/^this game has no SocketIOPlugin/);
});
