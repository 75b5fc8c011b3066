/*
 * Whatever the settings and whatever happens to the link: what comes out of a connection is what went in, in order, up to the
 * point where it ended; and a game on top of it sees what it would see over a perfect one, later.
 * Played back with FUZZ_SEED=<seed>.
 */
import type { OutFrame, Transport, TransportHandler, TransportRequest } from "socketio-gameloop";
import { type LinkSettingsInput, LinkSimulator, ManualClock } from "socketio-gameloop/testing";
import { expect, test } from "vitest";
import { chooseSeed, Random } from "../property/random.js";
import { behindLink } from "./play.js";

const RUNS = 150;
/** Milliseconds; for a machine that has other things to do. */
const PATIENCE = 60_000;
const seed = chooseSeed();

function anyDirection(random: Random): LinkSettingsInput {
  const settings: Record<string, number> = {};
  if (random.chance(0.6)) settings["latency"] = random.next() * 0.5;
  if (random.chance(0.6)) settings["jitter"] = random.next();
  if (random.chance(0.5)) settings["bandwidth"] = 10 ** (1 + 5 * random.next());
  if (random.chance(0.5)) settings["stall_chance"] = random.pick([0, 0.05, 0.5, 1]);
  if (random.chance(0.5)) settings["stall_time"] = random.next() * 2;
  return settings;
}

function anySettings(random: Random): LinkSettingsInput {
  return { ...anyDirection(random), up: anyDirection(random), down: anyDirection(random) };
}

test(
  `frames are never lost, doubled or reordered (FUZZ_SEED=${seed})`,
  () => {
    for (let run = 0; run < RUNS; run++) {
      const random = new Random(seed + run);
      const clock = new ManualClock(random.next() * 1000);
      const link = new LinkSimulator(anySettings(random), { clock, seed: run });
      const written: OutFrame[] = [];
      const arrived: OutFrame[] = [];
      const said: unknown[] = [];
      const heard: unknown[] = [];
      let far!: TransportHandler;
      let end = "";
      let count = 0;
      const near = link.wrap((_request, handler): Transport => {
        far = handler;
        return {
          name: "far",
          bufferedAmount: 0,
          send: (frames) => void arrived.push(...frames),
          close: () => {},
          pause: () => {},
          resume: () => {},
        };
      })({ url: "", sid: "" } as TransportRequest, {
        received: (frame) => heard.push(frame),
        closed: (reason) => {
          end += reason;
        },
      });
      const frame = (number: number) =>
        random.chance(0.7)
          ? `4${number}-${++count}${"x".repeat(random.below(3000))}`
          : new Uint8Array(random.below(3000));
      for (let step = 0; step < 60; step++) {
        if (random.chance(0.5)) {
          const frames = Array.from({ length: 1 + random.below(4) }, () => frame(step));
          written.push(...frames);
          near.send(frames);
        }
        if (random.chance(0.5)) {
          said.push(frame(step));
          far.received(said.at(-1) as string);
        }
        if (random.chance(0.1)) link.set(random.chance(0.2) ? "train" : anySettings(random));
        if (random.chance(0.1)) link.set({ mean_uptime: Infinity });
        if (random.chance(0.08)) link.freeze();
        if (random.chance(0.2)) link.thaw();
        if (random.chance(0.08)) near.pause?.();
        if (random.chance(0.2)) near.resume?.();
        expect(near.bufferedAmount).toBeGreaterThanOrEqual(0);
        clock.advance(random.next() * random.pick([0, 0.01, 0.3]));
      }
      const isCut = random.chance(0.2);
      if (isCut) link.disconnect();
      link.set({ mean_uptime: Infinity });
      link.thaw();
      near.resume?.();
      clock.advance(1e5);
      // The very frames: two that look alike are not the same.
      expect({ run, wrong: arrived.findIndex((frame, index) => frame !== written[index]) }).toEqual({ run, wrong: -1 });
      expect({ run, wrong: heard.findIndex((frame, index) => frame !== said[index]) }).toEqual({ run, wrong: -1 });
      if (end === "") {
        expect(isCut).toBe(false);
        expect([arrived.length, heard.length]).toEqual([written.length, said.length]);
        expect(near.bufferedAmount).toBe(0);
      } else expect(end).toMatch(/^transport (close|error)$/);
    }
  },
  PATIENCE,
);

test(
  `the same seed and the same traffic: the same moments (FUZZ_SEED=${seed})`,
  () => {
    const play = () => {
      const random = new Random(seed);
      const { game, link } = behindLink("train", { recovery: 60, seed });
      game.server.on("connection", (socket) => socket.on("ask", (_data, reply) => reply?.([])));
      const log: string[] = [];
      for (let step = 0; step < 300; step++) {
        if (random.chance(0.3)) game.main.emit_with_ack("ask", [step], () => log.push(`${step} at ${game.clock.now}`));
        if (random.chance(0.3)) game.server.emit("tick", [step]);
        if (random.chance(0.05)) link.freeze();
        if (random.chance(0.3)) link.thaw();
        game.play(0.1);
        log.push(...game.news());
      }
      return log;
    };
    const log = play();
    expect(log.length).toBeGreaterThan(100);
    expect(play()).toEqual(log);
  },
  PATIENCE,
);

test(
  `a game with recovery and retries gets everything once, in order, over any link (FUZZ_SEED=${seed})`,
  () => {
    for (let run = 0; run < 30; run++) {
      const random = new Random(seed + run);
      const clientOptions = { retries: 1000, ack_timeout: 30, reconnection: { delay: 0.1, delay_max: 1 } };
      const { game, link } = behindLink(
        { ...anySettings(random), bandwidth: 1e5 },
        { recovery: 1e6, seed: run },
        clientOptions,
      );
      const got: number[] = [];
      const asked: number[] = [];
      game.main.on("n", ([number]) => got.push(number));
      game.server.on("connection", (socket) => {
        socket.on("ask", ([number], reply) => {
          if (!asked.includes(number)) asked.push(number);
          reply?.([]);
        });
      });
      game.play(20, 0.1);
      // Without an event that was received there is nothing to be recovered.
      game.server.emit("n", [-1]);
      game.play(20, 0.1);
      for (let step = 0; step < 60; step++) {
        game.server.emit("n", [step]);
        game.main.emit_with_ack("ask", [step], () => {});
        if (random.chance(0.05)) link.disconnect();
        if (random.chance(0.05)) link.freeze();
        if (random.chance(0.3)) link.thaw();
        game.play(random.next() * 2, 0.1);
      }
      link.thaw();
      link.set("none");
      game.play(400, 0.1);
      const expected = Array.from({ length: 60 }, (_, index) => index);
      expect({ run, got }).toEqual({ run, got: [-1, ...expected] });
      expect({ run, asked }).toEqual({ run, asked: expected });
    }
  },
  PATIENCE,
);
