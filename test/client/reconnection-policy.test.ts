/* How soon a connection is made again. Whether at all: reconnection-filter.test.ts. */
import { type ClientOptionsInput, Err, OK, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test, vi } from "vitest";
import { connected, connecting, JOINED, OPEN, Rig, settled } from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_DISCONNECTED } = SocketIOClient;
const plain = (more: object = {}): ClientOptionsInput => ({ reconnection: { delay: 1, jitter: 0, ...more } });

/** What `reconnecting` announces from now on. */
function announced(rig: Rig): [attempt: number, delay: number][] {
  const heard: [number, number][] = [];
  rig.client.reconnecting.connect((attempt, delay) => heard.push([attempt, delay]));
  return heard;
}

describe("the delay is capped before it is shortened at random", () => {
  test("so a herd that lost the same server does not come back at one moment, however long that is gone", () => {
    const delays = Array.from({ length: 50 }, (_, player) => {
      const rig = connected();
      rig.random = player / 50;
      const heard = announced(rig);
      rig.lose();
      while (heard.length < 12) {
        rig.step(5);
        rig.lose();
      }
      return heard.at(-1)?.[1] ?? 0;
    });
    expect(new Set(delays).size).toBe(50);
    expect([Math.max(...delays), Math.min(...delays)]).toEqual([5, 5 * (1 - 0.5 * 0.98)]);
  });

  test("a delay_max below delay counts from the first attempt on", () => {
    const rig = connected(plain({ delay: 4, delay_max: 3 }));
    const heard = announced(rig);
    rig.lose();
    expect(heard).toEqual([[1, 3]]);
  });
});

