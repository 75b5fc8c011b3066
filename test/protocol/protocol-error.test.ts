import { describe, expect, test } from "vitest";
import { isObject, ProtocolError, parseJson, violation } from "../../src/protocol/protocol-error.js";

const isNumber = (value: unknown): value is number => typeof value === "number";

describe("violation", () => {
  test("says what was expected and quotes what came", () => {
    expect(() => violation("a digit", 'x"y')).toThrow(new ProtocolError('expected a digit, got "x\\"y"'));
  });

  test("the quotation is cut at 80 characters, so that the message does not grow with the packet", () => {
    expect(() => violation("less", "x".repeat(1_000_000))).toThrow(
      new ProtocolError(`expected less, got "${"x".repeat(80)}"`),
    );
  });

  test("is an Error of its own kind, told apart with instanceof", () => {
    try {
      violation("a", "b");
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      expect(error).not.toBeInstanceOf(TypeError);
    }
    expect.assertions(2);
  });
});

describe("parseJson", () => {
  test("reads the JSON behind `start`", () => {
    expect(parseJson("42 17", 3, isNumber, "a number")).toBe(17);
  });

  test.each(["", "{", "1x", "undefined", "NaN"])("%j is no JSON: ProtocolError, never SyntaxError", (text) => {
    expect(() => parseJson(text, 0, isNumber, "a number")).toThrow(
      new ProtocolError(`expected a number, got ${JSON.stringify(text)}`),
    );
  });

  test("JSON that is not what was expected is refused", () => {
    expect(() => parseJson('"1"', 0, isNumber, "a number")).toThrow(ProtocolError);
  });

  test("a legal null is judged by the check alone", () => {
    expect(parseJson("null", 0, (value): value is null => value === null, "null")).toBeNull();
  });
});

test.each<[unknown, boolean]>([
  [{}, true],
  [Object.create(null), true],
  [[], false],
  [null, false],
  [undefined, false],
  ["", false],
  [1, false],
  [() => {}, false],
])("isObject: case %#", (value, expected) => {
  expect(isObject(value)).toBe(expected);
});
