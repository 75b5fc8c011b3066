import { Err, OK } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN } from "../support/scripted-server.js";

describe("emit_volatile", () => {
  test("all volatile emits of one frame go out; the reference lets 1 of 5 through", () => {
    const rig = connected();
    for (let n = 0; n < 5; n++) expect(rig.main.emit_volatile("move", [n])).toBe(OK);
    expect(rig.sent()).toEqual([0, 1, 2, 3, 4].map((n) => `42["move",${n}]`));
  });

  test("keeps its order among other emits, and its namespace", () => {
    const rig = connected();
    const ns = join(rig, "/a");
    rig.main.emit("a");
    ns.emit_volatile("b");
    rig.main.emit("c");
    expect(rig.sent()).toEqual(['42["a"]', '42/a,["b"]', '42["c"]']);
  });

  test("is dropped with ERR_BUSY while the namespace is not connected; the reference buffers it", () => {
    const rig = connecting();
    expect(rig.main.emit_volatile("x")).toBe(Err.ERR_BUSY);
    rig.serve(OPEN);
    expect(rig.main.emit_volatile("x")).toBe(Err.ERR_BUSY);
    rig.serve('40{"sid":"a"}');
    expect(rig.main.emit_volatile("y")).toBe(OK);
    expect(rig.sent()).toEqual(["40", '42["y"]']);
  });

  test("is dropped with ERR_BUSY while the socket is behind, and only that", () => {
    const rig = connected();
    rig.peer.bufferedAmount = 10_000_000;
    expect(rig.main.emit_volatile("x")).toBe(Err.ERR_BUSY);
    expect(rig.main.emit("y")).toBe(OK);
    rig.peer.bufferedAmount = 0;
    expect(rig.main.emit_volatile("z")).toBe(OK);
    expect(rig.sent()).toEqual(['42["y"]', '42["z"]']);
  });

  test("one that was not written when the connection broke is lost, not sent later", () => {
    const rig = connected();
    rig.main.emit_volatile("x");
    rig.lose();
    expect(rig.main.emit_volatile("y")).toBe(Err.ERR_BUSY);
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.sent()).toEqual(["40"]);
  });

  test("carries binary", () => {
    const rig = connected();
    rig.main.emit_volatile("x", [new Uint8Array([1])]);
    expect(rig.sent()).toEqual(['451-["x",{"_placeholder":true,"num":0}]', new Uint8Array([1])]);
  });

  test("needs an array too, and data that can be encoded, whether it would be sent or not", () => {
    for (const rig of [connected(), connecting()]) {
      expect(() => rig.main.emit_volatile("x", "text" as never)).toThrow(TypeError);
      expect(() => rig.main.emit_volatile("x", [1n])).toThrow(TypeError);
      expect(rig.sent()).toEqual([]);
    }
  });
});