describe("attempts are counted anew only after a connection that lasted for delay_max", () => {
  test.each([
    ["a moment less", 4.9, [2, 2]],
    ["that long", 5, [1, 1]],
  ])("%s", (_, seconds, expected) => {
    const rig = connected(plain());
    const heard = announced(rig);
    rig.lose();
    rig.step(1);
    rig.serve(OPEN, JOINED);
    rig.step(seconds);
    rig.lose();
    expect(heard.at(-1)).toEqual(expected);
  });

  test("the time before the main namespace was joined counts: the server has been there", () => {
    const rig = connected(plain());
    const heard = announced(rig);
    rig.lose();
    rig.step(1);
    rig.serve(OPEN);
    rig.step(5);
    rig.serve(JOINED);
    rig.lose();
    expect(heard.at(-1)).toEqual([1, 1]);
  });

  test("a session whose main namespace was never joined has not lasted", () => {
    const rig = connected(plain());
    const heard = announced(rig);
    rig.lose();
    rig.step(1);
    rig.serve(OPEN);
    rig.step(15);
    rig.lose();
    expect(heard.at(-1)).toEqual([2, 2]);
  });

  test("`attempts` is about attempts in a row in the same sense", () => {
    const rig = connected(plain({ attempts: 2 }));
    for (let round = 0; round < 5; round++) {
      rig.lose();
      rig.step(1);
      rig.serve(OPEN, JOINED);
      rig.step(5);
    }
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    for (let round = 0; round < 2; round++) {
      rig.lose();
      rig.step(2);
      rig.serve(OPEN, JOINED);
    }
    rig.lose();
    expect(rig.told()).toContain("reconnect_failed()");
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("attempts: 0 tries a lost connection never again, and says that it has given up", () => {
    const rig = connected(plain({ attempts: 0 }));
    rig.lose();
    expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(transport close)", "reconnect_failed()"]);
  });

  test("close() and connect_to_url() count from the start", () => {
    const rig = connected(plain());
    const heard = announced(rig);
    rig.lose();
    rig.step(1);
    rig.lose();
    rig.client.close();
    rig.client.connect_to_url("ws://test");
    rig.lose();
    expect(heard).toEqual([
      [1, 1],
      [2, 2],
      [1, 1],
    ]);
  });
});

describe("reconnect_now()", () => {
  test("makes the attempt that is waited for at once, and no other at the end of the delay", () => {
    const rig = connected(plain());
    rig.lose();
    expect(rig.client.reconnect_now()).toBe(OK);
    expect(rig.peers).toHaveLength(2);
    rig.step(1.5);
    expect(rig.peers).toHaveLength(2);
    rig.serve(OPEN, JOINED);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("is one of the attempts that are counted: when it fails, the next delay is the next longer one", () => {
    const rig = connected(plain({ attempts: 2 }));
    const heard = announced(rig);
    rig.lose();
    rig.client.reconnect_now();
    rig.lose();
    expect(heard).toEqual([
      [1, 1],
      [2, 2],
    ]);
    rig.client.reconnect_now();
    rig.lose();
    expect(rig.told()).toContain("reconnect_failed()");
  });

  test("asks auth, url, query and headers again, and has the whole connect_timeout", () => {
    let asked = 0;
    const rig = new Rig({ connect_timeout: 3, reconnection: { delay: 2, jitter: 0 } });
    rig.client.connect_to_url("ws://test", () => ({ asked: ++asked }));
    rig.lose();
    rig.step(1.9);
    rig.client.reconnect_now();
    expect(asked).toBe(2);
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(['40{"asked":2}']);
    rig.told();
    rig.step(2.9);
    expect(rig.told()).toEqual([]);
    rig.step(0.1);
    expect(rig.told()[0]).toMatch(/^connect_error\(\/, \/ was not connected within 3 s/);
  });

  const refused = [Err.ERR_UNAVAILABLE, "no attempt to connect is waited for"];
  const now = ({ client }: Rig) => [client.reconnect_now(), client.get_last_error()];

  test("when nothing is waited for: ERR_UNAVAILABLE, a sentence, and nothing happens", () => {
    const never = new Rig();
    expect(now(never)).toEqual(refused);
    const trying = connecting();
    expect(now(trying)).toEqual(refused);
    const opened = connecting();
    opened.serve(OPEN);
    expect(now(opened)).toEqual(refused);
    const up = connected();
    expect(now(up)).toEqual(refused);
    up.client.close();
    expect(now(up)).toEqual(refused);
    expect([never, trying, opened, up].map(({ peers }) => peers.length)).toEqual([0, 1, 1, 1]);
  });

  test("before the poll that tells of the loss there is nothing to wait for yet", () => {
    const rig = connected();
    rig.peer.cut();
    expect(rig.client.reconnect_now()).toBe(Err.ERR_UNAVAILABLE);
    rig.poll();
    expect(rig.client.reconnect_now()).toBe(OK);
  });

  test("twice is once", () => {
    const rig = connected();
    rig.lose();
    expect([rig.client.reconnect_now(), rig.client.reconnect_now()]).toEqual([OK, Err.ERR_UNAVAILABLE]);
    expect(rig.peers).toHaveLength(2);
  });

  test.each(["disconnected", "reconnecting", "connect_error"] as const)("from inside `%s`", (signal) => {
    const rig = connected(plain());
    const results: Err[] = [];
    if (signal === "connect_error") rig.lose();
    rig.client[signal].connect(() => results.push(rig.client.reconnect_now()));
    if (signal === "connect_error") rig.step(1);
    const before = rig.peers.length;
    rig.lose();
    expect(results).toEqual([OK]);
    expect(rig.peers).toHaveLength(before + 1);
    expect(rig.peer.closed).toBe(false);
    rig.step(10);
    expect(rig.peers).toHaveLength(before + 1);
    rig.serve(OPEN, JOINED);
    expect(rig.told().at(-1)).toBe("connected(a)");
  });

  test("from inside `disconnected` or `connect_error` the attempt is announced with the delay it has: none", () => {
    for (const signal of ["disconnected", "connect_error"] as const) {
      const rig = connected(plain());
      const heard = announced(rig);
      rig.client[signal].connect(() => rig.client.reconnect_now());
      rig.lose();
      if (signal === "connect_error") {
        rig.step(1);
        rig.lose();
      }
      expect(heard.at(-1)).toEqual(signal === "connect_error" ? [2, 0] : [1, 0]);
    }
  });

  test("from inside callbacks with nothing to wait for", () => {
    const rig = connected(plain({ attempts: 1 }));
    const results: string[] = [];
    const tell = (name: string) => results.push(`${name} ${rig.client.reconnect_now()}`);
    rig.client.connected.connect(() => tell("connected"));
    rig.client.reconnect_failed.connect(() => tell("reconnect_failed"));
    rig.main.on("x", () => tell("event"));
    rig.serve('42["x"]');
    rig.lose();
    rig.step(1);
    rig.serve(OPEN, JOINED);
    rig.lose();
    expect(results).toEqual(["event 2", "connected 2", "reconnect_failed 2"]);
    expect(rig.peers).toHaveLength(2);
  });

  test("in the moment in which close() follows, nothing is left", async () => {
    const rig = connected();
    rig.lose();
    rig.client.reconnect_now();
    rig.client.close();
    await settled();
    expect(rig.peer.closed).toBe(true);
    rig.step(10);
    expect(rig.peers).toHaveLength(2);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });
});

test.each([NaN, "x"])("a `random` that is no number (%j) counts as 0", (drawn) => {
  const rig = connected({ random: () => drawn as number });
  rig.lose();
  expect(rig.told().at(-1)).toBe("reconnecting(1, 0.25)");
  rig.step(0.25);
  expect(rig.peers).toHaveLength(2);
});

test("a `random` that throws is reported and counts as 0", () => {
  const report = vi.spyOn(console, "error").mockImplementation(() => {});
  const rig = connected({
    random: () => {
      throw new Error("no dice");
    },
  });
  rig.lose();
  expect(report.mock.calls).toEqual([[new Error("no dice")]]);
  report.mockRestore();
  expect(rig.told().at(-1)).toBe("reconnecting(1, 0.25)");
  rig.step(0.25);
  expect(rig.peers).toHaveLength(2);
});
