import { expect, test } from "vitest";
import { printable, showCount, showRate, showTime, table } from "../../src/tools/printable.js";

test.each([
  ["tick", "tick"],
  ["größe 🎮", "größe 🎮"],
  ["a\u001b[31m\r\n\tb", "a�[31m���b"],
  ["left\u202eright\u2028", "left�right�"],
  ["half \ud83c", "half �"],
  ["x".repeat(41), `${"x".repeat(39)}…`],
  [`${"x".repeat(38)}🎮yz`, `${"x".repeat(38)}�…`],
])("%j is shown as %s", (name, shown) => {
  expect(printable(name)).toBe(shown);
});

test.each([
  [0, "0 ms"],
  [0.0004, "0.4 ms"],
  [0.0094, "9.4 ms"],
  [0.00997, "10 ms"],
  [0.0824, "82 ms"],
  [1.25, "1.3 s"],
  [61, "61 s"],
])("%f s is %s", (seconds, shown) => {
  expect(showTime(seconds)).toBe(shown);
});

test.each([
  [0, "0 B/s"],
  [999.4, "999 B/s"],
  [999.6, "1.0 kB/s"],
  [12_345, "12.3 kB/s"],
  [123_456, "123 kB/s"],
  [999_600, "1.0 MB/s"],
  [250e6, "250 MB/s"],
])("%f bytes a second are %s", (rate, shown) => {
  expect(showRate(rate)).toBe(shown);
});

test("packets a second", () => {
  expect([0, 0.5, 9.94, 9.96, 60].map(showCount)).toEqual(["0/s", "0.5/s", "9.9/s", "10/s", "60/s"]);
});

test("a table: names begin at the same place, numbers end there", () => {
  const rows = [
    ["name", "n"],
    ["a", "10"],
  ];
  expect(table(rows, 1)).toBe("name   n\na     10");
  expect(table([], 1)).toBe("");
});
