import { Err, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { open } from "../support/scripted-server.js";
import { OPEN, offering, Transports, type TransportsOptions } from "../support/scripted-transports.js";

const { STATE_CONNECTED, STATE_CONNECTING, STATE_DISCONNECTED } = SocketIOClient;

/** A client that has been asked to connect; `names` are its transports. */
function connecting(names: string[], options: Partial<TransportsOptions> = {}): Transports {
  return new Transports({ names, ...options }).connect();
}

/** The current transport fails. */
function fail(rig: Transports, message = "refused"): void {
  rig.peer.cut("transport error", message);
  rig.poll();
}

/** The main namespace is joined over the current transport. */
function join(rig: Transports): void {
  rig.serve(OPEN, '40{"sid":"a"}');
}

describe("a transport that fails", () => {
  test("falls back to the next one at once, within the same attempt", () => {
    const rig = connecting(["websocket", "polling"]);
    const urls = [rig.peer.url];
    fail(rig);
    urls.push(rig.peer.url);
    expect(urls).toEqual([
      "ws://test/socket.io/?EIO=4&transport=websocket",
      "http://test/socket.io/?EIO=4&transport=polling",
    ]);
    expect([rig.told(), rig.client.get_connection_state()]).toEqual([[], STATE_CONNECTING]);
    join(rig);
    expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
    expect([rig.client.get_transport(), rig.client.get_last_error()]).toEqual(["polling", ""]);
  });

  test("is tried in the order of the option", () => {
    const rig = connecting(["webtransport", "polling", "websocket"]);
    fail(rig);
    fail(rig);
    expect(rig.tried()).toEqual(["webtransport", "polling", "websocket"]);
  });

  test("needs a poll for it: nobody dials behind the game's back", () => {
    const rig = connecting(["websocket", "polling"]);
    rig.peer.cut("transport error");
    expect(rig.tried()).toEqual(["websocket"]);
  });

  test("whose factory throws falls back as well", () => {
    const rig = connecting(["webtransport", "websocket"], {
      opening: ({ name }) => {
        if (name === "webtransport") throw new Error("there is none here");
      },
    });
    rig.poll();
    join(rig);
    expect(rig.client.get_transport()).toBe("websocket");
  });

  test.each([
    ["webtransport() is left out", () => () => {}],
    ["nothing", () => null],
    ["no transport", () => ({})],
  ])("whose factory makes no transport falls back as well, and says so: %s", (_, factory) => {
    const next = () => {
      throw new Error("refused");
    };
    const client = new SocketIOClient({ transports: [factory as never, next], reconnection: false });
    const told: string[] = [];
    client.connect_error.connect(({ message }) => told.push(message));
    client.connect_to_url("ws://test");
    client.poll();
    client.poll();
    const first =
      /^cannot connect by websocket: the result of a transport factory must be a transport, got \w+; .*refused$/;
    expect(told).toEqual([expect.stringMatching(first)]);
    expect(client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("that the platform refuses without a message is named by the error", () => {
    const refuse = () => {
      throw new DOMException("", "SecurityError");
    };
    const client = new SocketIOClient({ transports: [refuse], reconnection: false });
    client.connect_to_url("ws://test");
    client.poll();
    expect(client.get_last_error()).toMatch(/^cannot connect by websocket: SecurityError/);
  });

  test("that fails while its factory runs", () => {
    const rig = connecting(["webtransport", "websocket"], {
      opening: (peer) => peer.name === "webtransport" && peer.cut("transport error", "refused"),
    });
    rig.poll();
    expect(rig.tried()).toEqual(["webtransport", "websocket"]);
  });

  test("in an attempt that is over (the machine has slept) is not followed by another: the next attempt begins anew", () => {
    const rig = connecting(["websocket", "polling"], { connect_timeout: 4, reconnection: { delay: 1, jitter: 0 } });
    rig.step(60);
    expect(rig.tried()).toEqual(["websocket"]);
    expect(rig.told().at(-1)).toBe("reconnecting(1, 1)");
    rig.step(1);
    expect(rig.tried()).toEqual(["websocket"]);
    join(rig);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
  });

  test("with a close of the server before the session is open", () => {
    const rig = connecting(["websocket", "polling"]);
    rig.serve("1");
    expect(rig.tried()).toEqual(["websocket", "polling"]);
  });

  test("is not heard any more", () => {
    const rig = connecting(["websocket", "polling"]);
    const websocket = rig.peer;
    fail(rig);
    websocket.push(OPEN, '40{"sid":"late"}');
    websocket.cut();
    rig.poll();
    expect([websocket.closed, rig.told(), rig.client.get_transport()]).toEqual([true, [], ""]);
    join(rig);
    expect(rig.told()).toContain("connected(a)");
  });

  test("asks the auth function, query and headers once an attempt, not once a transport", () => {
    const asked: string[] = [];
    const rig = new Transports({
      names: ["websocket", "polling"],
      query: () => {
        asked.push("query");
        return { n: String(asked.length) };
      },
      extra_headers: () => {
        asked.push("headers");
        return { "x-n": String(asked.length) };
      },
    });
    rig.client.connect_to_url("ws://test", () => {
      asked.push("auth");
      return { token: "t" };
    });
    fail(rig);
    expect(asked).toEqual(["query", "headers", "auth"]);
    expect(rig.peer.url).toContain("n=1");
    expect(rig.peer.request.extra_headers).toEqual({ "x-n": "2" });
    rig.serve(OPEN);
    expect(rig.peer.frames).toEqual(['40{"token":"t"}']);
    rig.lose();
    rig.step(1);
    expect(asked.slice(3)).toEqual(["query", "headers", "auth"]);
  });

  test("what was emitted meanwhile waits for the one that works", () => {
    const rig = connecting(["websocket", "polling"]);
    rig.main.emit("early");
    fail(rig);
    join(rig);
    expect(rig.peer.frames).toEqual(["40", '42["early"]']);
  });
});

describe("when all have failed", () => {
  test("connect_error says what each of them said, once, and then the next attempt waits", () => {
    const rig = connecting(["websocket", "polling"]);
    const errors: unknown[] = [];
    rig.client.connect_error.connect((error) => errors.push(error));
    fail(rig, "no WebSocket connection to ws://test: 502");
    fail(rig, "GET http://test: ECONNREFUSED");
    const message = "no WebSocket connection to ws://test: 502; GET http://test: ECONNREFUSED";
    expect(errors).toEqual([{ message, namespace: "/", code: Err.ERR_CANT_CONNECT, transport: "polling" }]);
    expect(rig.told()).toEqual([`connect_error(/, ${message})`, "reconnecting(1, 0.25)"]);
    expect(rig.client.get_last_error()).toBe(message);
    rig.step(0.2);
    expect(rig.tried()).toEqual(["websocket", "polling"]);
    rig.step(0.1);
    expect(rig.tried()).toEqual(["websocket"]);
  });

  test("the next attempt starts from the front, and its error says nothing of this one", () => {
    const rig = connecting(["websocket", "polling"]);
    fail(rig, "one");
    fail(rig, "two");
    rig.step(1);
    fail(rig, "three");
    fail(rig, "four");
    expect(rig.tried()).toEqual(["websocket", "polling", "websocket", "polling"]);
    expect(rig.told()).toContain("connect_error(/, three; four)");
  });

  test("attempts count, not transports", () => {
    const rig = connecting(["websocket", "polling"], { reconnection: { attempts: 1 } });
    fail(rig);
    fail(rig);
    rig.step(1);
    fail(rig);
    fail(rig);
    expect(rig.told().filter((line) => line.startsWith("reconnect"))).toEqual([
      "reconnecting(1, 0.25)",
      "reconnect_failed()",
    ]);
    expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
  });

  test("without reconnection that is the end", () => {
    const rig = connecting(["websocket", "polling"], { reconnection: false });
    fail(rig, "one");
    expect(rig.told()).toEqual([]);
    fail(rig, "two");
    expect(rig.told()).toEqual(["connect_error(/, one; two)", "disconnected(transport error)"]);
  });

  describe("and what failed is final", () => {
    const end = (rig: Transports, finality: "" | "transport" | "server") => {
      rig.peer.handler.closed("transport error", "no", finality);
      rig.poll();
    };

    test("a server that will never take us is not asked again", () => {
      const rig = connecting(["polling"]);
      end(rig, "server");
      expect(rig.told()).toEqual(["connect_error(/, no)", "reconnect_failed()", "disconnected(transport error)"]);
    });

    test("nor over another transport", () => {
      const rig = connecting(["polling", "websocket"]);
      end(rig, "server");
      expect([rig.tried(), rig.client.get_connection_state()]).toEqual([["polling"], STATE_DISCONNECTED]);
    });

    test("a transport that will never do is the end when it is the only one", () => {
      const rig = connecting(["polling"]);
      end(rig, "transport");
      expect(rig.client.get_connection_state()).toBe(STATE_DISCONNECTED);
    });

    test("and else not: another one may do later", () => {
      const rig = connecting(["polling", "websocket"]);
      end(rig, "transport");
      end(rig, "");
      expect(rig.told()).toContain("reconnecting(1, 0.25)");
    });

    test("unless the game decides otherwise", () => {
      const asked: unknown[] = [];
      const filter = (...args: unknown[]) => {
        asked.push(args[0], args[2]);
        return true;
      };
      const rig = connecting(["polling"], { reconnection: { filter } });
      end(rig, "server");
      expect(asked).toEqual(["connect_error", false]);
      expect(rig.told()).toContain("reconnecting(1, 0.25)");
    });
  });
});

describe("connect_timeout is shared among the transports", () => {
  test("one that hangs leaves time for the others: of 20 s each of two gets 10", () => {
    const rig = connecting(["websocket", "polling"]);
    const websocket = rig.peer;
    rig.step(9.9);
    expect(rig.tried()).toEqual(["websocket"]);
    rig.step(0.2);
    expect([rig.tried(), websocket.closed]).toEqual([["polling"], true]);
    expect(rig.told()).toEqual([]);
  });

  test("all of them hang: the attempt ends when its time is up, with ERR_TIMEOUT", () => {
    const rig = connecting(["webtransport", "websocket", "polling"], { connect_timeout: 9 });
    const errors: Err[] = [];
    rig.client.connect_error.connect(({ code }) => errors.push(code));
    const tried: [number, string[]][] = [];
    for (let second = 0; second < 9; second++) {
      tried.push([second, rig.tried()]);
      rig.step(1);
    }
    expect(tried.filter(([, names]) => names.length > 0)).toEqual([
      [0, ["webtransport"]],
      [3, ["websocket"]],
      [6, ["polling"]],
    ]);
    expect(errors).toEqual([Err.ERR_TIMEOUT]);
  });

  test("what hung is named with the time that it had", () => {
    const rig = connecting(["websocket", "polling"]);
    rig.step(10.1);
    fail(rig, "GET http://test: ECONNREFUSED");
    const [line] = rig.told();
    expect(line).toMatch(
      /^connect_error\(\/, websocket: no Engine\.IO session was opened within 10 s.*; GET http:\/\/test: ECONNREFUSED\)$/,
    );
  });

  test("what the ones before have not used is left to those that follow", () => {
    const rig = connecting(["webtransport", "websocket", "polling"], { connect_timeout: 9 });
    fail(rig);
    rig.tried();
    rig.step(4.4);
    expect(rig.tried()).toEqual([]);
    rig.step(0.2);
    expect(rig.tried()).toEqual(["polling"]);
  });

  test("a share ends with the session open; the main namespace may take the rest of the attempt", () => {
    const rig = connecting(["websocket", "polling"]);
    rig.step(9);
    rig.serve(OPEN);
    rig.step(10.9);
    expect([rig.tried(), rig.told()]).toEqual([["websocket"], []]);
    rig.step(0.2);
    expect(rig.told()[0]).toMatch(/^connect_error\(\/, \/ was not connected within 20 s/);
  });

  test("a namespace that is not answered is no reason for another transport", () => {
    const rig = connecting(["websocket", "polling"]);
    rig.serve(OPEN);
    rig.step(20.1);
    expect(rig.tried()).toEqual(["websocket"]);
    expect(rig.told().at(-1)).toBe("reconnecting(1, 0.25)");
  });

  test("the next attempt has all of the time again", () => {
    const rig = connecting(["websocket", "polling"]);
    rig.step(10.1);
    rig.step(10.1);
    rig.step(0.3);
    expect(rig.tried()).toEqual(["websocket", "polling", "websocket"]);
    rig.step(9.8);
    expect(rig.tried()).toEqual([]);
    rig.step(0.3);
    expect(rig.tried()).toEqual(["polling"]);
  });
});

describe("transport_changed", () => {
  test("is emitted after a fallback, before `connected`", () => {
    const rig = connecting(["websocket", "polling"]);
    const order: string[] = [];
    rig.client.transport_changed.connect((name) => order.push(`${name}, now ${rig.client.get_transport()}`));
    rig.client.connected.connect(() => order.push("connected"));
    fail(rig);
    expect(order).toEqual([]);
    join(rig);
    expect(order).toEqual(["polling, now polling", "connected"]);
  });

  test("not for the transport that was preferred", () => {
    const rig = connecting(["websocket", "polling"]);
    join(rig);
    expect(rig.moves).toEqual([]);
  });

  test("not for a session that is opened over the same one again", () => {
    const rig = connecting(["websocket", "polling"]);
    fail(rig);
    join(rig);
    rig.lose();
    rig.step(1);
    join(rig);
    expect(rig.moves).toEqual(["polling"]);
  });

  test("when the next session is opened over another one than the last", () => {
    const rig = connecting(["websocket", "polling"]);
    join(rig);
    rig.lose();
    rig.step(1);
    fail(rig);
    join(rig);
    rig.lose();
    rig.step(1);
    fail(rig);
    join(rig);
    expect(rig.moves).toEqual(["polling", "websocket"]);
  });

  test("for each step of a session that falls back, comes back, and moves", () => {
    const rig = connecting(["polling", "websocket"]);
    const upgrade = () => {
      rig.serve(offering("websocket"), '40{"sid":"a"}');
      const [polling, websocket] = [rig.over("polling"), rig.over("websocket")];
      websocket.handler.opened?.();
      websocket.push("3probe");
      polling.finish();
      rig.poll();
    };
    upgrade();
    expect(rig.moves).toEqual(["websocket"]);
    rig.over("websocket").cut();
    rig.poll();
    rig.tried();
    rig.step(1);
    upgrade();
    expect(rig.moves).toEqual(["websocket", "polling", "websocket"]);
  });

  test("after close() a new connection has changed nothing", () => {
    const rig = connecting(["websocket", "polling"]);
    fail(rig);
    join(rig);
    rig.client.close();
    rig.connect();
    join(rig);
    expect(rig.moves).toEqual(["polling"]);
  });
});

describe("the transport that opened the last session", () => {
  test("goes first, so that a player behind a proxy does not wait for WebSocket at each reconnection", () => {
    const rig = connecting(["websocket", "webtransport", "polling"]);
    fail(rig);
    fail(rig);
    join(rig);
    rig.lose();
    rig.tried();
    rig.step(1);
    fail(rig);
    fail(rig);
    fail(rig);
    expect(rig.tried()).toEqual(["polling", "websocket", "webtransport"]);
  });

  test("is what opened it, not what it has moved to", () => {
    const rig = connecting(["polling", "websocket"]);
    rig.serve(offering("websocket"), '40{"sid":"a"}');
    const [polling, websocket] = [rig.over("polling"), rig.over("websocket")];
    websocket.handler.opened?.();
    websocket.push("3probe");
    polling.finish();
    websocket.cut();
    rig.poll();
    rig.tried();
    rig.step(1);
    expect(rig.tried()).toEqual(["polling"]);
  });

  test("is tried first again in every attempt that follows", () => {
    const rig = connecting(["websocket", "polling"], { reconnection: { delay: 0.1, delay_max: 0.1 } });
    fail(rig);
    join(rig);
    rig.lose();
    rig.tried();
    for (let attempt = 0; attempt < 3; attempt++) {
      rig.step(1);
      fail(rig);
      fail(rig);
    }
    expect(rig.tried()).toEqual(["polling", "websocket", "polling", "websocket", "polling", "websocket"]);
  });

  test("tries the move again that was not possible at first", () => {
    const rig = connecting(["websocket", "polling"]);
    fail(rig);
    rig.serve(offering("websocket"), '40{"sid":"a"}');
    expect(rig.tried()).toEqual(["websocket", "polling"]);
    rig.lose();
    rig.step(1);
    rig.serve(offering("websocket"));
    expect(rig.tried()).toEqual(["polling", "websocket"]);
  });

  test("is forgotten when the game connects anew", () => {
    const rig = connecting(["websocket", "polling"]);
    fail(rig);
    join(rig);
    rig.client.close();
    rig.tried();
    rig.connect();
    expect(rig.tried()).toEqual(["websocket"]);
  });
});

describe("no fallback", () => {
  test.each([
    ["garbage", "hello"],
    ["another version's greeting", "40"],
    ["a handshake that cannot be read", '0{"sid":7}'],
  ])("after a parse error: who answers %s is no such server over another transport either", (_, frame) => {
    const rig = connecting(["websocket", "polling"]);
    rig.serve(frame);
    expect(rig.tried()).toEqual(["websocket"]);
    expect(rig.told()[0]).toMatch(/^connect_error\(\/, /);
    rig.step(1);
    expect(rig.tried()).toEqual(["websocket"]);
  });

  test("when the query cannot be had", () => {
    const rig = connecting(["websocket", "polling"], {
      query: () => {
        throw new Error("no token yet");
      },
    });
    rig.poll();
    expect(rig.tried()).toEqual([]);
    const told = rig.told();
    expect(told).toEqual([expect.stringMatching(/^connect_error\(\/, .*no token yet\)$/), "reconnecting(1, 0.25)"]);
  });

  test("when the auth of the main namespace cannot be had", () => {
    const rig = new Transports({ names: ["websocket", "polling"] });
    rig.client.connect_to_url("ws://test", () => {
      throw new Error("no token yet");
    });
    rig.poll();
    expect(rig.tried()).toEqual(["websocket"]);
    expect(rig.told()[0]).toContain("no token yet");
  });

  test("when the server refuses the main namespace", () => {
    const rig = connecting(["websocket", "polling"]);
    rig.serve(OPEN, '44{"message":"no"}');
    rig.step(1);
    expect([rig.tried(), rig.client.get_connection_state()]).toEqual([["websocket"], STATE_DISCONNECTED]);
  });

  test("after a loss: that is a new attempt", () => {
    const rig = connecting(["websocket", "polling"]);
    join(rig);
    rig.peer.cut("transport error");
    rig.poll();
    expect(rig.tried()).toEqual(["websocket"]);
    expect(rig.told().at(-1)).toBe("reconnecting(1, 0.25)");
  });

  test("after close()", () => {
    const rig = connecting(["websocket", "polling"]);
    rig.peer.cut("transport error");
    rig.client.close();
    rig.step(30);
    expect(rig.tried()).toEqual(["websocket"]);
  });
});

describe("a session that is lost before the main namespace is joined", () => {
  test("falls back: the second request may have come to another server, and WebSocket needs only one", () => {
    const rig = connecting(["polling", "websocket"], { upgrade: false });
    rig.serve(OPEN);
    fail(rig, "GET http://test: the server answered with HTTP status 400; several servers need sticky sessions");
    expect(rig.tried()).toEqual(["polling", "websocket"]);
    expect(rig.told()).toEqual([]);
    join(rig);
    expect([rig.told(), rig.moves]).toEqual([["namespace_connected(/)", "connected(a)"], ["websocket"]]);
  });

  test("and what it fell back to fails as well: both are told", () => {
    const rig = connecting(["polling", "websocket"], { upgrade: false });
    rig.serve(OPEN);
    fail(rig, "one");
    fail(rig, "two");
    expect(rig.told()).toEqual(["connect_error(/, one; two)", "reconnecting(1, 0.25)"]);
    expect(rig.client.is_socket_connected()).toBe(false);
  });

  test("a server that takes its leave is not asked over another transport", () => {
    const rig = connecting(["polling", "websocket"], { upgrade: false });
    rig.serve(OPEN, "1");
    expect(rig.tried()).toEqual(["polling"]);
    expect(rig.told().at(-1)).toBe("reconnecting(1, 0.25)");
  });

  test("in the middle of a move: the candidate is closed, and the fallback is a session of its own", () => {
    const rig = connecting(["polling", "websocket"]);
    rig.serve(offering("websocket"));
    const candidate = rig.over("websocket");
    rig.over("polling").cut("transport error", "400");
    rig.poll();
    expect(candidate.closes).toEqual([true]);
    expect(rig.tried()).toEqual(["polling", "websocket", "websocket"]);
  });

  test("with main_namespace off the session alone is what was wanted: its loss is a loss", () => {
    const rig = connecting(["polling", "websocket"], { upgrade: false, main_namespace: false });
    rig.serve(OPEN);
    expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
    fail(rig);
    expect(rig.tried()).toEqual(["polling"]);
    expect(rig.told()).toContain("reconnecting(1, 0.25)");
  });
});

test("a namespace that was asked for while connecting is joined over what works", () => {
  const rig = connecting(["websocket", "polling"]);
  const chat = rig.client.create_namespace("/chat");
  chat.connect_to_namespace({ token: "t" });
  fail(rig);
  rig.serve(open({ sid: "second" }));
  expect(rig.peer.frames).toEqual(["40", '40/chat,{"token":"t"}']);
  expect(rig.client.get_engine_io_session_id()).toBe("second");
});
