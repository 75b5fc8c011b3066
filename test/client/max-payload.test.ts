import { Err, OK } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, open, outcome, record } from "../support/scripted-server.js";

/** A server that takes frames of up to 100 bytes. */
function small() {
  const rig = connecting();
  rig.serve(open({ maxPayload: 100 }), '40{"sid":"a"}');
  rig.peer.written();
  rig.told();
  return rig;
}

describe("a packet that is larger than the server's maxPayload", () => {
  test("is refused at emit with ERR_PARAMETER_RANGE_ERROR, and the connection lives", () => {
    const rig = small();
    const answers: unknown[] = [];
    const big = "x".repeat(100);
    expect(rig.main.emit("x", [big])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(rig.main.emit_volatile("x", [big])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(rig.main.emit_with_ack("x", [big], () => answers.push(1))).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(rig.main.emit("small")).toBe(OK);
    expect(rig.sent()).toEqual(['42["small"]']);
    rig.step(20);
    expect(answers).toEqual([]);
    expect(rig.told()).toEqual([]);
    expect(rig.client.get_last_error()).toBe(
      `a packet is larger than the limit of 100 bytes: 420["x","${"x".repeat(71)}`,
    );
  });

  test("as a promise rejects with that code", async () => {
    const rig = small();
    expect(await outcome(rig.main.emit_with_ack("x", ["x".repeat(100)]))).toMatchObject({
      code: Err.ERR_PARAMETER_RANGE_ERROR,
    });
  });

  test("is counted exactly: 100 bytes of frame fit, 101 do not", () => {
    const rig = small();
    // `42["x",""]` is 10 characters.
    expect(rig.main.emit("x", ["y".repeat(90)])).toBe(OK);
    expect(rig.main.emit("x", ["y".repeat(91)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect((rig.sent()[0] as string).length).toBe(100);
  });

  test.each([
    ["é", 2],
    ["€", 3],
    ["😀", 4],
    ["a", 1],
  ])("is counted in UTF-8 bytes: %s is %i", (character, bytes) => {
    const rig = small();
    const fit = Math.floor(90 / bytes);
    expect(rig.main.emit("x", [character.repeat(fit)])).toBe(OK);
    expect(rig.main.emit("x", [character.repeat(fit + 1)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
  });

  test("each attachment is a frame of its own", () => {
    const rig = small();
    expect(rig.main.emit("b", [new Uint8Array(100), new Uint8Array(100)])).toBe(OK);
    expect(rig.main.emit("b", [new Uint8Array(101)])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(rig.main.emit("b", [new Blob(["x".repeat(101)])])).toBe(Err.ERR_PARAMETER_RANGE_ERROR);
    expect(rig.sent()).toHaveLength(3);
  });

  test("as a reply is refused too, and a smaller reply can still be made", () => {
    const rig = small();
    const codes: (Err | undefined)[] = [];
    rig.main.on("ask", (_, reply) => codes.push(reply?.(["x".repeat(100)]), reply?.(["fits"])));
    rig.serve('421["ask"]');
    expect(codes).toEqual([Err.ERR_PARAMETER_RANGE_ERROR, OK]);
    expect(rig.peer.written()).toEqual(['431["fits"]']);
  });

  test("that waited in the offline buffer is reported and left out; the rest goes", () => {
    const rig = connecting();
    const codes: Err[] = [];
    rig.main.emit("first");
    expect(rig.main.emit("x", ["x".repeat(100)])).toBe(OK);
    rig.main.emit_with_ack("x", ["x".repeat(100)], (_, code) => codes.push(code), 60);
    rig.main.emit("last");
    rig.serve(open({ maxPayload: 100 }), '40{"sid":"a"}');
    expect(rig.peer.written()).toEqual(["40", '42["first"]', '42["last"]']);
    expect(codes).toHaveLength(1);
    expect(codes[0]).not.toBe(OK);
    expect(rig.told().filter((line) => line.startsWith("listener_error"))).not.toHaveLength(0);
  });

  test("in the retry queue ends instead of being sent for ever, and the queue goes on", () => {
    const rig = connecting({ retries: 2 });
    const codes: Err[] = [];
    rig.main.emit_with_ack("x", ["x".repeat(100)], (_, code) => codes.push(code));
    rig.main.emit_with_ack("y", [], (_, code) => codes.push(code));
    rig.serve(open({ maxPayload: 100 }), '40{"sid":"a"}');
    for (let n = 0; n < 5; n++) rig.poll();
    expect(rig.peer.frames).toEqual(["40", '421["y"]']);
    rig.serve("431[]");
    expect(codes).toHaveLength(2);
    expect(codes[0]).not.toBe(OK);
    expect(codes[1]).toBe(OK);
  });

  test("a server that names no limit has none", () => {
    const rig = connecting();
    rig.serve(open({ maxPayload: undefined }), '40{"sid":"a"}');
    expect(rig.main.emit("x", ["x".repeat(2_000_000)])).toBe(OK);
  });
});

describe("a message that is larger than max_payload", () => {
  test("closes the connection with a reason", () => {
    const rig = connected();
    record(rig);
    rig.serve(`42["x","${"y".repeat(1_000_000)}"]`);
    expect(rig.told()).toContain("disconnected(parse error)");
    expect(rig.client.get_last_error()).toContain("max_payload");
  });

  test("max_payload is at least the handshake's maxPayload", () => {
    const rig = connecting({ max_payload: 100 });
    const seen = record(rig);
    rig.serve(open({ maxPayload: 5000 }), '40{"sid":"a"}', `42["x","${"y".repeat(4000)}"]`);
    expect(seen).toHaveLength(1);
    rig.serve(`42["x","${"y".repeat(6000)}"]`);
    expect(rig.told()).toContain("disconnected(parse error)");
  });

  test("bounds binary frames as well", () => {
    const rig = connected();
    rig.serve('451-["b",{"_placeholder":true,"num":0}]', new Uint8Array(1_000_001));
    expect(rig.told()).toContain("disconnected(parse error)");
  });

  test("bounds the open packet, before anything is known", () => {
    const rig = connecting({ max_payload: 100 });
    rig.serve(open({ filler: "x".repeat(200) }));
    expect(rig.told()[0]).toMatch(/^connect_error/);
  });
});
