import { SocketIOClient } from "socketio-gameloop";
import { FixedTickLoop } from "socketio-gameloop/loop";
import { ManualClock } from "socketio-gameloop/testing";
import { expect, test } from "vitest";

test("moves when it is told, and not before", () => {
  const clock = new ManualClock();
  expect(clock.now).toBe(0);
  clock.advance(1.5);
  clock.advance(0);
  expect(clock.now).toBe(1.5);
  expect(new ManualClock(100).now).toBe(100);
});

test("is what a client needs as its option `clock`, and for poll(now)", () => {
  const clock = new ManualClock(10);
  const client = new SocketIOClient({
    clock: clock.read,
    transport_factory: () => ({ name: "mute", bufferedAmount: 0, send() {}, close() {} }),
  });
  const errors: string[] = [];
  client.connect_error.connect(({ message }) => errors.push(message));
  client.connect_to_url("ws://test");
  clock.advance(19.9);
  client.poll(clock.now);
  expect(errors).toEqual([]);
  clock.advance(0.2);
  client.poll();
  expect(errors).toHaveLength(1);
});

test("what is due happens in order of time, each at its own moment", () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const note = (name: string) => () => log.push(`${name} at ${clock.now}`);
  clock.after(2, note("second"));
  clock.after(1, note("first"));
  clock.after(2, note("third"));
  clock.after(3.5, note("later"));
  clock.advance(3);
  expect(log).toEqual(["first at 1", "second at 2", "third at 2"]);
  expect(clock.now).toBe(3);
  clock.advance(0.5);
  expect(log.at(-1)).toBe("later at 3.5");
});

test("what a callback asks for within that time happens too", () => {
  const clock = new ManualClock();
  const times: number[] = [];
  const again = () => {
    times.push(clock.now);
    clock.after(1, again);
  };
  clock.after(0, again);
  clock.advance(0);
  clock.advance(3);
  expect(times).toEqual([0, 1, 2, 3]);
});

test("after() returns what calls it off; Infinity is never", () => {
  const clock = new ManualClock();
  const calls: string[] = [];
  const cancel = clock.after(1, () => calls.push("called off"));
  clock.after(1, () => calls.push("stays"));
  clock.after(Infinity, () => calls.push("never"));
  cancel();
  cancel();
  clock.timers.clearTimeout(undefined);
  clock.timers.clearTimeout(clock.timers.setTimeout(() => calls.push("called off too"), 1));
  clock.advance(1e9);
  expect(calls).toEqual(["stays"]);
});

test("an error comes out of advance(), at the moment where it was thrown; the rest stays due", () => {
  const clock = new ManualClock();
  let ran = false;
  clock.after(1, () => {
    throw new Error("no");
  });
  clock.after(2, () => {
    ran = true;
  });
  expect(() => clock.advance(5)).toThrow("no");
  expect(clock.now).toBe(1);
  expect(ran).toBe(false);
  clock.advance(1);
  expect(ran).toBe(true);
});

test("advance() from inside a callback goes on from there", () => {
  const clock = new ManualClock();
  clock.after(1, () => clock.advance(10));
  clock.advance(2);
  expect(clock.now).toBe(11);
});

test("drives a FixedTickLoop by its timers", () => {
  const clock = new ManualClock();
  const polls: (number | undefined)[] = [];
  const loop = new FixedTickLoop({ poll: (now?: number) => polls.push(now) }, null, {
    tick_rate: 10,
    clock: clock.read,
    timers: clock.timers,
  });
  loop.start();
  clock.advance(1.05);
  loop.stop();
  clock.advance(1);
  expect(polls).toHaveLength(10);
});

test.each([[-1], [Number.NaN], [null], ["1"]])("after(%j) is a TypeError", (seconds) => {
  expect(() => new ManualClock().after(seconds as number, () => {})).toThrow(TypeError);
});

test.each([[-1], [Number.NaN], [Infinity], ["1" as unknown as number]])("advance(%s) is a TypeError", (seconds) => {
  const clock = new ManualClock();
  expect(() => clock.advance(seconds)).toThrow(TypeError);
  expect(clock.now).toBe(0);
});

test("nonsense is a TypeError that says what it should be", () => {
  expect(() => new ManualClock(Number.NaN)).toThrow("the start of a ManualClock must be a finite number of seconds");
  expect(() => new ManualClock().after(-1, () => {})).toThrow(TypeError);
  expect(() => new ManualClock().after(1, null as never)).toThrow(TypeError);
});
