import { SocketIONamespace } from "socketio-gameloop";
import { LinkSimulator } from "socketio-gameloop/testing";
import { NetGraph, type NetGraphOptions } from "socketio-gameloop/tools";
import { afterEach, describe, expect, test, vi } from "vitest";
import { connected, Game, type GameOptions } from "../testing/play.js";
import { FakeDocument } from "./net-graph-page.js";

const GOOD = "#4ac26b";
const WARN = "#e3b341";
const BAD = "#ff7b72";

/** A connected game without a page. */
function graphed(options: NetGraphOptions = {}, gameOptions: GameOptions = {}): { game: Game; graph: NetGraph } {
  const game = connected({ ping_interval: 1000 }, gameOptions);
  return { game, graph: new NetGraph(game.client, { clock: game.clock.read, ...options }) };
}

/** The same with a page. */
function drawn(options: NetGraphOptions = {}, gameOptions: GameOptions = {}) {
  const page = new FakeDocument();
  return { page, ...graphed({ parent: page.body, ...options }, gameOptions) };
}

/** Emits so often in a second, for so many seconds. */
function stream(game: Game, event: string, perSecond: number, seconds: number, data: unknown[] = []): void {
  for (let count = 0; count < perSecond * seconds; count++) {
    game.server.emit(event, data);
    game.play(1 / perSecond);
  }
}

afterEach(() => vi.unstubAllGlobals());

