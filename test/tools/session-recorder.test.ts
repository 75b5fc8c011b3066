import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type ClientOptionsInput, Err, OK, SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { FakeServer, ManualClock } from "socketio-gameloop/testing";
import { RttProbe, SessionPlayer, SessionRecorder, type SessionRecorderOptions } from "socketio-gameloop/tools";
import { describe, expect, test, vi } from "vitest";
import { replayed } from "./replayed.js";

const FRAME = 1 / 60;

/** A client, a server and a recorder that records. */
function session(options: SessionRecorderOptions = {}, clientOptions = {}, serverOptions = {}) {
  const clock = new ManualClock(5);
  const server = new FakeServer({ clock, ...serverOptions });
  const client = new SocketIOClient();
  const recorder = new SessionRecorder(options);
  const all = { clock: clock.read, transport_factory: server.transport_factory, ...clientOptions };
  expect(recorder.record(client, all)).toBe(OK);
  const frames = (count: number) => {
    for (let frame = 0; frame < count; frame++) {
      clock.advance(FRAME);
      client.poll();
    }
  };
  return { clock, server, client, main: client.get_namespace("/"), recorder, frames };
}

function bodies(recorder: SessionRecorder): unknown[][] {
  return recorder
    .to_json_lines()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line)[2]);
}

describe("what is written down", () => {
  test("a poll in which nothing happens takes thirty bytes", () => {
    const { recorder, frames } = session();
    frames(2);
    expect(bodies(recorder).slice(1)).toEqual([
      ["poll", 5_016_667, 0],
      ["poll", 16_666, 0],
    ]);
    expect(recorder.to_json_lines().trimEnd().split("\n").at(-1)).toHaveLength(31);
  });

  test("an event, with what the game did about it and what was written because of that", () => {
    const { client, server, main, recorder, frames } = session();
    main.on("ping me", () => main.emit("pong", [1]));
    client.connect_to_url("ws://test");
    frames(1);
    server.emit("ping me", ["now"]);
    frames(1);
    const [, frame, poll] = bodies(recorder).slice(-3);
    expect(frame).toEqual(["frame", 0, 1, '42["ping me","now"]']);
    const hash = expect.stringMatching(/^[0-9a-f]{8}$/);
    expect(poll).toEqual([
      "poll",
      16_666,
      1,
      [
        ["call", 0, "/", "emit", ["pong", [1]], 0],
        ["cb", "ping me", "/", hash, 0],
        ["send", 1, ['42["pong",1]']],
      ],
    ]);
  });

  test("the header says with which options, and nothing of what it hides", () => {
    const { recorder } = session(
      {},
      { ack_timeout: 9, reconnection: { attempts: Infinity }, extra_headers: { key: "k" } },
    );
    const [header] = bodies(recorder) as unknown as [Record<string, unknown>];
    expect(header).toMatchObject({
      format: "socketio-gameloop session",
      version: 1,
      redacted: { auth: true, events: [] },
    });
    expect(header["options"]).toMatchObject({ ack_timeout: 9, reconnection: { attempts: { $n: "Infinity" } } });
    expect(JSON.stringify(header)).not.toContain('"k"');
  });
});

describe("when it can record", () => {
  test("only a client that is DISCONNECTED", () => {
    const { client, clock, frames } = session();
    client.connect_to_url("ws://test");
    frames(1);
    const other = new SessionRecorder();
    expect(other.record(client, { clock: clock.read })).toBe(Err.ERR_ALREADY_IN_USE);
    expect(other.is_recording).toBe(false);
    expect(other.get_line_count()).toBe(0);
  });

  test("one client at a time", () => {
    const { recorder } = session();
    expect(recorder.record(new SocketIOClient())).toBe(Err.ERR_ALREADY_IN_USE);
  });

  test("wrong arguments are told at once", () => {
    expect(() => new SessionRecorder(new SocketIOClient() as never)).toThrow(
      new TypeError("new SessionRecorder() takes options: give the client to record(client)"),
    );
    expect(() => new SessionRecorder({ max_bytes: 0 })).toThrow('option "max_bytes" must be a number above 0, got 0');
    expect(() => new SessionRecorder({ maxBytes: 1 } as never)).toThrow("must be one of max_bytes, redact, on_line");
    expect(() => new SessionRecorder({ on_line: 5 as never })).toThrow('option "on_line"');
    expect(() => new SessionRecorder({ redact: { events: "chat" as never } })).toThrow("a list of names of events");
    expect(() => new SessionRecorder({ redact: { auth: 1 as never } })).toThrow("true or false");
    expect(() => new SessionRecorder({ redact: { event: ["chat"] } as never })).toThrow(
      new TypeError('an option of redact must be auth or events, got "event"'),
    );
    expect(() => new SessionRecorder().record({} as never)).toThrow("must be a SocketIOClient");
    const recorder = new SessionRecorder();
    expect(() => recorder.record(new SocketIOClient(), { clock: 5 as never })).toThrow('option "clock"');
    expect(recorder.is_recording).toBe(false);
  });
});

