/* What is asked of the game for each attempt to connect: the URL, `query`, `extra_headers` and auth as functions. */
import { Err, OK, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connecting, JOINED, OPEN, Rig, type RigOptions } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;
const RECONNECTION = { delay: 1, jitter: 0 };

/** A client whose functions count how often they were asked, in `asked` in their order, and answer with that number. */
function counting(options: RigOptions = {}) {
  const asked: string[] = [];
  const counts: Record<string, number> = {};
  const ask = (what: string) => {
    asked.push(what);
    counts[what] = (counts[what] ?? 0) + 1;
    return String(counts[what]);
  };
  const rig = new Rig({
    reconnection: RECONNECTION,
    query: () => ({ ticket: ask("query") }),
    extra_headers: () => ({ "x-ticket": ask("headers") }),
    ...options,
  });
  const start = () =>
    rig.client.connect_to_url(
      () => `ws://test-${ask("url")}`,
      () => ({ ticket: ask("auth") }),
    );
  const request = () => {
    const { url, extra_headers } = rig.peer.request;
    const { hostname, searchParams } = new URL(url);
    return [hostname, searchParams.get("ticket"), extra_headers["x-ticket"]];
  };
  return { rig, asked, start, request };
}

describe("each is asked once for an attempt", () => {
  test("in connect_to_url(), and again at the end of each delay; not in between", () => {
    const { rig, asked, start, request } = counting();
    expect(start()).toBe(OK);
    expect(asked.splice(0)).toEqual(["url", "query", "headers", "auth"]);
    expect(request()).toEqual(["test-1", "1", "1"]);
    rig.serve(OPEN, JOINED);
    rig.step(20);
    rig.lose();
    rig.step(0.9);
    expect(asked).toEqual([]);
    rig.step(0.1);
    expect(asked.splice(0)).toEqual(["url", "query", "headers", "auth"]);
    expect(request()).toEqual(["test-2", "2", "2"]);
    expect(rig.client.get_connection_url()).toBe("ws://test-2");
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(['40{"ticket":"2"}']);
    rig.lose();
    rig.step(2);
    expect(request()).toEqual(["test-3", "3", "3"]);
  });

  test("by reconnect_now() at once", () => {
    const { rig, asked, start, request } = counting();
    start();
    rig.lose();
    asked.length = 0;
    rig.client.reconnect_now();
    expect(asked).toEqual(["url", "query", "headers", "auth"]);
    expect(request()).toEqual(["test-2", "2", "2"]);
  });

  test("the transports of one attempt share the answers, and so does an upgrade", () => {
    const { rig, asked, start, request } = counting();
    rig.client.configure({
      transport_factory: null,
      transports: [rig.factory(false, "one"), rig.factory(false, "two"), rig.factory(false, "three")],
    });
    start();
    rig.lose();
    rig.lose();
    expect(rig.peers.map(({ name }) => name)).toEqual(["one", "two", "three"]);
    expect(request()).toEqual(["test-1", "1", "1"]);
    expect(asked).toEqual(["url", "query", "headers", "auth"]);
  });

  test("not after close()", () => {
    const { rig, asked, start } = counting();
    start();
    rig.lose();
    rig.client.close();
    asked.length = 0;
    rig.step(60);
    expect(asked).toEqual([]);
  });

  test("what configure() sets between two attempts counts from the next one on", () => {
    const rig = connecting({ query: { ticket: "1" }, reconnection: RECONNECTION });
    rig.lose();
    expect(rig.client.configure({ query: { ticket: "2" }, extra_headers: () => ({ "x-late": "yes" }) })).toBe(OK);
    rig.step(1);
    expect(new URL(rig.peer.url).searchParams.get("ticket")).toBe("2");
    expect(rig.peer.request.extra_headers).toEqual({ "x-late": "yes" });
  });
});

