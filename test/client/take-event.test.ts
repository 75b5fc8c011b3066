import { SocketIOClient, type TakenEvent } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, JOINED, join, OPEN, record } from "../support/scripted-server.js";

const PULL = { event_delivery: "pull" } as const;

/** All that can be taken now. */
function takeAll(client: SocketIOClient): TakenEvent[] {
  const taken: TakenEvent[] = [];
  for (let next = client.take_event(); next; next = client.take_event()) taken.push(next);
  return taken;
}

describe('with event_delivery: "pull"', () => {
  test("events are taken one by one, in order, and no listener is called", () => {
    const rig = connected(PULL);
    const seen = record(rig);
    expect(rig.serve('42["a",1]', '42["b",{"x":2}]')).toBe(0);
    expect(rig.client.get_pending_count()).toBe(2);
    expect(takeAll(rig.client)).toEqual([
      { event: "a", data: [1], path: "/", reply: null },
      { event: "b", data: [{ x: 2 }], path: "/", reply: null },
    ]);
    expect(rig.client.get_pending_count()).toBe(0);
    expect(seen).toEqual([]);
    expect(rig.client.get_stats().events_dispatched).toBe(2);
  });

  test("an event that no listener waits for is taken as well", () => {
    const rig = connected(PULL);
    rig.serve('42["unheard"]');
    expect(rig.client.take_event()?.event).toBe("unheard");
  });

  test("acknowledgements and signals keep their place among the events", () => {
    const rig = connected(PULL);
    const order: string[] = [];
    rig.main.emit_with_ack("ask", [], () => order.push("answered"));
    rig.client.disconnected.connect(() => order.push("disconnected"));
    rig.poll();
    rig.serve('42["before"]', '430["yes"]', '42["after"]', "1");
    expect(order).toEqual([]);
    for (let next = rig.client.take_event(); next; next = rig.client.take_event()) order.push(next.event);
    expect(order).toEqual(["before", "answered", "after", "disconnected"]);
  });

  test("an event that asks for an acknowledgement brings what answers it", () => {
    const rig = connected(PULL);
    rig.serve('427["question"]');
    expect(rig.client.take_event()?.reply?.(["answer"])).toBe(0);
    rig.poll();
    expect(rig.sent()).toEqual(['437["answer"]']);
  });

  test("what is not taken is kept for later, and counts as waiting", () => {
    const rig = connected(PULL);
    rig.serve('42["a"]', '42["b"]', '42["c"]');
    expect(rig.client.take_event()?.event).toBe("a");
    rig.poll();
    rig.poll();
    expect(rig.client.get_pending_count()).toBe(2);
    expect(takeAll(rig.client).map(({ event }) => event)).toEqual(["b", "c"]);
  });

  test("it has waited since it arrived", () => {
    const rig = connected(PULL);
    rig.push('42["a"]');
    rig.step(2);
    rig.push('42["b"]');
    rig.step(3);
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 2, inbox_age: 5 });
    rig.client.take_event();
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 1, inbox_age: 3 });
    rig.client.take_event();
    expect(rig.client.get_stats()).toMatchObject({ inbox_length: 0, inbox_age: 0 });
  });

  test("while one waits to be taken no deadline passes: none that would drop it either", () => {
    const rig = connecting(PULL);
    rig.client.create_namespace("/a").connect_to_namespace();
    rig.serve(OPEN, '40/a,{"sid":"b"}');
    rig.push('42/a,["a"]');
    rig.step(30);
    rig.step(30);
    expect(rig.client.take_event()?.event).toBe("a");
    expect(rig.told()).toEqual(["namespace_connected(/a)"]);
    rig.step(1);
    expect(rig.told()[0]).toMatch("namespace_disconnected(/a)");
  });

  test("what a callback asks for on the way has its time from then on, however long ago the last poll was", () => {
    const rig = connecting(PULL);
    const codes: number[] = [];
    rig.client.connected.connect(() => {
      rig.main.emit_with_ack("ask", [], (_, code) => codes.push(code), 5);
    });
    rig.push(OPEN, JOINED, '42["a"]');
    rig.clock.advance(40);
    rig.client.take_event();
    rig.step(1);
    expect(rig.peer.written()).toEqual(["40", '420["ask"]']);
    rig.serve("430[]");
    expect(codes).toEqual([0]);
  });

  test("budgets do not count", () => {
    const rig = connected({ ...PULL, poll_max_packets: 1 });
    rig.serve('42["a"]', '42["b"]', '42["c"]');
    expect(takeAll(rig.client)).toHaveLength(3);
  });

  test("the newest of EVENT_LATEST alone is taken, and the others are never parsed", () => {
    const rig = connected(PULL);
    rig.main.set_event_mode("s", 1);
    rig.serve('42["first"]', '42["s",not json]', '42["s",2]');
    expect(takeAll(rig.client).map(({ event, data }) => [event, data])).toEqual([
      ["first", []],
      ["s", [2]],
    ]);
  });

  test("events that came before the namespace was joined are all there", () => {
    const rig = connecting(PULL);
    rig.serve(OPEN, '42["early",1]', '42["early",2]', '40{"sid":"a"}', '42["late"]');
    expect(takeAll(rig.client).map(({ event, data }) => [event, ...data])).toEqual([
      ["early", 1],
      ["early", 2],
      ["late"],
    ]);
  });

  test("what arrived before the connection was lost can be taken after it", () => {
    const rig = connected(PULL);
    rig.serve('42["last"]', '42["words"]');
    rig.lose();
    expect(takeAll(rig.client).map(({ event }) => event)).toEqual(["last", "words"]);
    expect(rig.told()).toContain("disconnected(transport close)");
  });

  test("close() ends what was not taken: nothing of it is left for the next session", () => {
    const rig = connected(PULL);
    rig.serve('42["a"]', '427["b"]');
    rig.client.close();
    expect(rig.client.get_pending_count()).toBe(0);
    expect(rig.client.take_event()).toBeNull();
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"b"}', '42["c"]');
    expect(takeAll(rig.client).map(({ event }) => event)).toEqual(["c"]);
  });

  test("so does leaving its namespace, for those of that namespace; a signal of it finds none either", () => {
    const rig = connected(PULL);
    const ns = join(rig, "/a");
    const found: unknown[] = [];
    ns.disconnected.connect(() => found.push(rig.client.take_event()));
    rig.serve('42/a,["a"]', '42["b"]', '42/a,["c"]');
    ns.disconnect_from_namespace();
    expect(found).toEqual([null]);
    expect(takeAll(rig.client).map(({ event }) => event)).toEqual(["b"]);
    rig.serve('42["d"]');
    rig.client.create_namespace("/other").disconnect_from_namespace();
    expect(rig.client.take_event()?.event).toBe("d");
  });

  test("while dispatch is paused nothing is taken", () => {
    const rig = connected(PULL);
    rig.serve('42["a"]');
    rig.client.set_dispatch_paused(true);
    expect(rig.client.take_event()).toBeNull();
    rig.client.set_dispatch_paused(false);
    expect(rig.client.take_event()?.event).toBe("a");
  });

  test("inside a callback it takes what is decoded already, and goes no further", () => {
    const rig = connected(PULL);
    const inside: unknown[] = [];
    rig.main.emit_with_ack("ask", [], () => inside.push(rig.client.take_event()));
    rig.poll();
    rig.serve('430["yes"]', '42["a"]');
    expect(inside).toEqual([null]);
    expect(rig.client.take_event()?.event).toBe("a");
  });
});

