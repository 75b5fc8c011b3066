/* What a browser says of its network, and what a client makes of it; with the globals that a page has. */
import { Err, OK, SocketIOClient } from "socketio-gameloop";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { watchNetwork } from "../src/network-hints.js";
import { JOINED, join, OPEN, Rig, type RigOptions } from "./support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;

type Hint = "online" | "offline";

/** The event target that a page's `window` is. */
class Page {
  readonly listeners: [type: string, listener: EventListenerObject][] = [];

  readonly add = (type: string, listener: EventListenerObject): void => {
    this.listeners.push([type, listener]);
  };

  readonly remove = (type: string, listener: EventListenerObject): void => {
    const index = this.listeners.findIndex(([name, each]) => name === type && each === listener);
    if (index >= 0) this.listeners.splice(index, 1);
  };

  tell(...hints: Hint[]): void {
    for (const hint of hints)
      for (const [type, listener] of [...this.listeners]) if (type === hint) listener.handleEvent(new Event(hint));
  }
}

let page: Page;

beforeEach(() => {
  page = new Page();
  vi.stubGlobal("addEventListener", page.add);
  vi.stubGlobal("removeEventListener", page.remove);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("watchNetwork", () => {
  const noting = (told: string[], name = "") => ({ handleEvent: ({ type }: Event) => void told.push(name + type) });

  test("tells of both events until it is told to stop", () => {
    const told: string[] = [];
    const listener = noting(told);
    watchNetwork(listener, true);
    page.tell("offline", "online", "online");
    expect(told).toEqual(["offline", "online", "online"]);
    watchNetwork(listener, false);
    expect(page.listeners).toEqual([]);
    page.tell("offline");
    expect(told).toHaveLength(3);
    expect(() => watchNetwork(listener, false)).not.toThrow();
  });

  test("several do not take each other's listeners off", () => {
    const told: string[] = [];
    const first = noting(told, "first ");
    watchNetwork(first, true);
    watchNetwork(noting(told, "second "), true);
    watchNetwork(first, false);
    page.tell("online");
    expect(told).toEqual(["second online"]);
  });

  test("where there are no such events, as in Node, it does nothing", () => {
    vi.unstubAllGlobals();
    expect("addEventListener" in globalThis).toBe(false);
    const listener = {
      handleEvent() {
        throw new Error("there is nothing to be told");
      },
    };
    expect(() => watchNetwork(listener, true)).not.toThrow();
    expect(() => watchNetwork(listener, false)).not.toThrow();
  });
});

/** A client that waits a minute between attempts. */
function connecting(url = "ws://game.example", options: RigOptions = {}): Rig {
  const rig = new Rig({ reconnection: { delay: 60, delay_max: 60, jitter: 0 }, ...options });
  rig.client.connect_to_url(url);
  return rig;
}

function connected(url?: string, options?: RigOptions): Rig {
  const rig = connecting(url, options);
  rig.serve(OPEN, JOINED);
  rig.peer.written();
  rig.told();
  return rig;
}

describe("a client listens from connect_to_url() to its end", () => {
  test.each<[string, (rig: Rig) => void]>([
    ["close()", ({ client }) => client.close()],
    ["the server kicks it out", (rig) => rig.serve("41")],
    ["it gives up", (rig) => rig.lose()],
  ])("%s", (_, end) => {
    expect(new Rig().client.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(page.listeners).toEqual([]);
    const rig = connected(undefined, { reconnection: { attempts: 0 } });
    expect(page.listeners.map(([type]) => type).sort()).toEqual(["offline", "online"]);
    end(rig);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(page.listeners).toEqual([]);
  });

  test("once, however often it connects and reconnects", () => {
    const rig = connected();
    for (let round = 0; round < 20; round++) {
      rig.lose();
      rig.step(60);
      rig.serve(OPEN, JOINED);
    }
    expect(page.listeners).toHaveLength(2);
    for (let round = 0; round < 20; round++) {
      rig.client.close();
      rig.client.connect_to_url("ws://game.example");
    }
    expect(page.listeners).toHaveLength(2);
    rig.client.close();
    expect(page.listeners).toEqual([]);
  });

  test("not for a call that was refused", () => {
    expect(new Rig().client.connect_to_url("nonsense")).toBe(Err.ERR_INVALID_PARAMETER);
    expect(page.listeners).toEqual([]);
  });

  test("each for itself", () => {
    const [one, other] = [connected(), connected()];
    one.client.close();
    page.tell("offline");
    other.poll();
    expect(other.told()).toContain("disconnected(transport close)");
    expect(one.told()).toEqual(["namespace_disconnected(/)", "disconnected(client disconnect)"]);
  });
});

describe("offline", () => {
  test("ends the connection now rather than when the heartbeat is missed; the game is told in its poll", () => {
    const rig = connected();
    const space = join(rig, "/a");
    page.tell("offline");
    expect(rig.peer.closed).toBe(true);
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    expect(space.is_namespace_connected()).toBe(true);
    rig.poll();
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(transport close)",
      "namespace_disconnected(/a)",
      "reconnecting(1, 60)",
    ]);
    expect(rig.client.get_last_error()).toBe("the browser is offline");
  });

  test("what arrived before is delivered before", () => {
    const rig = connected();
    const seen: string[] = [];
    rig.main.on("x", () => seen.push("x"));
    rig.client.disconnected.connect(() => seen.push("disconnected"));
    rig.push('42["x"]');
    page.tell("offline");
    rig.poll();
    expect(seen).toEqual(["x", "disconnected"]);
  });

  test("makes an attempt that is going on fail; those that follow are made as usual", () => {
    const rig = connecting();
    page.tell("offline");
    rig.poll();
    expect(rig.told()).toEqual(["connect_error(/, the browser is offline)", "reconnecting(1, 60)"]);
    rig.step(60);
    expect(rig.peers).toHaveLength(2);
    rig.serve(OPEN, JOINED);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("changes nothing for a client that waits for its next attempt", () => {
    const rig = connected();
    rig.lose();
    rig.told();
    page.tell("offline", "offline");
    rig.step(59);
    expect(rig.told()).toEqual([]);
    rig.step(1);
    expect(rig.peers).toHaveLength(2);
  });

  test.each(["ws://localhost:3000", "ws://127.0.0.1:3000", "http://127.8.9.1", "ws://[::1]:3000", "ws://LOCALHOST"])(
    "does not concern a server on this machine: %s",
    (url) => {
      const rig = connected(url);
      page.tell("offline");
      rig.poll();
      expect(rig.told()).toEqual([]);
      expect(rig.peer.closed).toBe(false);
      rig.lose();
      page.tell("online");
      rig.poll();
      expect(rig.peers).toHaveLength(2);
    },
  );

  test.each(["ws://localhost.game.example", "ws://127.game.example", "ws://192.168.0.7", "ws://[::2]"])(
    "does concern %s",
    (url) => {
      const rig = connected(url);
      page.tell("offline");
      rig.poll();
      expect(rig.told()).toContain("disconnected(transport close)");
    },
  );

  test("a reconnection filter hears of it as of any other loss", () => {
    const asked: unknown[] = [];
    const filter = (reason: string, { message }: { message: string }, by_default: boolean) => {
      asked.push([reason, message, by_default]);
      return false;
    };
    const rig = connected(undefined, { reconnection: { filter } });
    page.tell("offline");
    rig.poll();
    expect(asked).toEqual([["transport close", "the browser is offline", true]]);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });
});

describe("online", () => {
  test("makes the attempt that is waited for at the next poll, with the answers of now", () => {
    let asked = 0;
    const rig = connecting(undefined, { query: () => ({ asked: String(++asked) }) });
    rig.lose();
    page.tell("online");
    expect(rig.peers).toHaveLength(1);
    rig.poll();
    expect(rig.peers).toHaveLength(2);
    expect(new URL(rig.peer.url).searchParams.get("asked")).toBe("2");
    rig.step(60);
    rig.told();
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
  });

  test("comes with the loss into one poll: lost, told, tried again at once", () => {
    const rig = connected();
    page.tell("offline", "online");
    rig.poll();
    expect(rig.told()).toContain("disconnected(transport close)");
    expect(rig.peers).toHaveLength(2);
    rig.serve(OPEN, JOINED);
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
  });

  test("and offline again before the poll: there is no hurry", () => {
    const rig = connected();
    rig.lose();
    page.tell("online", "offline");
    rig.poll();
    expect(rig.peers).toHaveLength(1);
  });

  test("does nothing to a connection, to an attempt, or to a client that does not want to reconnect", () => {
    const up = connected();
    const trying = connecting();
    const ended = connected(undefined, { reconnection: false });
    ended.lose();
    page.tell("online");
    for (const rig of [up, trying, ended]) rig.poll();
    expect([up, trying, ended].map(({ peers }) => peers.length)).toEqual([1, 1, 1]);
    expect(up.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("counts for the loss at hand alone: a later one is waited for", () => {
    const rig = connected();
    page.tell("online");
    rig.poll();
    rig.lose();
    rig.poll();
    expect(rig.peers).toHaveLength(1);
  });

  test("that nobody polled for before close() is forgotten with it", () => {
    const rig = connected();
    page.tell("online");
    rig.client.close();
    expect(rig.client.connect_to_url("ws://game.example")).toBe(OK);
    rig.lose();
    rig.poll();
    expect(rig.peers).toHaveLength(2);
  });
});
