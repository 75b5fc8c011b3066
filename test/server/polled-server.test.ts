/* A socket.io server that is polled, with clients that are polled, over real sockets. */
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server, type ServerOptions } from "socket.io";
import { type ClientOptionsInput, Err, OK, SocketIOClient } from "socketio-gameloop";
import { PolledServer, type PolledServerOptions, type ServerClient, ServerNamespace } from "socketio-gameloop/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

async function arena(options: PolledServerOptions = {}, ioOptions: Partial<ServerOptions> = {}) {
  const http = createServer();
  const io = new Server(http, { serveClient: false, ...ioOptions });
  const server = new PolledServer(io, options);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const clients: SocketIOClient[] = [];
  ends.push(() => {
    for (const client of clients) client.close();
    io.close();
  });
  const join = (input: ClientOptionsInput = {}, auth = {}) => {
    const client = new SocketIOClient({ transports: ["websocket"], ...input });
    client.connect_to_url(url, auth);
    clients.push(client);
    return client;
  };
  /** Lets the network do its work until something is so; polls the clients, and the server unless told otherwise. */
  const until = async (isSo: () => boolean, polls = true) => {
    const deadline = performance.now() + 10_000;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`not so after 10 s: ${isSo}`);
      await new Promise((resolve) => setImmediate(resolve));
      if (polls) server.poll();
      for (const client of clients) client.poll();
    }
  };
  /** A client that the server knows. */
  const joined = async (input: ClientOptionsInput = {}, auth = {}) => {
    const count = server.get_namespace().get_clients().length;
    const client = join(input, auth);
    await until(
      () => client.get_namespace().is_namespace_connected() && server.get_namespace().get_clients().length > count,
    );
    const known = server.get_namespace().get_clients().at(-1) as ServerClient;
    return { client, ns: client.get_namespace(), known };
  };
  return { http, io, server, main: server.get_namespace(), join, joined, until };
}