test("without it there is nothing to take", () => {
  const rig = connected();
  const seen = record(rig);
  rig.push('42["a"]');
  expect(rig.client.take_event()).toBeNull();
  expect(seen).toEqual([]);
  rig.poll();
  expect(seen).toEqual(["a []"]);
});

test("it may be switched while connected: what was decoded for the one is not lost for the other", () => {
  const rig = connected(PULL);
  const seen = record(rig);
  rig.serve('42["a"]', '42["b"]');
  rig.client.configure({ event_delivery: "push" });
  rig.push('42["c"]');
  expect(rig.client.take_event()).toBeNull();
  expect(seen).toEqual([]);
  expect(rig.poll()).toBe(3);
  expect(seen).toEqual(["a []", "b []", "c []"]);
  expect(rig.client.get_pending_count()).toBe(0);
});

test("switched to push, an event that was decoded waits for a poll that delivers, and reaches `event_received` too", () => {
  const rig = connected(PULL);
  rig.serve('427["ask",1]');
  const seen: unknown[] = [];
  rig.main.on("ask", (_, reply) => reply?.(["yes"]));
  rig.client.event_received.connect((...told) => seen.push(told));
  rig.client.configure({ event_delivery: "push" });
  rig.client.set_dispatch_paused(true);
  rig.poll();
  expect(seen).toEqual([]);
  expect(rig.client.get_pending_count()).toBe(1);
  rig.client.set_dispatch_paused(false);
  expect(rig.sent()).toEqual(['437["yes"]']);
  expect(seen).toEqual([["ask", [1], "/"]]);
});

test("switched to push, an event that was decoded counts in the budget like all others", () => {
  const rig = connected({ ...PULL, poll_max_packets: 1 });
  const seen = record(rig);
  rig.serve('42["a"]', '42["b"]', '42["c"]');
  rig.client.configure({ event_delivery: "push" });
  for (let count = 1; count <= 3; count++) {
    rig.poll();
    expect(seen).toHaveLength(count);
  }
});

test("switched while one waits to be taken, it does not hold up the others, nor the end of the connection", () => {
  const rig = connected(PULL);
  const seen = record(rig);
  rig.serve('42["a"]', '42["b"]');
  rig.client.configure({ event_delivery: "push" });
  rig.serve('42["c"]');
  rig.lose();
  rig.poll();
  expect(seen).toEqual(["a []", "b []", "c []"]);
  expect(rig.client.get_connection_state()).toBe(1);
  expect(rig.client.take_event()).toBeNull();
});

test("another value is an error that says which there are", () => {
  expect(() => new SocketIOClient({ event_delivery: "poll" as "pull" })).toThrow('"push" or "pull"');
});
