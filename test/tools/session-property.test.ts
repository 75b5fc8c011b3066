/*
 * Sessions full of faults, as the tests of `test/fault` draw them, are recorded and played: a replay has no network, and goes the same
 * way.
 *
 *     SESSION_SEED=…   plays the schedule of that seed alone
 */
import { type ClientOptionsInput, OK, SocketIOClient } from "socketio-gameloop";
import { SessionPlayer, SessionRecorder } from "socketio-gameloop/tools";
import { afterEach, expect, test } from "vitest";
import { run } from "../fault/run.js";
import { drawSchedule } from "../fault/schedule.js";

const given = process.env["SESSION_SEED"];
const SEED = given ? Number(given) : 1;
const RUNS = given ? 1 : 200;

const { prototype } = SocketIOClient;
const { create_namespace } = prototype;

afterEach(() => {
  prototype.create_namespace = create_namespace;
});

/** Records the next client from the moment at which its game asks for its first namespace, before it listens to anything. */
function recordNext(recorder: SessionRecorder): void {
  prototype.create_namespace = function (this: SocketIOClient, path: string) {
    if (path === "/a") {
      prototype.create_namespace = create_namespace;
      expect(recorder.record(this, optionsOf(this))).toBe(OK);
      return this.create_namespace(path);
    }
    return create_namespace.call(this, path);
  } as typeof create_namespace;
}

/** What the model world has made its client with: the only object that is asked whether it has an option. */
function optionsOf(client: SocketIOClient): ClientOptionsInput {
  const { hasOwn } = Object;
  let options: ClientOptionsInput = {};
  Object.hasOwn = (object: object, key) => {
    options = object;
    return hasOwn(object, key);
  };
  try {
    client.configure({ ack_timeout: undefined as never });
  } finally {
    Object.hasOwn = hasOwn;
  }
  return options;
}

test(`${RUNS} sessions of faults from seed ${SEED} on are played the same way`, { timeout: 600_000 }, async () => {
  const sum = { lines: 0, bytes: 0, callbacks: 0 };
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const recorder = new SessionRecorder();
    recordNext(recorder);
    await run(drawSchedule(seed));
    recorder.stop();
    const player = new SessionPlayer(recorder.to_json_lines());
    player.play_all();
    expect(player.get_divergences(), `SESSION_SEED=${seed}`).toEqual([]);
    expect(player.get_hash()).toBe(recorder.get_hash());
    expect(player.is_complete).toBe(true);
    sum.lines += recorder.get_line_count();
    sum.bytes += recorder.get_size();
    sum.callbacks += player.get_callback_count();
  }
  console.log(`${RUNS} sessions: ${sum.lines} lines, ${sum.bytes} bytes, ${sum.callbacks} callbacks, 0 divergences`);
  expect(sum.callbacks).toBeGreaterThan(RUNS);
});