describe("what arrives waits for a poll", () => {
  test("connections, events and ends, in the order of arrival", async () => {
    const { server, main, joined, until } = await arena();
    const log: string[] = [];
    main.client_connected.connect((client) => log.push(`in ${client.get_auth()["name"]}`));
    main.on("say", (client, [word]) => log.push(`${client.get_auth()["name"]}: ${word}`));
    main.client_disconnected.connect((client, reason) => log.push(`out ${client.get_auth()["name"]}: ${reason}`));
    const ann = await joined({}, { name: "ann" });
    const bob = await joined({}, { name: "bob" });
    expect(log).toEqual(["in ann", "in bob"]);
    log.length = 0;
    ann.ns.emit("say", ["one"]);
    ann.client.flush();
    await until(() => server.get_pending_count() === 1, false);
    bob.ns.emit("say", ["two"]);
    bob.client.flush();
    await until(() => server.get_pending_count() === 2, false);
    ann.client.close();
    await until(() => server.get_pending_count() === 3, false);
    expect(log).toEqual([]);
    expect(ann.known.is_client_connected()).toBe(true);
    expect(server.poll()).toBe(3);
    expect(log).toEqual(["ann: one", "bob: two", "out ann: client namespace disconnect"]);
    expect(ann.known.is_client_connected()).toBe(false);
    expect(main.get_clients()).toEqual([bob.known]);
    expect(server.poll()).toBe(0);
    expect(server.get_stats()).toEqual({ clients: 1, inbox_length: 0, events_dispatched: 2, events_skipped: 0 });
  });

  test("what a callback brings about waits for the next one", async () => {
    const { server, main, joined, until } = await arena();
    const { client, ns, known } = await joined();
    let polled = -1;
    main.on("again", () => {
      polled = server.poll();
    });
    ns.emit("again", []);
    ns.emit("again", []);
    client.flush();
    await until(() => server.get_pending_count() === 2, false);
    expect(server.poll()).toBe(2);
    expect(polled).toBe(0);
    expect(known.is_client_connected()).toBe(true);
  });

  test("the budget of a poll: packets, and seconds of its clock", async () => {
    let now = 0;
    const { server, main, joined, until } = await arena({ poll_max_packets: 2, poll_max_time: 1, clock: () => now });
    const { client, ns } = await joined();
    const heard: number[] = [];
    main.on("n", (_client, [n]) => {
      heard.push(n);
      if (n === 3) now += 1;
    });
    for (let n = 1; n <= 5; n++) ns.emit("n", [n]);
    client.flush();
    await until(() => server.get_pending_count() === 5, false);
    server.poll();
    expect(heard).toEqual([1, 2]);
    server.poll();
    expect(heard).toEqual([1, 2, 3]);
    server.poll();
    expect(heard).toEqual([1, 2, 3, 4, 5]);
  });

  test("a budget of packets need not be whole", async () => {
    const { server, main, joined, until } = await arena({ poll_max_packets: 1.5 });
    const { client, ns } = await joined();
    const heard: number[] = [];
    main.on("n", (_client, [n]) => heard.push(n));
    for (let n = 1; n <= 3; n++) ns.emit("n", [n]);
    client.flush();
    await until(() => server.get_pending_count() === 3, false);
    server.poll();
    expect(heard).toEqual([1, 2]);
  });

  test("who was thrown out uses up nobody's budget", async () => {
    const { server, main, joined, until } = await arena({ poll_max_packets: 2 });
    const spammer = await joined({ reconnection: false });
    const other = await joined();
    const heard: string[] = [];
    main.event_received.connect((client, event) => {
      heard.push(event);
      if (event === "spam") client.disconnect_client();
    });
    for (let n = 1; n <= 20; n++) spammer.ns.emit("spam", [n]);
    spammer.client.flush();
    await until(() => server.get_pending_count() === 20, false);
    other.ns.emit("move");
    other.client.flush();
    await until(() => server.get_pending_count() === 21, false);
    server.poll();
    expect([heard, server.get_pending_count()]).toEqual([["spam", "move"], 0]);
  });

  test("an event whose name is a number is heard under it as text, as socket.io does it", async () => {
    const { server, main, joined, until } = await arena();
    const { client } = await joined();
    const heard: unknown[] = [];
    main.on("42", (_client, data, reply) => {
      heard.push(data);
      reply?.(["yes"]);
    });
    server.event_received.connect((_client, event) => heard.push(event));
    const answers: unknown[] = [];
    // Our own client refuses such a name.
    const raw = new WebSocket(`${client.get_connection_url()}/socket.io/?EIO=4&transport=websocket`);
    ends.push(() => raw.close());
    raw.on("message", (data) => {
      const text = String(data);
      if (text[0] === "0") raw.send("40");
      else if (text.startsWith("40")) raw.send('427[42,"x"]');
      else answers.push(text);
    });
    await until(() => answers.length > 0);
    expect([heard, answers]).toEqual([[["x"], "42"], ['437["yes"]']]);
  });

  test("of an EVENT_LATEST event only the newest of each client, but all that ask", async () => {
    const { server, main, joined, until } = await arena();
    const ann = await joined();
    const bob = await joined();
    const heard: unknown[] = [];
    main.on("aim", (client, [angle], reply) => {
      heard.push([client === ann.known ? "ann" : "bob", angle]);
      reply?.(["seen"]);
    });
    main.set_event_mode("aim", ServerNamespace.EVENT_LATEST);
    ann.ns.emit("aim", [1]);
    ann.ns.emit("aim", [2]);
    let seen: unknown = null;
    ann.ns.emit_with_ack("aim", [3], (response) => {
      seen = response;
    });
    ann.ns.emit("aim", [4]);
    ann.client.flush();
    await until(() => server.get_pending_count() === 4, false);
    bob.ns.emit("aim", [9]);
    bob.client.flush();
    await until(() => server.get_pending_count() === 5, false);
    server.poll();
    expect(heard).toEqual([
      ["ann", 3],
      ["ann", 4],
      ["bob", 9],
    ]);
    expect(server.get_stats()).toMatchObject({ events_dispatched: 3, events_skipped: 2 });
    await until(() => seen !== null);
    expect(seen).toEqual(["seen"]);
    main.set_event_mode("aim", ServerNamespace.EVENT_QUEUE);
    ann.ns.emit("aim", [5]);
    ann.ns.emit("aim", [6]);
    ann.client.flush();
    await until(() => server.get_pending_count() === 2, false);
    server.poll();
    expect(heard.slice(3)).toEqual([
      ["ann", 5],
      ["ann", 6],
    ]);
  });

  test("of an EVENT_LATEST event, from each client in turn when a budget leaves some of them out", async () => {
    const { server, main, joined, until } = await arena({ poll_max_packets: 1 });
    const players = [await joined({}, { name: "ann" }), await joined({}, { name: "bob" })];
    const heard: string[] = [];
    main.on("aim", (client, [angle]) => heard.push(`${client.get_auth()["name"]} ${angle}`));
    main.set_event_mode("aim", ServerNamespace.EVENT_LATEST);
    for (let angle = 1; angle <= 4; angle++) {
      for (const { known, ns, client } of players) {
        const arrived = vi.fn();
        known.socket.once("aim", arrived);
        ns.emit("aim", [angle]);
        client.flush();
        await until(() => arrived.mock.calls.length > 0, false);
      }
      server.poll();
    }
    expect(heard).toEqual(["ann 1", "bob 2", "ann 3", "bob 4"]);
  });

  test("not what a middleware of the socket refuses, and as it leaves it", async () => {
    const { io, main, joined, until } = await arena();
    const later: (() => void)[] = [];
    io.on("connection", (socket) => {
      socket.use(([event], next) => (event === "slow" ? later.push(next) : next()));
      socket.use((packet, next) => {
        packet[1] = Math.min(packet[1], 10);
        next(packet[0] === "cheat" ? new Error("no") : undefined);
      });
    });
    const heard: unknown[] = [];
    main.event_received.connect((_client, event, data) => heard.push([event, ...data]));
    const { ns, client, known } = await joined();
    for (const event of ["slow", "cheat", "slow", "move"]) ns.emit(event, [99]);
    await until(() => heard.length === 1 && later.length === 2);
    later[0]?.();
    await until(() => heard.length === 2);
    expect(heard).toEqual([
      ["move", 10],
      ["slow", 10],
    ]);
    client.close();
    await until(() => !known.is_client_connected());
    later[1]?.();
    await until(() => true);
    expect(heard.length).toBe(2);
  });

  test("a client that sends more than may wait is thrown out, and what came before is heard", async () => {
    const { server, main, joined, until } = await arena({ max_queued_packets: 3 });
    const flood = await joined({ reconnection: false });
    const other = await joined();
    const log: unknown[] = [];
    main.on("n", (_client, [n]) => log.push(n));
    main.client_disconnected.connect((client, reason) => log.push([client === flood.known, reason]));
    for (let n = 1; n <= 10; n++) flood.ns.emit("n", [n]);
    flood.client.flush();
    await until(() => server.get_pending_count() === 4, false);
    expect(flood.known.emit("late")).toBe(Err.ERR_UNAVAILABLE);
    server.poll();
    expect(log).toEqual([1, 2, 3, [true, "inbound overflow"]]);
    await until(() => flood.client.get_connection_state() === SocketIOClient.STATE_DISCONNECTED);
    other.ns.emit("n", [11]);
    await until(() => log.length === 5);
    expect(main.get_clients()).toEqual([other.known]);
  });
});

