import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SocketIOClient, SocketIONamespace } from "../../src/index.js";
import { SocketIOPlugin } from "../../src/loop/phaser.js";
import { connect, Game, Scene } from "./phaser-host.js";

const EVENTS = ["prestep", "poststep", "pause"];

/** How many listeners the plugin has in a game, by event. */
const listeners = (game: Game) => EVENTS.map((event) => game.events.listenerCount(event));

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("a frame", () => {
  test("polls before the scenes update, and sends what they emit before it ends", () => {
    const { client, game, socket } = connect();
    const told: string[] = [];
    client.get_namespace().on("move", ([x]) => told.push(`move ${x}`));
    socket.on("input", ([x]) => told.push(`server: input ${x}`));
    game.update = () => {
      told.push("update");
      client.get_namespace().emit("input", [1]);
    };
    game.events.on("poststep", () => told.push("poststep"));
    socket.emit("move", [5]);
    game.frame();
    expect(told).toEqual(["move 5", "update", "server: input 1", "poststep"]);
  });

  test("tells the client no time: that has a clock of its own, and Phaser's is smoothed", () => {
    const poll = vi.fn();
    const game = new Game();
    game.start("net", { client: Object.assign(new SocketIOClient(), { poll }) });
    game.events.emit("prestep", 123456, 16);
    expect(poll.mock.calls).toEqual([[]]);
  });

  test("is polled again after stop() and start(), once", () => {
    const { game, plugin } = connect();
    plugin.stop();
    expect(listeners(game)).toEqual([0, 0, 0]);
    plugin.start();
    plugin.start();
    expect(listeners(game)).toEqual([1, 1, 1]);
  });

  test("what was emitted before stop() is sent; stopped, it sends nothing", () => {
    const { client, game, plugin, socket } = connect();
    game.update = () => {
      client.get_namespace().emit("bye");
      plugin.stop();
      client.get_namespace().emit("late");
      plugin.stop();
    };
    game.frame();
    expect(socket.received.map(({ event }) => event)).toEqual(["bye"]);
  });

  test("is not polled when a callback of resumed has stopped the plugin", () => {
    const { client, game, plugin, socket } = connect();
    let heard = 0;
    client.get_namespace().on("move", () => heard++);
    socket.emit("move");
    plugin.resumed.connect(() => plugin.stop());
    game.events.emit("pause");
    game.frame();
    expect(heard).toBe(0);
  });

  test("the end of the game leaves nothing behind but the connection", () => {
    const { client, game, plugin } = connect();
    plugin.destroy();
    plugin.destroy();
    expect(listeners(game)).toEqual([0, 0, 0]);
    expect(client.is_socket_connected()).toBe(true);
  });
});

describe("resumed", () => {
  function pausable() {
    const made = connect();
    const told: string[] = [];
    made.client.get_namespace().set_event_mode("state", SocketIONamespace.EVENT_LATEST);
    made.client.get_namespace().on("state", ([number]) => told.push(`state ${number}`));
    made.plugin.resumed.connect((seconds, skipped) => told.push(`resumed ${seconds} ${skipped}`));
    return { ...made, told };
  }

  test("comes before the poll of the first frame after a pause, with its length and what EVENT_LATEST left out in it", () => {
    const { clock, game, socket, told } = pausable();
    socket.emit("state", [1]);
    socket.emit("state", [2]);
    game.frame();
    game.events.emit("pause");
    clock.advance(10);
    for (const number of [3, 4, 5]) socket.emit("state", [number]);
    game.events.emit("resume");
    expect(told).toEqual(["state 2"]);
    game.frame();
    game.frame();
    expect(told).toEqual(["state 2", "resumed 10 2", "state 5"]);
  });

  test("counts from the first of two pauses: a paused game may be hidden as well", () => {
    const { clock, game, told } = pausable();
    game.events.emit("pause");
    clock.advance(3);
    game.events.emit("pause");
    clock.advance(4);
    game.frame();
    expect(told).toEqual(["resumed 7 0"]);
  });

  test("waits for the page to be shown where the game goes on while it is hidden; it is polled all the same", () => {
    const { clock, game, socket, told } = pausable();
    vi.stubGlobal("document", { hidden: true });
    game.events.emit("pause");
    clock.advance(5);
    socket.emit("state", [1]);
    game.frame();
    expect(told).toEqual(["state 1"]);
    vi.stubGlobal("document", { hidden: false });
    game.frame();
    expect(told).toEqual(["state 1", "resumed 5 0"]);
  });

  test("tells of a page that was hidden from the start on", () => {
    vi.stubGlobal("document", { hidden: true });
    const { clock, game, told } = pausable();
    clock.advance(2);
    vi.stubGlobal("document", { hidden: false });
    game.frame();
    expect(told).toEqual(["resumed 2 0"]);
  });

  test("tells nothing of a time in which the plugin was stopped", () => {
    const { clock, game, plugin, told } = pausable();
    game.events.emit("pause");
    plugin.stop();
    clock.advance(5);
    plugin.start();
    game.frame();
    expect(told).toEqual([]);
  });
});

