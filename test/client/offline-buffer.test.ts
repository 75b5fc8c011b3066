import { Err, OK } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, Rig } from "../support/scripted-server.js";

describe("offline: buffer", () => {
  test("an emit before the connection returns OK and is sent after CONNECT's reply, in order", () => {
    const rig = connecting();
    expect(rig.main.emit("a", [1])).toBe(OK);
    expect(rig.main.emit_with_ack("b", [], () => {})).toBe(OK);
    expect(rig.main.emit("c")).toBe(OK);
    rig.serve(OPEN);
    expect(rig.peer.written()).toEqual(["40"]);
    rig.serve('40{"sid":"a"}');
    expect(rig.peer.written()).toEqual(['42["a",1]', '420["b"]', '42["c"]']);
  });

  test("the buffer goes out before what `connected` emits", () => {
    const rig = connecting();
    rig.client.connected.connect(() => rig.main.emit("now"));
    rig.main.emit("before");
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.peer.written()).toEqual(["40", '42["before"]', '42["now"]']);
  });

  test("order on connect: early events are heard after `connected`, the buffer is sent, then what they emit", () => {
    const rig = connecting();
    const story: string[] = [];
    rig.main.emit("buffered");
    rig.client.connected.connect(() => story.push("connected"));
    rig.main.on("early", () => {
      story.push("early");
      rig.main.emit("answer");
    });
    rig.serve(OPEN, '42["early"]', '40{"sid":"a"}');
    expect(story).toEqual(["connected", "early"]);
    expect(rig.peer.written()).toEqual(["40", '42["buffered"]', '42["answer"]']);
  });

  test("between a loss and the reconnection, too", () => {
    const rig = connected();
    rig.lose();
    expect(rig.main.emit("x")).toBe(OK);
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.peer.written()).toEqual(["40", '42["x"]']);
  });

  test("what was emitted and not yet written when the connection broke is sent on the next one, before later emits", () => {
    const rig = connected();
    rig.main.emit("unwritten");
    rig.peer.cut();
    rig.main.emit("after the cut");
    rig.poll();
    rig.main.emit("while down");
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.peer.written()).toEqual(["40", '42["unwritten"]', '42["after the cut"]', '42["while down"]']);
  });

  test.each(["nobody polls", "dispatch is paused"])("is bounded when the connection has broken and %s", (why) => {
    const rig = connected({ max_buffered_packets: 3 });
    rig.client.set_dispatch_paused(why === "dispatch is paused");
    rig.peer.cut();
    const codes = [1, 2, 3, 4, 5].map((n) => {
      if (why !== "nobody polls") rig.poll();
      return rig.main.emit("x", [n]);
    });
    expect(codes).toEqual([OK, OK, OK, Err.ERR_OUT_OF_MEMORY, Err.ERR_OUT_OF_MEMORY]);
    rig.client.set_dispatch_paused(false);
    rig.poll();
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.peer.written()).toEqual(["40", '42["x",1]', '42["x",2]', '42["x",3]']);
  });

  test("a frame may emit more than that as long as there is a connection", () => {
    const rig = connected({ max_buffered_packets: 3 });
    for (let n = 0; n < 5; n++) expect(rig.main.emit("x", [n])).toBe(OK);
    expect(rig.sent()).toHaveLength(5);
  });

  test("what was written is not sent again", () => {
    const rig = connected();
    rig.main.emit("written");
    rig.poll();
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.peer.written()).toEqual(["40"]);
  });

  test("each namespace has its own: it waits for that namespace's CONNECT", () => {
    const rig = connected();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    ns.emit("x");
    rig.main.emit("y");
    expect(rig.sent()).toEqual(["40/a,", '42["y"]']);
    rig.serve('40/a,{"sid":"b"}');
    expect(rig.peer.written()).toEqual(['42/a,["x"]']);
  });

  test("is bounded by max_buffered_packets: ERR_OUT_OF_MEMORY, and what was accepted is sent", () => {
    const rig = connecting({ max_buffered_packets: 2 });
    expect(rig.main.emit("a")).toBe(OK);
    expect(rig.main.emit_with_ack("b", [], () => {})).toBe(OK);
    expect(rig.main.emit("c")).toBe(Err.ERR_OUT_OF_MEMORY);
    let called = false;
    const callback = () => {
      called = true;
    };
    expect(rig.main.emit_with_ack("d", [], callback)).toBe(Err.ERR_OUT_OF_MEMORY);
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.peer.written()).toEqual(["40", '42["a"]', '420["b"]']);
    rig.step(100);
    expect(called).toBe(false);
    expect(rig.main.emit("c")).toBe(OK);
  });

  test("a refused acknowledged emit uses up no id", () => {
    const rig = connecting({ max_buffered_packets: 1 });
    rig.main.emit_with_ack("a", [], () => {});
    rig.main.emit_with_ack("b", [], () => {});
    rig.serve(OPEN, '40{"sid":"a"}');
    rig.main.emit_with_ack("c", [], () => {});
    expect(rig.sent()).toEqual(["40", '420["a"]', '421["c"]']);
  });

  test("1024 packets by default", () => {
    const rig = connecting();
    for (let n = 0; n < 1024; n++) expect(rig.main.emit("x")).toBe(OK);
    expect(rig.main.emit("x")).toBe(Err.ERR_OUT_OF_MEMORY);
  });

  test("disconnect_from_namespace() empties it", () => {
    const rig = connecting();
    const ns = rig.client.create_namespace("/a");
    ns.connect_to_namespace();
    ns.emit("x");
    ns.disconnect_from_namespace();
    ns.connect_to_namespace();
    rig.serve(OPEN, '40{"sid":"a"}', '40/a,{"sid":"b"}');
    expect(rig.sent()).toEqual(["40", "40/a,"]);
  });
});

