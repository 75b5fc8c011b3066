import { type ClientOptionsInput, Err, OK, Signal, SocketIOClient } from "socketio-gameloop";
import { FakeServer, ManualClock } from "socketio-gameloop/testing";
import { describe, expect, test } from "vitest";
import { connected, OPEN, Rig } from "../support/scripted-server.js";

describe("configure", () => {
  test("changes the options that are named, and no other", () => {
    const rig = new Rig({ ack_timeout: 1 });
    expect(rig.client.configure({ retries: 1 })).toBe(OK);
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"a"}');
    const errors: Err[] = [];
    rig.main.emit_with_ack("x", [], (_, error) => errors.push(error));
    rig.poll();
    rig.step(1);
    expect(rig.peer.frames).toEqual(["40", '420["x"]', '420["x"]']);
    rig.step(1);
    expect(errors).toEqual([Err.ERR_TIMEOUT]);
  });

  test.each<ClientOptionsInput>([
    { transports: ["polling"] },
    { main_namespace: false },
    { path: "/other/" },
    { protocols: ["x"] },
    { per_message_deflate: true },
    { heartbeat: "poll" },
    { clock: () => 0 },
    { transport_factory: null },
  ])("returns ERR_ALREADY_IN_USE while connected for %j, and changes nothing", (options) => {
    const rig = connected();
    expect(rig.client.configure({ ack_timeout: 1, ...options })).toBe(Err.ERR_ALREADY_IN_USE);
    expect(rig.client.get_last_error()).not.toBe("");
    const errors: Err[] = [];
    rig.main.emit_with_ack("x", [], (_, error) => errors.push(error));
    rig.poll();
    rig.step(2);
    expect(errors).toEqual([]);
    rig.client.close();
    expect(rig.client.configure(options)).toBe(OK);
  });

  test.each<ClientOptionsInput>([
    { ack_timeout: 1 },
    { retries: 1 },
    { offline: "drop" },
    { poll_max_packets: 1 },
    { poll_max_time: 1 },
    { max_buffered_packets: 1 },
    { connect_timeout: 1 },
    { reconnection: { attempts: 1 } },
    { random: () => 0 },
  ])("returns OK while connected for %j", (options) => {
    expect(connected().client.configure(options)).toBe(OK);
  });

  test("another clock may be behind the one before: time begins anew with it", () => {
    const client = new SocketIOClient({ poll_max_packets: 1 });
    const connect = (start: number) => {
      const clock = new ManualClock(start);
      const server = new FakeServer({ clock });
      const { transport_factory } = server;
      // From the first poll on there is always something left over.
      server.on("connection", (socket) => [1, 2, 3].forEach((n) => void socket.emit("e", [n])));
      expect(client.configure({ clock: clock.read, transport_factory })).toBe(OK);
      client.connect_to_url("ws://test");
      return { clock, server };
    };
    const play = ({ clock, server }: ReturnType<typeof connect>) => {
      clock.advance(0);
      client.poll();
      const errors: Err[] = [];
      client.get_namespace("/").emit_with_ack("x", [], (_, error) => errors.push(error), 1);
      for (let frame = 0; frame < 30; frame++) {
        server.emit("e", [frame]);
        clock.advance(0.2);
        client.poll();
      }
      expect(errors).toEqual([Err.ERR_TIMEOUT]);
    };
    play(connect(100));
    client.close();
    play(connect(0));
    let last: ReturnType<typeof connect> | undefined;
    client.disconnected.connect(() => (last = connect(0)), Signal.CONNECT_ONE_SHOT);
    client.close();
    play(last!);
  });

  test("naming an option with the value it has is no change", () => {
    expect(connected().client.configure({ heartbeat: "arrival", main_namespace: true })).toBe(OK);
  });

  test("undefined leaves an option as it is", () => {
    const rig = new Rig({ ack_timeout: 1 });
    expect(rig.client.configure({ ack_timeout: undefined } as never)).toBe(OK);
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"a"}');
    const errors: Err[] = [];
    rig.main.emit_with_ack("x", [], (_, error) => errors.push(error));
    rig.step(0.5);
    expect(errors).toEqual([]);
    rig.step(1);
    expect(errors).toHaveLength(1);
  });

  test("part of `reconnection` leaves the rest of it", () => {
    const rig = connected({ reconnection: { delay: 2, jitter: 0 } });
    rig.client.configure({ reconnection: { attempts: 5 } });
    rig.lose();
    expect(rig.told().at(-1)).toBe("reconnecting(1, 2)");
  });

  test("a change inside a callback holds from then on", () => {
    const rig = connected();
    rig.main.on("x", () => rig.client.configure({ offline: "error" }));
    rig.serve('42["x"]');
    rig.lose();
    expect(rig.main.emit("y")).toBe(Err.ERR_UNAVAILABLE);
  });
});

