import { Err, Signal, SocketIOError } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, outcome, Rig, settled } from "../support/scripted-server.js";

describe("ready", () => {
  test("resolves with the session id once connected", async () => {
    const rig = connecting();
    const ready = rig.main.ready();
    rig.serve(OPEN);
    expect(await outcome(ready)).toBe("pending");
    rig.serve('40{"sid":"a"}');
    expect(await ready).toBe("a");
  });

  test("resolves at once when it is connected, without a poll", async () => {
    expect(await connected().main.ready()).toBe("a");
  });

  test("may be asked before connect_to_url()", async () => {
    const rig = new Rig();
    const ready = rig.main.ready();
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(await ready).toBe("a");
  });

  test("rejects with the refusal: a SocketIOError with message, code and data", async () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    const ready = ns.ready();
    rig.serve('44/a,{"message":"no seat","data":{"queue":3}}');
    await expect(ready).rejects.toBeInstanceOf(SocketIOError);
    await expect(ready).rejects.toMatchObject({
      message: "no seat",
      code: Err.ERR_UNAUTHORIZED,
      data: { queue: 3 },
    });
  });

  test("rejects with ERR_TIMEOUT in the poll that sees its time pass, and not before", async () => {
    const rig = connecting();
    const ready = rig.main.ready(2);
    rig.step(1.9);
    expect(await outcome(ready)).toBe("pending");
    rig.clock.advance(1);
    expect(await outcome(ready)).toBe("pending");
    rig.poll();
    expect(await outcome(ready)).toMatchObject({ code: Err.ERR_TIMEOUT });
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(await rig.main.ready()).toBe("a");
  });

  test("waits 5 seconds by default", async () => {
    const rig = connecting();
    const ready = rig.main.ready();
    rig.step(4.9);
    expect(await outcome(ready)).toBe("pending");
    rig.step(0.2);
    expect(await outcome(ready)).toMatchObject({ code: Err.ERR_TIMEOUT });
  });

  test("several waiters are all told", async () => {
    const rig = connecting();
    const all = Promise.all([rig.main.ready(), rig.main.ready(1), rig.main.ready(30)]);
    rig.serve(OPEN, '40{"sid":"a"}');
    rig.step(60);
    expect(await all).toEqual(["a", "a", "a"]);
  });

  test("input before time: an answer that arrived in time resolves it, however late the poll", async () => {
    const rig = connecting();
    const ready = rig.main.ready(2);
    rig.push(OPEN, '40{"sid":"a"}');
    rig.step(10);
    expect(await outcome(ready)).toBe("a");
  });

  test("input before time holds for what a budget has left in the inbox", async () => {
    const rig = connected({ poll_max_packets: 1 });
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    rig.poll();
    const ready = ns.ready(2);
    rig.push('42["x"]', '40/a,{"sid":"b"}');
    rig.step(10);
    rig.poll();
    expect(await outcome(ready)).toBe("b");
  });

  test("goes on waiting through a reconnection", async () => {
    const rig = connecting();
    const ready = rig.main.ready(60);
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    expect(await ready).toBe("a2");
  });

  test("rejects with ERR_CONNECTION_ERROR when the client closes or gives up", async () => {
    const closed = connecting();
    const first = closed.main.ready();
    closed.client.close();
    expect(await outcome(first)).toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
    const lost = connecting({ reconnection: false });
    const second = lost.main.ready();
    lost.lose();
    expect(await outcome(second)).toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
  });

  test("rejects when the game leaves the namespace before it is connected, without another poll", async () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    const ready = ns.ready(60);
    ns.disconnect_from_namespace();
    expect(await outcome(ready)).toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
  });

  test("of another namespace rejects when the server's kick ends the client", async () => {
    const rig = connected();
    const ready = rig.client.create_namespace("/a").ready(60);
    rig.serve("41");
    expect(await outcome(ready)).toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
  });

  test.each([-1, Number.NaN, Infinity, "5", null])("ready(%s) throws a TypeError", (timeout) => {
    expect(() => connecting().main.ready(timeout as never)).toThrow(TypeError);
  });
});