describe("clients that come and go between two polls", () => {
  /** A server without a network, and who visits it. */
  function visited() {
    let enter = (_: EventEmitter) => {};
    const nsp = {
      name: "/",
      on(_event: string, callback: typeof enter) {
        enter = callback;
      },
    };
    const server = new PolledServer({ of: () => nsp, on() {} } as unknown as Server);
    const log: string[] = [];
    const main = server.get_namespace();
    main.client_connected.connect((client) => log.push(`in ${client.get_session_id()}`));
    main.client_disconnected.connect((client) => log.push(`out ${client.get_session_id()}`));
    main.on("say", (client, [word]) => log.push(`${client.get_session_id()}: ${word}`));
    const visit = (id: string | number) => {
      let receive = (_packet: unknown[], _next: () => void) => {};
      const use = (middleware: typeof receive) => {
        receive = middleware;
      };
      const socket = Object.assign(new EventEmitter(), { id: `${id}`, nsp, connected: true, use });
      enter(socket);
      return {
        say: (word: string) => receive(["say", word], () => {}),
        leave() {
          socket.connected = false;
          socket.emit("disconnect", "transport close");
        },
      };
    };
    const pass = (id: string | number) => {
      const { say, leave } = visit(id);
      say("hello");
      leave();
    };
    return { server, log, visit, pass };
  }

  test("are told of with what they sent, in the order of arrival", () => {
    const { server, log, visit, pass } = visited();
    const ann = visit("ann");
    pass("bob");
    ann.say("anybody?");
    server.poll();
    expect(log).toEqual(["in ann", "in bob", "bob: hello", "out bob", "ann: anybody?"]);
  });

  test("fill nothing while nobody polls: a hundred are told of, and those who are still there", () => {
    const { server, log, visit, pass } = visited();
    const ann = visit("ann");
    for (let id = 1; id <= 100; id++) pass(id);
    const pending = server.get_pending_count();
    for (let id = 101; id <= 5000; id++) pass(id);
    expect(server.get_pending_count()).toBe(pending);
    const bob = visit("bob");
    bob.say("late");
    server.poll();
    expect(log.slice(0, 4)).toEqual(["in ann", "in 1", "1: hello", "out 1"]);
    expect(log.slice(-3)).toEqual(["out 100", "in bob", "bob: late"]);
    ann.leave();
    for (let id = 1; id <= 200; id++) pass(id);
    log.length = 0;
    server.poll();
    expect([log[0], log[1], log.at(-1)]).toEqual(["out ann", "in 1", "out 100"]);
  });

  test("are asked nothing where socket.io has no time-outs of its own, and that is said", () => {
    const { server, visit } = visited();
    visit("ann");
    server.poll();
    const [ann] = server.get_namespace().get_clients();
    expect(() => ann?.emit_with_ack("ask", [], () => {})).toThrow("emit_with_ack needs socket.io 4.4 or later");
  });

  test("who has been told of keeps what he sent before he went", () => {
    const { server, log, visit, pass } = visited();
    const ann = visit("ann");
    server.poll();
    for (let id = 1; id <= 200; id++) pass(id);
    ann.say("bye");
    ann.leave();
    server.poll();
    expect(log.slice(-2)).toEqual(["ann: bye", "out ann"]);
  });
});

