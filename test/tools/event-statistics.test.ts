import { SocketIONamespace } from "socketio-gameloop";
import { EventStatistics } from "socketio-gameloop/tools";
import { expect, test, vi } from "vitest";
import { connected, type Game } from "../testing/play.js";

function counted(options = {}): { game: Game; statistics: EventStatistics } {
  const game = connected();
  return { game, statistics: new EventStatistics(game.client, options) };
}

test("counts by event what comes in, with its bytes as they are on the wire", () => {
  const { game, statistics } = counted();
  game.server.emit("tick", [1]);
  game.server.emit("tick", [22]);
  game.server.emit("chat", ["hi"]);
  game.play(0.1);
  expect(statistics.get("tick")).toMatchObject({ event: "tick", path: "/", received: 2, sent: 0 });
  expect(statistics.get("tick")?.bytes_received).toBe('42["tick",1]42["tick",22]'.length);
  expect(statistics.get("chat")).toMatchObject({ received: 1, bytes_received: '42["chat","hi"]'.length });
  expect(statistics.get("never")).toBeNull();
});

test("and what goes out; an event that goes both ways has one row", () => {
  const { game, statistics } = counted();
  game.main.emit("tick", [1]);
  game.server.emit("tick", [1]);
  game.play(0.1);
  expect(statistics.get("tick")).toMatchObject({ received: 1, sent: 1, bytes_sent: '42["tick",1]'.length });
});

test("binary counts with its attachments", () => {
  const { game, statistics } = counted();
  game.main.emit("upload", [new Uint8Array(1000)]);
  game.play(0.1);
  expect(statistics.get("upload")?.bytes_sent).toBeGreaterThan(1000);
});

test("what EVENT_LATEST leaves out is counted as skipped, not as received", () => {
  const { game, statistics } = counted();
  game.main.set_event_mode("state", SocketIONamespace.EVENT_LATEST);
  for (let tick = 0; tick < 5; tick++) game.server.emit("state", [tick]);
  game.play(0.1);
  expect(statistics.get("state")).toMatchObject({ received: 1, skipped: 4 });
  expect(statistics.get("state")?.bytes_skipped).toBe(4 * '42["state",0]'.length);
  expect(game.client.get_stats().events_skipped).toBe(4);
});

test("the same event of two namespaces has two rows", () => {
  const { game, statistics } = counted();
  game.server.of("/chat");
  game.client.create_namespace("/chat").connect_to_namespace();
  game.play(0.1);
  game.server.emit("line", [1]);
  game.server.of("/chat").emit("line", [1]);
  game.server.of("/chat").emit("line", [2]);
  game.play(0.1);
  expect(statistics.get("line")?.received).toBe(1);
  expect(statistics.get("line", "/chat")?.received).toBe(2);
});

test("acknowledgements and joinings are in the row without a name", () => {
  const { game, statistics } = counted();
  game.server.sockets[0]?.on("ask", (_, reply) => reply?.([]));
  game.main.emit_with_ack("ask", [], () => {});
  game.play(0.1);
  expect(statistics.get("ask")).toMatchObject({ sent: 1, received: 0, callbacks: 1 });
  expect(statistics.get("")).toMatchObject({ received: 1, sent: 0 });
});

test("callbacks: how many, how long together, the longest, and the errors", () => {
  const { game, statistics } = counted();
  const durations = [0.002, 0.005, 0.001];
  game.main.on("work", () => game.clock.advance(durations.shift() ?? 0));
  game.main.on("fail", () => {
    throw new Error("mine");
  });
  game.client.listener_error.connect(() => {});
  for (const name of ["work", "work", "work", "fail"]) game.server.emit(name);
  game.play(0.1);
  const work = statistics.get("work");
  expect(work).toMatchObject({ callbacks: 3, errors: 0 });
  expect(work?.callback_time).toBeCloseTo(0.008, 9);
  expect(work?.longest_callback).toBeCloseTo(0.005, 9);
  expect(statistics.get("fail")).toMatchObject({ callbacks: 1, errors: 1 });
});

test("a server that makes names up gets no more than so many rows", () => {
  const { game, statistics } = counted({ max_events: 3 });
  for (let index = 0; index < 50; index++) game.server.emit(`name ${index}`);
  game.server.emit("name 1");
  game.play(0.1);
  expect(statistics.list()).toHaveLength(4); // three, and the others
  expect(statistics.get("name 1")?.received).toBe(2);
  expect(statistics.get("name 49")).toBeNull();
  expect(statistics.get(EventStatistics.OTHERS, "")).toMatchObject({ event: "(others)", path: "", received: 48 });
  game.play(0.1);
});