describe("what it knows", () => {
  test("rates are those of the last 2 s, of all that the client's statistics count", () => {
    const { game, graph } = graphed();
    const before = game.client.get_stats();
    stream(game, "tick", 20, 10);
    game.play(0.05);
    const after = game.client.get_stats();
    const { bytes_in, packets_in, bytes_out, packets_out, stats } = graph.get_data();
    expect(packets_in).toBeCloseTo(20, 9);
    expect(bytes_in).toBeCloseTo(20 * '42["tick"]'.length, 9);
    expect(bytes_in).toBeCloseTo((after.bytes_received - before.bytes_received) / 10, 6);
    expect([bytes_out, packets_out]).toEqual([0, 0]);
    expect(stats).toEqual({ ...after, inbox_age: 0 });
  });

  test("they are right from the start, and gone 2 s after the end", () => {
    const { game, graph } = graphed();
    stream(game, "tick", 20, 0.5);
    expect(graph.get_data().packets_in).toBeGreaterThanOrEqual(18);
    expect(graph.get_data().packets_in).toBeLessThanOrEqual(25);
    game.play(2.2);
    expect(graph.get_data()).toMatchObject({ packets_in: 0, bytes_in: 0, events: [] });
  });

  test("what is written counts as out", () => {
    const { game, graph } = graphed();
    for (let count = 0; count < 50; count++) {
      game.main.emit("input", [1]);
      game.play(0.1);
    }
    const { packets_out, bytes_out, events } = graph.get_data();
    expect(packets_out).toBeCloseTo(10, 9);
    expect(bytes_out).toBeCloseTo(10 * '42["input",1]'.length, 9);
    expect(events).toEqual([{ direction: "out", event: "input", path: "/", bytes: bytes_out, packets: packets_out }]);
  });

  test("events by name, the largest first, skipped ones included; together they are the whole", () => {
    const { game, graph } = graphed();
    game.main.set_event_mode("state", SocketIONamespace.EVENT_LATEST);
    for (let count = 0; count < 40; count++) {
      for (let copy = 0; copy < 3; copy++) game.server.emit("state", [count % 10]);
      game.server.emit("a");
      game.play(0.1);
    }
    const { events, bytes_in } = graph.get_data();
    expect(events.map(({ direction, event }) => `${direction} ${event}`)).toEqual(["in state", "in a"]);
    expect(events[0]?.packets).toBeCloseTo(30, 9);
    expect(events[1]?.packets).toBeCloseTo(10, 9);
    expect((events[0]?.bytes ?? 0) + (events[1]?.bytes ?? 0)).toBeCloseTo(bytes_in, 9);
  });

  test("a server that makes names up gets 64 of them, and they are forgotten", () => {
    const { game, graph } = graphed();
    for (let index = 0; index < 500; index++) game.server.emit(`name ${index}`);
    game.server.emit("x".repeat(10_000));
    game.play(0.3);
    const { events } = graph.get_data();
    expect(events).toHaveLength(65);
    expect(events.find(({ event }) => event === "(others)")?.path).toBe("");
    expect(events.reduce((sum, { packets }) => sum + packets, 0)).toBeCloseTo(graph.get_data().packets_in, 6);
    game.play(3);
    stream(game, "tick", 10, 1);
    expect(graph.get_data().events.map(({ event }) => event)).toEqual(["tick"]);
  });

  test("the inbox: what a budget leaves over, the most of it and the oldest", () => {
    const { game, graph } = graphed({}, { clientOptions: { poll_max_packets: 1 } });
    for (let count = 0; count < 31; count++) game.server.emit("tick");
    game.play(0.25);
    const { most_inbox_length, longest_inbox_age, stats } = graph.get_data();
    expect(most_inbox_length).toBe(30);
    expect(longest_inbox_age).toBeCloseTo(0.25, 1);
    expect(stats.inbox_length).toBeGreaterThan(10);
    game.play(30);
    expect(graph.get_data()).toMatchObject({ most_inbox_length: 0, longest_inbox_age: 0 });
  });

  test("the longest poll, the longest gap and the slowest listener, until they leave the window", () => {
    const { game, graph } = graphed({ window: 5 });
    game.main.on("slow", () => game.clock.advance(0.02));
    game.main.on("quick", () => game.clock.advance(0.001));
    for (const name of ["quick", "slow", "quick"]) game.server.emit(name);
    game.play(0.5);
    game.clock.advance(0.3);
    game.play(0.5);
    expect(graph.get_data()).toMatchObject({
      longest_poll: expect.closeTo(0.022, 9),
      longest_poll_gap: expect.closeTo(0.3 + 1 / 60, 6),
      longest_callback: expect.closeTo(0.02, 9),
      longest_callback_event: "slow",
    });
    game.play(5);
    expect(graph.get_data()).toMatchObject({ longest_poll: 0, longest_callback: 0, longest_callback_event: "" });
    expect(graph.get_data().longest_poll_gap).toBeLessThan(0.02);
  });

  test.each([0.5, 3, 4.9, 60])(
    "the poll that ends a pause of %d s is what it shows then, for the whole window",
    (pause) => {
      const { game, graph } = graphed({ window: 5 });
      game.main.on("work", () => game.clock.advance(0.002));
      game.play(6);
      for (let count = 0; count < 100; count++) game.server.emit("work", ["x".repeat(100)]);
      game.clock.advance(pause);
      game.client.poll();
      game.play(4);
      const { slices, ...data } = graph.get_data();
      expect(data).toMatchObject({
        longest_poll: expect.closeTo(0.2, 9),
        longest_poll_gap: expect.closeTo(pause, 6),
        longest_callback_event: "work",
      });
      // Some 4 s ago, and as much as it was.
      const burst = slices.findIndex((slice) => slice.packets_in >= 100);
      expect(Math.abs(slices.length - burst - 42)).toBeLessThan(2);
      expect(slices[burst]).toMatchObject({ poll: expect.closeTo(0.2, 9), poll_gap: expect.closeTo(pause, 6) });
      game.play(1.5);
      expect(graph.get_data()).toMatchObject({ longest_poll: 0, longest_callback_event: "" });
    },
  );

  test("state, transport, reconnections and the last error are the client's", () => {
    const game = connected({ ping_interval: 1000 });
    const graph = new NetGraph(game.client, { clock: game.clock.read });
    game.play(0.3);
    expect(graph.get_data()).toMatchObject({ state: "connected", transport: game.client.get_transport() });
    game.server.connections[0]?.close?.();
    game.server.stop();
    game.play(1);
    expect(graph.get_data()).toMatchObject({ state: "connecting", transport: "" });
    expect(graph.get_data().last_error).toBe(game.client.get_last_error());
    expect(graph.get_data().last_error).toContain("nobody listens");
    game.server.start();
    game.play(10);
    expect(graph.get_data()).toMatchObject({ state: "connected", stats: { reconnects: 1 } });
    game.client.close();
    game.play(0.3);
    expect(graph.get_data().state).toBe("disconnected");
  });

  test("the history: one slice for a tenth of a second, no more than the window has, round-trip time in each", () => {
    const game = connected({ ping_interval: 1000 });
    const graph = new NetGraph(game.client, { clock: game.clock.read, window: 3 });
    game.play(1.05);
    expect(graph.get_data().slices).toHaveLength(10);
    game.play(10);
    const { slices } = graph.get_data();
    expect(slices).toHaveLength(30);
    expect(slices.every(({ rtt }) => rtt === game.client.get_stats().rtt)).toBe(true);
  });

  test("a slow loop has no holes in its line; a pause has one, and costs no more than the window", () => {
    const game = new Game(connected().server);
    const link = new LinkSimulator({ latency: 0.02 }, { clock: game.clock });
    const { client } = new Game(game.server, { factory: link.wrap(game.server.transport_factory) });
    const graph = new NetGraph(client, { clock: game.clock.read, window: 4 });
    client.connect_to_url("ws://test");
    for (let count = 0; count < 40; count++) {
      game.clock.advance(0.5);
      client.poll();
    }
    const line = () => graph.get_data().slices.map(({ rtt }) => rtt > 0);
    expect(line()).toEqual(new Array(40).fill(true));
    game.clock.advance(2);
    client.poll();
    expect(line().filter((isThere) => !isThere)).toHaveLength(19);
    game.clock.advance(1e4);
    client.poll();
    expect(line()).toHaveLength(40);
  });

  test("made inside a listener, it does not take the rest of that poll for a poll", () => {
    const game = connected({ ping_interval: 1000 });
    const page = new FakeDocument();
    let graph: NetGraph | null = null;
    game.main.once("start", () => {
      graph = new NetGraph(game.client, { clock: game.clock.read, parent: page.body });
    });
    game.play(100);
    game.server.emit("start");
    game.play(1);
    const data = (graph as NetGraph | null)?.get_data();
    expect(data).toMatchObject({ longest_poll: 0 });
    expect(data?.longest_poll_gap).toBeLessThan(0.02);
    expect(data?.slices.length).toBeGreaterThanOrEqual(8);
    expect(page.canvas().drawings).toBeLessThanOrEqual(11);
  });

  test("its time is what poll() is given, where that is given", () => {
    const game = connected({ ping_interval: 1000 });
    const graph = new NetGraph(game.client, { clock: () => 0 });
    for (let count = 0; count < 30; count++) {
      game.clock.advance(0.1);
      game.server.emit("tick");
      game.client.poll(game.clock.now);
    }
    expect(graph.get_data().packets_in).toBeCloseTo(10, 9);
  });

  test("what get_data() returns is a copy", () => {
    const { game, graph } = graphed();
    game.play(1);
    const data = graph.get_data();
    for (const slice of data.slices) slice.rtt = 99;
    data.stats.rtt = 99;
    expect(graph.get_data().slices[0]?.rtt).toBe(0);
    expect(graph.get_data().stats.rtt).toBe(0);
  });
});