describe("to a client", () => {
  test("emit, to one and to all, in a namespace of its own too", async () => {
    const { server, main, joined, until } = await arena();
    const side = server.create_namespace("/side");
    expect(server.create_namespace("/side")).toBe(side);
    expect([server.has_namespace("/side"), server.get_namespace("/other")]).toEqual([true, null]);
    expect(side.get_namespace_path()).toBe("/side");
    const heard: unknown[] = [];
    const { client, ns, known } = await joined();
    ns.on("hit", (data) => heard.push(data));
    const ours = client.create_namespace("/side");
    ours.on("hit", (data) => heard.push(["side", ...data]));
    ours.connect_to_namespace();
    await until(() => side.get_clients().length === 1 && ours.is_namespace_connected());
    expect(side.get_clients()[0]!.get_session_id()).toBe(ours.get_session_id());
    expect(known.get_session_id()).toBe(ns.get_session_id());
    expect(known.get_namespace_path()).toBe("/");
    expect(known.emit("hit", [1, Uint8Array.of(2)])).toBe(OK);
    expect(main.emit("hit", ["all"])).toBe(OK);
    expect(side.emit("hit", [3])).toBe(OK);
    await until(() => heard.length === 3);
    expect(heard).toEqual([[1, Uint8Array.of(2)], ["all"], ["side", 3]]);
    expect(known.emit_volatile("hit", ["v"])).toBe(OK);
    await until(() => heard.length === 4);
    expect(main.emit_volatile("hit", ["w"])).toBe(OK);
    await until(() => heard.length === 5);
    expect(heard.slice(3)).toEqual([["v"], ["w"]]);
  });

  test("an acknowledgement comes in a poll", async () => {
    const { server, joined, until } = await arena();
    const { ns, known } = await joined();
    ns.on("ask", ([value], reply) => reply?.([value, "yes"]));
    const answers: unknown[] = [];
    expect(known.emit_with_ack("ask", [7], (response, error) => answers.push([response, error]))).toBe(OK);
    const promise = known.emit_with_ack("ask", [8]);
    await until(() => server.get_pending_count() === 2, false);
    expect(answers).toEqual([]);
    server.poll();
    expect(answers).toEqual([[[7, "yes"], OK]]);
    expect(await promise).toEqual([8, "yes"]);
  });

  test("an acknowledgement that does not come: in time, or at all", async () => {
    const { server, joined, until } = await arena();
    const { client, ns, known } = await joined();
    ns.on("ask", () => {});
    const answers: unknown[] = [];
    known.emit_with_ack("ask", [], (response, error) => answers.push([response, error]), 0.01);
    await until(() => server.get_pending_count() === 1, false);
    server.poll();
    expect(answers).toEqual([[["timeout"], Err.ERR_TIMEOUT]]);
    known.emit_with_ack("ask", [], (response, error) => answers.push([response, error]));
    const promise = known.emit_with_ack("ask", [], 3);
    client.close();
    await until(() => answers.length === 2);
    expect(answers[1]).toEqual([["timeout"], Err.ERR_CONNECTION_ERROR]);
    await expect(promise).rejects.toMatchObject({ code: Err.ERR_CONNECTION_ERROR });
    expect(known.emit_with_ack("ask", [], () => answers.push("never"))).toBe(Err.ERR_UNAVAILABLE);
    await expect(known.emit_with_ack("ask", [])).rejects.toMatchObject({ code: Err.ERR_UNAVAILABLE });
    expect([known.emit("x"), known.emit_volatile("x")]).toEqual([Err.ERR_UNAVAILABLE, Err.ERR_UNAVAILABLE]);
    expect(answers).toHaveLength(2);
  });

  test("an acknowledgement may take longer than a timer of Node can wait", async () => {
    const { joined, until } = await arena();
    const { ns, known } = await joined();
    ns.on("ask", (_data, reply) => reply?.(["here"]));
    const timeout = vi.spyOn(known.socket, "timeout");
    let answer: unknown;
    known.emit_with_ack("ask", [], (response) => (answer = response), 1e7);
    expect(timeout).toHaveBeenCalledWith(2 ** 31 - 1);
    await until(() => answer !== undefined);
    expect(answer).toEqual(["here"]);
  });

  test("an answer that came before its client went is told before that", async () => {
    const { server, main, joined, until } = await arena();
    const { client, ns, known } = await joined();
    const log: string[] = [];
    main.client_disconnected.connect(() => log.push("out"));
    ns.on("ask", (_data, reply) => {
      reply?.(["answered"]);
      client.flush();
    });
    known.emit_with_ack("ask", [], ([word]) => log.push(word));
    await until(() => server.get_pending_count() === 1, false);
    client.close();
    await until(() => server.get_pending_count() === 2, false);
    server.poll();
    expect(log).toEqual(["answered", "out"]);
  });

  test("disconnect_client() tells before it returns, and drops what waits", async () => {
    const { server, main, joined, until } = await arena();
    const { client, ns, known } = await joined({ reconnection: false });
    const log: string[] = [];
    main.on("n", (who, [n]) => {
      log.push(`${n}`);
      who.disconnect_client();
      log.push("back");
      who.disconnect_client();
    });
    const failed: unknown[] = [];
    known.emit_with_ack("ask", [], (_response, error) => failed.push(error));
    main.client_disconnected.connect((_client, reason) => log.push(reason));
    for (let n = 1; n <= 3; n++) ns.emit("n", [n]);
    client.flush();
    await until(() => server.get_pending_count() === 3, false);
    server.poll();
    expect(log).toEqual(["1", "server disconnect", "back"]);
    expect(failed).toEqual([Err.ERR_CONNECTION_ERROR]);
    await until(() => client.get_connection_state() === SocketIOClient.STATE_DISCONNECTED);
    server.poll();
    expect(log).toHaveLength(3);
  });

  test("a reply counts once, and not for a client that is gone", async () => {
    const { main, joined, until } = await arena();
    const { client, ns } = await joined();
    const codes: unknown[] = [];
    const late: (() => unknown)[] = [];
    main.on("ask", (_client, _data, reply) => {
      expect(() => reply?.("no array" as never)).toThrow(/must be one array of arguments/);
      codes.push(reply?.([1]), reply?.([2]));
    });
    main.on("later", (_client, _data, reply) => late.push(() => reply?.([1])));
    const answer = ns.emit_with_ack("ask", []);
    ns.emit_with_ack("later", []).catch(() => {});
    await until(() => late.length === 1);
    expect(codes).toEqual([OK, Err.ERR_ALREADY_IN_USE]);
    await until(() => client.get_stats().acks_pending === 1);
    expect(await answer).toEqual([1]);
    client.close();
    await until(() => main.get_clients().length === 0);
    expect(late[0]!()).toBe(Err.ERR_UNAVAILABLE);
  });
});