describe("an emit that nobody asked to connect", () => {
  test("returns ERR_UNCONFIGURED before connect_to_url(), after close(), and for a namespace that was not joined", () => {
    const fresh = new Rig();
    expect(fresh.main.emit("x")).toBe(Err.ERR_UNCONFIGURED);
    expect(fresh.main.emit_with_ack("x", [], () => {})).toBe(Err.ERR_UNCONFIGURED);
    expect(fresh.main.emit_volatile("x")).toBe(Err.ERR_UNCONFIGURED);
    const rig = connected();
    expect(rig.client.create_namespace("/a").emit("x")).toBe(Err.ERR_UNCONFIGURED);
    const left = join(rig, "/b");
    left.disconnect_from_namespace();
    expect(left.emit("x")).toBe(Err.ERR_UNCONFIGURED);
    rig.client.close();
    expect(rig.main.emit("x")).toBe(Err.ERR_UNCONFIGURED);
  });

  test("is not kept for later", () => {
    const rig = new Rig();
    rig.main.emit("x");
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.sent()).toEqual(["40"]);
  });
});

describe("the other offline policies", () => {
  test("drop: OK, and the packet is gone; its acknowledgement ends by timeout", () => {
    const rig = connecting({ offline: "drop" });
    const answers: Err[] = [];
    expect(rig.main.emit("x")).toBe(OK);
    expect(rig.main.emit_with_ack("y", [], (_, error) => answers.push(error), 1)).toBe(OK);
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.sent()).toEqual(["40"]);
    rig.step(2);
    expect(answers).toHaveLength(1);
    expect([Err.ERR_TIMEOUT, Err.ERR_CONNECTION_ERROR]).toContain(answers[0]);
  });

  test("error: ERR_UNAVAILABLE while not connected, OK when connected", () => {
    const rig = connecting({ offline: "error" });
    const answers: Err[] = [];
    expect(rig.main.emit("x")).toBe(Err.ERR_UNAVAILABLE);
    expect(rig.main.emit_with_ack("y", [], (_, error) => answers.push(error))).toBe(Err.ERR_UNAVAILABLE);
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.main.emit("x")).toBe(OK);
    expect(rig.sent()).toEqual(["40", '42["x"]']);
    rig.lose();
    expect(rig.main.emit("x")).toBe(Err.ERR_UNAVAILABLE);
    rig.step(100);
    expect(answers).toEqual([]);
  });

  test.each(["drop", "error"] as const)(
    "%s: what was not written when the connection broke is not sent later",
    (offline) => {
      const rig = connected({ offline });
      const answers: Err[] = [];
      rig.main.emit("x");
      rig.main.emit_with_ack("y", [], (_, error) => answers.push(error), 60);
      rig.lose();
      expect(answers).toEqual([Err.ERR_CONNECTION_ERROR]);
      rig.comeBack('40{"sid":"a2"}');
      expect(rig.sent()).toEqual(["40"]);
    },
  );

  test("a poison packet throws under every policy", () => {
    for (const offline of ["buffer", "drop", "error"] as const) {
      expect(() => connecting({ offline }).main.emit("x", [1n])).toThrow(TypeError);
    }
  });
});