describe("as text", () => {
  test("ten lines that say it all", () => {
    const { game, graph } = graphed();
    game.main.on("state", () => game.clock.advance(0.0015));
    for (let count = 0; count < 60; count++) {
      game.server.emit("state", ["x".repeat(100)]);
      if (count % 2 === 0) game.main.emit("input", [1]);
      game.play(0.0985);
    }
    expect(graph.to_text().split("\n")).toEqual([
      "connected · websocket · 0 reconnects",
      "rtt      unknown",
      "in       1.1 kB/s, 10/s",
      "out      65 B/s, 5.0/s",
      "inbox    0 waiting, at most 0, 0 ms old",
      "poll     at most 1.5 ms, 18 ms apart",
      "slowest  state 1.5 ms",
      "  in state   1.1 kB/s   10/s",
      "  out input    65 B/s  5.0/s",
    ]);
  });

  test("before the first poll, and without any connection", () => {
    const game = new Game(connected().server);
    const graph = new NetGraph(game.client);
    expect(graph.to_text()).toContain("disconnected · 0 reconnects\nrtt    unknown\n");
    game.server.stop();
    game.client.connect_to_url("ws://test");
    game.play(0.5);
    expect(graph.to_text()).toMatch(/^connecting · 0 reconnects$/m);
    expect(graph.to_text()).toMatch(/^error .*nobody listens$/m);
  });

  test("no name that a server makes up makes a line of its own, or is obeyed by a terminal", () => {
    const { game, graph } = graphed();
    game.server.of("/x");
    game.client.create_namespace("/x").connect_to_namespace();
    game.play(0.1);
    game.server.emit("\u001b[31m\nconnected · faked\u202e");
    game.server.of("/x").emit("y".repeat(100));
    game.play(0.2);
    const text = graph.to_text();
    expect(text).toContain("in �[31m�connected · faked�");
    expect(text).toContain(`in /x ${"y".repeat(39)}…`);
    expect(text).not.toMatch(/[^\n\P{C}]/u);
  });
});