describe("options that cannot be", () => {
  const wrong: [string, unknown][] = [
    ["no_such_option", 1],
    ["ackTimeout", 1],
    ["transports", "websocket"],
    ["transports", []],
    ["transports", ["carrier pigeon"]],
    ["main_namespace", "yes"],
    ["path", 7],
    ["query", "a=b"],
    ["query", null],
    ["extra_headers", "x: y"],
    ["protocols", "x"],
    ["per_message_deflate", 1],
    ["connect_timeout", -1],
    ["connect_timeout", "20"],
    ["connect_timeout", Number.NaN],
    ["reconnection", 3],
    ["reconnection", null],
    ["reconnection", { tries: 1 }],
    ["reconnection", { delay: -1 }],
    ["reconnection", { delay: Number.NaN }],
    ["reconnection", { jitter: 2 }],
    ["reconnection", { enabled: 1 }],
    ["ack_timeout", null],
    ["retries", -1],
    ["offline", "later"],
    ["max_buffered_packets", 0],
    ["max_queued_packets", 0],
    ["max_queued_bytes", 0],
    ["max_payload", 0],
    ["max_attachments", -1],
    ["poll_max_packets", -1],
    ["poll_max_time", "0"],
    ["heartbeat", "never"],
    ["clock", 0],
    ["random", 0.5],
    ["transport_factory", {}],
  ];

  test.each(wrong)(
    "%s: %j throws a TypeError that names the option, in the constructor and in configure",
    (name, value) => {
      const options = { [name]: value } as ClientOptionsInput;
      const named = new RegExp(
        typeof value === "object" && name === "reconnection" && value ? "tries|delay|jitter|enabled" : name,
      );
      expect(() => new SocketIOClient(options)).toThrow(TypeError);
      expect(() => new SocketIOClient(options)).toThrow(named);
      expect(() => connected().client.configure(options)).toThrow(TypeError);
    },
  );

  test("a wrong option next to a right one changes nothing", () => {
    const rig = connected();
    expect(() => rig.client.configure({ offline: "error", retries: -1 })).toThrow(TypeError);
    rig.lose();
    expect(rig.main.emit("x")).toBe(OK);
  });

  test.each([null, "options", 7])("options must be an object, not %j", (options) => {
    expect(() => new SocketIOClient(options as never)).toThrow(TypeError);
  });

  test("an inherited name is no option", () => {
    expect(() => new SocketIOClient({ toString: () => "x" } as never)).toThrow(TypeError);
    expect(() => new SocketIOClient(JSON.parse('{"__proto__":{"retries":1}}'))).toThrow(TypeError);
  });

  test("the caller's own lists and dictionaries are copied", () => {
    const query: Record<string, string> = { a: "1" };
    const rig = new Rig({ query });
    query["a"] = "2";
    rig.client.connect_to_url("ws://test");
    expect(new URL(rig.peer.url).searchParams.get("a")).toBe("1");
  });

  test("query and extra_headers may change for the next connection", () => {
    const rig = connected({ query: { a: "1" } });
    const code = rig.client.configure({ query: { a: "2" } });
    if (code !== OK) return;
    rig.lose();
    rig.comeBack('40{"sid":"b"}');
    expect(new URL(rig.peer.url).searchParams.get("a")).toBe("2");
  });
});

test("the bounds of the inbox count at once, for binary too", () => {
  const rig = connected({ max_queued_bytes: 1000 });
  expect(rig.client.configure({ max_queued_bytes: 1_000_000 })).toBe(OK);
  const sizes: unknown[] = [];
  rig.main.on("x", ([bytes]) => sizes.push((bytes as Uint8Array).length));
  rig.serve('451-["x",{"_placeholder":true,"num":0}]', new Uint8Array(2000));
  expect(sizes).toEqual([2000]);
});
