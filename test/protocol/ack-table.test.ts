import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AckTable } from "../../src/protocol/ack-table.js";

const item = (id: number) => ({ id });

describe("AckTable", () => {
  test("finds what was added, by its id, until it is deleted", () => {
    const table = new AckTable();
    const [one, two] = [item(0), item(1)];
    table.add(one);
    table.add(two);
    expect([table.get(0), table.get(1), table.get(2), table.values().length]).toEqual([one, two, undefined, 2]);
    table.delete(one);
    expect([table.get(0), table.get(1), table.values().length]).toEqual([undefined, two, 1]);
  });

  test("the same item twice is one, wherever it is by then", () => {
    const table = new AckTable();
    const first = item(0);
    for (let id = 1; id < 300; id++) {
      table.add(first);
      table.add(item(id));
    }
    expect(table.values()).toHaveLength(300);
    table.delete(first);
    table.delete(first);
    expect([table.values().length, table.get(0)]).toEqual([299, undefined]);
  });

  test.each([NaN, 0.5, -1, 2 ** 53, Infinity])("an id that a server invents is not found: %s", (id) => {
    const table = new AckTable();
    table.add(item(0));
    expect(table.get(id)).toBe(undefined);
  });

  test("is what a Map is, for whatever is added and deleted", () => {
    const step = fc.record({
      adds: fc.integer({ min: 0, max: 200 }),
      deletes: fc.array(fc.nat(2000), { maxLength: 50 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const table = new AckTable();
        const map = new Map<number, { id: number }>();
        let next = 0;
        for (const { adds, deletes } of steps) {
          for (let n = 0; n < adds; n++) {
            const added = item(next++);
            table.add(added);
            map.set(added.id, added);
          }
          for (const id of deletes) {
            const found = map.get(id % (next + 1));
            expect(table.get(id % (next + 1))).toBe(found);
            if (found) table.delete(found);
            map.delete(id % (next + 1));
          }
          expect(table.values()).toHaveLength(map.size);
          expect(table.values()).toEqual([...map.values()]);
        }
      }),
    );
  });
});
