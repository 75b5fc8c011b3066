import type { ClientOptionsInput } from "socketio-gameloop";
import type { FakeServerOptions } from "socketio-gameloop/testing";
import { RttProbe, type RttProbeOptions } from "socketio-gameloop/tools";
import { expect, test, vi } from "vitest";
import { behindLink, type Game } from "../testing/play.js";

interface Setup extends RttProbeOptions {
  readonly link?: Parameters<typeof behindLink>[0];
  readonly server?: FakeServerOptions;
  readonly client?: ClientOptionsInput;
}

/** A game 80 ms from its server, with a probe. */
function probed({ link = { latency: 0.04 }, server, client, ...options }: Setup = {}) {
  const playing = behindLink(link, { ping_interval: 1000, ...server }, client);
  const probe = new RttProbe(playing.game.client, { clock: playing.game.clock.read, ...options });
  return { ...playing, probe };
}

function answer(game: Game, event = "rtt_probe"): void {
  game.server.on("connection", (socket) => socket.on(event, (_data, reply) => reply?.([])));
}

const questions = (game: Game, path = "/") => game.server.of(path).sockets[0]?.received.length ?? 0;

test.each([
  ["80 ms both ways", { latency: 0.04 }],
  ["80 ms one way", { up: { latency: 0.08 } }],
  ["80 ms, 6 of them at random", { latency: 0.037, jitter: 0.006 }],
])("%s: the probe and the client's rtt are within 10 %%", (_, link) => {
  const { game, probe } = probed({ link });
  // What the CONNECT says is far off, so it is not what is seen in the end.
  game.server.use((__, next) => void game.clock.after(1, next));
  answer(game);
  game.play(100);
  const { last, min, p50, p95, p99 } = probe.get_stats();
  for (const seconds of [last, min, p50, p95, p99, game.client.get_stats().rtt]) {
    expect(seconds).toBeGreaterThan(0.072);
    expect(seconds).toBeLessThan(0.088);
  }
});

test("a slow loop is not in it: 2 frames a second, 80 ms", () => {
  const { game, probe } = probed();
  answer(game);
  game.play(20, 0.5);
  expect(probe.get_stats().answered).toBeGreaterThan(5);
  expect(probe.get_stats().last).toBeCloseTo(0.08, 6);
  expect(probe.get_stats().p99).toBeCloseTo(0.08, 6);
});

test("its own samples are exact from the first on, however the client smooths them", () => {
  const { game, link, probe } = probed({ client: { main_namespace: false }, path: "/" });
  answer(game);
  link.set({ latency: 0.02 });
  game.play(1);
  game.main.connect_to_namespace();
  game.play(0.5);
  link.set({ latency: 0.1 });
  game.play(2);
  expect(probe.get_stats().last).toBeCloseTo(0.2, 6);
  expect(game.client.get_stats().rtt).toBeLessThan(0.1);
  link.set({ latency: 0.01 });
  game.play(2);
  expect(probe.get_stats()).toMatchObject({ last: expect.closeTo(0.02, 6), min: expect.closeTo(0.02, 6) });
});

test("zero is a time too: nothing is made of the samples that follow it", () => {
  const { game, link, probe } = probed({ link: {} });
  answer(game);
  game.play(3);
  expect(probe.get_stats()).toMatchObject({ last: 0, answered: 3 });
  link.set({ latency: 0.04 });
  game.play(1);
  expect(probe.get_stats().last).toBeCloseTo(0.08, 6);
});

test("it asks once an interval, and not before the namespace is connected", () => {
  const { game, probe } = probed({ interval: 0.25 });
  answer(game);
  game.server.use((_, next) => void game.clock.after(2, next));
  game.play(1.5);
  expect(probe.get_stats().sent).toBe(0);
  game.play(0.75);
  game.play(4.9);
  expect(probe.get_stats().sent).toBe(questions(game));
  expect(questions(game)).toBeGreaterThanOrEqual(18);
  expect(questions(game)).toBeLessThanOrEqual(20);
});

test("it emits nothing by itself: a client that is not polled asks nothing", () => {
  const { game } = probed();
  answer(game);
  game.play(1);
  const before = questions(game);
  game.clock.advance(60);
  expect(questions(game)).toBe(before);
});

test("the question leaves with the game's own flush, in the same frame", () => {
  const { game } = probed({ link: {} });
  answer(game);
  game.clock.advance(1);
  game.client.poll();
  expect(game.main.is_namespace_connected()).toBe(true);
  expect(questions(game)).toBe(0);
  game.client.flush();
  game.clock.advance(0);
  expect(questions(game)).toBe(1);
});

test("the event, the namespace and the time of the polls are what it is told", () => {
  const { game, probe } = probed({ event: "echo", path: "/stats", clock: () => NaN });
  game.server.of("/stats").on("connection", (socket) => socket.on("echo", (_data, reply) => reply?.([])));
  game.client.create_namespace("/stats").connect_to_namespace();
  const end = game.clock.now + 5;
  while (game.clock.now < end) {
    game.clock.advance(1 / 60);
    game.client.poll(game.clock.now);
  }
  expect(questions(game)).toBe(0);
  expect(questions(game, "/stats")).toBe(probe.get_stats().sent);
  expect(probe.get_stats().sent).toBe(5);
});