describe("without a page", () => {
  test("it is text alone, and may be told to be visible all the same", () => {
    const { game, graph } = graphed({ key: "F3" });
    graph.visible = false;
    graph.visible = true;
    game.play(1);
    expect(graph.draw_time).toBe(0);
    expect(graph.to_text()).toContain("connected");
    graph.dispose();
  });
});

describe("on a page", () => {
  const text = (page: FakeDocument) => page.canvas().texts.map((written) => written.text);

  test("one line adds it: to the body, or to the page while that has none", () => {
    const page = new FakeDocument();
    const game = connected();
    vi.stubGlobal("document", page);
    new NetGraph(game.client).dispose();
    const graph = new NetGraph(game.client);
    expect(page.overlays).toHaveLength(1);
    graph.dispose();
    expect(page.overlays).toHaveLength(0);
    vi.stubGlobal("document", { body: null, documentElement: page.body });
    new NetGraph(game.client);
    expect(page.overlays).toHaveLength(1);
  });

  test("it lies in its corner, above all, out of the way of pointers and of the page's own rules", () => {
    const { page } = drawn({ corner: "bottom-left", scale: 1.5 });
    const [overlay] = page.overlays;
    expect(overlay?.style.rules).toEqual({
      position: "fixed !important",
      bottom: "8px !important",
      left: "8px !important",
      "z-index": "2147483647 !important",
      "pointer-events": "none !important",
      width: "480px !important",
      height: "393px !important",
      display: "block !important",
    });
    expect(overlay?.attributes).toEqual({ "aria-hidden": "true" });
  });

  test("it is drawn ten times a second at most, however fast the game is, and never on a hidden page", () => {
    const { game, page } = drawn();
    game.play(10);
    expect(page.canvas().drawings).toBeGreaterThanOrEqual(84);
    expect(page.canvas().drawings).toBeLessThanOrEqual(101);
    const before = page.canvas().drawings;
    page.hidden = true;
    game.play(10);
    expect(page.canvas().drawings).toBe(before);
    page.hidden = false;
    game.play(0.2);
    expect(page.canvas().drawings).toBeGreaterThan(before);
  });

  test("it is as sharp as the screen, and becomes so when that changes", () => {
    const { game, page } = drawn({ scale: 1.5 });
    game.play(0.2);
    expect([page.canvas().width, page.canvas().height]).toEqual([480, 393]);
    page.defaultView.devicePixelRatio = 2;
    game.play(0.2);
    expect([page.canvas().width, page.canvas().height]).toEqual([960, 786]);
    expect(page.canvas().transform).toEqual([3, 0, 0, 3, 0, 0]);
  });

  test("it shows what to_text() says", () => {
    const { game, page } = drawn();
    game.main.on("state", () => game.clock.advance(0.0015));
    stream(game, "state", 10, 5, ["x".repeat(100)]);
    const shown = text(page).join(" ");
    for (const part of ["connected", "0 reconnects", "↓ state", "10/s", "1.5 ms"]) expect(shown).toContain(part);
  });

  test.each([
    [0.03, GOOD],
    [0.15, WARN],
    [0.4, BAD],
  ])("a round trip of %f s has its colour", (rtt, colour) => {
    const page = new FakeDocument();
    const base = new Game(connected({ ping_interval: 1000 }).server);
    const link = new LinkSimulator({ latency: rtt / 2 }, { clock: base.clock });
    const game = new Game(base.server, { factory: link.wrap(base.server.transport_factory) });
    new NetGraph(game.client, { clock: game.clock.read, parent: page.body });
    game.client.connect_to_url("ws://test");
    game.play(6);
    const label = `${Math.round(rtt * 1000)} ms`;
    expect(page.canvas().texts.find(({ text: shown }) => shown === label)?.colour).toBe(colour);
    expect(page.canvas().lines).toContain(colour);
  });

  test("thresholds of one's own", () => {
    const { game, page } = drawn({ thresholds: { callback: [0.0001, 0.001] } });
    game.main.on("state", () => game.clock.advance(0.0011));
    game.server.emit("state");
    game.play(0.5);
    // The poll that it ran in took no longer, and has the usual ones.
    const colours = page
      .canvas()
      .texts.filter(({ text: shown }) => shown === "1.1 ms")
      .map(({ colour }) => colour);
    expect(colours).toEqual([GOOD, BAD]);
  });

  test("the state has its colour; without a connection it says why, and draws no round-trip time", () => {
    const { game, page } = drawn();
    game.play(0.5);
    expect(page.canvas().colourOf("connected")).toBe(GOOD);
    expect(text(page)).toContain("no packets in the last 2 s");
    game.server.stop();
    game.play(3);
    expect(page.canvas().colourOf("connecting")).toBe(WARN);
    // The time without a connection is tinted in both graphs, up to now.
    const tints = page.canvas().bars.filter(({ colour }) => colour === "rgba(227, 179, 65, 0.22)");
    expect(tints.map(({ x, width }) => x + width)).toEqual([310, 310]);
    expect(tints[0]?.width).toBeGreaterThanOrEqual(27);
    expect(text(page).join(" ")).toContain("nobody listens");
    expect(text(page).filter((shown) => shown === "–").length).toBeGreaterThanOrEqual(2);
    game.client.close();
    game.play(0.5);
    expect(page.canvas().colourOf("disconnected")).toBe(BAD);
  });

  test("what waits in the inbox is shown with its age", () => {
    const { game, page } = drawn({}, { clientOptions: { poll_max_packets: 1 } });
    for (let count = 0; count < 31; count++) game.server.emit("tick");
    game.play(0.4);
    expect(text(page)).toContain("  most 30, ");
    expect(text(page)).toContain(" old");
  });

  test("long names and long errors stay inside", () => {
    const { game, page } = drawn();
    game.main.on("n".repeat(100), () => game.clock.advance(0.001));
    stream(game, "n".repeat(100), 10, 1);
    vi.spyOn(game.client, "get_last_error").mockReturnValue("a reason ".repeat(50) + "w".repeat(90));
    game.play(0.5);
    const names = page.canvas().texts.filter(({ text: shown }) => shown.includes("nnn"));
    expect(names).toHaveLength(2);
    for (const { text: shown, x } of names) expect(x + 6 * shown.length).toBeLessThanOrEqual(310);
    game.client.close();
    game.play(3);
    const lines = page.canvas().texts.filter(({ text: shown }) => shown.includes("reason"));
    expect(lines).toHaveLength(4);
    for (const { text: shown, x } of lines) expect(x + 6 * shown.length).toBeLessThanOrEqual(310);
  });

  test("visible hides and shows it; hidden it counts on and draws nothing", () => {
    const { game, page, graph } = drawn({ visible: false });
    expect(graph.visible).toBe(false);
    expect(page.overlays[0]?.style.rules["display"]).toBe("none !important");
    stream(game, "tick", 10, 3);
    expect(page.canvas().drawings).toBe(0);
    graph.visible = true;
    game.play(1 / 60);
    expect(page.canvas().drawings).toBe(1);
    expect(page.overlays[0]?.style.rules["display"]).toBe("block !important");
    expect(text(page)).toContain("10/s");
    expect(() => {
      graph.visible = 1 as never;
    }).toThrow(new TypeError("visible must be true or false, got 1"));
  });

  test("a key toggles it, by name or by place, not while it is held, and not while somebody writes", () => {
    const { page, graph } = drawn({ key: "Backquote" });
    page.press({ key: "^", code: "Backquote" });
    expect(graph.visible).toBe(false);
    page.press({ key: "Backquote", code: "" });
    expect(graph.visible).toBe(true);
    page.press({ key: "^", code: "Backquote", repeat: true });
    page.press({ key: "a", code: "KeyA" });
    page.press({ code: "Backquote", target: { closest: (selector: string) => selector.includes("input") } });
    const field = { closest: (selector: string) => selector.includes("textarea") };
    page.press({ code: "Backquote", target: { closest: () => null }, composedPath: () => [field, {}] });
    expect(graph.visible).toBe(true);
    page.press({ code: "Backquote", target: { closest: () => null } });
    expect(graph.visible).toBe(false);
  });

  test("dispose() leaves nothing behind, and what it knew stays readable", () => {
    const { game, page, graph } = drawn({ key: "F3" });
    const remove = vi.spyOn(game.client, "remove_observer");
    stream(game, "tick", 10, 3);
    const before = graph.to_text();
    graph.dispose();
    graph.dispose();
    expect([page.overlays.length, page.listeners.size]).toEqual([0, 0]);
    expect(remove.mock.results.map(({ value }) => value)).toEqual([true, false]);
    stream(game, "other", 10, 3);
    expect(graph.to_text()).toBe(before);
  });

  test("two on one client, one removed: the other goes on", () => {
    const { game, page, graph } = drawn({ corner: "top-left" });
    const other = new NetGraph(game.client, { clock: game.clock.read, parent: page.body, window: 5 });
    game.play(1);
    graph.dispose();
    const before = page.canvas(0).drawings;
    stream(game, "tick", 10, 2);
    expect(page.overlays).toHaveLength(1);
    expect(page.canvas(0).drawings).toBeGreaterThan(before);
    expect(other.get_data().packets_in).toBeCloseTo(10, 9);
  });

  test("a page that gives no canvas context is no reason to fail", () => {
    const page = new FakeDocument();
    page.hasCanvas = false;
    const { game } = graphed({ parent: page.body });
    game.play(1);
    expect(page.overlays).toHaveLength(1);
  });

  test("the time of its own drawing is not the game's, where one graph draws inside another's poll", () => {
    const page = new FakeDocument();
    const outer = connected({ ping_interval: 1000 });
    const inner = connected({ ping_interval: 1000 });
    const { clock } = outer;
    const measured = new NetGraph(outer.client, { clock: clock.read });
    const drawing = new NetGraph(inner.client, { clock: clock.read, parent: page.body });
    page.canvas().clearRect = () => clock.advance(0.01);
    outer.main.on("tick", () => {
      clock.advance(0.002);
      inner.client.poll();
    });
    for (let count = 0; count < 10; count++) {
      outer.server.emit("tick");
      outer.play(0.2);
    }
    expect(measured.get_data().longest_poll).toBeCloseTo(0.002, 9);
    expect(drawing.draw_time).toBeCloseTo(0.01, 9);
    expect(drawing.get_data().longest_poll).toBe(0);
  });
});

