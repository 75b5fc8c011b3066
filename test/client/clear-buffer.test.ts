import { Err } from "socketio-gameloop";
import { expect, test } from "vitest";
import { connected, connecting, OPEN } from "../support/scripted-server.js";

const CONNECT = '40{"sid":"a2"}';

test("what was emitted while offline is dropped, and how much it was is returned", () => {
  const rig = connecting();
  rig.main.emit("move", [1]);
  rig.main.emit("move", [2]);
  expect(rig.main.clear_buffer()).toBe(2);
  expect(rig.main.clear_buffer()).toBe(0);
  rig.main.emit("move", [3]);
  rig.serve(OPEN, '40{"sid":"a"}');
  expect(rig.sent()).toEqual(["40", '42["move",3]']);
});

test("an acknowledgement that cannot come any more fails before the call returns, once, and its deadline is gone", () => {
  const rig = connecting();
  const answers: unknown[] = [];
  rig.main.emit_with_ack("buy", [], (response, error) => answers.push([response, error]), 1);
  rig.main.clear_buffer();
  expect(answers).toEqual([[["timeout"], Err.ERR_CONNECTION_ERROR]]);
  expect(rig.client.get_stats().acks_pending).toBe(0);
  rig.step(2);
  expect(answers).toHaveLength(1);
});

test("only its own namespace is cleared", () => {
  const rig = connecting();
  const chat = rig.client.create_namespace("/chat");
  chat.connect_to_namespace();
  rig.main.emit("a");
  chat.emit("b");
  expect(chat.clear_buffer()).toBe(1);
  rig.serve(OPEN, '40{"sid":"a"}', '40/chat,{"sid":"c"}');
  expect(rig.sent()).toEqual(["40", "40/chat,", '42["a"]']);
});

test("with retries: those that wait for the one before them are dropped, the one on its way is not", () => {
  const rig = connected({ retries: 1 });
  const answers: unknown[] = [];
  for (const name of ["a", "b", "c"]) rig.main.emit_with_ack(name, [], (_, error) => answers.push([name, error]));
  expect(rig.sent()).toEqual(['420["a"]']);
  expect(rig.main.clear_buffer()).toBe(2);
  expect(answers).toEqual([
    ["b", Err.ERR_CONNECTION_ERROR],
    ["c", Err.ERR_CONNECTION_ERROR],
  ]);
  rig.serve("430[]");
  expect(answers.at(-1)).toEqual(["a", Err.OK]);
  expect(rig.sent()).toEqual([]);
});

test("with retries and without a connection: all of the queue is dropped, also what the lost connection had sent", () => {
  const rig = connected({ retries: 3 });
  const answers: unknown[] = [];
  for (const name of ["a", "b"]) rig.main.emit_with_ack(name, [], (_, error) => answers.push([name, error]));
  rig.poll();
  rig.lose();
  expect(rig.main.clear_buffer()).toBe(2);
  expect(answers).toHaveLength(2);
  rig.comeBack(CONNECT);
  expect(rig.sent()).toEqual(["40"]);
});

test("a callback that emits while it is told finds the buffer empty, and what it emits stays", () => {
  const rig = connecting();
  rig.main.emit_with_ack("buy", [], () => rig.main.emit("again"));
  rig.main.clear_buffer();
  rig.serve(OPEN, '40{"sid":"a"}');
  expect(rig.sent()).toEqual(["40", '42["again"]']);
});

test("connected and with nothing waiting it does nothing", () => {
  const rig = connected();
  rig.main.emit("a");
  expect(rig.main.clear_buffer()).toBe(0);
  expect(rig.sent()).toEqual(['42["a"]']);
});
