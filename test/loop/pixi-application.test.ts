/** The extension of a real PixiJS Application, without a screen; test/browser/pixi.test.ts has one. */
import type { Application, ApplicationOptions } from "pixi.js";
import { SocketIOClient } from "socketio-gameloop";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { SocketIOApplicationPlugin, type SocketIOPluginOptions } from "../../src/loop/pixi.js";
import { connected, Rig } from "../support/scripted-server.js";
import { Frames, initWithoutRenderer, loadPixi } from "./pixi-host.js";

let pixi: typeof import("pixi.js");
let app: Application | null = null;

beforeAll(async () => {
  pixi = await loadPixi();
});

beforeEach(() => {
  // Pixi's ResizePlugin listens to the window.
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("removeEventListener", () => {});
  // The shared ticker starts by itself.
  vi.stubGlobal("requestAnimationFrame", () => 1);
  vi.stubGlobal("cancelAnimationFrame", () => {});
  pixi.extensions.add(SocketIOApplicationPlugin);
});

afterEach(() => {
  app?.destroy();
  app = null;
  pixi.extensions.remove(SocketIOApplicationPlugin);
  vi.unstubAllGlobals();
});

function init(socketio?: SocketIOPluginOptions, options: Partial<ApplicationOptions> = {}): Application {
  app = initWithoutRenderer(pixi, { ...options, ...(socketio && { socketio }) });
  return app;
}

test("app.destroy() in a callback of the game: what was emitted before is sent", () => {
  const { client, clock, main, peer } = rig();
  const { ticker } = init({ client, clock: clock.read });
  ticker.add(() => {
    main.emit("leave");
    app?.destroy();
    app = null;
  });
  new Frames(ticker, clock).paint();
  expect(peer.written()).toEqual(['42["leave"]']);
});

describe("app.init()", () => {
  test("polls the client in the application's ticker", () => {
    const { client, clock, main, push } = rig();
    const { ticker, socketio } = init({ client, clock: clock.read });
    expect(socketio.client).toBe(client);
    const told: string[] = [];
    main.on("move", ([x]) => told.push(`move ${x}`));
    socketio.resumed.connect((seconds) => told.push(`resumed ${seconds}`));
    ticker.add(() => told.push("frame"));
    const frames = new Frames(ticker, clock);
    push('42["move",1]');
    frames.paint();
    push('42["move",2]');
    frames.paint(60);
    expect(told).toEqual(["move 1", "frame", "resumed 60", "move 2", "frame"]);
  });

  test("with a url connects", () => {
    const rig = new Rig();
    init({ client: rig.client, url: "ws://game", auth: { token: "t" } });
    expect(rig.peer.url).toContain("ws://game/socket.io/");
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTING);
  });

  test("without a client takes the singleton", () => {
    expect(init({}).socketio.client).toBe(SocketIOClient.get_singleton());
  });

  test("without the option leaves the application alone", () => {
    const { ticker, socketio } = init();
    expect(socketio).toBeUndefined();
    // Its own render().
    expect(ticker.count).toBe(1);
  });

  test("again takes the place of the first", () => {
    const first = connected();
    const second = connected();
    const one = init({ client: first.client });
    const { ticker } = one;
    initWithoutRenderer(pixi, { socketio: { client: second.client } }, one);
    expect(one.socketio.client).toBe(second.client);
    // Pixi leaves its own render() in the ticker it had before.
    expect(ticker.count).toBe(1);
  });
});

describe("installing", () => {
  test("twice is once", () => {
    pixi.extensions.add(SocketIOApplicationPlugin, SocketIOApplicationPlugin);
    const found = pixi.Application._plugins.filter((plugin) => plugin === (SocketIOApplicationPlugin as unknown));
    expect(found).toHaveLength(1);
    expect(init({ client: connected().client }).ticker.count).toBe(3);
  });

  test("puts it behind the plugins of Pixi, and behind one that comes later", () => {
    const later = { extension: pixi.ExtensionType.Application, init() {}, destroy() {} };
    pixi.extensions.add(later);
    expect(pixi.Application._plugins.at(-1)).toBe(SocketIOApplicationPlugin);
    pixi.extensions.remove(later);
  });
});

