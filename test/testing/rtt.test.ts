/* A link of 80 ms, and what each way of measuring makes of it that needs no change at the server. All of it in virtual time. */
import { describe, expect, test } from "vitest";
import { behindLink, type Game } from "./play.js";

const within10Percent = (game: Game) => {
  const { rtt, rtt_min } = game.client.get_stats();
  expect(rtt).toBeGreaterThan(0.072);
  expect(rtt).toBeLessThan(0.088);
  expect(rtt_min).toBeGreaterThan(0.072);
};

describe.each([
  ["80 ms both ways", { latency: 0.04 }],
  ["80 ms one way", { up: { latency: 0.08 } }],
  ["80 ms, 6 of them at random", { latency: 0.037, jitter: 0.006 }],
])("%s: get_stats().rtt is within 10 %%", (_, settings) => {
  test("by the CONNECT of a namespace", () => {
    const { game } = behindLink(settings);
    game.play(1);
    expect(game.main.is_namespace_connected()).toBe(true);
    within10Percent(game);
  });

  test("by acknowledgements", () => {
    const { game } = behindLink(settings, { ping_interval: 1000 });
    // What the CONNECT says is far off, so it is not what is seen in the end.
    game.server.use((_, next) => void game.clock.after(1, next));
    game.server.on("connection", (socket) => socket.on("ask", (_data, reply) => reply?.([])));
    game.play(2);
    expect(game.client.get_stats().rtt).toBeGreaterThan(1);
    for (let index = 0; index < 100; index++) {
      game.main.emit_with_ack("ask", [], () => {});
      game.play(0.25);
    }
    expect(game.client.get_stats().acks_pending).toBe(0);
    within10Percent(game);
  });

  test("by the server's pings alone", () => {
    const { game } = behindLink(settings, { ping_interval: 5 }, { main_namespace: false });
    game.play(9);
    expect(game.client.get_stats().rtt).toBe(0); // the first ping has nothing to compare with
    game.play(60);
    expect(game.client.get_stats().packets_received).toBe(0);
    within10Percent(game);
  });
});

test("the loop's frame rate is not in it", () => {
  const { game } = behindLink({ latency: 0.04 });
  game.server.on("connection", (socket) => socket.on("ask", (_data, reply) => reply?.([])));
  game.play(1, 0.5);
  for (let index = 0; index < 40; index++) {
    game.main.emit_with_ack("ask", [], () => {});
    game.client.flush();
    game.play(1, 0.5);
  }
  within10Percent(game);
});