describe("listeners", () => {
  test("once, off, and one that removes another", async () => {
    const { server, main, joined, until } = await arena();
    const { ns } = await joined();
    const log: string[] = [];
    const second = () => log.push("second");
    const first = () => {
      log.push("first");
      main.off("n", second);
    };
    main.on("n", first);
    main.on("n", second);
    main.once("n", () => log.push("once"));
    server.event_received.connect((_client, event, data) => log.push(`${event} ${data}`));
    ns.emit("n", [1]);
    await until(() => log.length === 3);
    expect(log).toEqual(["first", "once", "n 1"]);
    main.off("n", () => {});
    ns.emit("n", [2]);
    await until(() => log.length === 5);
    main.off("n");
    ns.emit("n", [3]);
    await until(() => log.length === 6);
    expect(log.slice(3)).toEqual(["first", "n 2", "n 3"]);
  });

  test("one that throws keeps nothing from the others", async () => {
    const { server, main, joined, until } = await arena();
    const { ns } = await joined();
    const reported = vi.spyOn(console, "error").mockImplementation(() => {});
    ends.push(() => reported.mockRestore());
    const log: unknown[] = [];
    main.on("n", () => {
      throw new Error("first");
    });
    main.on("n", (_client, [n]) => log.push(n));
    ns.emit("n", [1]);
    await until(() => log.length === 1);
    expect(reported).toHaveBeenCalledTimes(1);
    server.listener_error.connect((error, event, path) => {
      log.push([(error as Error).message, event, path]);
      throw error;
    });
    ns.emit("n", [2]);
    await until(() => log.length === 3);
    expect(log).toEqual([1, ["first", "n", "/"], 2]);
    expect(reported).toHaveBeenCalledTimes(2);
  });

  test("a client that is thrown out as it comes in", async () => {
    const { server, main, join, until } = await arena();
    const log: unknown[] = [];
    main.client_connected.connect((client) => client.disconnect_client(true));
    main.client_disconnected.connect((_client, reason) => log.push(reason));
    server.client_connected.connect(() => log.push("never"));
    server.client_disconnected.connect((_client, reason) => log.push(["server", reason]));
    const client = join({ reconnection: false });
    await until(() => log.length === 2 && client.get_connection_state() === SocketIOClient.STATE_DISCONNECTED);
    expect(log).toEqual(["server disconnect", ["server", "server disconnect"]]);
  });
});