test("a server that does not answer is told of, and asked one question at a time", () => {
  const { game, probe } = probed({ timeout: 2, patience: 3 });
  game.play(1);
  expect([probe.is_answered(), probe.get_last_error()]).toEqual([true, ""]);
  expect(game.client.get_stats().acks_pending).toBe(1);
  game.play(4);
  expect(probe.is_answered()).toBe(true);
  game.play(3);
  expect(probe.get_stats()).toMatchObject({ answered: 0, unanswered: 3, last: 0, p95: 0 });
  expect(probe.is_answered()).toBe(false);
  expect(probe.get_last_error()).toBe(
    'the server has left 3 "rtt_probe" in / without an answer; add socket.on("rtt_probe", (answer) => answer()) there',
  );
  game.play(60);
  expect(game.client.get_stats().acks_pending).toBe(1);
});

test("its first answer makes everything good again", () => {
  const { game, probe } = probed({ timeout: 0.5 });
  game.play(5);
  expect(probe.is_answered()).toBe(false);
  game.server.sockets[0]?.on("rtt_probe", (_, reply) => reply?.([]));
  game.play(2);
  expect([probe.is_answered(), probe.get_last_error()]).toEqual([true, ""]);
  expect(probe.get_stats().last).toBeCloseTo(0.08, 6);
});

test("a lost connection is not the server's silence; it goes on after the reconnection", () => {
  const { game, link, probe } = probed({ interval: 0.1, timeout: 1 });
  answer(game);
  for (let index = 0; index < 5; index++) {
    game.play(10);
    link.disconnect();
  }
  game.play(10);
  const { sent, answered, unanswered } = probe.get_stats();
  expect(game.client.get_stats().reconnects).toBe(5);
  expect(unanswered).toBe(0);
  expect(sent - answered).toBeGreaterThanOrEqual(1);
  expect(sent - answered).toBeLessThanOrEqual(6);
  expect(probe.is_answered()).toBe(true);
  const before = answered;
  game.play(2);
  expect(probe.get_stats().answered).toBeGreaterThan(before + 5);
});

test("an emit that is refused is told of", () => {
  const { game, probe } = probed();
  answer(game);
  game.play(0.5);
  vi.spyOn(game.main, "emit_with_ack").mockReturnValue(6 as never);
  game.play(1);
  expect(probe.get_last_error()).toBe('"rtt_probe" could not be emitted in / (error 6)');
  vi.restoreAllMocks();
  game.play(2);
  expect(probe.get_last_error()).toBe("");
});

test("percentiles are of the last 256 answers", () => {
  const { game, link, probe } = probed({ interval: 0.1, link: { latency: 0.2 } });
  answer(game);
  game.play(10);
  expect(probe.get_stats().p50).toBeCloseTo(0.4, 6);
  link.set({ latency: 0.01 });
  game.play(60);
  expect(probe.get_stats()).toMatchObject({ p50: expect.closeTo(0.02, 6), p99: expect.closeTo(0.02, 6) });
  expect(probe.get_stats().min).toBeCloseTo(0.02, 6);
});

test("dispose() ends it, with a question under way too", () => {
  const { game, probe } = probed({ interval: 0.1, link: { latency: 1 } });
  answer(game);
  game.play(6);
  expect(game.client.get_stats().acks_pending).toBe(1);
  const before = probe.get_stats();
  probe.dispose();
  probe.dispose();
  game.play(10);
  expect(probe.get_stats()).toEqual(before);
  expect(questions(game)).toBe(before.sent);
});

test("made inside a listener it begins with the next poll", () => {
  const { game, probe } = probed();
  probe.dispose();
  answer(game);
  let made: RttProbe | null = null;
  game.main.connected.connect(() => {
    made = new RttProbe(game.client, { clock: game.clock.read });
  });
  game.play(3.5);
  expect((made as RttProbe | null)?.get_stats()).toMatchObject({ sent: 4, p99: expect.closeTo(0.08, 6) });
});

test("two probes do not disturb each other", () => {
  const { game, probe } = probed({ interval: 0.1 });
  const other = new RttProbe(game.client, { clock: game.clock.read, interval: 0.13, event: "other" });
  answer(game);
  answer(game, "other");
  game.play(5);
  for (const { p50, p99 } of [probe.get_stats(), other.get_stats()]) {
    expect(p50).toBeCloseTo(0.08, 6);
    expect(p99).toBeCloseTo(0.08, 6);
  }
});

test.each([
  [{ interval: 0 }, 'option "interval" must be a number of seconds above 0, got 0'],
  [{ interval: Infinity }, 'option "interval" must be a number of seconds above 0, got Infinity'],
  [{ timeout: NaN }, 'option "timeout" must be a number of seconds above 0, got NaN'],
  [{ event: "" }, 'option "event" must be a name other than connect,'],
  [{ event: "connect" }, 'option "event" must be a name other than connect,'],
  [{ path: "chat" }, 'option "path" must be like "/chat", got "chat"'],
  [{ patience: 1.5 }, 'option "patience" must be a whole number above 0, got 1.5'],
  [{ clock: 5 as never }, 'option "clock" must be a function, got 5'],
  [{ period: 1 } as never, "an option of RttProbe must be one of event, interval, path, timeout, patience, clock"],
])("wrong options are told: %j", (options, message) => {
  expect(() => probed(options)).toThrow(TypeError);
  expect(() => probed(options)).toThrow(message);
});

test("one that is undefined is as if it was not given", () => {
  expect(probed({ interval: undefined, event: undefined } as never).probe.get_last_error()).toBe("");
});

test("and so is what is no client", () => {
  expect(() => new RttProbe(undefined as never)).toThrow(
    "new RttProbe(client) must be given a SocketIOClient, got undefined",
  );
});
