import { PollGroup, SocketIOClient } from "socketio-gameloop";
import { msgpack } from "socketio-gameloop/msgpack";
import { FakeServer, ManualClock } from "socketio-gameloop/testing";
import { SessionPlayer, SessionRecorder } from "socketio-gameloop/tools";
import { describe, expect, test, vi } from "vitest";
import { Arena } from "./replay-hash/arena.js";
import { recordArena } from "./replay-hash/record.js";

const { text, hash, state } = recordArena();

/** What a player hears of a recording, up to its end. */
function played(source = text, options = {}) {
  const player = new SessionPlayer(source, options);
  player.play_all();
  return player;
}

describe("without the game", () => {
  test("the same callbacks come with the same arguments in the same order", () => {
    const player = played();
    expect(player.get_divergences()).toEqual([]);
    expect(player.get_hash()).toBe(hash);
    expect(player.get_recorded_hash()).toBe(hash);
    expect(player.get_callback_count()).toBeGreaterThan(200);
    expect(player.is_finished).toBe(true);
  });
});

describe("with the game", () => {
  test("it comes into the same state, and calls what it called", () => {
    const player = new SessionPlayer(text, { listeners: "game" });
    const arena = new Arena(player.client);
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(arena.state).toBe(state);
    expect(player.get_hash()).toBe(hash);
  });

  test("its own loop can make the calls between the callbacks again", () => {
    const player = new SessionPlayer(text, { listeners: "game", commands: "game" });
    const { client } = player;
    const arena = new Arena(client);
    client.connect_to_url("wss://player:password@arena.example/?ticket=1234", { token: "secret" });
    for (let frame = 0; frame < 720; frame++) {
      client.poll();
      arena.update();
      client.flush();
    }
    client.close();
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(player.is_finished).toBe(true);
    expect(arena.state).toBe(state);
    expect(player.get_hash()).toBe(hash);
  });
});