describe("of socket.io's own", () => {
  test("a client that another listener throws out as it comes in is never told of", async () => {
    const { io, server, main, join, joined, until } = await arena();
    // Told of before those who listen for "connection".
    io.on("connect", (socket) => {
      if (socket.handshake.auth["isBanned"]) socket.disconnect(true);
    });
    const log: string[] = [];
    main.client_connected.connect((client) => log.push(`in ${client.get_auth()["name"]}`));
    main.client_disconnected.connect((client) => log.push(`out ${client.get_auth()["name"]}`));
    const banned = join({ reconnection: false }, { isBanned: true, name: "ann" });
    const threw = vi.fn();
    banned.disconnected.connect(threw);
    await until(() => threw.mock.calls.length > 0);
    await joined({}, { name: "bob" });
    expect([log, server.get_stats().clients]).toEqual([["in bob"], 1]);
  });

  test("a dynamic namespace that was empty, and was made anew", async () => {
    const { io, server, join, until } = await arena({}, { cleanupEmptyChildNamespaces: true });
    io.of(/^\/room-\d$/);
    const room = server.create_namespace("/room-1");
    const log: string[] = [];
    room.client_connected.connect(() => log.push("in"));
    room.client_disconnected.connect(() => log.push("out"));
    room.on("move", () => room.emit("moved"));
    for (let visit = 1; visit <= 2; visit++) {
      const before = io.of("/room-1");
      const client = join({ main_namespace: false, reconnection: false });
      const mine = client.create_namespace("/room-1");
      mine.on("moved", () => log.push("moved"));
      mine.connect_to_namespace();
      await until(() => room.get_clients().length === 1);
      mine.emit("move");
      await until(() => log.at(-1) === "moved");
      client.close();
      await until(() => room.get_clients().length === 0);
      expect(io.of("/room-1")).not.toBe(before);
    }
    expect(log).toEqual(["in", "moved", "out", "in", "moved", "out"]);
    server.close();
    const late = join({ main_namespace: false });
    late.create_namespace("/room-1").connect_to_namespace();
    await until(() => late.get_namespace("/room-1")?.is_namespace_connected() === true);
    expect(server.get_pending_count()).toBe(0);
  });
});

