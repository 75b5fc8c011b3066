import { Err, OK } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, connecting, join, OPEN, outcome } from "../support/scripted-server.js";

type Answer = [unknown, Err];

describe("retries: at-least-once for acknowledged emits", () => {
  test("an unanswered emit is sent again with the same id, up to `retries` times, then fails with ERR_TIMEOUT", () => {
    const rig = connected({ retries: 2, ack_timeout: 1 });
    const answers: Answer[] = [];
    rig.main.emit_with_ack("x", [1], (...answer) => answers.push(answer));
    expect(rig.sent()).toEqual(['420["x",1]']);
    rig.step(1);
    expect(rig.sent()).toEqual(['420["x",1]']);
    rig.step(1);
    expect(rig.sent()).toEqual(['420["x",1]']);
    expect(answers).toEqual([]);
    rig.step(1);
    expect(rig.sent()).toEqual([]);
    expect(answers).toEqual([[["timeout"], Err.ERR_TIMEOUT]]);
  });

  test("an acknowledged packet is never sent again", () => {
    const rig = connected({ retries: 3, ack_timeout: 1 });
    const answers: Answer[] = [];
    rig.main.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.serve('430["done"]');
    rig.step(1);
    rig.step(1);
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    expect(answers).toEqual([[["done"], OK]]);
    expect(rig.peers.flatMap((peer) => peer.frames).filter((frame) => frame === '420["x"]')).toHaveLength(1);
  });

  test("the callback takes the array of arguments first, the error second, as ever", () => {
    const rig = connected({ retries: 1 });
    const answers: Answer[] = [];
    rig.main.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.serve('430["value",2]');
    expect(answers).toEqual([[["value", 2], OK]]);
  });

  test("order is kept: the second waits until the first is settled", () => {
    const rig = connected({ retries: 1, ack_timeout: 1 });
    const order: string[] = [];
    for (const name of ["a", "b", "c"]) rig.main.emit_with_ack(name, [], (_, error) => order.push(`${name} ${error}`));
    expect(rig.sent()).toEqual(['420["a"]']);
    rig.step(1);
    expect(rig.sent()).toEqual(['420["a"]']);
    rig.serve("430[]");
    expect(rig.sent()).toEqual(['421["b"]']);
    rig.step(1);
    rig.step(1);
    expect(rig.sent()).toEqual(['421["b"]', '422["c"]']);
    rig.serve("432[]");
    expect(order).toEqual(["a 0", `b ${Err.ERR_TIMEOUT}`, "c 0"]);
  });

  test("a late answer to an earlier copy counts; the answer to the later copy is ignored", () => {
    const rig = connected({ retries: 3, ack_timeout: 1 });
    const answers: Answer[] = [];
    rig.main.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.step(1);
    rig.serve('430["first"]', '430["second"]');
    expect(answers).toEqual([[["first"], OK]]);
  });

  test("a lost connection sends it again after the reconnection", () => {
    const rig = connected({ retries: 1, ack_timeout: 5 });
    const answers: Answer[] = [];
    rig.main.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.main.emit_with_ack("y", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.lose();
    expect(answers).toEqual([]);
    rig.comeBack('40{"sid":"a2"}');
    expect(rig.sent()).toEqual(["40", '420["x"]']);
    rig.serve("430[1]");
    expect(rig.sent()).toEqual(['421["y"]']);
    rig.serve("431[2]");
    expect(answers).toEqual([
      [[1], OK],
      [[2], OK],
    ]);
  });

  test("a connection that is lost more often than `retries` ends it with ERR_CONNECTION_ERROR", () => {
    const rig = connected({ retries: 1, ack_timeout: 60 });
    const answers: Answer[] = [];
    rig.main.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.poll();
    rig.lose();
    rig.comeBack('40{"sid":"a2"}');
    rig.poll();
    rig.lose();
    expect(answers).toEqual([[["timeout"], Err.ERR_CONNECTION_ERROR]]);
    rig.comeBack('40{"sid":"a3"}');
    expect(rig.sent()).toEqual(["40"]);
  });

  test("an emit while not connected waits for the connection and does not use up a resend", () => {
    const rig = connecting({ retries: 1, ack_timeout: 1 });
    const answers: Answer[] = [];
    rig.main.emit_with_ack("x", [], (...answer) => answers.push(answer));
    rig.lose();
    rig.comeBack('40{"sid":"a"}');
    expect(rig.sent()).toEqual(["40", '420["x"]']);
    rig.step(1);
    expect(rig.sent()).toEqual(['420["x"]']);
    rig.serve("430[]");
    expect(answers).toEqual([[[], OK]]);
  });

  test("order on connect: the offline buffer, then the retry queue", () => {
    const rig = connecting({ retries: 1 });
    rig.main.emit_with_ack("acknowledged", [], () => {});
    rig.main.emit("plain");
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.sent()).toEqual(["40", '42["plain"]', '420["acknowledged"]']);
  });

  test("each namespace has a queue of its own", () => {
    const rig = connected({ retries: 1 });
    const ns = join(rig, "/a");
    rig.main.emit_with_ack("x", [], () => {});
    ns.emit_with_ack("x", [], () => {});
    expect(rig.sent()).toEqual(['420["x"]', '42/a,0["x"]']);
  });

  test("the queue is bounded by max_buffered_packets, connected or not", () => {
    const rig = connected({ retries: 1, max_buffered_packets: 2 });
    const codes = ["a", "b", "c"].map((name) => rig.main.emit_with_ack(name, [], () => {}));
    expect(codes).toEqual([OK, OK, Err.ERR_OUT_OF_MEMORY]);
  });

  test("close() fails all of them once, and nothing is sent on the next connection", () => {
    const rig = connected({ retries: 3 });
    const answers: Answer[] = [];
    for (const name of ["a", "b"]) rig.main.emit_with_ack(name, [], (...answer) => answers.push(answer));
    rig.poll();
    rig.client.close();
    expect(answers).toEqual([
      [["timeout"], Err.ERR_CONNECTION_ERROR],
      [["timeout"], Err.ERR_CONNECTION_ERROR],
    ]);
    rig.client.connect_to_url("ws://test");
    rig.serve(OPEN, '40{"sid":"b"}');
    expect(rig.sent()).toEqual(["40"]);
  });

  test("a callback that emits again joins the end of the queue", () => {
    const rig = connected({ retries: 1 });
    rig.main.emit_with_ack("a", [], () => rig.main.emit_with_ack("c", [], () => {}));
    rig.main.emit_with_ack("b", [], () => {});
    rig.poll();
    rig.serve("430[]");
    rig.serve("431[]");
    expect(rig.sent()).toEqual(['420["a"]', '421["b"]', '422["c"]']);
  });

  test("binary is sent again whole", () => {
    const rig = connected({ retries: 1, ack_timeout: 1 });
    rig.main.emit_with_ack("b", [new Uint8Array([1])], () => {});
    rig.poll();
    rig.step(1);
    const copy = ['451-0["b",{"_placeholder":true,"num":0}]', new Uint8Array([1])];
    expect(rig.peer.written()).toEqual([...copy, ...copy]);
  });

  test("promises too", async () => {
    const rig = connected({ retries: 1, ack_timeout: 1 });
    const answer = rig.main.emit_with_ack("x");
    rig.poll();
    rig.step(1);
    expect(await outcome(answer)).toBe("pending");
    rig.step(1);
    expect(await outcome(answer)).toMatchObject({ code: Err.ERR_TIMEOUT });
  });

  test("plain and volatile emits are sent once, whatever `retries` says", () => {
    const rig = connected({ retries: 3, ack_timeout: 1 });
    rig.main.emit("x");
    rig.main.emit_volatile("y");
    rig.poll();
    for (let n = 0; n < 5; n++) rig.step(1);
    expect(rig.peer.written()).toEqual(['42["x"]', '42["y"]']);
  });

  test.each(["drop", "error"] as const)("offline %s holds for acknowledged emits as well", (offline) => {
    const rig = connecting({ retries: 1, offline });
    rig.main.emit_with_ack("x", [], () => {});
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.sent()).toEqual(["40"]);
  });
});

test("what the time ran out for before it was written is written once, and may still be sent again as often", () => {
  const rig = connected({ retries: 2, ack_timeout: 1 });
  const errors: Err[] = [];
  rig.main.emit_with_ack("x", [], (_, error) => errors.push(error));
  // A hidden page: no poll, and so nothing is written.
  rig.step(5);
  expect(rig.peer.written()).toEqual(['420["x"]']);
  for (let n = 0; n < 2; n++) {
    rig.step(1);
    expect(rig.peer.written()).toEqual(['420["x"]']);
    expect(errors).toEqual([]);
  }
  rig.step(1);
  expect(rig.peer.written()).toEqual([]);
  expect(errors).toEqual([Err.ERR_TIMEOUT]);
});