describe("a game that has changed is told where", () => {
  test("it no longer calls what it called", () => {
    const player = new SessionPlayer(text, { listeners: "game" });
    const arena = new Arena(player.client);
    const main = player.client.get_namespace("/");
    main.off("shot");
    main.on("shot", () => {});
    player.play_all();
    const [first] = player.get_divergences();
    expect(first?.expected).toMatch(/^the call \/ emit_with_ack\("hit",/);
    expect(first?.got).toBe("nothing");
    expect(text.split("\n")[first!.line - 1]).toContain("shot");
    expect(arena.acknowledged).toBe(0);
  });

  test("it calls something else", () => {
    const player = new SessionPlayer(text, { listeners: "game" });
    new Arena(player.client);
    player.client.connected.connect(() => player.client.get_namespace("/").emit("cheat", [1]));
    player.play_all();
    expect(player.get_divergences()[0]).toMatchObject({ expected: "nothing", got: 'the call / emit("cheat",[1])' });
  });

  test("it listens to less", () => {
    const player = new SessionPlayer(text, { listeners: "game" });
    new Arena(player.client);
    player.client.get_namespace("/").off("terrain");
    player.play_all();
    const [first] = player.get_divergences();
    expect(first?.expected).toMatch(/^callback terrain of \/ with arguments [0-9a-f]{8}$/);
    expect(player.get_hash()).not.toBe(hash);
  });

  test("the recorded hash differs from what an edited frame brings", () => {
    const lines = text.split("\n");
    const index = lines.findIndex((line) => line.includes('"$b":"AAEE'));
    const edited = lines.map((line, place) => (place === index ? line.replace('"$b":"AAEE', '"$b":"AAEF') : line));
    const player = played(edited.join("\n"), { allow_edited: true });
    expect(player.get_edited_lines()).toEqual([index + 1]);
    expect(player.get_divergences()[0]?.expected).toMatch(/^callback terrain/);
    expect(player.get_divergences()).toHaveLength(1);
  });
});

describe("how fast it plays", () => {
  test("step by step: each is one poll, and what came before it", () => {
    const player = new SessionPlayer(text);
    let steps = 0;
    while (player.step()) steps++;
    expect(steps).toBe(720);
    expect(player.is_finished).toBe(true);
    expect(player.step()).toBe(false);
  });

  test("in real time, whatever the frames of the player are", () => {
    const player = new SessionPlayer(text);
    expect(player.advance(0)).toBe(1);
    const start = player.get_time();
    let polls = 1;
    for (let frame = 0; frame < 30; frame++) polls += player.advance(1 / 30);
    expect(polls).toBe(61);
    expect(player.get_time() - start).toBeCloseTo(1, 5);
    player.advance(3600);
    expect(player.is_finished).toBe(true);
    expect(player.get_hash()).toBe(hash);
  });

  test("its client's poll() is a step, and from inside a callback does nothing", () => {
    const inside: unknown[] = [];
    const player = new SessionPlayer(text, {
      on_callback: () => inside.push(player.client.poll(), player.step()),
    });
    let callbacks = 0;
    for (let frame = 0; frame < 720; frame++) callbacks += player.client.poll();
    player.play_all();
    expect(inside.every((result) => result === 0 || result === false)).toBe(true);
    // Those of `close()` are in no poll.
    expect(player.get_callback_count() - callbacks).toBeGreaterThan(0);
    expect(player.get_divergences()).toEqual([]);
  });

  test("with promises settling in between", async () => {
    const clock = new ManualClock();
    const server = new FakeServer({ clock });
    server.on("connection", (socket) => socket.on("ask", ([n], reply) => reply?.([(n as number) + 1])));
    const game = async (client: SocketIOClient, states: number[]) => {
      const main = client.get_namespace("/");
      await main.ready();
      for (let n = 0; n < 40; ) {
        const [answer] = (await main.emit_with_ack("ask", [n])) as [number];
        states.push(answer);
        n = answer + 1;
      }
    };
    const client = new SocketIOClient();
    const recorder = new SessionRecorder();
    recorder.record(client, { clock: clock.read, transport_factory: server.transport_factory });
    const before: number[] = [];
    client.connect_to_url("ws://test");
    void game(client, before);
    for (let frame = 0; frame < 60; frame++) {
      clock.advance(1 / 60);
      client.poll();
      for (let turn = 0; turn < 8; turn++) await null;
    }
    recorder.stop();
    expect(before).toHaveLength(20);
    const player = new SessionPlayer(recorder.to_json_lines(), { listeners: "game", commands: "game" });
    const after: number[] = [];
    player.client.connect_to_url("ws://test");
    void game(player.client, after);
    await player.play();
    expect(player.get_divergences()).toEqual([]);
    expect(after).toEqual(before);
  });
});

test("a session with a codec is played with the same codec", () => {
  const clock = new ManualClock();
  const codec = msgpack();
  const server = new FakeServer({ clock, codec });
  server.on("connection", (socket) => socket.on("echo", (data, reply) => reply?.(data)));
  const client = new SocketIOClient();
  const recorder = new SessionRecorder({ redact: { events: ["password"] } });
  recorder.record(client, { clock: clock.read, transport_factory: server.transport_factory, codec });
  const main = client.get_namespace("/");
  main.on("password", () => {});
  client.connect_to_url("ws://test", { token: "hunter2" });
  for (let frame = 0; frame < 10; frame++) {
    clock.advance(1 / 60);
    client.poll();
    main.emit_with_ack("echo", [frame, new Uint8Array([frame]), new Date(frame), Number.NaN, null], () => {});
    server.emit("password", ["hunter2"]);
  }
  client.close();
  recorder.stop();
  const recorded = recorder.to_json_lines();
  const binary = [...recorded.matchAll(/"\$b":"([^"]*)"/g)].map(([, base64]) => atob(base64!)).join();
  expect(recorded + binary).not.toContain("hunter2");
  const player = played(recorded, { codec });
  expect(player.get_divergences()).toEqual([]);
  expect(player.get_hash()).toBe(recorder.get_hash());
});

test("news of the browser's network come from the recording", () => {
  type Tell = (event: { type: string }) => void;
  type Listener = Tell | { handleEvent: Tell };
  const listeners = new Map<string, Set<Listener>>();
  const change = (act: "add" | "delete") => (type: string, listener: Listener) => {
    if (!listeners.has(type)) listeners.set(type, new Set());
    listeners.get(type)![act](listener);
  };
  vi.stubGlobal("addEventListener", change("add"));
  vi.stubGlobal("removeEventListener", change("delete"));
  const tell = (type: string) => {
    for (const listener of [...(listeners.get(type) ?? [])])
      if (typeof listener === "function") listener({ type });
      else listener.handleEvent({ type });
  };
  const clock = new ManualClock();
  const server = new FakeServer({ clock });
  const client = new SocketIOClient();
  const recorder = new SessionRecorder();
  recorder.record(client, { clock: clock.read, transport_factory: server.transport_factory, random: () => 0 });
  client.disconnected.connect(() => {});
  client.connected.connect(() => {});
  client.connect_to_url("ws://game.example");
  for (let frame = 0; frame < 90; frame++) {
    clock.advance(1 / 60);
    if (frame === 30) tell("offline");
    if (frame === 33) tell("online");
    client.poll();
  }
  client.close();
  recorder.stop();
  expect([...listeners.values()].every(({ size }) => size === 0)).toBe(true);
  vi.unstubAllGlobals();
  expect(recorder.to_json_lines()).toContain('["net",');
  const player = played(recorder.to_json_lines());
  expect(player.get_divergences()).toEqual([]);
  expect(player.get_hash()).toBe(recorder.get_hash());
  expect(player.client.get_stats().reconnects).toBe(1);
  expect("addEventListener" in globalThis).toBe(false);
});

test("a whole group's budget is in the recording", () => {
  const clock = new ManualClock();
  const server = new FakeServer({ clock });
  const client = new SocketIOClient();
  const recorder = new SessionRecorder();
  recorder.record(client, { clock: clock.read, transport_factory: server.transport_factory });
  const group = new PollGroup({ poll_max_packets: 3 });
  group.add(client);
  client.get_namespace("/").on("news", () => {});
  client.connect_to_url("ws://test");
  clock.advance(0);
  for (let frame = 0; frame < 10; frame++) {
    clock.advance(1 / 60);
    if (frame === 3) for (let n = 0; n < 12; n++) server.emit("news", [n]);
    group.poll();
  }
  recorder.stop();
  const player = new SessionPlayer(recorder.to_json_lines());
  const counts: number[] = [];
  for (let count = 0; player.step(); count = player.get_callback_count())
    counts.push(player.get_callback_count() - count);
  expect(Math.max(...counts)).toBe(3);
  expect(player.get_divergences()).toEqual([]);
  expect(player.get_hash()).toBe(recorder.get_hash());
});