describe("close()", () => {
  test("throws all out, the ones that nobody has heard of too, and hears no others", async () => {
    const { server, main, join, joined, until } = await arena();
    const { client } = await joined({ reconnection: false });
    const log: unknown[] = [];
    main.client_connected.connect(() => log.push("in"));
    main.client_disconnected.connect((_client, reason) => log.push(reason));
    const unheard = join({ reconnection: false });
    await until(() => server.get_pending_count() === 1, false);
    server.close();
    expect(log).toEqual(["server disconnect"]);
    await until(() => [client, unheard].every((one) => one.get_connection_state() === 0));
    const late = join();
    await until(() => late.get_namespace().is_namespace_connected());
    expect([server.poll(), server.get_stats().clients, log.length]).toEqual([0, 0, 1]);
  });

  test("leaves nothing to poll of a client with two namespaces", async () => {
    const { server, joined, until } = await arena();
    const chat = server.create_namespace("/chat");
    const { client } = await joined({ reconnection: false });
    client.create_namespace("/chat").connect_to_namespace();
    await until(() => chat.get_clients().length === 1);
    server.close();
    expect(server.get_stats()).toMatchObject({ clients: 0, inbox_length: 0 });
  });

  test("inside a callback ends the poll", async () => {
    const { server, main, joined, until } = await arena();
    const { client, ns } = await joined({ reconnection: false });
    const log: unknown[] = [];
    main.on("n", (_client, [n]) => {
      log.push(n);
      server.close();
    });
    for (let n = 1; n <= 3; n++) ns.emit("n", [n]);
    client.flush();
    await until(() => server.get_pending_count() === 3, false);
    expect(server.poll()).toBe(1);
    expect([log, server.get_pending_count()]).toEqual([[1], 0]);
  });
});

describe("bad input", () => {
  const io = { of: () => ({ name: "/", on() {}, off() {} }), on() {} } as unknown as Server;

  test.each([
    [{}, "new PolledServer(io) must be a socket.io Server, got object"],
    [undefined, "new PolledServer(io) must be a socket.io Server, got undefined"],
  ])("%s for a server", (value, message) => {
    expect(() => new PolledServer(value as never)).toThrow(new TypeError(message));
  });

  test.each([
    [{ poll_max_packets: -1 }, 'option "poll_max_packets" must be a number of 0 or more, got -1'],
    [{ poll_max_time: NaN }, 'option "poll_max_time" must be a number of 0 or more, got NaN'],
    [{ max_queued_packets: 0 }, 'option "max_queued_packets" must be a number of 1 or more, got 0'],
    [{ clock: 5 }, 'option "clock" must be a function, got 5'],
    [null, "the options of a PolledServer must be an object, got null"],
    [5, "the options of a PolledServer must be an object, got 5"],
    [
      { budget: 5 },
      'an option of a PolledServer must be poll_max_packets, poll_max_time, max_queued_packets or clock, got "budget"',
    ],
  ])("%s as options", (options, message) => {
    expect(() => new PolledServer(io, options as never)).toThrow(new TypeError(message));
  });

  test("names, callbacks, modes, data, timeouts", async () => {
    const { server, main, joined } = await arena();
    const { known } = await joined();
    for (const path of ["side", "", "/a,b", "/a?b", "/a\nb", 5])
      expect(() => server.create_namespace(path as string)).toThrow(
        new TypeError(
          `a namespace path must be like "/chat", without "?", "," and control characters, got ${JSON.stringify(path)}`,
        ),
      );
    for (const event of ["connection", "connect", "disconnect"])
      for (const listen of ["on", "once"] as const)
        expect(() => main[listen](event, () => {})).toThrow(
          `the event's name must be one that clients send: use the signals client_connected and client_disconnected, got "${event}"`,
        );
    expect(() => main.on("newListener", () => {})).toThrow(/must be a free string/);
    expect(() => main.on("n", 5 as never)).toThrow('the callback of "n" must be a function, got 5');
    expect(() => main.off("n", 5 as never)).toThrow('the callback of "n" must be a function, got 5');
    expect(() => main.set_event_mode("n", 2 as never)).toThrow(/the event mode must be/);
    expect(() => main.emit("n", 5 as never)).toThrow(/must be one array of arguments/);
    expect(() => known.emit("connect")).toThrow(/must be a free string/);
    expect(() => known.emit("n", [1n])).toThrow(TypeError);
    const circle: unknown[] = [];
    circle.push(circle, circle);
    const noFunction = /the data of "n" must be without a function at its end; a client's emit_with_ack/;
    const noCircle = /the data of "n" cannot be encoded: it contains itself/;
    for (const [data, message] of [
      [[1, () => 5], noFunction],
      [[circle], noCircle],
    ] as const) {
      expect(() => known.emit("n", data)).toThrow(message);
      expect(() => known.emit_volatile("n", data)).toThrow(message);
      expect(() => known.emit_with_ack("n", data, () => {})).toThrow(message);
      expect(() => main.emit("n", data)).toThrow(message);
      expect(() => main.emit_volatile("n", data)).toThrow(message);
    }
    expect(() => known.emit_with_ack("n", [], () => {}, -1)).toThrow("the timeout must be a number of seconds, got -1");
    expect(() => known.emit_with_ack("n", [], {} as never)).toThrow(/the callback of "n" must be a function/);
    await expect(main.client_connected.wait(1)).rejects.toThrow("write wait()");
  });
});