describe("its options take the place of what the client was made with", () => {
  /** A session in which the client gives up, or not, and whether the replay does the same. */
  function giveUp(made: ClientOptionsInput, recorded: ClientOptionsInput) {
    const clock = new ManualClock(5);
    const server = new FakeServer({ clock });
    server.stop();
    const client = new SocketIOClient({ clock: clock.read, ...made });
    const recorder = new SessionRecorder();
    const { transport_factory } = server;
    expect(recorder.record(client, { clock: clock.read, transport_factory, random: () => 0, ...recorded })).toBe(OK);
    let attempts = 0;
    client.reconnecting.connect(() => attempts++);
    client.connect_to_url("ws://test");
    for (let second = 0; second < 60; second++) {
      clock.advance(1);
      client.poll();
    }
    replayed(recorder);
    return attempts;
  }

  test("of a part of `reconnection` the rest is as it is by default", () => {
    expect(giveUp({ reconnection: { attempts: 2 } }, { reconnection: { delay: 1 } })).toBeGreaterThan(2);
    expect(giveUp({ reconnection: { attempts: 2 } }, { reconnection: true })).toBeGreaterThan(2);
    expect(giveUp({}, { reconnection: { attempts: 2 } })).toBe(2);
  });

  test("one that is undefined is as if it was not given", () => {
    expect(giveUp({ reconnection: { attempts: 2 } }, { reconnection: undefined } as never)).toBeGreaterThan(2);
    const client = new SocketIOClient({ clock: () => 7 });
    const recorder = new SessionRecorder();
    recorder.record(client, { clock: undefined } as never);
    client.poll();
    // Not what it was made with, and read all the same.
    const [, moment] = bodies(recorder)[1]!;
    expect(moment).toBeGreaterThan(0);
    expect(moment).not.toBe(7_000_000);
  });
});

