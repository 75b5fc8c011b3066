import { describe, expect, test } from "vitest";
import { type Deadline, Deadlines } from "../../src/protocol/deadlines.js";

/** Deadlines that write their names into a log when they happen. */
function logged(): { deadlines: Deadlines; log: string[]; add: (at: number, name: string) => Deadline } {
  const deadlines = new Deadlines();
  const log: string[] = [];
  return { deadlines, log, add: (at, name) => deadlines.add(at, (now) => log.push(`${name}@${now}`)) };
}

describe("Deadlines", () => {
  test("nothing is ever due in an empty list", () => {
    const { deadlines } = logged();
    expect(deadlines.next).toBe(Infinity);
    deadlines.advance(1e9);
    expect(deadlines.next).toBe(Infinity);
  });

  test("`next` is the earliest, in whatever order they were added", () => {
    const { deadlines, add } = logged();
    add(5, "five");
    expect(deadlines.next).toBe(5);
    add(3, "three");
    expect(deadlines.next).toBe(3);
    add(4, "four");
    expect(deadlines.next).toBe(3);
  });

  test("happens at its moment and not before, once, and is told the moment it happened", () => {
    const { deadlines, log, add } = logged();
    add(5, "a");
    deadlines.advance(4.999);
    expect(log).toEqual([]);
    deadlines.advance(5);
    deadlines.advance(6);
    expect(log).toEqual(["a@5"]);
  });

  test("in order of time; at the same moment in order of addition", () => {
    const { deadlines, log, add } = logged();
    for (const [at, name] of [
      [3, "d"],
      [1, "a"],
      [2, "b"],
      [3, "e"],
      [2, "c"],
      [3, "f"],
    ] as const)
      add(at, name);
    deadlines.advance(3);
    expect(log.map((line) => line[0]).join("")).toBe("abcdef");
  });

  test("cancelled before its moment it does not happen; after it, cancelling does nothing", () => {
    const { deadlines, log, add } = logged();
    const a = add(1, "a");
    const b = add(2, "b");
    add(3, "c");
    deadlines.cancel(b);
    deadlines.cancel(b);
    deadlines.cancel(null);
    deadlines.advance(2);
    deadlines.cancel(a);
    expect(b.expire).toBeNull();
    deadlines.advance(3);
    expect(log).toEqual(["a@2", "c@3"]);
  });

  test("what happens may add; no more happens than was due when the advance began, so that it ends", () => {
    const { deadlines, log, add } = logged();
    deadlines.add(1, () => {
      add(1, "due");
      add(9, "later");
    });
    add(2, "b");
    deadlines.advance(2);
    expect(log).toHaveLength(1);
    expect(deadlines.next).toBeLessThanOrEqual(2);
    deadlines.advance(2);
    expect([...log].sort()).toEqual(["b@2", "due@2"]);
    deadlines.advance(9);
    expect(log[2]).toBe("later@9");
  });

  test("one that adds itself again and again, always due, happens once per advance", () => {
    const deadlines = new Deadlines();
    let count = 0;
    const again = (): void => {
      count++;
      deadlines.add(0, again);
    };
    again();
    for (let advance = 0; advance < 5; advance++) deadlines.advance(Infinity);
    expect(count).toBe(6);
  });

  test("what happens may cancel what is due at the same moment", () => {
    const { deadlines, log, add } = logged();
    let second: Deadline | null = null;
    deadlines.add(1, () => deadlines.cancel(second));
    second = add(1, "second");
    add(1, "third");
    deadlines.advance(1);
    expect(log).toEqual(["third@1"]);
  });

  test("what happens finds itself over: cancelling itself does not cancel another", () => {
    const { deadlines, log, add } = logged();
    const self: Deadline = deadlines.add(1, () => deadlines.cancel(self));
    add(2, "b");
    deadlines.advance(2);
    expect(log).toEqual(["b@2"]);
  });

  test("one that throws does not happen again, and the others still do", () => {
    const { deadlines, log, add } = logged();
    deadlines.add(1, () => {
      throw new Error("from a callback");
    });
    add(1, "b");
    expect(() => deadlines.advance(1)).toThrow("from a callback");
    deadlines.advance(1);
    expect(log).toEqual(["b@1"]);
  });

  test("cancelled ones are cleared away when they are most of a long list, and the order stays", () => {
    const { deadlines, log, add } = logged();
    add(1, "first");
    deadlines.advance(1);
    const many = Array.from({ length: 200 }, (_, index) => add(1000 - index, `x${index}`));
    add(500.5, "kept");
    for (const deadline of many) deadlines.cancel(deadline);
    add(500.25, "before");
    // Had they stayed in the list, the earliest of them would be the next to be looked at.
    expect(deadlines.next).toBe(500.25);
    deadlines.advance(1000);
    expect(log.slice(1)).toEqual(["before@1000", "kept@1000"]);
  });

  test("a cancelled one that is still in the list stays harmless when it is its turn", () => {
    const { deadlines, log, add } = logged();
    const first = add(1, "a");
    add(2, "b");
    deadlines.cancel(first);
    expect(deadlines.next).toBe(1);
    deadlines.advance(1);
    expect(deadlines.next).toBe(2);
    deadlines.advance(2);
    expect(log).toEqual(["b@2"]);
  });

  test("when all are cancelled nothing is due any more, once that was looked at", () => {
    const { deadlines, log, add } = logged();
    for (const deadline of [add(1, "a"), add(2, "b")]) deadlines.cancel(deadline);
    deadlines.advance(1);
    expect([deadlines.next, log]).toEqual([Infinity, []]);
    add(3, "c");
    deadlines.advance(3);
    expect(log).toEqual(["c@3"]);
  });

  test("cancelling while advancing through a long list keeps the place", () => {
    const { deadlines, log, add } = logged();
    const many: Deadline[] = [];
    deadlines.add(0, () => {
      for (const deadline of many) deadlines.cancel(deadline);
    });
    for (let index = 0; index < 300; index++) many.push(add(1, `x${index}`));
    add(2, "after");
    deadlines.advance(2);
    expect(log).toEqual(["after@2"]);
  });

  test("a hundred thousand that are added, cancelled and happen: all of them, in order, in linear time", () => {
    const { deadlines } = logged();
    const happened: number[] = [];
    let added = 0;
    for (let round = 0; round < 1000; round++) {
      for (let index = 0; index < 100; index++) {
        const at = round + 1;
        const deadline = deadlines.add(at, () => happened.push(at));
        if (index % 2 === 0) deadlines.cancel(deadline);
        else added++;
      }
      deadlines.advance(round);
    }
    deadlines.advance(1e9);
    expect(happened).toHaveLength(added);
    expect(happened).toEqual([...happened].sort((a, b) => a - b));
    expect(deadlines.next).toBe(Infinity);
  });

  test("a long list that only happens is cut at its start now and then, and goes on as before", () => {
    const { deadlines, log, add } = logged();
    for (let index = 0; index < 3000; index++) add(Math.floor(index / 1500), `${index}`);
    deadlines.advance(0);
    expect(log).toHaveLength(1500);
    add(0.5, "between");
    expect(deadlines.next).toBe(0.5);
    deadlines.advance(1);
    expect(log.slice(1500, 1502)).toEqual(["between@1", "1500@1"]);
    expect(log).toHaveLength(3001);
    expect(deadlines.next).toBe(Infinity);
  });

  test("with few different delays, in any mixture, all that are not cancelled happen in order", () => {
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    const deadlines = new Deadlines();
    let waiting: { at: number; order: number; deadline: Deadline }[] = [];
    const expected: number[] = [];
    const happened: number[] = [];
    for (let now = 0, order = 0; now < 3000; now++) {
      for (let n = random(6); n > 0; n--, order++) {
        const number = order;
        const at = now + [5, 5, 5, 1000, 40, random(60)][random(6)]!;
        const deadline = deadlines.add(at, () => happened.push(number));
        waiting.push({ at, order, deadline });
      }
      // Of most the answer comes in time.
      for (let n = random(6); n > 0 && waiting.length > 0; n--)
        deadlines.cancel(waiting.splice(random(waiting.length), 1)[0]!.deadline);
      if (random(4) > 0) continue;
      const earliest = Math.min(...waiting.map(({ at }) => at));
      expect(deadlines.next).toBeLessThanOrEqual(earliest);
      const due = waiting.filter(({ at }) => at <= now).sort((a, b) => a.at - b.at || a.order - b.order);
      waiting = waiting.filter(({ at }) => at > now);
      expected.push(...due.map((one) => one.order));
      deadlines.advance(now);
    }
    expect(happened).toEqual(expected);
    expect(happened.length).toBeGreaterThan(500);
  });

  test("Infinity is a deadline that never comes", () => {
    const { deadlines, log, add } = logged();
    add(Infinity, "never");
    add(1, "a");
    expect(deadlines.next).toBe(1);
    deadlines.advance(Number.MAX_VALUE);
    expect(log).toEqual([`a@${Number.MAX_VALUE}`]);
  });
});