describe("one that fails makes its attempt fail, in a poll, and is asked again for the next", () => {
  /** A client one of whose functions fails the first time, as `fail` does. */
  function failing(what: "query" | "extra_headers", fail: () => unknown, more: RigOptions = {}) {
    let asked = 0;
    const answer = () => (++asked === 1 ? fail() : {}) as Record<string, string>;
    const rig = new Rig({ reconnection: RECONNECTION, [what]: answer, ...more });
    return { rig, asked: () => asked };
  }

  test.each(["query", "extra_headers"] as const)("%s that throws", (what) => {
    const { rig, asked } = failing(what, () => {
      throw new Error("no ticket yet");
    });
    expect(rig.client.connect_to_url("ws://test")).toBe(OK);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    expect(rig.told()).toEqual([]);
    rig.poll();
    expect(rig.told()).toEqual(["connect_error(/, cannot connect by websocket: no ticket yet)", "reconnecting(1, 1)"]);
    expect(rig.peers).toEqual([]);
    rig.step(1);
    expect(asked()).toBe(2);
    rig.serve(OPEN, JOINED);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test.each(["query", "extra_headers"] as const)("%s that throws what is no Error", (what) => {
    const { rig } = failing(what, () => {
      throw "a sentence";
    });
    rig.client.connect_to_url("ws://test");
    rig.poll();
    expect(rig.told()[0]).toBe("connect_error(/, cannot connect by websocket: a sentence)");
  });

  test("no other transport is tried: it would get no further", () => {
    const { rig, asked } = failing("query", () => {
      throw new Error("no ticket yet");
    });
    const transports = [rig.factory(false, "one"), rig.factory(false, "two")];
    rig.client.configure({ transport_factory: null, transports });
    rig.client.connect_to_url("ws://test");
    rig.poll();
    expect(rig.told()).toHaveLength(2);
    expect([asked(), rig.peers.length]).toEqual([1, 0]);
  });

  test("it counts as an attempt: with attempts: 0 that was all", () => {
    const options = { reconnection: { ...RECONNECTION, attempts: 0 } };
    const { rig } = failing(
      "query",
      () => {
        throw new Error("no ticket yet");
      },
      options,
    );
    rig.client.connect_to_url("ws://test");
    rig.poll();
    expect(rig.told().slice(1)).toEqual(["reconnect_failed()", "disconnected(transport error)"]);
  });

  test.each([
    ["nothing", () => undefined],
    ["null", () => null],
    ["a string", () => "ticket=1"],
    ["a number", () => 7],
    ["a list", () => [["ticket", "1"]]],
    ["a promise, which is not waited for", async () => ({ ticket: "1" })],
  ])("an answer that is no dictionary: %s", (_, answer) => {
    for (const what of ["query", "extra_headers"] as const) {
      const { rig } = failing(what, answer);
      expect(rig.client.connect_to_url("ws://test")).toBe(OK);
      rig.poll();
      expect(rig.told()[0]).toMatch(new RegExp(`^connect_error\\(/, .*option "${what}".* must be a dictionary`));
      expect(rig.peers).toEqual([]);
      rig.step(1);
      rig.serve(OPEN, JOINED);
      expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    }
  });

  test("a URL that cannot be used any more", () => {
    const urls = ["ws://test", "nonsense", "ws://other"];
    const rig = new Rig({ reconnection: RECONNECTION });
    expect(rig.client.connect_to_url(() => urls.shift() ?? "")).toBe(OK);
    rig.lose();
    rig.told();
    rig.step(1);
    rig.poll();
    expect(rig.told()[0]).toMatch(/^connect_error\(\/, .*cannot use the URL "nonsense"; write one like ws:/);
    expect(rig.peers).toHaveLength(1);
    rig.step(2);
    expect(new URL(rig.peer.url).hostname).toBe("other");
  });

  test("a function for the URL that throws later", () => {
    let asked = 0;
    const rig = new Rig({ reconnection: RECONNECTION });
    rig.client.connect_to_url(() => {
      if (++asked === 2) throw new Error("no server is free");
      return "ws://test";
    });
    rig.lose();
    rig.told();
    rig.step(1);
    rig.poll();
    expect(rig.told()[0]).toMatch(/^connect_error\(\/, .*no server is free/);
    rig.step(2);
    expect(asked).toBe(3);
    rig.serve(OPEN, JOINED);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("a function for the URL that throws at once: so does connect_to_url(), and nothing has begun", () => {
    const rig = new Rig();
    const url = () => {
      throw new Error("not logged in");
    };
    expect(() => rig.client.connect_to_url(url)).toThrow("not logged in");
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.peers).toEqual([]);
  });

  test("the first URL is looked at at once, whoever says it", () => {
    const rig = new Rig();
    expect(rig.client.connect_to_url(() => "nonsense")).toBe(Err.ERR_INVALID_PARAMETER);
    expect(rig.client.get_last_error()).toContain('"nonsense"');
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    expect(rig.peers).toEqual([]);
  });
});

describe("one that calls the client", () => {
  type Calls = (client: SocketIOClient) => void;

  /** A client one of whose functions calls `run` when it is asked for the `turn`th time. */
  function meddling(what: string, turn: number, run: Calls): { rig: Rig; start: () => Err } {
    let asked = 0;
    const holder: { rig?: Rig } = {};
    const meddle = <T>(name: string, answer: T) => {
      if (name === what && ++asked === turn) run(holder.rig!.client);
      return answer;
    };
    const rig = new Rig({
      reconnection: RECONNECTION,
      query: () => meddle("query", {}),
      extra_headers: () => meddle("extra_headers", {}),
    });
    holder.rig = rig;
    const start = () =>
      rig.client.connect_to_url(
        () => meddle("url", "ws://test"),
        () => meddle("auth", {}),
      );
    return { rig, start };
  }

  describe.each(["url", "query", "extra_headers", "auth"])("%s", (what) => {
    test.each([
      ["in connect_to_url()", 1],
      ["later", 2],
    ])("close(), %s: there is no attempt, no socket, and nothing comes later", (_, turn) => {
      // The first question for the URL is part of the call: there is nothing to close yet.
      if (what === "url" && turn === 1) return;
      const { rig, start } = meddling(what, turn, (client) => client.close());
      start();
      if (turn === 2) {
        rig.lose();
        rig.step(1);
      }
      expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
      expect(rig.peers.filter(({ closed }) => !closed)).toEqual([]);
      expect(rig.told().filter((line) => line.startsWith("disconnected"))).toEqual(["disconnected(client disconnect)"]);
      for (const peer of rig.peers) peer.push(OPEN, JOINED);
      rig.step(60);
      expect(rig.told()).toEqual([]);
      expect(rig.client.is_socket_connected()).toBe(false);
      expect(start()).toBe(OK);
    });

    test("close() and connect_to_url(): the new attempt is the only one", () => {
      const { rig, start } = meddling(what, 2, (client) => {
        client.close();
        expect(client.connect_to_url("ws://new")).toBe(OK);
      });
      start();
      rig.lose();
      rig.step(1);
      const open = rig.peers.slice(1).filter(({ closed }) => !closed);
      expect(open.map(({ url }) => new URL(url).hostname)).toEqual(["new"]);
      open[0]?.push(OPEN, JOINED);
      rig.poll();
      expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
      if (what !== "url") expect(rig.client.get_connection_url()).toBe("ws://new");
    });

    test("reconnect_now(): its own attempt is not waited for any more", () => {
      const results: Err[] = [];
      const { rig, start } = meddling(what, 2, (client) => results.push(client.reconnect_now()));
      start();
      rig.lose();
      rig.step(1);
      expect(results).toEqual([Err.ERR_UNAVAILABLE]);
      expect(rig.peers).toHaveLength(2);
      rig.serve(OPEN, JOINED);
      expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    });

    test("poll() inside it does nothing, emit() waits for the namespace", () => {
      const results: unknown[] = [];
      const { rig, start } = meddling(what, 1, (client) => {
        results.push(client.poll(), client.get_namespace().emit("early"));
      });
      expect(start()).toBe(OK);
      const isTooEarly = what === "url";
      expect(results).toEqual([0, isTooEarly ? Err.ERR_UNCONFIGURED : OK]);
      rig.serve(OPEN, JOINED);
      expect(rig.peer.written()).toEqual(isTooEarly ? ["40"] : ["40", '42["early"]']);
    });
  });
});
