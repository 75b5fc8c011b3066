/* A reconnection filter is a function of the game's like any other: it may throw, and call what it likes. */
import { Err, OK, type ReconnectionFilter, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, JOINED, join, OPEN, type Rig } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;

/** Options with a filter that is called with the rig that has them. */
function calling(run: (rig: Rig, ...args: Parameters<ReconnectionFilter>) => unknown) {
  const holder: { rig?: Rig } = {};
  const filter: ReconnectionFilter = (...args) => run(holder.rig!, ...args) as boolean;
  const options = { reconnection: { delay: 1, jitter: 0, filter } };
  return (make: (options: object) => Rig): Rig => {
    holder.rig = make(options);
    return holder.rig;
  };
}

/** What can go wrong with a connected client that has joined "/a" too, or with one that has not come as far. */
const TROUBLES: [string, (rig: Rig) => void][] = [
  ["the connection is lost", (rig) => rig.lose()],
  ["the server kicks us out of /", (rig) => rig.serve("41")],
  ["the server kicks us out of /a", (rig) => rig.serve("41/a,")],
  ["the server refuses /c", (rig) => rig.serve('44/c,{"message":"no"}')],
  ["an attempt fails", (rig) => failAttempt(rig)],
];

function failAttempt(rig: Rig): void {
  rig.client.reconnect_now();
  rig.lose();
}

/** A client with all of that; `/c` is being joined. */
function busy(options: object): Rig {
  const rig = connected(options);
  join(rig, "/a");
  rig.client.create_namespace("/c").connect_to_namespace();
  rig.poll();
  rig.peer.written();
  return rig;
}

describe("a filter that throws", () => {
  test.each(TROUBLES)("is told as listener_error, and what happens without a filter happens: %s", (what, trouble) => {
    const make = calling(() => {
      throw new Error("broken filter");
    });
    const rig = make(busy);
    if (what === "an attempt fails") {
      rig.lose();
      rig.told();
    }
    trouble(rig);
    const path = what.endsWith("/a") ? "/a" : what.endsWith("/c") ? "/c" : "/";
    const told = rig.told();
    expect(told[0]).toBe(`listener_error(broken filter, reconnection.filter, ${path})`);
    const without = busy({ reconnection: { delay: 1, jitter: 0 } });
    if (what === "an attempt fails") {
      without.lose();
      without.told();
    }
    trouble(without);
    expect(told.slice(1)).toEqual(without.told());
  });
});

describe("a filter that ends or replaces the connection", () => {
  test.each(TROUBLES)("close(), whatever it answers: %s", (what, trouble) => {
    for (const answer of [true, false]) {
      const make = calling((rig) => {
        rig.client.close();
        return answer;
      });
      const rig = make(busy);
      const { length } = rig.peers;
      if (what === "an attempt fails") rig.lose();
      else trouble(rig);
      const told = rig.told();
      // Thrown out it was before.
      const reason = what.endsWith(" /") ? "server disconnect" : "client disconnect";
      expect(told.filter((line) => line.startsWith("disconnected"))).toEqual([`disconnected(${reason})`]);
      expect(told).not.toContain("reconnect_failed()");
      expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
      rig.step(60);
      expect(rig.told()).toEqual([]);
      expect(rig.peers).toHaveLength(length);
      expect(rig.peers.every(({ closed }) => closed)).toBe(true);
    }
  });

  test.each(TROUBLES.slice(0, 4))("close() and connect_to_url(), whatever it answers: %s", (_, trouble) => {
    for (const answer of [true, false]) {
      let asked = 0;
      const make = calling((rig) => {
        if (++asked > 1) return false;
        rig.client.close();
        expect(rig.client.connect_to_url("ws://other", { fresh: true })).toBe(OK);
        return answer;
      });
      const rig = make(busy);
      expect(() => trouble(rig)).not.toThrow();
      expect(rig.peers).toHaveLength(2);
      expect(rig.client.get_connection_url()).toBe("ws://other");
      expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
      rig.told();
      rig.serve(OPEN);
      expect(rig.peer.written()).toEqual(['40{"fresh":true}']);
      rig.serve(JOINED);
      expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
      rig.clock.advance(30);
      rig.serve("2");
      expect(rig.peers).toHaveLength(2);
      expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    }
  });
});