test("an event that is called like the others is none of them", () => {
  const { game, statistics } = counted({ max_events: 1 });
  for (const name of [EventStatistics.OTHERS, "b", "c"]) game.server.emit(name);
  game.play(0.1);
  expect(statistics.get(EventStatistics.OTHERS)?.received).toBe(1);
  expect(statistics.get(EventStatistics.OTHERS, "")?.received).toBeGreaterThanOrEqual(2);
});

test("a name that is longer than any real one is not kept", () => {
  const { game, statistics } = counted();
  game.server.emit("x".repeat(100_000));
  game.play(0.1);
  expect(statistics.get(EventStatistics.OTHERS, "")?.received).toBe(1);
  expect(JSON.stringify(statistics.list()).length).toBeLessThan(2000);
});

test("list() sorts by any of the counts, the largest first, or by name", () => {
  const { game, statistics } = counted();
  game.server.emit("a", ["a text"]);
  for (let index = 0; index < 3; index++) game.server.emit("b");
  game.main.emit("c");
  game.play(0.1);
  const named = (sort?: Parameters<EventStatistics["list"]>[0]) =>
    statistics
      .list(sort)
      .map(({ event }) => event)
      .filter((event) => event.length === 1);
  expect(named()).toEqual(["b", "a", "c"]);
  expect(named("received")).toEqual(["b", "a", "c"]);
  expect(named("sent")).toEqual(["c", "a", "b"]);
  expect(named("event")).toEqual(["a", "b", "c"]);
  expect(named("path")).toEqual(["a", "b", "c"]);
  expect(() => statistics.list("size" as "sent")).toThrow(
    'list(sort) must be one of event, path, received, bytes_received, sent, bytes_sent, skipped, bytes_skipped, callbacks, callback_time, longest_callback, errors, got "size"',
  );
});

test("what get() and list() return is a copy", () => {
  const { game, statistics } = counted();
  game.server.emit("a");
  game.play(0.1);
  for (const row of [statistics.get("a"), ...statistics.list()]) if (row) row.received = 99;
  expect(statistics.get("a")?.received).toBe(1);
});

test("reset() begins anew", () => {
  const { game, statistics } = counted({ max_events: 1 });
  for (const name of ["a", "b"]) game.server.emit(name);
  game.play(0.1);
  statistics.reset();
  expect(statistics.list()).toEqual([]);
  game.server.emit("b");
  game.play(0.1);
  expect(statistics.get("b")?.received).toBe(1);
});

test("to_text() is a table, and shows no character that a console would obey", () => {
  const { game, statistics } = counted();
  game.server.emit("tick", [1]);
  game.server.emit("\u001b[2J\nfaked line");
  game.server.sockets[0]?.on("ask", (_, reply) => reply?.([]));
  game.main.emit_with_ack("ask", [], () => {});
  game.play(0.1);
  expect(statistics.to_text("event").split("\n")).toEqual([
    "event            path  in  bytes  out  bytes  skipped  calls   ms  longest ms  errors",
    "(no event)       /      1      5    0      0        0      0  0.0         0.0       0",
    "�[2J�faked line  /      1     27    0      0        0      0  0.0         0.0       0",
    "ask              /      0      0    1     10        0      1  0.0         0.0       0",
    "event_received   /      0      0    0      0        0      2  0.0         0.0       0",
    "tick             /      1     12    0      0        0      0  0.0         0.0       0",
  ]);
});

test("dispose() ends the counting and leaves the client as it was", () => {
  const game = connected();
  const remove = vi.spyOn(game.client, "remove_observer");
  const statistics = new EventStatistics(game.client);
  game.server.emit("a");
  game.play(0.1);
  statistics.dispose();
  statistics.dispose();
  expect(remove.mock.results.map(({ value }) => value)).toEqual([true, false]);
  game.server.emit("a");
  game.play(0.1);
  expect(statistics.get("a")?.received).toBe(1);
});

test("several count independently", () => {
  const game = connected();
  const [first, second] = [new EventStatistics(game.client), new EventStatistics(game.client)];
  first.dispose();
  game.server.emit("a");
  game.play(0.1);
  expect([first.get("a"), second.get("a")?.received]).toEqual([null, 1]);
});

test.each([
  [() => new EventStatistics({} as never), "new EventStatistics(client) must be given a SocketIOClient, got object"],
  [() => new EventStatistics(null as never), "new EventStatistics(client) must be given a SocketIOClient, got null"],
  [() => counted({ max: 3 }), 'an option of EventStatistics must be one of max_events, got "max"'],
  [() => counted({ max_events: 0 }), 'option "max_events" must be a whole number above 0, got 0'],
  [() => counted({ max_events: NaN }), 'option "max_events" must be a whole number above 0, got NaN'],
  [() => counted([]), "the options of EventStatistics must be an object, got array"],
])("wrong arguments are told: %#", (make, message) => {
  expect(make).toThrow(new TypeError(message));
});
