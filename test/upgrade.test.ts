import { SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import type { OutFrame, Transport, TransportHandler } from "../src/transport/transport.js";
import { type Movable, type Opener, upgrade } from "../src/upgrade.js";
import { open, record } from "./support/scripted-server.js";
import { offering, polled, Transports } from "./support/scripted-transports.js";

/** Anything that is no `3probe` and no noop. */
const NONSENSE: [string, string | Uint8Array][] = [
  ["a pong without the word", "3"],
  ["a pong with another word", "3probe2"],
  ["a ping", "2"],
  ["the probe itself", "2probe"],
  ["an open packet", open({})],
  ["a close", "1"],
  ["a message", '42["early"]'],
  ["binary", Uint8Array.from([1])],
  ["nothing", ""],
];

describe("upgrade", () => {
  /** A session between two transports that only note what is done to them. */
  class Move {
    readonly log: string[] = [];
    candidate: TransportHandler | null = null;
    finish: (unsent: readonly OutFrame[]) => void = () => {};
    expire = () => {};
    /** The times that are still waited for. */
    readonly waits = new Set<object>();
    readonly new: Transport;
    readonly session: Movable;

    constructor() {
      const note = (line: string) => this.log.push(line);
      const transport = (name: string): Transport => ({
        name,
        bufferedAmount: 0,
        send: (frames) => note(`${name}.send ${JSON.stringify(frames)}`),
        close: (dead) => note(`${name}.close ${dead}`),
        leave: (done) => {
          note(`${name}.leave`);
          this.finish = done;
        },
        stay: () => note(`${name}.stay`),
      });
      this.new = transport("new");
      this.session = {
        transport: transport("old"),
        giveUpMove: null,
        received: (frame) => note(`received ${frame}`),
        closed: (reason, message) => note(`closed ${reason}: ${message}`),
      };
    }

    start(open?: Opener): this {
      const made: Opener = (handler) => {
        this.candidate = handler;
        return this.new;
      };
      const next: Opener = () => {
        this.log.push("next is tried");
        throw new Error("no such thing here");
      };
      upgrade(
        this.session,
        [open ?? made, next],
        (expire) => {
          this.expire = this.candidate ? this.expire : expire;
          const wait = {};
          this.waits.add(wait);
          return () => this.waits.delete(wait);
        },
        () => this.log.push(`moved to ${this.session.transport?.name}`),
      );
      return this;
    }

    /** What happened since the last call. */
    news(): string[] {
      return this.log.splice(0);
    }
  }

  const STEPS: Readonly<Record<string, (move: Move) => void>> = {
    "PROBING, not open yet": () => {},
    PROBING: (move) => move.candidate?.opened?.(),
    LEAVING: (move) => {
      move.candidate?.opened?.();
      move.candidate?.received("3probe");
    },
    MOVED: (move) => {
      move.candidate?.opened?.();
      move.candidate?.received("3probe");
      move.finish([]);
    },
    OVER: (move) => {
      move.candidate?.opened?.();
      move.expire();
    },
  };

  function at(step: string): Move {
    const move = new Move().start();
    STEPS[step]?.(move);
    move.news();
    return move;
  }

  test.each(Object.entries({ "PROBING, not open yet": 1, PROBING: 1, LEAVING: 1, MOVED: 0, OVER: 0 }))(
    "%s: %i candidates are given some time, which would keep the session in memory",
    (step, count) => {
      expect(at(step).waits.size).toBe(count);
    },
  );

  test("nobody is given any more time when the session ends", () => {
    const move = at("PROBING");
    move.session.giveUpMove?.();
    expect(move.waits.size).toBe(0);
  });

  test("PROBING: the candidate opens, `2probe` is written on it", () => {
    const move = new Move().start();
    expect(move.news()).toEqual([]);
    move.candidate?.opened?.();
    expect(move.news()).toEqual(['new.send ["2probe"]']);
  });

  test("PROBING → LEAVING: `3probe` on it; nothing more is written on it", () => {
    const move = at("PROBING");
    move.candidate?.received("3probe");
    expect(move.news()).toEqual(["old.leave"]);
  });

  test("LEAVING → MOVED: `5` goes out on the candidate, then what was not written, together", () => {
    const move = at("LEAVING");
    move.finish(["3", '42["a"]']);
    expect(move.news()).toEqual(['new.send ["5","3","42[\\"a\\"]"]', "moved to new"]);
  });

  test("MOVED: the candidate is the transport", () => {
    const move = at("MOVED");
    move.candidate?.received("2");
    move.candidate?.received("6");
    move.candidate?.closed("transport close", "cut");
    expect(move.news()).toEqual(["received 2", "received 6", "closed transport close: cut"]);
  });

  const stays = {
    "PROBING, not open yet": ["new.close true", "next is tried"],
    PROBING: ["new.close true", "next is tried"],
    LEAVING: ["old.stay", "new.close true", "next is tried"],
  };

  describe.each(Object.entries(stays))("%s → OVER", (step, what) => {
    test("the candidate fails", () => {
      const move = at(step);
      move.candidate?.closed("transport error", "refused");
      expect(move.news()).toEqual(what);
    });

    test.each(NONSENSE)("the candidate says %s", (_, frame) => {
      const move = at(step);
      move.candidate?.received(frame);
      expect(move.news()).toEqual(what);
    });

    test("it takes too long, once", () => {
      const move = at(step);
      move.expire();
      move.expire();
      expect(move.news()).toEqual(what);
    });

    test("the session is over: the old transport is left alone, and nothing else is tried", () => {
      const move = at(step);
      move.session.giveUpMove?.();
      move.candidate?.closed("transport error", "late");
      move.expire();
      expect(move.news()).toEqual(["new.close true"]);
    });

    test("a noop does not matter", () => {
      const move = at(step);
      move.candidate?.received("6");
      expect(move.news()).toEqual([]);
    });
  });

  test("LEAVING: a second `3probe` is nonsense", () => {
    const move = at("LEAVING");
    move.candidate?.received("3probe");
    expect(move.news()).toEqual(stays.LEAVING);
  });

  test.each(["MOVED", "OVER"])("%s: there is nothing to give up any more", (step) => {
    const move = at(step);
    move.expire();
    move.session.giveUpMove?.();
    expect(move.news()).toEqual([]);
  });

  test("OVER: what the candidate still says is not heard", () => {
    const move = at("OVER");
    move.candidate?.received("3probe");
    move.candidate?.received('42["late"]');
    move.candidate?.closed("transport error", "late");
    expect(move.news()).toEqual([]);
  });

  test("a candidate that cannot even be made", () => {
    const move = new Move().start(() => {
      throw new Error("no such thing here");
    });
    expect(move.news()).toEqual(["next is tried"]);
  });

  test("a candidate that fails while it is made is closed as well, once the next is tried", () => {
    const move = new Move();
    move.start((handler) => {
      handler.closed("transport error", "refused");
      return move.new;
    });
    expect(move.news()).toEqual(["next is tried", "new.close true"]);
  });

  test("a candidate that is open when it is made is probed", () => {
    const move = new Move();
    move.start((handler) => {
      handler.opened?.();
      return move.new;
    });
    expect(move.news()).toEqual(['new.send ["2probe"]']);
  });
});

describe("a session that was opened by polling", () => {
  const { STATE_CONNECTED } = SocketIOClient;

  /** A client at a step of the move from polling to WebSocket. */
  function moving(step: "opening" | "probing" | "leaving" | "moved", options: Parameters<typeof polled>[0] = {}) {
    const rig = polled(options);
    const polling = rig.over("polling");
    const websocket = rig.over("websocket");
    if (step !== "opening") websocket.handler.opened?.();
    if (step === "leaving" || step === "moved") websocket.push("3probe");
    if (step === "moved") polling.finish();
    rig.poll();
    websocket.written();
    return { rig, polling, websocket };
  }

  describe("moves when the server offers it", () => {
    test("step by step, as it is on the wire", () => {
      const { rig, polling, websocket } = moving("opening");
      expect(websocket.url).toBe("ws://test/socket.io/?EIO=4&transport=websocket&sid=engine");
      expect(websocket.request.sid).toBe("engine");
      expect(websocket.frames).toEqual([]);
      websocket.handler.opened?.();
      expect(websocket.frames).toEqual(["2probe"]);
      websocket.push("3probe");
      expect([polling.isLeaving, websocket.frames]).toEqual([true, ["2probe"]]);
      polling.finish();
      expect(websocket.frames).toEqual(["2probe", "5"]);
      expect([polling.closed, rig.moves, rig.client.get_transport()]).toEqual([false, [], "polling"]);
      rig.poll();
      expect([rig.moves, rig.client.get_transport()]).toEqual([["websocket"], "websocket"]);
      expect(rig.client.get_engine_io_session_id()).toBe("engine");
      expect(rig.told()).toEqual([]);
    });

    test("without a poll: a hidden tab moves too", () => {
      const { polling, websocket } = moving("opening");
      websocket.handler.opened?.();
      websocket.push("3probe");
      polling.finish();
      websocket.push("2");
      expect(websocket.frames).toEqual(["2probe", "5", "3"]);
    });

    test("joins its namespace meanwhile, over polling", () => {
      const rig = new Transports({ names: ["polling", "websocket"] }).connect();
      rig.over("polling").push(offering("websocket"));
      expect(rig.over("polling").frames).toEqual(["40"]);
      rig.over("websocket").handler.opened?.();
      rig.over("polling").push('40{"sid":"a"}');
      rig.poll();
      expect(rig.told()).toEqual(["namespace_connected(/)", "connected(a)"]);
    });

    test.each<[string, string[], unknown[], object]>([
      ["it offers nothing", ["polling", "websocket"], [], {}],
      ["it offers what we do not have", ["polling", "websocket"], ["webtransport", 7, null], {}],
      ["the option `upgrade` is off", ["polling", "websocket"], ["websocket"], { upgrade: false }],
      ["we have nothing else", ["polling"], ["websocket"], {}],
    ])("not when %s", (_, names, upgrades, options) => {
      const rig = new Transports({ names, ...options }).connect();
      rig.serve(offering(...upgrades), '40{"sid":"a"}');
      rig.step(30);
      expect(rig.tried()).toEqual(["polling"]);
    });

    test("not from a transport that cannot be left", () => {
      const rig = new Transports({ names: ["websocket", "polling"] }).connect();
      rig.serve(offering("polling"));
      expect(rig.tried()).toEqual(["websocket"]);
    });

    test("the transport learns the session's id and limit before it is asked to do anything", () => {
      const rig = new Transports({ names: ["polling"] }).connect();
      rig.push(open({ maxPayload: 5000 }));
      expect(rig.peer.session).toEqual(["engine", 5000]);
    });
  });

  describe("loses, doubles and reorders nothing", () => {
    test("what was emitted during the move goes out after the `5`, in order; a pong among it", () => {
      const { rig, polling, websocket } = moving("probing");
      rig.main.emit("probing");
      rig.poll();
      expect(polling.written()).toEqual(['42["probing"]']);
      websocket.push("3probe");
      rig.main.emit("leaving", [1]);
      rig.poll();
      polling.push("2");
      rig.main.emit("leaving", [2, Uint8Array.from([7])]);
      rig.poll();
      expect([polling.written(), websocket.written()]).toEqual([[], []]);
      rig.main.emit("in the frame of the move");
      polling.finish();
      expect(websocket.written()).toEqual([
        "5",
        '42["leaving",1]',
        "3",
        '451-["leaving",2,{"_placeholder":true,"num":0}]',
        Uint8Array.from([7]),
      ]);
      expect(rig.sent()).toEqual(['42["in the frame of the move"]']);
    });

    test("what arrives over the old and then over the new one is told in that order, the change in between", () => {
      const { rig, polling, websocket } = moving("probing");
      const heard: string[] = [];
      rig.main.on("n", ([n]) => heard.push(`${n} over ${rig.client.get_transport()}`));
      rig.client.transport_changed.connect((name) => heard.push(`changed to ${name}`));
      polling.push('42["n",1]');
      websocket.push("3probe");
      polling.push('42["n",2]');
      polling.finish();
      websocket.push('42["n",3]', "6");
      rig.poll();
      expect(heard).toEqual(["1 over polling", "2 over polling", "changed to websocket", "3 over websocket"]);
    });

    test("an attachment that comes over the new one belongs to the packet that came over the old one", () => {
      const { rig, polling, websocket } = moving("leaving");
      const heard: unknown[] = [];
      rig.main.on("b", (data) => heard.push(data));
      polling.push('451-["b",{"_placeholder":true,"num":0}]');
      polling.finish();
      websocket.push(Uint8Array.from([1, 2]));
      rig.poll();
      expect(heard).toEqual([[Uint8Array.from([1, 2])]]);
    });

    test("acknowledgements cross it", () => {
      const { rig, polling, websocket } = moving("probing");
      const answers: unknown[] = [];
      rig.main.emit_with_ack("ask", [], (response, error) => answers.push(response, error));
      rig.poll();
      expect(polling.written()).toEqual(['420["ask"]']);
      websocket.push("3probe");
      polling.finish();
      websocket.push('430["yes"]');
      rig.poll();
      expect(answers).toEqual([["yes"], 0]);
    });

    test("a poll with a budget tells the change when it comes to it", () => {
      const { rig, polling, websocket } = moving("leaving", { poll_max_packets: 1 });
      polling.push('42["x",1]', '42["x",2]');
      polling.finish();
      websocket.push('42["x",3]');
      rig.poll();
      expect(rig.moves).toEqual([]);
      rig.poll();
      rig.poll();
      expect(rig.moves).toEqual(["websocket"]);
    });
  });

  describe("goes on by polling, without a word", () => {
    const FAILURES: [string, (websocket: ReturnType<typeof moving>["websocket"]) => void][] = [
      ["fails", (websocket) => websocket.cut("transport error", "refused")],
      ...NONSENSE.map(([name, frame]): (typeof FAILURES)[number] => [`says ${name}`, (peer) => peer.push(frame)]),
    ];

    describe.each(["opening", "probing", "leaving"] as const)("when, at %s, the candidate", (step) => {
      test.each(FAILURES)("%s", (_, fail) => {
        const { rig, polling, websocket } = moving(step);
        rig.main.emit("before");
        rig.poll();
        fail(websocket);
        expect(websocket.closes).toEqual([true]);
        expect(polling.stays).toBe(step === "leaving" ? 1 : 0);
        rig.main.emit("after");
        polling.push("2");
        rig.poll();
        expect(polling.written()).toEqual(['42["before"]', "3", '42["after"]']);
        expect([rig.told(), rig.moves, rig.client.get_transport()]).toEqual([[], [], "polling"]);
        expect(rig.client.get_connection_state()).toBe(STATE_CONNECTED);
        expect(rig.tried()).toEqual(["polling", "websocket"]);
      });

      test("says nothing for 10 s, which is how long servers wait", () => {
        const { rig, polling, websocket } = moving(step);
        rig.step(9.9);
        expect(websocket.closes).toEqual([]);
        rig.step(0.2);
        expect(websocket.closes).toEqual([true]);
        expect(polling.stays).toBe(step === "leaving" ? 1 : 0);
        rig.main.emit("after");
        expect([rig.told(), rig.moves]).toEqual([[], []]);
        rig.poll();
        expect(polling.written()).toEqual(['42["after"]']);
      });
    });

    test("when the candidate cannot even be made", () => {
      const rig = polled({
        opening: ({ name }) => {
          if (name === "websocket") throw new Error("no such thing here");
        },
      });
      rig.main.emit("x");
      rig.poll();
      expect([rig.over("polling").written(), rig.told()]).toEqual([['42["x"]'], []]);
    });

    test("a candidate that comes to life after it was given up is not heard", () => {
      const { rig, polling, websocket } = moving("probing");
      rig.step(10.1);
      websocket.push("3probe");
      expect([polling.isLeaving, websocket.written()]).toEqual([false, []]);
    });

    test("after the move nobody gives up any more", () => {
      const { rig, websocket } = moving("moved");
      rig.step(10.1);
      expect([websocket.closed, rig.told()]).toEqual([false, []]);
    });
  });

  describe("with several transports that it could move to", () => {
    const names = ["polling", "webtransport", "websocket"];

    test("tries the preferred one first, and the others only when it has failed", () => {
      const rig = polled({ names });
      expect(rig.tried()).toEqual(["polling", "webtransport"]);
    });

    test("each gets 10 s", () => {
      const rig = polled({ names });
      const polling = rig.over("polling");
      rig.step(10.1);
      const websocket = rig.over("websocket");
      expect(rig.over("webtransport").closes).toEqual([true]);
      rig.step(9.8);
      expect(websocket.closes).toEqual([]);
      websocket.handler.opened?.();
      websocket.push("3probe");
      polling.finish();
      rig.poll();
      expect(rig.moves).toEqual(["websocket"]);
    });

    test("the second one after the first has failed in the middle of it", () => {
      const rig = polled({ names });
      const polling = rig.over("polling");
      const first = rig.over("webtransport");
      first.handler.opened?.();
      first.push("3probe");
      rig.main.emit("waits");
      rig.poll();
      first.cut();
      expect([polling.stays, polling.written()]).toEqual([1, ['42["waits"]']]);
      const second = rig.over("websocket");
      second.handler.opened?.();
      second.push("3probe");
      polling.finish();
      expect(second.frames).toEqual(["2probe", "5"]);
      rig.poll();
      expect(rig.moves).toEqual(["websocket"]);
    });

    test("only what the server offers", () => {
      const rig = new Transports({ names }).connect();
      rig.serve(offering("websocket"));
      expect(rig.tried()).toEqual(["polling", "websocket"]);
    });

    test("all of them fail: it stays, and tries none twice", () => {
      const rig = polled({
        names,
        opening: (peer) => peer.name !== "polling" && peer.cut("transport error", "refused"),
      });
      rig.step(30);
      expect(rig.tried()).toEqual(["polling", "webtransport", "websocket"]);
      expect([rig.told(), rig.client.get_transport()]).toEqual([[], "polling"]);
    });
  });

  describe("ends", () => {
    describe.each(["opening", "probing", "leaving"] as const)("at %s", (step) => {
      test("by close(): the farewell goes over polling", () => {
        const { rig, polling, websocket } = moving(step);
        rig.client.close();
        expect(polling.closes).toEqual([false]);
        expect(websocket.closes).toEqual([true]);
        expect(websocket.written()).toEqual([]);
        expect(polling.stays).toBe(0);
        websocket.push("3probe");
        websocket.cut();
        rig.step(30);
        expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(client disconnect)"]);
        expect([rig.moves, websocket.frames.includes("5")]).toEqual([[], false]);
      });

      test("by a ping timeout", () => {
        const { rig, polling, websocket } = moving(step);
        rig.clock.advance(9);
        polling.push("2");
        rig.poll();
        // The candidate is given up long before a session counts as dead: here both fall into one poll.
        rig.step(45.1);
        expect(websocket.closes).toEqual([true]);
        expect(polling.closes).toEqual([true]);
        expect(rig.told()).toEqual([
          "namespace_disconnected(/)",
          "disconnected(ping timeout)",
          "reconnecting(1, 0.25)",
        ]);
      });

      test.each([
        ["the server's close", "1", "transport close"],
        ["garbage", "4x", "parse error"],
      ])("by %s", (_, frame, reason) => {
        const { rig, polling, websocket } = moving(step);
        polling.push(frame);
        expect([polling.closed, websocket.closes]).toEqual([true, [true]]);
        rig.poll();
        expect(rig.told()).toContain(`disconnected(${reason})`);
        rig.step(1);
        expect(rig.tried()).toEqual(["polling", "websocket", "polling"]);
      });

      test("by the loss of polling", () => {
        const { rig, polling, websocket } = moving(step);
        polling.cut("transport error", "502");
        expect(websocket.closes).toEqual([true]);
        rig.poll();
        expect(rig.told()).toContain("disconnected(transport error)");
      });
    });

    test("after the move by the loss of the new one; the old one is not asked", () => {
      const { rig, polling, websocket } = moving("moved");
      websocket.cut();
      rig.poll();
      expect(rig.told()).toEqual([
        "namespace_disconnected(/)",
        "disconnected(transport close)",
        "reconnecting(1, 0.25)",
      ]);
      expect(polling.closes).toEqual([]);
    });

    test("after the move by close(): the farewell goes over the new one", () => {
      const { rig, polling, websocket } = moving("moved");
      polling.written();
      rig.client.close();
      expect(websocket.written()).toEqual(["41"]);
      expect([websocket.closes, polling.written()]).toEqual([[false], []]);
    });

    test("after the move by a ping timeout", () => {
      const { rig, websocket } = moving("moved");
      rig.step(45.1);
      expect(websocket.closes).toEqual([true]);
      expect(rig.told()).toContain("disconnected(ping timeout)");
    });

    test("in the poll that gives the candidate up", () => {
      const { rig, websocket } = moving("leaving");
      rig.main.emit_with_ack("x", [], () => rig.client.close(), 10);
      rig.step(10.1);
      expect(websocket.closes).toEqual([true]);
      expect(rig.told()).toContain("disconnected(client disconnect)");
    });
  });

  describe("back-pressure", () => {
    const options = { canPause: true, max_queued_packets: 4 };
    const packets = (count: number) => Array.from({ length: count }, (_, index) => `42["x",${index}]`);

    test("during the move pauses the old transport, and a poll lets it read on", () => {
      const { rig, polling, websocket } = moving("leaving", options);
      const heard = record(rig);
      polling.push(...packets(4));
      expect([polling.paused, websocket.paused]).toEqual([true, false]);
      rig.poll();
      expect(polling.paused).toBe(false);
      polling.finish();
      rig.poll();
      expect([heard.length, rig.moves]).toEqual([4, ["websocket"]]);
    });

    test("a session that moves while it is paused starts unpaused, and pauses the new one if it has to", () => {
      const { rig, polling, websocket } = moving("leaving", options);
      const heard = record(rig);
      polling.push(...packets(4));
      polling.finish();
      expect([polling.paused, websocket.paused]).toEqual([true, false]);
      websocket.push('42["x",4]');
      expect(websocket.paused).toBe(true);
      rig.poll();
      expect([websocket.paused, heard.length]).toEqual([false, 5]);
      rig.step(30);
      expect(rig.told()).toEqual([]);
    });

    test("a pause of the old one that lasts too long is an overflow", () => {
      const { rig, polling, websocket } = moving("leaving", { ...options, poll_max_packets: 1 });
      polling.push(...packets(7));
      rig.step(10.1);
      expect([polling.closed, websocket.closed]).toEqual([true, true]);
    });
  });

  test("what is too large as base64 by polling can be sent once the session has moved", () => {
    const { rig, polling, websocket } = moving("leaving");
    const bytes = new Uint8Array(800_000);
    expect(rig.main.emit("x", [bytes])).not.toBe(0);
    polling.finish();
    expect(rig.main.emit("x", [bytes])).toBe(0);
    rig.poll();
    expect(websocket.written().at(-1)).toHaveLength(800_000);
  });

  describe("a request that is not answered while pings go on", () => {
    /** A session with pings that take so many seconds from one to the next; each says whether the request is that of the ping before. */
    function pinged(pings: readonly (readonly [seconds: number, isStuck: boolean])[], pingTimeout = 20_000) {
      const rig = new Transports({ names: ["polling"], reconnection: false }).connect();
      rig.serve(open({ pingTimeout }), '40{"sid":"a"}');
      rig.told();
      const polling = rig.over("polling");
      const answers = pings.map(([, isStuck]) => isStuck);
      Object.assign(polling, { isStuck: () => answers.shift() });
      for (const [seconds] of pings) {
        polling.written();
        rig.clock.advance(seconds);
        rig.serve("2");
      }
      return { told: rig.told(), written: polling.written(), error: rig.client.get_last_error() };
    }

    test("ends it after the server's pingTimeout: behind it no pong gets out", () => {
      const end = pinged([
        [5, false],
        [20, true],
      ]);
      expect(end).toEqual({
        told: ["namespace_disconnected(/)", "disconnected(transport error)"],
        written: [],
        error: "a request was not answered in time",
      });
    });

    test("is only slow until then, however many pings come", () => {
      const quick = [1, 0, 0.5, 8, 10].map((seconds) => [seconds, true] as const);
      const { told, written } = pinged([[25, false], ...quick]);
      expect([told, written]).toEqual([[], ["3"]]);
      expect(pinged([[25, false], ...quick, [0.5, true]]).told).toContain("disconnected(transport error)");
    });

    test("counts from the ping at which it was there first, not from an earlier request", () => {
      const { told, written } = pinged([
        [25, false],
        [15, true],
        [15, false],
        [15, true],
      ]);
      expect([told, written]).toEqual([[], ["3"]]);
    });

    test("a pingTimeout of 0 says nothing about when to give up", () => {
      const { told, written } = pinged(
        [
          [1, false],
          [20, true],
        ],
        0,
      );
      expect([told, written]).toEqual([[], ["3"]]);
    });
  });

  test("volatile packets look at what the transport of the moment has not written", () => {
    const { rig, polling } = moving("leaving");
    polling.bufferedAmount = 1_000_000;
    expect(rig.main.emit_volatile("x")).not.toBe(0);
    polling.finish();
    expect(rig.main.emit_volatile("x")).toBe(0);
  });
});