describe("what a callback or a caller does wrong leaves nothing half-done", () => {
  test("an answer that cannot be encoded can be followed by one that can", async () => {
    const { main, joined, until } = await arena();
    const codes: unknown[] = [];
    main.on("ask", (_client, _data, reply) => {
      expect(() => reply?.([1n])).toThrow(TypeError);
      const circle: unknown[] = [];
      circle.push(circle);
      expect(() => reply?.([circle])).toThrow(TypeError);
      codes.push(reply?.(["fallback"]), reply?.(["again"]));
    });
    const { ns } = await joined();
    const answers: unknown[] = [];
    ns.emit_with_ack("ask", [], (response) => answers.push(response));
    await until(() => answers.length > 0);
    expect(answers).toEqual([["fallback"]]);
    expect(codes).toEqual([OK, Err.ERR_ALREADY_IN_USE]);
  });

  test("a question that cannot be encoded has no callback", async () => {
    const { joined, until } = await arena();
    const { known } = await joined();
    const called: string[] = [];
    expect(() => known.emit_with_ack("x", [1n], () => called.push("wrong"), 0)).toThrow(TypeError);
    known.emit_with_ack("x", [], () => called.push("right"), 0);
    await until(() => called.length > 0);
    known.disconnect_client();
    expect(called).toEqual(["right"]);
  });

  test("what was skipped for a newer one does not fill the inbox, nor keep its data", async () => {
    const { server, main, joined, until } = await arena({ max_queued_packets: 1 });
    main.set_event_mode("move", ServerNamespace.EVENT_LATEST);
    const moves: unknown[] = [];
    main.on("move", (_client, [n]) => moves.push(n));
    const { ns, known } = await joined();
    for (let n = 0; n < 6; n++) ns.emit("move", [n]);
    await until(() => server.get_stats().events_skipped === 5, false);
    server.poll();
    expect(moves).toEqual([5]);
    expect(known.is_client_connected()).toBe(true);
  });

  test("close() may be called by who is told of it", async () => {
    const { server, main, joined, until } = await arena();
    const all = [await joined(), await joined(), await joined()];
    for (const { ns } of all) ns.emit("hello");
    await until(() => server.get_pending_count() === 3, false);
    const left: unknown[] = [];
    main.client_disconnected.connect((client) => {
      left.push(client.get_session_id());
      server.close();
    });
    server.close();
    expect(left).toHaveLength(3);
    expect(main.get_clients()).toEqual([]);
  });
});