describe("a filter that joins and leaves by itself", () => {
  test.each([true, false])("connect_to_namespace() with another auth for what was refused, answer %s", (answer) => {
    const make = calling((rig, _, { namespace }) => {
      expect(rig.client.get_namespace(namespace)?.connect_to_namespace({ ticket: 2 })).toBe(OK);
      return answer;
    });
    const rig = make(connected);
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace({ ticket: 1 });
    rig.poll();
    rig.serve('44/a,{"message":"wrong ticket"}');
    rig.step(1);
    expect(rig.peer.written()).toEqual(['40/a,{"ticket":1}', '40/a,{"ticket":2}']);
    rig.serve('40/a,{"sid":"b"}');
    expect(ns.is_namespace_connected()).toBe(true);
    rig.told();
    // Nothing of the join that was refused, and of none that was not made, is waited for any more.
    rig.step(21);
    expect(rig.told()).toEqual([]);
    expect(ns.is_namespace_connected()).toBe(true);
  });

  test("leaving the other namespaces", () => {
    const make = calling((rig, reason) => {
      if (reason === "connect_error") rig.client.get_namespace("/a")?.disconnect_from_namespace();
      return true;
    });
    const rig = make(busy);
    rig.serve('44/c,{"message":"no"}');
    expect(rig.told()).toEqual(["namespace_disconnected(/a)", "connect_error(/c, no)"]);
    rig.step(1);
    expect(rig.peer.written()).toEqual(["41/a,", "40/c,"]);
  });

  test("reconnect_now(): there is no attempt yet that could be waited for", () => {
    const results: Err[] = [];
    const make = calling((rig) => {
      results.push(rig.client.reconnect_now());
      return true;
    });
    const rig = make(connected);
    rig.lose();
    expect(results).toEqual([Err.ERR_UNAVAILABLE]);
    rig.step(1);
    expect(rig.peers).toHaveLength(2);
  });

  test("poll() does nothing, and flush() writes nothing to a connection that is gone", () => {
    const results: number[] = [];
    const make = calling((rig) => {
      rig.client.flush();
      results.push(rig.poll());
      return true;
    });
    const rig = make(connected);
    rig.main.emit("before");
    rig.lose();
    expect(results).toEqual([0]);
    expect(rig.peer.written()).toEqual([]);
  });
});

describe("a filter that emits", () => {
  test("keeps the order: before it, in it, after it", () => {
    const make = calling((rig) => {
      rig.main.emit("in");
      return true;
    });
    const rig = make(connected);
    rig.main.disconnected.connect(() => rig.main.emit("after"));
    rig.peer.cut();
    rig.main.emit("before");
    rig.poll();
    rig.step(1);
    rig.serve(OPEN, JOINED);
    expect(rig.peer.written()).toEqual(["40", '42["before"]', '42["in"]', '42["after"]']);
  });

  test("an acknowledgement that is asked for in it is settled once, whatever it answers", () => {
    for (const answer of [true, false]) {
      const settled: unknown[] = [];
      const make = calling((rig) => {
        rig.main.emit_with_ack("x", [], (_: unknown, error: Err) => settled.push(error), 2);
        return answer;
      });
      const rig = make(connected);
      rig.lose();
      rig.step(30);
      expect(settled).toHaveLength(1);
    }
  });
});

test("a filter may ask for the state: nobody has been told yet, and the connection still counts", () => {
  const seen: unknown[] = [];
  const make = calling((rig, reason) => {
    seen.push([reason, rig.client.get_connection_state(), rig.main.is_namespace_connected()]);
    return true;
  });
  const rig = make(connecting);
  rig.lose();
  rig.step(1);
  rig.serve(OPEN, JOINED);
  rig.lose();
  expect(seen).toEqual([
    ["connect_error", STATE_CONNECTING, false],
    ["transport close", STATE_CONNECTED, true],
  ]);
});
