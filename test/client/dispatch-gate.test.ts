import { Err } from "socketio-gameloop";
import { expect, test } from "vitest";
import { connected, connecting, OPEN, record } from "../support/scripted-server.js";

test("while dispatch is paused nothing is delivered, and what waited is delivered in order afterwards", () => {
  const rig = connected();
  const seen = record(rig);
  rig.client.set_dispatch_paused(true);
  expect(rig.client.is_dispatch_paused()).toBe(true);
  expect(rig.serve('42["a"]', '42["b"]')).toBe(0);
  expect(seen).toEqual([]);
  expect(rig.client.get_pending_count()).toBe(2);
  rig.client.set_dispatch_paused(false);
  expect(rig.poll()).toBe(2);
  expect(seen).toEqual(["a []", "b []"]);
});

test("the connection is kept, and what is emitted is sent", () => {
  const rig = connected();
  rig.client.set_dispatch_paused(true);
  rig.push("2");
  expect(rig.peer.written()).toEqual(["3"]);
  rig.main.emit("loading", [0.5]);
  expect(rig.sent()).toEqual(['42["loading",0.5]']);
});

test("an acknowledgement that came meanwhile is one, however long the pause was; one that did not come fails afterwards", () => {
  const rig = connected();
  const answers: unknown[] = [];
  for (const name of ["came", "did not"])
    rig.main.emit_with_ack(name, [], (_, error) => answers.push([name, error]), 1);
  rig.poll();
  rig.client.set_dispatch_paused(true);
  rig.serve('430["yes"]');
  for (let n = 0; n < 20; n++) {
    rig.step(1);
    rig.push("2");
  }
  expect(answers).toEqual([]);
  rig.client.set_dispatch_paused(false);
  rig.poll();
  rig.poll();
  expect(answers).toEqual([
    ["came", Err.OK],
    ["did not", Err.ERR_TIMEOUT],
  ]);
});

test("signals wait too: public state stays as it was", () => {
  const rig = connecting();
  rig.client.set_dispatch_paused(true);
  rig.serve(OPEN, '40{"sid":"a"}');
  rig.step(30);
  expect(rig.told()).toEqual([]);
  expect(rig.client.is_socket_connected()).toBe(false);
  rig.client.set_dispatch_paused(false);
  rig.poll();
  expect(rig.client.get_connection_state()).toBe(2);
});

test("in a callback it ends the delivery with that packet", () => {
  const rig = connected();
  const seen = record(rig);
  rig.main.once("scene", () => rig.client.set_dispatch_paused(true));
  rig.serve('42["scene"]', '42["of the next scene"]');
  expect(seen).toEqual(["scene []"]);
  rig.client.set_dispatch_paused(false);
  rig.poll();
  expect(seen).toEqual(["scene []", "of the next scene []"]);
});

test.each([undefined, null, 0, 1, "true"])("%j is a TypeError", (paused) => {
  expect(() => connected().client.set_dispatch_paused(paused as never)).toThrow(TypeError);
});
