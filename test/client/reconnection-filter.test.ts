/* The option `reconnection.filter`: asked whether to try again, with what it is told, and what its answer does. */
import { type ConnectError, Err, OK, type ReconnectionFilter, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import {
  connected,
  connecting,
  JOINED,
  join,
  OPEN,
  outcome,
  Rig,
  type RigOptions,
  settled,
} from "../support/scripted-server.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;
const REFUSED = '44{"message":"not yet","data":{"queue":3}}';

/** Options with a filter that notes what it is asked and gives `answer`. */
function asking(answer: boolean | ReconnectionFilter, more: RigOptions = {}) {
  const asked: [reason: string, error: ConnectError, by_default: boolean][] = [];
  const filter: ReconnectionFilter = (reason, error, by_default) => {
    asked.push([reason, error, by_default]);
    return typeof answer === "function" ? answer(reason, error, by_default) : answer;
  };
  const options: RigOptions = { ...more, reconnection: { delay: 1, delay_max: 8, jitter: 0, filter } };
  return { asked, options };
}

const byDefault: ReconnectionFilter = (_, __, by_default) => by_default;

/** Gets a client into trouble; the poll in which the filter is asked is the last thing it does. */
type Trouble = (rig: Rig) => void;

const join_ = (rig: Rig, path: string) => {
  rig.client.create_namespace(path).connect_to_namespace();
  rig.poll();
};

const lost = (frames: (string | Uint8Array)[]) => (rig: Rig) => rig.serve(OPEN, JOINED, ...frames);

const CASES: [what: string, trouble: Trouble, reason: string, error: object, byDefault: boolean][] = [
  [
    "the connection is cut",
    (rig) => {
      rig.serve(OPEN, JOINED);
      rig.lose();
    },
    "transport close",
    { message: "cut", namespace: "/", code: Err.ERR_CANT_CONNECT, transport: "websocket" },
    true,
  ],
  [
    "it breaks",
    (rig) => {
      rig.serve(OPEN, JOINED);
      rig.peer.cut("transport error", "ECONNRESET");
      rig.poll();
    },
    "transport error",
    { message: "ECONNRESET", namespace: "/", code: Err.ERR_CANT_CONNECT, transport: "websocket" },
    true,
  ],
  ["the server closes the session", lost(["1"]), "transport close", { namespace: "/" }, true],
  ["the server breaks the protocol", lost(["4x"]), "parse error", { code: Err.ERR_INVALID_DATA, namespace: "/" }, true],
  [
    "no ping comes",
    (rig) => {
      rig.serve(OPEN, JOINED);
      rig.step(45);
    },
    "ping timeout",
    { message: "the server sent no ping in time", namespace: "/", code: Err.ERR_CANT_CONNECT },
    true,
  ],
  [
    "more comes than is polled",
    (rig) => {
      rig.serve(OPEN, JOINED);
      rig.client.configure({ max_queued_packets: 1 });
      rig.serve('42["x"]', '42["x"]', '42["x"]');
    },
    "inbound overflow",
    { namespace: "/" },
    true,
  ],
  [
    "an attempt fails",
    (rig) => rig.lose(),
    "connect_error",
    { message: "cut", namespace: "/", code: Err.ERR_CANT_CONNECT, transport: "websocket" },
    true,
  ],
  [
    "an attempt takes too long",
    (rig) => rig.step(20),
    "connect_error",
    { namespace: "/", code: Err.ERR_TIMEOUT, transport: "websocket" },
    true,
  ],
  [
    "the main namespace is refused",
    (rig) => rig.serve(OPEN, REFUSED),
    "connect_error",
    { message: "not yet", namespace: "/", code: Err.ERR_UNAUTHORIZED, data: { queue: 3 } },
    false,
  ],
  [
    "another namespace is refused",
    (rig) => {
      rig.serve(OPEN, JOINED);
      join_(rig, "/a");
      rig.serve('44/a,{"message":"full"}');
    },
    "connect_error",
    { message: "full", namespace: "/a", code: Err.ERR_UNAUTHORIZED },
    false,
  ],
  [
    "another namespace is not answered",
    (rig) => {
      rig.serve(OPEN, JOINED);
      join_(rig, "/a");
      rig.step(20);
    },
    "connect_error",
    { message: "the server did not answer the CONNECT in time", namespace: "/a", code: Err.ERR_TIMEOUT },
    false,
  ],
  [
    "the server disconnects the main namespace",
    lost(["41"]),
    "server disconnect",
    { message: "the server disconnected the namespace", namespace: "/", code: Err.ERR_CONNECTION_ERROR },
    false,
  ],
  [
    "the server disconnects another namespace",
    (rig) => {
      rig.serve(OPEN, JOINED);
      join(rig, "/a");
      rig.serve("41/a,");
    },
    "server disconnect",
    { message: "the server disconnected the namespace", namespace: "/a", code: Err.ERR_CONNECTION_ERROR },
    false,
  ],
];

describe("it is asked once, inside poll(), with the reason, what is known of it, and what happens without it", () => {
  test.each(CASES)("%s", (_, trouble, reason, error, expected) => {
    const { asked, options } = asking(byDefault);
    trouble(connecting(options));
    expect(asked).toEqual([[reason, expect.objectContaining(error), expected]]);
  });

  test.each(CASES)("an answer that is the default changes nothing: %s", (_, trouble) => {
    const told = [asking(byDefault).options, { reconnection: { delay: 1, delay_max: 8, jitter: 0 } }].map((options) => {
      const rig = connecting(options);
      trouble(rig);
      const state = rig.client.get_connection_state();
      rig.step(30);
      return [...rig.told(), state, rig.peers.length, rig.peer.frames];
    });
    expect(told[0]).toEqual(told[1]);
  });
});

test("it is not asked about what the game does itself, nor when reconnection is off", () => {
  const { asked, options } = asking(true);
  const rig = connected(options);
  join(rig, "/a").disconnect_from_namespace();
  rig.client.close();
  const off = connected({ reconnection: { ...(options.reconnection as object), enabled: false } });
  off.lose();
  expect(asked).toEqual([]);
  expect(off.client.get_connection_state()).toBe(STATE_DISCONNECTED);
});

test("it may be set and taken off at any time", () => {
  const rig = connected();
  rig.client.configure({ reconnection: { filter: () => false } });
  rig.client.configure({ reconnection: { filter: null } });
  rig.lose();
  expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
  rig.client.configure({ reconnection: { filter: () => false } });
  rig.step(1);
  rig.lose();
  expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
});

describe("false ends the client", () => {
  test("for a connection that was lost", () => {
    const rig = connected(asking(false).options);
    join(rig, "/a");
    rig.lose();
    expect(rig.told()).toEqual([
      "namespace_disconnected(/)",
      "disconnected(transport close)",
      "namespace_disconnected(/a)",
      "reconnect_failed()",
    ]);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    rig.step(60);
    expect(rig.peers).toHaveLength(1);
    expect(rig.client.connect_to_url("ws://test")).toBe(OK);
  });

  test("for an attempt that failed, and what waits is told", async () => {
    const rig = connecting(asking(false).options);
    const ready = rig.main.ready();
    rig.lose();
    expect(rig.told()).toEqual(["connect_error(/, cut)", "reconnect_failed()", "disconnected(transport close)"]);
    expect(await outcome(ready)).toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
  });

  test("only for what it says: an attempt that timed out, say", () => {
    const { options } = asking((_, { code }) => code !== Err.ERR_TIMEOUT);
    const rig = connecting(options);
    rig.lose();
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    rig.step(1);
    rig.step(20);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });
});

describe("true joins a namespace again that the server does not want us in", () => {
  /** The seconds between refusals and the CONNECTs that follow them. */
  function patience(rig: Rig, refusal: string, connect: string, rounds: number): number[] {
    const waited: number[] = [];
    for (let round = 0; round < rounds; round++) {
      rig.serve(refusal);
      rig.peer.written();
      let seconds = 0;
      while (rig.peer.written().at(-1) !== connect && seconds < 60) {
        rig.clock.advance(0.5);
        rig.serve("2");
        seconds += 0.5;
      }
      waited.push(seconds);
    }
    return waited;
  }

  test("the main namespace, refused again and again: after delays that grow up to delay_max", () => {
    const rig = connecting(asking(true).options);
    rig.serve(OPEN);
    expect(patience(rig, REFUSED, "40", 5)).toEqual([1, 2, 4, 8, 8]);
    rig.serve(JOINED);
    expect(rig.told().filter((line) => !line.startsWith("connect_error(/, not yet)"))).toEqual([
      "namespace_connected(/)",
      "connected(a)",
    ]);
    expect(rig.peers).toHaveLength(1);
  });

  test("another one; the rest of the connection goes on meanwhile", () => {
    const rig = connected(asking(true).options);
    join(rig, "/b");
    join_(rig, "/a");
    expect(patience(rig, '44/a,{"message":"full"}', "40/a,", 4)).toEqual([1, 2, 4, 8]);
    expect(rig.client.get_namespace("/b")?.is_namespace_connected()).toBe(true);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("the delays start anew once it was joined", () => {
    const rig = connected(asking(true).options);
    join_(rig, "/a");
    patience(rig, '44/a,{"message":"full"}', "40/a,", 3);
    rig.serve('40/a,{"sid":"b"}');
    rig.step(8);
    rig.serve("41/a,");
    join_(rig, "/never");
    expect(patience(rig, '44/a,{"message":"not asked"}', "40/a,", 1)).toEqual([1]);
  });

  test("a server that lets in and throws out at once is not hammered: the delays go on growing", () => {
    const rig = connected(asking(true).options);
    const waited: number[] = [];
    for (let round = 0; round < 4; round++) {
      waited.push(...patience(rig, "41", "40", 1));
      rig.serve(JOINED);
    }
    expect(waited).toEqual([1, 2, 4, 8]);
  });

  test("thrown out of the main namespace: down, CONNECTING, and up again on the same connection", () => {
    const rig = connected(asking((reason) => reason === "server disconnect").options);
    rig.serve("41");
    expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(server disconnect)"]);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTING);
    expect(rig.client.is_socket_connected()).toBe(true);
    rig.step(1);
    expect(rig.peer.written()).toEqual(["40"]);
    rig.serve('40{"sid":"a2"}');
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a2)"]);
    expect(rig.peers).toHaveLength(1);
  });

  test("the game sees CONNECTING in connect_error, and what it emits waits", () => {
    const rig = connecting(asking(true).options);
    const seen: unknown[] = [];
    rig.main.connect_error.connect(() => seen.push(rig.main.get_connection_state(), rig.main.emit("early")));
    rig.serve(OPEN, REFUSED);
    expect(seen).toEqual([STATE_CONNECTING, OK]);
    rig.step(1);
    rig.serve(JOINED);
    expect(rig.peer.written()).toEqual(["40", "40", '42["early"]']);
  });

  test.each(["/", "/a"])("auth of %s is asked again for each join, and a dictionary is sent again", async (path) => {
    let asked = 0;
    const packet = path === "/" ? "" : `${path},`;
    const rig = new Rig(asking(true).options);
    const auth = async () => ({ ticket: ++asked });
    rig.client.connect_to_url("ws://test", path === "/" ? auth : { main: true });
    if (path !== "/") rig.client.create_namespace(path).connect_to_namespace(auth);
    await settled();
    rig.serve(OPEN, ...(path === "/" ? [] : [JOINED]));
    for (let round = 1; round <= 3; round++) {
      expect(rig.peer.written().filter((frame) => String(frame).includes("ticket"))).toEqual([
        `40${packet}{"ticket":${round}}`,
      ]);
      rig.serve(`44${packet}{"message":"wrong ticket"}`);
      rig.step(8);
      await settled();
    }
    if (path === "/") return;
    rig.serve("41");
    rig.step(8);
    expect(rig.peer.written()).toContain('40{"main":true}');
  });

  test.each(["/", "/a"])("an auth function of %s that fails is asked again after delays that grow", async (path) => {
    const rig = new Rig(asking(true).options);
    const asked: number[] = [];
    const auth = async () => {
      asked.push(rig.clock.now);
      throw new Error("no ticket");
    };
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, JOINED);
    rig.main.disconnect_from_namespace();
    rig.client.create_namespace(path).connect_to_namespace(auth);
    for (let second = 0; second < 35; second += 0.5) {
      await settled();
      rig.clock.advance(0.5);
      rig.serve("2");
    }
    const started = asked[0]!;
    // Each failure is told in the poll after it.
    expect(asked.map((moment) => moment - started)).toEqual([0, 1.5, 4, 8.5, 17, 25.5, 34]);
    expect(rig.peers).toHaveLength(1);
  });

  test("it is not asked for a namespace that was left meanwhile, and once for one that was joined again", () => {
    const rig = connected(asking(true).options);
    let asked = 0;
    const auth = () => ({ ticket: ++asked });
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace(auth);
    rig.poll();
    rig.serve('44/a,{"message":"full"}');
    ns.disconnect_from_namespace();
    rig.step(8);
    expect(asked).toBe(1);
    ns.connect_to_namespace(auth);
    rig.poll();
    rig.serve('44/a,{"message":"full"}');
    ns.disconnect_from_namespace();
    ns.connect_to_namespace(auth);
    rig.step(8);
    expect(asked).toBe(3);
  });

  test("leaving it meanwhile ends the waiting", () => {
    const rig = connected(asking(true).options);
    join_(rig, "/a");
    rig.serve('44/a,{"message":"full"}');
    rig.peer.written();
    rig.client.get_namespace("/a")?.disconnect_from_namespace();
    rig.step(10);
    expect(rig.peer.written()).toEqual([]);
    expect(rig.client.get_namespace("/a")?.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("a connection that is lost meanwhile joins it with the next one, at once", () => {
    const rig = connected(asking(true).options);
    join_(rig, "/a");
    rig.serve('44/a,{"message":"full"}');
    rig.lose();
    rig.step(1);
    rig.serve(OPEN);
    expect(rig.peer.written()).toEqual(["40", "40/a,"]);
  });

  test("a refused main namespace that is waited for longer than connect_timeout does not cost the connection", () => {
    const rig = connecting(asking(true, { connect_timeout: 5 }).options);
    join_(rig, "/a");
    rig.serve(OPEN, '40/a,{"sid":"b"}');
    patience(rig, REFUSED, "40", 4);
    expect(rig.peers).toHaveLength(1);
    expect(rig.client.get_namespace("/a")?.is_namespace_connected()).toBe(true);
  });
});