describe("Signal.wait: GDScript's `await signal`", () => {
  test("resolves with the arguments of the next emission", async () => {
    const rig = connecting();
    const wait = rig.client.connected.wait();
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(await wait).toEqual(["a"]);
  });

  test("with a timeout rejects with ERR_TIMEOUT, in poll()", async () => {
    const rig = connecting();
    const wait = rig.client.connected.wait(2);
    rig.clock.advance(3);
    expect(await outcome(wait)).toBe("pending");
    rig.poll();
    expect(await outcome(wait)).toMatchObject({ code: Err.ERR_TIMEOUT, message: expect.stringContaining("connected") });
    expect(rig.client.connected.get_connections()).toHaveLength(1);
  });

  test("works on a client that is disconnected, as long as it is polled", async () => {
    const rig = new Rig();
    const wait = rig.client.connected.wait(1);
    rig.step(1);
    expect(await outcome(wait)).toMatchObject({ code: Err.ERR_TIMEOUT });
  });

  test("an emission in time cancels the timeout", async () => {
    const rig = connecting();
    const wait = rig.client.connected.wait(2);
    rig.serve(OPEN, '40{"sid":"a"}');
    rig.step(10);
    expect(await wait).toEqual(["a"]);
  });

  test("two waits do not disturb each other", async () => {
    const rig = connected();
    const ns = join(rig, "/a");
    const waits = Promise.all([
      ns.disconnected.wait(),
      ns.disconnected.wait(5),
      rig.client.namespace_disconnected.wait(),
    ]);
    ns.disconnect_from_namespace();
    expect(await waits).toEqual([["client disconnect"], ["client disconnect"], ["/a"]]);
  });

  test("a signal of one's own: wait() works, wait(timeout) says why it cannot", async () => {
    const signal = new Signal<[score: number]>();
    const wait = signal.wait();
    signal.emit(7);
    expect(await wait).toEqual([7]);
    expect(await outcome(signal.wait(1))).toMatchObject({ message: expect.stringContaining("wait()") });
  });

  test("in an async function a game reads like GDScript", async () => {
    const rig = connecting();
    const story: string[] = [];
    const play = async () => {
      const [sid] = await rig.client.connected.wait(5);
      story.push(`in as ${sid}`);
      const [answer] = await rig.main.emit_with_ack("join", ["red"]);
      story.push(`got ${answer}`);
    };
    const played = play();
    rig.serve(OPEN, '40{"sid":"a"}');
    await settled();
    expect(rig.sent()).toEqual(["40", '420["join","red"]']);
    rig.serve('430["seat 3"]');
    await played;
    expect(story).toEqual(["in as a", "got seat 3"]);
  });
});

describe("a time-out that is none is a TypeError at the call, and nothing waits for it", () => {
  test.each([["5"], [NaN], [-1], [Infinity], [null], [{}]])("%j", (timeout) => {
    const rig = connected();
    const complaint = /^the timeout must be a number of seconds, got /;
    const before = rig.client.connected.get_connections();
    expect(() => rig.client.connected.wait(timeout as number)).toThrow(complaint);
    expect(() => rig.main.ready(timeout as number)).toThrow(complaint);
    expect(rig.client.connected.get_connections()).toEqual(before);
    // The next attempt has a deadline, too.
    rig.lose();
    rig.step(10);
    expect(rig.peers).toHaveLength(2);
  });
});

test("ready() says so when nobody joins the namespace", async () => {
  const rig = connected();
  const side = rig.client.create_namespace("/side").ready(1);
  const main = new Rig();
  const unconnected = main.main.ready(1);
  for (const { client } of [rig, main]) client.poll();
  rig.step(1);
  main.step(1);
  expect(await outcome(side)).toMatchObject({ message: "/side was not connected within 1 s: nobody joined it" });
  expect(await outcome(unconnected)).toMatchObject({ message: "/ was not connected within 1 s: nobody joined it" });
});

test("who joins again when it is told that the namespace was left can wait for that", async () => {
  const rig = connected();
  const ns = join(rig, "/b");
  const left = ns.ready().then(() => ns.disconnect_from_namespace());
  await left;
  let again: Promise<string> | undefined;
  ns.disconnected.connect(() => {
    ns.connect_to_namespace();
    again = ns.ready();
  });
  ns.connect_to_namespace();
  rig.poll();
  rig.step(1);
  rig.serve('40/b,{"sid":"b1"}');
  ns.disconnect_from_namespace();
  expect(await outcome(again!)).toBe("pending");
  rig.poll();
  rig.step(1);
  rig.serve('40/b,{"sid":"b2"}');
  expect(await outcome(again!)).toBe("b2");
});
