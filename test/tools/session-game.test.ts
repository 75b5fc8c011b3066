/* How a game's own calls and those of the recording get on with each other. */
import { OK, type Reply, SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { FakeServer, ManualClock } from "socketio-gameloop/testing";
import { SessionPlayer, SessionRecorder } from "socketio-gameloop/tools";
import { describe, expect, test } from "vitest";

/** A game of which `play` makes the calls of a frame. */
function record(
  attach: (client: SocketIOClient) => (frame: number) => void,
  before = (_: SocketIOClient) => {},
  after = (_: SocketIOClient) => {},
) {
  const clock = new ManualClock();
  const server = new FakeServer({ clock });
  server.of("/side");
  server.on("connection", (socket) => {
    socket.on("echo", (data, reply) => reply?.(data));
    socket.on("ask me", ([n]) => socket.emit_with_ack("question", [n], (answer) => socket.emit("heard", answer)));
  });
  const client = new SocketIOClient();
  before(client);
  const recorder = new SessionRecorder();
  recorder.record(client, { clock: clock.read, transport_factory: server.transport_factory });
  const play = attach(client);
  for (let frame = 0; frame < 20; frame++) {
    clock.advance(1 / 60);
    play(frame);
  }
  after(client);
  recorder.stop();
  return recorder;
}

/** It answers at once or in a later frame, changes options, pulls, leaves and ends. */
function game(client: SocketIOClient, heard: unknown[]): (frame: number) => void {
  const main = client.get_namespace("/");
  const late: [Reply, unknown][] = [];
  main.on("question", ([n], reply) => {
    heard.push(n);
    if ((n as number) % 2 === 0) reply?.([n]);
    else if (reply) late.push([reply, n]);
  });
  main.on("heard", ([n]) => {
    heard.push(["heard", n]);
    if (n === 6) main.disconnect_from_namespace();
  });
  client.disconnected.connect((reason) => heard.push(reason));
  return (frame) => {
    if (frame === 0) client.connect_to_url("ws://test", () => ({ token: "secret" }));
    if (frame === 2) client.create_namespace("/side").connect_to_namespace({ token: "secret" });
    if (frame === 3) client.configure({ ack_timeout: 1, transport_factory: undefined as never });
    client.poll();
    main.emit("ask me", [frame]);
    const answered = late.splice(0);
    for (const [reply, n] of answered) reply([n]);
    main.emit_with_ack("echo", [frame], ([n]) => heard.push(["echo", n]));
    if (frame === 18) client.close();
  };
}

test("a game that runs in its own loop makes all its calls again", () => {
  const before: unknown[] = [];
  const recorder = record((client) => game(client, before));
  expect(before).toContainEqual(["heard", 5]);
  const player = new SessionPlayer(recorder.to_json_lines(), { listeners: "game", commands: "game" });
  const after: unknown[] = [];
  const play = game(player.client, after);
  for (let frame = 0; frame < 20; frame++) play(frame);
  player.play_all();
  expect(player.get_divergences()).toEqual([]);
  expect(after).toEqual(before);
  expect(player.get_hash()).toBe(recorder.get_hash());
});

describe("what follows the last poll", () => {
  /** A game that says something in each frame; it is closed from outside of its loop. */
  const talker = (client: SocketIOClient) => (frame: number) => {
    if (frame === 0) client.connect_to_url("ws://test");
    client.poll();
    client.get_namespace("/").emit("ask me", [frame]);
  };
  const text = record(talker, undefined, (client) => client.close()).to_json_lines();

  /** The loop of the guide; `before` is what the game does now at the beginning of a frame. */
  function replay(before = (_: SocketIOClient, __: number) => {}) {
    const player = new SessionPlayer(text, { listeners: "game", commands: "game" });
    const play = talker(player.client);
    let frame = 0;
    for (; !player.is_finished; frame++) {
      before(player.client, frame);
      play(frame);
    }
    expect(frame).toBe(20);
    return player;
  }

  test("is not missed of a game whose loop is over", () => {
    const player = replay();
    expect(player.get_divergences()).toEqual([]);
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect([player.is_finished, player.is_complete]).toEqual([true, true]);
  });

  test("may be called, and is compared then", () => {
    const player = replay();
    player.client.close();
    expect(player.get_divergences()).toEqual([]);
    expect(player.client.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
    const other = replay();
    other.client.get_namespace("/").emit("cheat", [5]);
    expect(other.get_divergences()[0]).toMatchObject({ got: 'the call / emit("cheat",[5])' });
  });

  test("hides nothing that went another way before, nor that a call before was not made", () => {
    const player = replay((client, frame) => {
      if (frame === 10) client.get_namespace("/").emit("cheat", [frame]);
    });
    expect(player.get_divergences()[0]).toMatchObject({ expected: "nothing", got: 'the call / emit("cheat",[10])' });
    const silent = new SessionPlayer(text, { listeners: "game", commands: "game" });
    silent.client.connect_to_url("ws://test");
    while (!silent.is_finished) silent.client.poll();
    silent.play_all();
    const missed = silent.get_divergences().filter(({ expected }) => expected.startsWith("the call"));
    expect(missed[0]).toMatchObject({ expected: 'the call / emit("ask me",[0])' });
    expect(missed.at(-1)).toMatchObject({ expected: 'the call / emit("ask me",[18])' });
  });
});

test("its loop may run beside the player: what it calls then is ignored, since the recording calls it", () => {
  const before: unknown[] = [];
  const recorder = record((client) => game(client, before));
  const player = new SessionPlayer(recorder.to_json_lines(), { listeners: "game" });
  const after: unknown[] = [];
  const play = game(player.client, after);
  for (let frame = 0; frame < 20; frame++) play(frame);
  const { client } = player;
  const main = client.get_namespace("/");
  expect([client.connect_to_url("ws://x"), client.reconnect_now(), main.emit("x"), main.emit_volatile("x")]).toEqual([
    OK,
    OK,
    OK,
    OK,
  ]);
  expect([client.take_event(), main.clear_buffer(), main.connect_to_namespace()]).toEqual([null, 0, OK]);
  expect(main.emit_with_ack("x")).toBeInstanceOf(Promise);
  player.play_all();
  expect(player.get_divergences()).toEqual([]);
  // The answers to what the game asked outside of its callbacks were for the recording.
  const isAnswer = (item: unknown) => Array.isArray(item) && item[0] === "echo";
  expect(after).toEqual(before.filter((item) => !isAnswer(item)));
  expect(player.get_hash()).toBe(recorder.get_hash());
});

test("a call that the game makes no more, or makes with other data, is told", () => {
  const recorder = record((client) => game(client, []));
  const player = new SessionPlayer(recorder.to_json_lines(), { listeners: "game", commands: "game" });
  const { client } = player;
  const main = client.get_namespace("/");
  const play = game(client, []);
  const { emit } = main;
  main.emit = ((event: string, data: unknown[]) => emit(event as never, [(data[0] as number) + 100] as never)) as never;
  play(0);
  play(1);
  expect(player.get_divergences()[0]).toEqual({
    line: expect.any(Number),
    expected: 'the call / emit("ask me",[0])',
    got: 'the call / emit("ask me",[100])',
  });
  const { line } = player.get_divergences()[0]!;
  expect(recorder.to_json_lines().split("\n")[line - 1]).toContain('"emit",["ask me",[0]]');
  const { length } = player.get_divergences();
  player.play_all();
  expect(player.get_divergences()[length]?.got).toBe("nothing");
});

describe("a recording that begins anew when a match begins", () => {
  /** A game that holds what it was given when it was made. */
  class Arena {
    readonly log: unknown[] = [];
    readonly #chat: SocketIONamespace;

    constructor(client: SocketIOClient) {
      const main = client.get_namespace("/");
      main.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
      main.on("snapshot", ([number]) => this.log.push(number));
      this.#chat = client.create_namespace("/chat");
      this.#chat.set_event_mode("typing", SocketIONamespace.EVENT_LATEST);
      this.#chat.set_event_mode("typing", SocketIONamespace.EVENT_QUEUE);
      for (const event of ["line", "typing"]) this.#chat.on(event, ([text]) => this.log.push(text));
      this.#chat.connected.connect(() => this.log.push("joined"));
    }

    start(client: SocketIOClient): void {
      client.connect_to_url("ws://test");
      this.#chat.connect_to_namespace();
    }
  }

  const clock = new ManualClock();
  const server = new FakeServer({ clock });
  server.on("connection", (socket) => {
    for (let number = 0; number < 3; number++) socket.emit("snapshot", [number]);
  });
  server.of("/chat").on("connection", (socket) => {
    for (const name of ["Ann", "Bob"]) socket.emit("typing", [name]);
    socket.emit("line", ["hello"]);
  });
  const options = { clock: clock.read, transport_factory: server.transport_factory };
  const client = new SocketIOClient();
  const arena = new Arena(client);
  const recorder = new SessionRecorder();
  for (let match = 0; match < 2; match++) {
    client.close();
    recorder.stop();
    arena.log.length = 0;
    recorder.record(client, options);
    arena.start(client);
    for (let frame = 0; frame < 5; frame++) {
      clock.advance(0.1);
      client.poll();
    }
  }
  recorder.stop();

  test.each(["recorded", "game"] as const)("plays with the game that was there before, commands %s", (commands) => {
    expect(arena.log).toEqual([2, "joined", "Ann", "Bob", "hello"]);
    const player = new SessionPlayer(recorder.to_json_lines(), { listeners: "game", commands });
    const again = new Arena(player.client);
    if (commands === "game") again.start(player.client);
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(again.log).toEqual(arena.log);
    expect(player.get_hash()).toBe(recorder.get_hash());
  });

  test("plays without a game", () => {
    const player = new SessionPlayer(recorder.to_json_lines());
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(player.get_hash()).toBe(recorder.get_hash());
  });
});

test("listeners and namespaces from before the recording are found out as far as they can be", () => {
  const recorder = record(
    (client) => (frame) => {
      if (frame === 0) client.connect_to_url("ws://test");
      if (frame === 1) client.get_namespace("/side")?.connect_to_namespace();
      client.poll();
      client.get_namespace("/").emit("ask me", [frame]);
    },
    (client) => {
      client.create_namespace("/side").connected.connect(() => {});
      client.connected.connect(() => {});
      client.get_namespace("/").on("question", () => {});
    },
  );
  const player = new SessionPlayer(recorder.to_json_lines());
  player.play_all();
  expect(player.get_divergences()).toEqual([]);
  expect(player.get_hash()).toBe(recorder.get_hash());
  expect(player.get_callback_count()).toBeGreaterThan(15);
});