describe("how long it records", () => {
  test("until its buffer is full; what it has can be played", () => {
    const { client, recorder, frames, main } = session({ max_bytes: 4000 });
    client.connect_to_url("ws://test");
    frames(200);
    expect(recorder.is_truncated).toBe(true);
    expect(recorder.is_recording).toBe(false);
    expect(recorder.get_size()).toBeLessThanOrEqual(4000);
    expect(recorder.to_json_lines()).toHaveLength(recorder.get_size());
    expect(main.emit("still", ["alive"])).toBe(OK);
    frames(1);
    const player = new SessionPlayer(recorder.to_json_lines());
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(player.is_complete).toBe(false);
  });

  test("what it keeps takes little more memory than the text has units", () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const { client, main, server, recorder, frames } = session();
    client.connect_to_url("ws://test");
    frames(100);
    const before = heap();
    const size = recorder.get_size();
    for (let frame = 0; frame < 5000; frame++) {
      main.emit_volatile("input", [frame, "left".repeat(20)]);
      frames(1);
      for (const socket of server.sockets) socket.received.length = 0;
    }
    // In their parts the lines take twice as much again. The V8 of Node 22 takes more for each than those before and behind it.
    const most = process.versions.v8.startsWith("12.") ? 2.6 : 1.8;
    expect((heap() - before) / (recorder.get_size() - size)).toBeLessThan(most);
  });

  test("to a file without an end: each line is handed over, and none kept", () => {
    const lines: string[] = [];
    const { client, recorder, frames } = session({ max_bytes: 10, on_line: (line) => lines.push(line) });
    client.connect_to_url("ws://test");
    frames(20);
    client.close();
    recorder.stop();
    expect(recorder.to_json_lines()).toBe("");
    expect(recorder.get_line_count()).toBe(lines.length);
    const player = new SessionPlayer(lines);
    player.play_all();
    expect(player.get_hash()).toBe(recorder.get_hash());
    expect(player.is_complete).toBe(true);
  });

  test("what on_line throws is reported, and the game goes on", () => {
    const report = vi.spyOn(console, "error").mockImplementation(() => {});
    const { client, frames } = session({
      on_line: () => {
        throw new Error("disk full");
      },
    });
    client.connect_to_url("ws://test");
    frames(2);
    expect(client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    expect(report).toHaveBeenCalledWith(new Error("disk full"));
    report.mockRestore();
  });

  test("until it is stopped: then the client is as it was", () => {
    const { client, main, recorder, server, frames } = session();
    const heard: unknown[] = [];
    const listener = (data: unknown[]) => heard.push(data);
    main.on("said", listener);
    client.connect_to_url("ws://test");
    frames(1);
    recorder.stop();
    recorder.stop();
    const { length } = recorder.to_json_lines();
    server.emit("said", [1]);
    frames(1);
    expect(heard).toEqual([[1]]);
    main.off("said", listener);
    server.emit("said", [2]);
    frames(1);
    client.close();
    expect(heard).toEqual([[1]]);
    expect(recorder.to_json_lines()).toHaveLength(length);
    expect(Object.getOwnPropertyNames(client)).toEqual([]);
    expect(Object.getOwnPropertyNames(client.connected)).toEqual([]);
  });

  test("until it is stopped: what configure() did not name is still there", () => {
    const filter = vi.fn(() => false);
    const { clock, client, recorder, server, frames } = session({}, { reconnection: { filter } });
    client.configure({ reconnection: { delay: 1 }, transport_factory: undefined } as never);
    expect(() => client.configure(null as never)).toThrow("options must be an object, got null");
    recorder.stop();
    client.connect_to_url("ws://test");
    frames(1);
    server.connections[0]?.cut();
    frames(1);
    expect(filter).toHaveBeenCalledOnce();
    expect(client.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
    expect(clock.now).toBeLessThan(6);
  });

  test("until the poll is over in which a callback stops it", () => {
    const { client, main, recorder, server, frames } = session();
    let heard = 0;
    main.on("crash", () => {
      recorder.stop();
      throw new Error("the crash that was waited for");
    });
    main.on("crash", () => heard++);
    client.listener_error.connect(() => {});
    client.connect_to_url("ws://test");
    frames(1);
    server.emit("crash");
    frames(5);
    expect([heard, recorder.is_recording]).toEqual([1, false]);
    expect(bodies(recorder).at(-1)).toEqual(["end", 0]);
    expect(recorder.to_json_lines()).toContain('"listener_error"');
    const player = new SessionPlayer(recorder.to_json_lines());
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(player.get_hash()).toBe(recorder.get_hash());
  });

  test("and begins anew for another session", () => {
    const { client, recorder, clock, server, frames } = session();
    client.connect_to_url("ws://test");
    frames(5);
    client.close();
    recorder.stop();
    const options = { clock: clock.read, transport_factory: server.transport_factory };
    expect(recorder.record(client, options)).toBe(OK);
    expect(recorder.get_line_count()).toBe(1);
    client.connect_to_url("ws://test");
    frames(5);
    replayed(recorder);
  });
});

describe("again and again with the same client", () => {
  /** A client that is recorded as often as a test wants, with an event that can be heard. */
  function again() {
    const { client, clock, main, recorder, server, frames } = session();
    recorder.stop();
    const record = () => recorder.record(client, { clock: clock.read, transport_factory: server.transport_factory });
    const hear = () => {
      client.connect_to_url("ws://test");
      frames(2);
      server.emit("said");
      frames(1);
      client.close();
    };
    return { main, recorder, record, hear };
  }

  test("nothing grows: its methods are taken over once", () => {
    const { main, recorder, record, hear } = again();
    const { on, once, off } = main;
    for (let recording = 0; recording < 1200; recording++) {
      expect(record()).toBe(OK);
      recorder.stop();
    }
    expect([main.on, main.once, main.off]).toEqual([on, once, off]);
    expect(main.emit).toBe(SocketIONamespace.prototype.emit);
    let heard = 0;
    main.on("said", () => heard++);
    hear();
    expect(heard).toBe(1);
  });

  test("a callback can be removed, whenever it was added", () => {
    const { main, recorder, record, hear } = again();
    const heard: string[] = [];
    const [before, during, later] = ["before", "during", "later"].map((name) => () => heard.push(name));
    main.on("said", before!);
    record();
    main.on("said", during!);
    recorder.stop();
    main.on("said", later!);
    hear();
    expect(heard.splice(0)).toEqual(["before", "during", "later"]);
    record();
    main.off("said", before!);
    main.off("said", during!);
    hear();
    expect(heard.splice(0)).toEqual(["later"]);
    main.off("said", later!);
    recorder.stop();
    hear();
    expect(heard).toEqual([]);
  });

  test("a callback that was added several times is removed as often, and all of an event at once", () => {
    const { main, recorder, record, hear } = again();
    let heard = 0;
    const listener = () => heard++;
    main.on("said", listener);
    record();
    main.on("said", listener);
    main.on("said", listener);
    for (const left of [2, 1, 0]) {
      main.off("said", listener);
      heard = 0;
      hear();
      expect(heard).toBe(left);
    }
    main.on("said", listener);
    main.once("said", listener);
    recorder.stop();
    main.off("said");
    hear();
    expect(heard).toBe(0);
  });

  test("once is once, and what it was is not mistaken for what is left", () => {
    const { main, recorder, record, hear } = again();
    let heard = 0;
    const listener = () => heard++;
    record();
    main.once("said", listener);
    main.on("said", listener);
    recorder.stop();
    hear();
    expect(heard).toBe(2);
    hear();
    expect(heard).toBe(3);
    record();
    main.off("said", listener);
    hear();
    expect(heard).toBe(3);
  });

  test("each recording has the replies of listeners that were added in one before", () => {
    const { client, clock, main, recorder, server, frames } = session();
    server.on("connection", (socket) => socket.emit_with_ack("ask", [], () => {}));
    main.on("ask", (_, reply) => reply?.(["answer"]));
    for (let recording = 0; recording < 3; recording++) {
      client.connect_to_url("ws://test");
      frames(3);
      client.close();
      recorder.stop();
      expect(recorder.to_json_lines().match(/"reply",\[1,\["answer"\]\]/g)).toHaveLength(1);
      recorder.record(client, { clock: clock.read, transport_factory: server.transport_factory });
    }
  });

  test("two recorders at once have the same", () => {
    const { client, main, recorder, server, frames } = session();
    const other = new SessionRecorder();
    expect(other.record(client, { clock: () => 5, transport_factory: server.transport_factory })).toBe(OK);
    server.on("connection", (socket) => socket.emit_with_ack("ask", [], () => {}));
    const listener = vi.fn((_: unknown, reply?: (response: unknown[]) => unknown) => reply?.(["answer"]));
    main.on("ask", listener);
    client.connect_to_url("ws://test");
    frames(3);
    other.stop();
    recorder.stop();
    for (const each of [recorder, other]) expect(each.to_json_lines()).toContain('"reply",[1,["answer"]]');
    main.off("ask", listener);
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

test.each(["before", "after"])(
  "a probe from %s the recording began asks behind the polls, in the replay too",
  (when) => {
    const clock = new ManualClock();
    const server = new FakeServer({ clock });
    server.on("connection", (socket) => socket.on("rtt_probe", (_, reply) => reply?.([])));
    const client = new SocketIOClient();
    const recorder = new SessionRecorder();
    const probe = () => new RttProbe(client, { clock: clock.read, interval: 0.1 });
    const before = when === "before" ? probe() : null;
    recorder.record(client, { clock: clock.read, transport_factory: server.transport_factory });
    const asking = before ?? probe();
    client.connect_to_url("ws://test");
    for (let frame = 0; frame < 60; frame++) {
      clock.advance(FRAME);
      client.poll();
    }
    recorder.stop();
    expect(asking.get_stats().answered).toBeGreaterThan(5);
    const player = new SessionPlayer(recorder.to_json_lines());
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(player.get_hash()).toBe(recorder.get_hash());
  },
);

describe("what it hides", () => {
  // Whole: the digits may stand in a hash as well.
  const SECRET = /hunter2|letmein|\b4711\b/;

  /** Plays what was recorded, which must show no secret and go the same way. */
  function hidden(recorder: SessionRecorder): SessionPlayer {
    recorder.stop();
    expect(recorder.to_json_lines()).not.toMatch(SECRET);
    return replayed(recorder);
  }

  test("auth, and what a URL carries besides its address; the replay goes the same way", () => {
    const { client, recorder, frames, server } = session({}, { query: { key: "hunter2" } });
    server.of("/vip");
    client.connect_to_url("ws://me:hunter2@test/?token=letmein", { token: "hunter2", pin: 4711 });
    client.create_namespace("/vip").connect_to_namespace(() => ({ token: "letmein" }));
    frames(5);
    client.close();
    hidden(recorder);
  });

  test("what a function says for a URL, of which it cannot use the second", () => {
    const { client, recorder, frames, server } = session({}, { reconnection: { delay: 0.01 } });
    const urls = ["ws://me:hunter@hunter2@test/?token=me:letmein", 'test/?name="O\'Brien" x&token=letmein'];
    client.connect_to_url(() => urls.shift() ?? "ws://test");
    const errors: string[] = [];
    client.connect_error.connect(({ message }) => errors.push(message));
    frames(2);
    server.connections[0]?.cut();
    frames(30);
    expect(errors).toEqual([expect.stringContaining("letmein")]);
    expect(client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    hidden(recorder);
  });

  test("an auth function that answers later", async () => {
    const { client, recorder, frames } = session();
    client.connect_to_url("ws://test", async () => ({ token: "hunter2" }));
    for (let turn = 0; turn < 5; turn++) {
      frames(1);
      await null;
    }
    expect(client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    client.close();
    client.connect_to_url("ws://test", () => Promise.reject(new Error("no keys")));
    for (let turn = 0; turn < 5; turn++) {
      frames(1);
      await null;
    }
    client.close();
    hidden(recorder);
  });

  test("the data of chosen events, in both directions, with their acknowledgements and bytes", () => {
    const { client, recorder, main, server, frames } = session({ redact: { events: ["chat"] } });
    server.on("connection", (socket) => socket.on("chat", ([text], reply) => reply?.([text, "letmein"])));
    main.on("chat", (_, reply) => reply?.(["hunter2"]));
    main.on("move", () => {});
    client.connect_to_url("ws://test");
    frames(2);
    main.emit_with_ack("chat", ["letmein", new TextEncoder().encode("hunter2"), 4711], () => {});
    server.emit("chat", [{ text: "hunter2" }, new TextEncoder().encode("letmein")]);
    for (const socket of server.sockets) socket.emit_with_ack("chat", ["hunter2"], () => {});
    server.emit("move", ["in the open"]);
    frames(3);
    hidden(recorder);
    const text = recorder.to_json_lines();
    expect(text).not.toContain(btoa("hunter2"));
    expect(text).not.toContain(btoa("letmein"));
    expect(text).toContain("in the open");
  });

  test("numbers of all kinds, texts that objects make of themselves, and what is thrown; the replay goes the same way", () => {
    const { client, recorder, main, server, frames } = session({ redact: { events: ["chat"] } });
    const data = [1.234e25, Number.NaN, -Infinity, 12345, new URL("http://hunter2/"), { toJSON: () => "letmein" }];
    main.on("chat", ([value]) => {
      throw value;
    });
    main.event_received.connect((event) => {
      throw `letmein ${event}`;
    });
    client.event_received.connect(() => {});
    client.listener_error.connect(() => {});
    client.connect_to_url("ws://test");
    frames(2);
    main.emit("chat", data);
    main.emit("chat", [new Blob(["hunter2"])]);
    server.emit("chat", data);
    server.emit("chat", ["hunter2"]);
    frames(3);
    hidden(recorder);
    expect(recorder.to_json_lines()).not.toContain("1.234");
  });

  test("what a recovered session has missed is told again in the replay, though all its texts look alike", () => {
    for (const auth of [true, false]) {
      const redact = { auth, events: ["*"] };
      const { client, recorder, main, server, frames } = session(
        { redact },
        { reconnection: { delay: 0.1 } },
        { recovery: 9 },
      );
      const heard: unknown[] = [];
      main.on("chat", ([text]) => heard.push(text));
      client.connect_to_url("ws://test");
      frames(2);
      for (const text of ["hunter2", "hunter2"]) server.emit("chat", [text]);
      frames(2);
      server.connections[0]?.cut();
      for (const text of ["hunter2", "letmein"]) server.emit("chat", [text]);
      frames(20);
      expect(heard).toEqual(["hunter2", "hunter2", "hunter2", "letmein"]);
      expect(hidden(recorder).get_callback_count()).toBe(4);
    }
  });

  test("what asks for an acknowledgement does not end with what a recovery looks for", () => {
    const { client, recorder, main, server, frames } = session({ redact: { events: ["ask"] } }, {}, { recovery: 9 });
    const heard: unknown[][] = [];
    main.on("ask", (data) => heard.push(data));
    client.connect_to_url("ws://test");
    frames(2);
    server.sockets[0]?.emit_with_ack("ask", ["Hunter2", "letmein", "Player1"], () => {});
    frames(2);
    expect(heard).toEqual([["Hunter2", "letmein", "Player1"]]);
    hidden(recorder);
  });

  test("which sessions were recovered and which were not can still be told", () => {
    const recover = { recovery: 2 };
    const { clock, client, recorder, main, server, frames } = session({}, { reconnection: { delay: 0.1 } }, recover);
    const play = (ns: SocketIONamespace, told: boolean[]) => ns.connected.connect(() => told.push(ns.is_recovered()));
    const recorded: boolean[] = [];
    play(main, recorded);
    client.connect_to_url("ws://test");
    frames(2);
    server.emit("move");
    frames(2);
    server.connections[0]?.cut();
    frames(20);
    server.connections[0]?.cut();
    clock.advance(3);
    frames(20);
    expect(recorded).toEqual([false, true, false]);
    recorder.stop();
    const player = new SessionPlayer(recorder.to_json_lines(), { listeners: "game" });
    const played: boolean[] = [];
    play(player.client.get_namespace("/"), played);
    player.play_all();
    expect(played).toEqual(recorded);
    expect(player.get_divergences()).toEqual([]);
  });

  test("nothing, if that is wanted", () => {
    const { client, recorder, frames } = session({ redact: { auth: false } });
    client.connect_to_url("ws://test", { token: "hunter2" });
    frames(2);
    expect(recorder.to_json_lines()).toContain("hunter2");
  });
});

describe("what else a session can have", () => {
  test("events that are pulled, a gate, snapshots, promises, a reply that comes late", async () => {
    const { client, recorder, main, server, frames } = session({}, { event_delivery: "pull" });
    main.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
    server.on("connection", (socket) => socket.on("ask", (_, reply) => reply?.(["answer"])));
    client.connect_to_url("ws://test");
    const ready = main.ready();
    frames(2);
    await ready;
    const late: ((response: unknown[]) => unknown)[] = [];
    for (let turn = 0; turn < 6; turn++) {
      server.emit("snapshot", [turn]);
      server.emit("snapshot", [turn + 0.5]);
      for (const socket of server.sockets) socket.emit_with_ack("question", [turn], () => {});
      client.set_dispatch_paused(turn % 3 === 1);
      frames(1);
      for (let taken = client.take_event(); taken !== null; taken = client.take_event())
        if (taken.reply) late.push(taken.reply);
      void main.emit_with_ack("ask", [turn]).then(([answer]) => main.emit("thanks", [answer]));
      await null;
    }
    for (const reply of late) reply(["late"]);
    frames(2);
    for (let turn = 0; turn < 9; turn++) await null;
    client.close();
    recorder.stop();
    expect(recorder.to_json_lines()).toContain("thanks");
    expect(late).toHaveLength(6);
    const player = new SessionPlayer(recorder.to_json_lines());
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(player.get_hash()).toBe(recorder.get_hash());
  });
});
