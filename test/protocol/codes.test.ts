import { expect, test } from "vitest";
import { Err } from "../../src/errors.js";
import * as codes from "../../src/protocol/codes.js";

test("every code of the core has the number that Godot's table gives to its name", () => {
  expect(Object.keys(codes).length).toBeGreaterThan(10);
  expect(Err).toMatchObject(codes);
});