describe("bad input", () => {
  test.each<[object | null, string]>([
    [
      { corner: "middle" },
      'option "corner" must be one of top-left, top-right, bottom-left, bottom-right, got "middle"',
    ],
    [{ scale: 0 }, 'option "scale" must be a number from 0.25 to 8, got 0'],
    [{ scale: NaN }, 'option "scale" must be a number from 0.25 to 8, got NaN'],
    [{ window: 1 }, 'option "window" must be a number of seconds from 2 to 120, got 1'],
    [{ window: Infinity }, 'option "window" must be a number of seconds from 2 to 120, got Infinity'],
    [{ visible: "yes" }, 'option "visible" must be true or false, got "yes"'],
    [{ key: "" }, 'option "key" must be the name of a key, like "F3", or null, got ""'],
    [{ parent: {} }, 'option "parent" must be an element of a page, or null, got object'],
    [{ clock: 1 }, 'option "clock" must be a function, got 1'],
    [
      { position: 1 },
      'an option of a NetGraph must be one of corner, scale, window, visible, key, thresholds, parent, clock, got "position"',
    ],
    [
      { thresholds: { ping: [1, 2] } },
      'an option of the thresholds must be one of rtt, jitter, inbox_age, poll, callback, poll_gap, got "ping"',
    ],
    [
      { thresholds: { rtt: [2, 1] } },
      'threshold "rtt" must be two numbers of seconds, [warn, bad], the first no larger, got array',
    ],
    [
      { thresholds: { rtt: 0.1 } },
      'threshold "rtt" must be two numbers of seconds, [warn, bad], the first no larger, got 0.1',
    ],
    [null, "the options of a NetGraph must be an object, got null"],
  ])("%j: a TypeError, and nothing is half installed", (options, message) => {
    const { client } = connected();
    const add = vi.spyOn(client, "add_observer");
    const page = new FakeDocument();
    vi.stubGlobal("document", page);
    expect(() => new NetGraph(client, options as never)).toThrow(new TypeError(message));
    expect([page.overlays.length, add.mock.calls.length]).toEqual([0, 0]);
  });

  test("undefined is no value: the default counts", () => {
    const options = { key: undefined, window: undefined, thresholds: { rtt: undefined } };
    const { page, game, graph } = drawn(options as never);
    game.play(1);
    expect(graph.get_data().window).toBe(20);
    expect([page.listeners.size, page.canvas().drawings]).toEqual([0, expect.any(Number)]);
  });

  test("what is no client", () => {
    expect(() => new NetGraph("client" as never)).toThrow(
      'new NetGraph(client) must be given a SocketIOClient, got "client"',
    );
  });
});