describe("app.destroy()", () => {
  test("takes the client out of the ticker and closes it, if it has connected it", () => {
    const rig = new Rig();
    const shared = init({ client: rig.client, url: "ws://game" }, { sharedTicker: true });
    const { ticker } = shared;
    const before = ticker.count;
    shared.destroy();
    app = null;
    expect(before - ticker.count).toBe(3);
    expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
    expect(shared.socketio).toBeUndefined();
  });

  test("leaves a client connected that it has not connected", () => {
    const { client } = rig();
    init({ client }).destroy();
    app = null;
    expect(client.is_socket_connected()).toBe(true);
  });

  test.each(["a listener", "resumed", "a callback of the game"])("may be called by %s", (caller) => {
    const { client, clock, main, push } = rig();
    const one = init({ client, clock: clock.read });
    const { ticker, socketio } = one;
    const frames = new Frames(ticker, clock);
    const told: string[] = [];
    const destroy = () => {
      one.destroy();
      app = null;
      told.push("destroyed");
    };
    frames.paint();
    if (caller === "a listener") main.on("end", destroy);
    else if (caller === "resumed") socketio.resumed.connect(destroy);
    else ticker.add(destroy);
    push('42["end"]');
    expect(() => frames.paint(2)).not.toThrow();
    expect(told).toEqual(["destroyed"]);
    expect(ticker.count).toBe(0);
  });

  test("of an application that was never given the option does nothing", () => {
    expect(() => init().destroy()).not.toThrow();
    app = null;
  });
});

describe("what cannot be: app.init() fails, and nothing stays installed", () => {
  test.each<[string, () => SocketIOPluginOptions, string]>([
    ["no client", () => ({ client: {} as never }), 'option "client" must be a SocketIOClient, got object'],
    ["no URL", () => ({ client: connected().client, url: 3000 as never }), "the URL must be a string"],
    ["an unknown option", () => ({ uri: "ws://game" }) as never, 'clock, got "uri"'],
    ["resumed_after", () => ({ client: connected().client, resumed_after: -1 }), "above 0, got -1"],
    ["a URL that is none", () => ({ client: new Rig().client, url: "game" }), 'cannot use the URL "game"'],
    ["a client in use", () => ({ client: connected().client, url: "ws://game" }), "call close() first"],
  ])("%s", (_, options, message) => {
    const one = new pixi.Application();
    expect(() => initWithoutRenderer(pixi, { socketio: options() }, one)).toThrow(message);
    expect(one.socketio).toBeUndefined();
    expect(one.ticker.count).toBe(1);
    one.destroy();
  });

  test("an application without a ticker", () => {
    const host = { ticker: undefined };
    const init = () => SocketIOApplicationPlugin.init.call(host, { socketio: { client: connected().client } });
    expect(init).toThrow("the ticker must be like app.ticker of PixiJS, got undefined");
    expect(host).toEqual({ ticker: undefined });
  });

  test("a client that a shared ticker polls already", () => {
    const { client } = connected();
    const first = initWithoutRenderer(pixi, { sharedTicker: true, socketio: { client } });
    const second = new pixi.Application();
    const init = () => initWithoutRenderer(pixi, { sharedTicker: true, socketio: { client } }, second);
    expect(init).toThrow("detach it first");
    first.destroy();
    expect(init).not.toThrow();
    second.destroy();
  });
});

/** A connected client, taken apart. */
function rig() {
  const rig = connected();
  return { client: rig.client, clock: rig.clock, main: rig.main, peer: rig.peer, push: rig.push.bind(rig) };
}
