import { type Auth, Err, SocketIONamespace } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, OPEN, open, outcome, Rig, settled } from "../support/scripted-server.js";

/** A promise that is settled by hand. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function asking(auth: Auth, options = {}) {
  const rig = new Rig(options);
  rig.client.connect_to_url("ws://test", auth);
  return rig;
}

describe("auth as a dictionary", () => {
  test("goes to the main namespace in CONNECT, and to no other", () => {
    const rig = asking({ token: "t", level: 3 });
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(['40{"token":"t","level":3}', "40/a,"]);
  });

  test("is taken as it was when it was given, and kept for reconnection", () => {
    const auth: Record<string, unknown> = { token: "t" };
    const rig = asking(auth);
    auth["token"] = "changed";
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(['40{"token":"t"}']);
    rig.serve('40{"sid":"a"}');
    rig.lose();
    rig.comeBack();
    expect(rig.peer.written()).toEqual(['40{"token":"t"}']);
  });

  test("is not kept for another connect_to_url()", () => {
    const rig = asking({ token: "t" });
    rig.client.close();
    rig.client.connect_to_url("ws://test");
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(["40"]);
  });

  test("is an object on the wire, whatever its toJSON makes of it", () => {
    for (const auth of [{ toJSON: () => "text" }, { toJSON: () => [1] }, { toJSON: () => undefined }, new Date(0)]) {
      const rig = new Rig();
      let written: unknown = "refused";
      try {
        rig.client.connect_to_url("ws://test", auth as never);
        rig.push(OPEN);
        written = rig.peer.written()[0];
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
      }
      expect(["refused", "40"]).toContain(written);
    }
  });

  test.each([
    {
      get token(): string {
        throw new Error("no");
      },
    },
    new Proxy(
      {},
      {
        get() {
          throw new Error("no");
        },
      },
    ),
  ])("case %#: one that cannot be read is a TypeError", (auth) => {
    const rig = new Rig();
    expect(() => rig.client.connect_to_url("ws://test", auth)).toThrow(TypeError);
    expect(rig.peers).toEqual([]);
  });

  test.each([
    ["promise", Promise.resolve({ token: "t" })],
    ["map", new Map([["token", "t"]])],
    ["headers", new Headers({ token: "t" })],
    ["array", ["t"]],
  ])("%s is none: it would be sent as nothing", (kind, auth) => {
    const rig = new Rig();
    const message = `auth must be a dictionary object or a function for one, got ${kind}`;
    expect(() => rig.client.connect_to_url("ws://test", auth as never)).toThrow(new TypeError(message));
    expect(rig.told()).toEqual([]);
    expect(rig.peers).toEqual([]);
  });
});

describe("auth as a function", () => {
  test("is asked for each connection", () => {
    let asked = 0;
    const rig = asking(() => ({ token: `t${++asked}` }));
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(['40{"token":"t1"}']);
    rig.serve('40{"sid":"a"}');
    rig.lose();
    expect(asked).toBe(1);
    rig.comeBack();
    expect(rig.peer.written()).toEqual(['40{"token":"t2"}']);
  });

  test("is asked again after a failed attempt", () => {
    let asked = 0;
    const rig = asking(() => ({ token: `t${++asked}` }));
    rig.lose();
    rig.comeBack();
    expect(rig.peer.written()).toEqual(['40{"token":"t2"}']);
  });

  test.each([[undefined], [null], [{}]])("may have nothing to say (%j)", (answer) => {
    const rig = asking(() => answer);
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(["40"]);
  });

  test("async: CONNECT waits for the answer and then goes out at once", async () => {
    const answer = deferred<{ token: string }>();
    const rig = asking(() => answer.promise);
    rig.serve(OPEN);
    await settled();
    rig.poll();
    expect(rig.peer.written()).toEqual([]);
    answer.resolve({ token: "late" });
    await settled();
    expect(rig.peer.written()).toEqual(['40{"token":"late"}']);
    rig.serve('40{"sid":"a"}');
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
  });

  test("async: an answer before the session opens waits for it", async () => {
    const rig = asking(async () => ({ token: "early" }));
    await settled();
    expect(rig.peer.written()).toEqual([]);
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(['40{"token":"early"}']);
  });

  test("async: any thenable will do, not only the platform's own Promise", async () => {
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      then: (resolve: (value: unknown) => void) => resolve({ token: "t" }),
    };
    const rig = asking((() => thenable) as never);
    rig.serve(OPEN);
    await settled();
    expect(rig.peer.written()).toEqual(['40{"token":"t"}']);
  });

  test("async: other namespaces do not wait for it", () => {
    const rig = asking(() => new Promise(() => {}));
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.serve(OPEN, '40/a,{"sid":"b"}');
    expect(rig.peer.written()).toEqual(["40/a,"]);
    expect(ns.is_namespace_connected()).toBe(true);
  });

  test("that never answers: connect_timeout ends the attempt, and the next one asks again", () => {
    let asked = 0;
    const rig = asking(
      () => {
        asked++;
        return new Promise(() => {});
      },
      { connect_timeout: 3 },
    );
    rig.serve(OPEN);
    rig.step(3);
    expect(rig.told()).toEqual([expect.stringMatching(/^connect_error/), expect.stringMatching(/^reconnecting/)]);
    rig.step(1);
    expect(asked).toBe(2);
  });

  test("that rejects is a failed attempt: told in poll(), then asked again", async () => {
    let asked = 0;
    const rig = asking(async () => {
      if (++asked === 1) throw new Error("no token yet");
      return { token: "t" };
    });
    await settled();
    expect(rig.told()).toEqual([]);
    rig.poll();
    expect(rig.told()).toEqual([
      expect.stringMatching(/^connect_error\(\/, .*no token yet/),
      expect.stringMatching(/^reconnecting/),
    ]);
    rig.step(1);
    await settled();
    rig.push(OPEN);
    expect(rig.peer.written()).toEqual(['40{"token":"t"}']);
  });

  test("that throws is a failed attempt, told in poll(); connect_to_url() does not throw", () => {
    const rig = asking(
      () => {
        throw new Error("broken");
      },
      { reconnection: false },
    );
    expect(rig.told()).toEqual([]);
    rig.poll();
    expect(rig.told()).toEqual([
      expect.stringMatching(/^connect_error\(\/, .*broken/),
      expect.stringMatching(/^disconnected/),
    ]);
  });

  test.each([["text"], [7], [[]], [{ big: 1n }], [{ bytes: new Uint8Array(1) }]])(
    "that answers with no dictionary (case %#) is a failed attempt, sync and async",
    async (answer) => {
      for (const auth of [() => answer, async () => answer]) {
        const rig = asking(auth as never, { reconnection: false });
        await settled();
        rig.poll();
        expect(rig.told()).toEqual([
          expect.stringMatching(/^connect_error\(\/, .*auth/),
          expect.stringMatching(/^disconnected/),
        ]);
      }
    },
  );

  test.each(["a sentence", undefined, null, 7])(
    "that rejects with %j, which is no Error, is a failed attempt too",
    async (thrown) => {
      const rig = asking(() => Promise.reject(thrown), { reconnection: false });
      await settled();
      rig.poll();
      expect(rig.told()[0]).toMatch(/^connect_error\(\/, .*auth/);
      if (thrown !== undefined) expect(rig.client.get_last_error()).toContain(String(thrown));
    },
  );

  test("an answer after close() does nothing", async () => {
    const answer = deferred<{ token: string }>();
    const rig = asking(() => answer.promise);
    rig.serve(OPEN);
    rig.client.close();
    rig.told();
    answer.resolve({ token: "t" });
    await settled();
    rig.poll();
    expect(rig.peer.frames).toEqual([]);
    expect(rig.told()).toEqual([]);
  });

  test("a rejection after close() is nobody's: neither told nor unhandled", async () => {
    const answer = deferred<never>();
    const rig = asking(() => answer.promise);
    rig.client.close();
    rig.told();
    answer.reject(new Error("late"));
    await settled();
    rig.poll();
    expect(rig.told()).toEqual([]);
  });

  test("the answer for an old connection is not taken for the new one", async () => {
    const answers = [deferred<{ token: string }>(), deferred<{ token: string }>()];
    let asked = 0;
    const rig = asking(() => (answers[asked++] as (typeof answers)[number]).promise);
    rig.serve(OPEN);
    rig.lose();
    rig.comeBack();
    answers[0]?.resolve({ token: "old" });
    await settled();
    expect(rig.peer.written()).toEqual([]);
    answers[1]?.resolve({ token: "new" });
    await settled();
    expect(rig.peer.written()).toEqual(['40{"token":"new"}']);
  });

  test("the answer for an old join is not taken for the new one of the same connection", async () => {
    const old = deferred<{ seat: number }>();
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace(() => old.promise);
    ns.disconnect_from_namespace();
    const fresh = deferred<{ seat: number }>();
    ns.connect_to_namespace(() => fresh.promise);
    old.resolve({ seat: 1 });
    await settled();
    rig.poll();
    expect(rig.peer.written()).toEqual([]);
    fresh.resolve({ seat: 2 });
    await settled();
    expect(rig.sent()).toEqual(['40/a,{"seat":2}']);
  });

  test("an answer whose socket is dead by then is not written", async () => {
    const answer = deferred<{ token: string }>();
    const rig = asking(() => answer.promise, { connect_timeout: 1000 });
    rig.serve(open({ pingInterval: 1000, pingTimeout: 1000 }));
    rig.clock.advance(10);
    answer.resolve({ token: "t" });
    await settled();
    expect(rig.peer.written()).toEqual([]);
    rig.poll();
    expect(rig.told()[0]).toMatch(/^connect_error/);
  });

  test("of a namespace that rejects refuses that namespace, in poll() and not before", async () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace(async () => {
      throw new Error("no key");
    });
    const ready = ns.ready();
    await settled();
    expect(ns.get_connection_state()).toBe(SocketIONamespace.STATE_CONNECTING);
    expect(await outcome(ready)).toBe("pending");
    rig.poll();
    expect(ns.get_connection_state()).toBe(SocketIONamespace.STATE_DISCONNECTED);
    expect(rig.told()).toEqual([expect.stringMatching(/^connect_error\(\/a, .*no key/)]);
    expect(await outcome(ready)).toMatchObject({ message: expect.stringContaining("no key") });
    expect(rig.peer.written()).toEqual([]);
  });

  test("of `/`, joined again on a session that another namespace uses, refuses `/` alone", async () => {
    const rig = connected();
    const other = rig.client.create_namespace("/b");
    other.connect_to_namespace();
    rig.serve('40/b,{"sid":"b"}');
    const main = rig.client.get_namespace("/");
    main.disconnect_from_namespace();
    rig.told();
    main.connect_to_namespace(async () => {
      throw new Error("no key");
    });
    await settled();
    rig.poll();
    expect(rig.told()).toEqual([expect.stringMatching(/^connect_error\(\/, .*no key/)]);
    expect([main.get_connection_state(), other.is_namespace_connected()]).toEqual([0, true]);
    expect(rig.client.get_connection_state()).toBe(2);
  });

  test("of a namespace that never answers is refused with ERR_TIMEOUT", () => {
    const rig = connected({ connect_timeout: 3 });
    const ns = rig.client.create_namespace("/a");
    const codes: Err[] = [];
    ns.connect_error.connect(({ code }) => codes.push(code));
    ns.connect_to_namespace(() => new Promise(() => {}));
    rig.step(3);
    expect(codes).toEqual([Err.ERR_TIMEOUT]);
    expect(rig.peer.written()).toEqual([]);
  });

  test("of a namespace is asked again at every reconnect", () => {
    const rig = connected();
    let asked = 0;
    rig.client.create_namespace("/a").connect_to_namespace(() => ({ seat: ++asked }));
    expect(rig.sent()).toEqual(['40/a,{"seat":1}']);
    rig.lose();
    rig.comeBack();
    expect(rig.peer.written()).toEqual(["40", '40/a,{"seat":2}']);
  });

  test("runs outside the callbacks' count and may call anything", () => {
    const rig: Rig = new Rig();
    rig.client.connect_to_url("ws://test", () => {
      rig.main.emit("from auth");
      rig.client.create_namespace("/a").connect_to_namespace();
      return {};
    });
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.sent()).toEqual(expect.arrayContaining(["40", "40/a,", '42["from auth"]']));
  });
});

test("of a namespace that was refused it is sent again as it was given, whatever has become of the object", () => {
  const rig = new Rig({ reconnection: { filter: () => true } });
  const auth: Record<string, unknown> = { token: "t" };
  rig.client.connect_to_url("ws://test", auth);
  auth["big"] = 1n;
  rig.serve(OPEN, '44{"message":"not yet"}');
  expect(rig.told()).toEqual(["connect_error(/, not yet)"]);
  rig.step(1);
  expect(rig.peer.written()).toEqual(['40{"token":"t"}', '40{"token":"t"}']);
});

test("a function that closes and connects anew ends the asking for the attempt that it was called for", async () => {
  const rig = new Rig();
  const side = rig.client.create_namespace("/b");
  let isFirst = true;
  let asked = 0;
  rig.client.connect_to_url("ws://test", () => {
    if (isFirst) {
      isFirst = false;
      rig.client.close();
      rig.client.connect_to_url("ws://test2", { second: true });
      side.connect_to_namespace(() => ({ asked: ++asked }));
    }
    return { first: true };
  });
  await settled();
  rig.serve(OPEN);
  expect(rig.peer.written()).toEqual(['40{"second":true}', '40/b,{"asked":1}']);
});