describe("install", () => {
  let game: Game;
  beforeEach(() => {
    game = new Game();
  });

  test("takes the one shared client unless it is given another", () => {
    expect(SocketIOPlugin.install(game).client).toBe(SocketIOClient.get_singleton());
    const client = new SocketIOClient();
    expect(SocketIOPlugin.install(new Game(), { client }).client).toBe(client);
  });

  test("enters the plugin into the manager's list and, by its mapping, into the scenes that are there", () => {
    const scene = new Scene(game, "arena");
    const plugin = SocketIOPlugin.install(game, { key: "net", mapping: "socketio" });
    expect(game.plugins.plugins).toEqual([{ key: "net", plugin, active: true, mapping: "socketio" }]);
    expect(scene).toHaveProperty("socketio", plugin);
    expect(listeners(game)).toEqual([1, 1, 1]);
  });

  test("gives the plugin that the game has already, and installs nothing", () => {
    const plugin = SocketIOPlugin.install(game);
    expect(SocketIOPlugin.install(game, { key: "other", client: plugin.client })).toBe(plugin);
    expect(game.plugins.plugins).toHaveLength(1);
    expect(listeners(game)).toEqual([1, 1, 1]);
  });

  test("a plugin that was stopped stays stopped, as Phaser's manager knows it", () => {
    const plugin = SocketIOPlugin.install(game);
    plugin.stop();
    expect(SocketIOPlugin.install(game)).toBe(plugin);
    expect(listeners(game)).toEqual([0, 0, 0]);
  });

  test("takes what the config's entry says, to which Phaser has not come yet; its own options go first", () => {
    const [client, other] = [new SocketIOClient(), new SocketIOClient()];
    const entry = { key: "net", plugin: SocketIOPlugin, mapping: "socketio", data: { client } };
    const games = [new Game(), new Game()];
    for (const { config } of games) config.installGlobalPlugins = [{ key: "Other", plugin: class {} }, entry];
    const [one, two] = games as [Game, Game];
    const plugin = SocketIOPlugin.install(one);
    expect(one.plugins.plugins).toEqual([{ key: "net", plugin, active: true, mapping: "socketio" }]);
    expect(plugin.client).toBe(client);
    const own = SocketIOPlugin.install(two, { key: "mine", mapping: "io", client: other });
    expect(two.plugins.plugins).toEqual([{ key: "mine", plugin: own, active: true, mapping: "io" }]);
    expect(own.client).toBe(other);
  });

  test("of two games on a page each has its own", () => {
    const other = SocketIOPlugin.install(new Game());
    expect(SocketIOPlugin.install(game)).not.toBe(other);
  });

  test("under a second key in the config, Phaser gets the same plugin", () => {
    const plugin = game.start("one");
    expect(game.start("two")).toBe(plugin);
    expect(listeners(game)).toEqual([1, 1, 1]);
  });

  const CLIENT = new SocketIOClient();
  test.each([
    [
      { client: CLIENT },
      `option "client" must be the one that this game's SocketIOPlugin has already, got "another one"`,
    ],
    [{ client: {} }, 'option "client" must be a SocketIOClient, got object'],
    [{ clock: 5 }, 'option "clock" must be a function, got 5'],
    [{ url: "ws://x" }, 'an option must be client or clock, got "url"'],
  ])("with %j in a game that has it: an error, and it works as before", (options, message) => {
    const plugin = SocketIOPlugin.install(game);
    expect(() => SocketIOPlugin.install(game, options as never)).toThrow(new TypeError(message));
    expect(SocketIOPlugin.from(game)).toBe(plugin);
    expect(plugin.client).toBe(SocketIOClient.get_singleton());
    expect(game.plugins.plugins).toHaveLength(1);
    expect(listeners(game)).toEqual([1, 1, 1]);
  });

  test.each([
    [{ client: null }, 'option "client" must be a SocketIOClient, got null'],
    [{ key: "Taken" }, 'option "key" must be one that no other plugin has, got "Taken"'],
  ])("with %j in a game that has none: an error, and nothing is installed", (options, message) => {
    game.plugins.plugins.push({ key: "Taken", plugin: {} });
    expect(() => SocketIOPlugin.install(game, options as never)).toThrow(new TypeError(message));
    expect(game.plugins.plugins).toHaveLength(1);
    expect(listeners(game)).toEqual([0, 0, 0]);
  });

  test.each([undefined, null, {}, 5])("in %j, which is no game: an error", (other) => {
    expect(() => SocketIOPlugin.install(other as never)).toThrow("the game must be a Phaser.Game");
  });
});

describe("from", () => {
  test("finds the plugin of a game and of a scene", () => {
    const game = new Game();
    const plugin = game.start("SocketIOPlugin");
    expect(SocketIOPlugin.from(game)).toBe(plugin);
    expect(SocketIOPlugin.from(new Scene(game, "arena"))).toBe(plugin);
  });

  test.each([
    ["a game without the plugin", new Game()],
    ["a scene of such a game", new Scene(new Game(), "arena")],
    ["a scene without a game", new Scene(null, "arena")],
    ["undefined", undefined],
    ["something else", {}],
  ])("with %s: an error that says what to write", (_, target) => {
    expect(() => SocketIOPlugin.from(target as never)).toThrow(
      /^this game has no SocketIOPlugin; add \{ key: "SocketIOPlugin"/,
    );
  });
});
