import { describe, expect, test } from "vitest";
import { CONNECTED, DISCONNECTED, type NamespaceSession } from "../../src/protocol/namespace-session.js";
import { HeardNamespace } from "../support/heard-namespace.js";

/** A joined namespace whose session can be recovered. */
function recoverable(pid: unknown = "p"): NamespaceSession {
  const namespace = new HeardNamespace("/");
  namespace.established("a", pid);
  return namespace;
}

/** The payload of CONNECT as it is written. */
const payload = (namespace: NamespaceSession): string => JSON.stringify(namespace.connectPayload()) ?? "";

/** The arguments without the offset; `null` for a replayed event that was received before. */
function take(namespace: NamespaceSession, args: unknown[]): unknown[] | null {
  return namespace.takeOffset(args) ? args : null;
}

test("starts DISCONNECTED, without ids", () => {
  const namespace = new HeardNamespace("/a");
  expect(namespace).toMatchObject({ path: "/a", state: DISCONNECTED, sid: "", pid: "", recovered: false });
});

describe("connectPayload", () => {
  test.each([
    ["", ""],
    [null, ""],
    ['{"token":"x"}', '{"token":"x"}'],
  ])("without a pid it is the auth: %j", (auth, expected) => {
    const namespace = new HeardNamespace("/");
    namespace.auth = auth;
    expect(payload(namespace)).toBe(expected);
  });

  test("with a pid it is laid over the auth; a key called __proto__ stays data", () => {
    const namespace = recoverable();
    expect(payload(namespace)).toBe('{"pid":"p","offset":""}');
    namespace.auth = '{"__proto__":{"pid":"x"},"offset":"mine","pid":"mine"}';
    take(namespace, ["CA1B2C3"]);
    expect(payload(namespace)).toBe('{"__proto__":{"pid":"x"},"offset":"CA1B2C3","pid":"p"}');
  });
});

describe("established", () => {
  test("takes the ids and starts a generation", () => {
    const namespace = recoverable();
    expect(namespace).toMatchObject({ state: CONNECTED, sid: "a", pid: "p", recovered: false, generation: 1 });
  });

  test("with the same pid the session is recovered; with another, or none, it is new", () => {
    const namespace = recoverable();
    take(namespace, ["CA1B2C3"]);
    namespace.established("a", "p");
    expect(namespace.recovered).toBe(true);
    expect(payload(namespace)).toBe('{"pid":"p","offset":"CA1B2C3"}');
    namespace.established("b", "q");
    expect(namespace.recovered).toBe(false);
    expect(payload(namespace)).toBe('{"pid":"q","offset":""}');
    namespace.established("c", undefined);
    expect(namespace.recovered).toBe(false);
    expect(payload(namespace)).toBe("");
  });

  test.each([7, null, {}, "", true])("a pid of %j offers no recovery", (pid) => {
    const namespace = recoverable(pid);
    expect(namespace.pid).toBe("");
    namespace.established("b", pid);
    expect(namespace.recovered).toBe(false);
  });
});

describe("takeOffset", () => {
  test.each([
    ["of the in-memory adapter", "QZpMbA1"],
    ["of the in-memory adapter, within one millisecond", "QZpMbA1.2"],
    ["with its own two punctuation characters", "Q-_MbA1.Z"],
    ["of Redis streams", "1700000000000-0"],
    ["of MongoDB", "507f1f77bcf86cd799439011"],
    ["of a word", "my-offset"],
    ["of three letters", "abc"],
    ["of nothing", ""],
    ["of more", "two words, é\n".repeat(9)],
  ])("an offset %s is taken off the end", (_, offset) => {
    const namespace = recoverable();
    expect(take(namespace, [1, offset])).toEqual([1]);
    expect(payload(namespace)).toBe(JSON.stringify({ pid: "p", offset }));
  });

  test.each<unknown[][]>([[[]], [[1]], [[null]], [[{}]], [["text", 1]]])("no string is no offset: %j", (args) => {
    const namespace = recoverable();
    expect(take(namespace, [...args])).toEqual(args);
    expect(payload(namespace)).toBe('{"pid":"p","offset":""}');
  });

  describe.each(["QZpMbA1", "QZpMbA1.2", "1700000000000-0", "507f1f77bcf86cd799439011"])("behind %s", (known) => {
    test.each(["left", "Player1", "Victory", "x8Bv2nYwJkQm4t_RAAAB", "my-offset", "", "17", "507f1f77bcf86cd79943901"])(
      "%j is left to the game",
      (last) => {
        const namespace = recoverable();
        take(namespace, [known]);
        expect(take(namespace, [1, last])).toEqual([1, last]);
        expect(payload(namespace)).toBe(`{"pid":"p","offset":"${known}"}`);
      },
    );

    test("the next one is taken", () => {
      const namespace = recoverable();
      const next = known.replace(/.$/, "7");
      take(namespace, [known]);
      expect(take(namespace, [1, next])).toEqual([1]);
      expect(payload(namespace)).toBe(`{"pid":"p","offset":"${next}"}`);
    });
  });

  test("one of another form may come before the first of these, and behind others of its own", () => {
    const namespace = recoverable();
    for (const offset of ["left", "left", "my-offset", "QZpMbA1"]) expect(take(namespace, [offset])).toEqual([]);
    expect(take(namespace, ["left"])).toEqual(["left"]);
  });

  test("without a pid nothing is taken", () => {
    expect(take(new HeardNamespace("/"), ["PZpMbA1"])).toEqual(["PZpMbA1"]);
  });

  test("once recovered, an event is known by its offset and dropped, until the first that was not received before", () => {
    const namespace = recoverable();
    take(namespace, ["QZpMbA1"]);
    take(namespace, ["QZpMbA2"]);
    expect(take(namespace, ["QZpMbA1"])).toEqual([]);
    namespace.established("a", "p");
    expect(take(namespace, ["QZpMbA1"])).toBeNull();
    expect(take(namespace, ["QZpMbA2"])).toBeNull();
    expect(take(namespace, ["QZpMbA3"])).toEqual([]);
    expect(take(namespace, ["QZpMbA2"])).toEqual([]);
  });

  test("a volatile event among those that were replayed, which has no offset, is none of them and does not end it", () => {
    const namespace = recoverable();
    take(namespace, ["QZpMbA1"]);
    namespace.established("a", "p");
    expect(take(namespace, [1])).toEqual([1]);
    expect(take(namespace, ["left"])).toEqual(["left"]);
    expect(take(namespace, ["QZpMbA1"])).toBeNull();
  });

  test("256 offsets are remembered, the oldest is forgotten first; a replay of all of them forgets none", () => {
    const offset = (index: number) => `QZpMbA1.${index}`;
    const namespace = recoverable();
    for (let index = 0; index < 257; index++) take(namespace, [offset(index)]);
    for (const _ of [1, 2]) {
      namespace.established("a", "p");
      for (let index = 1; index < 257; index++) expect(take(namespace, [offset(index)])).toBeNull();
    }
    expect(take(namespace, [offset(0)])).toEqual([]);
  });

  test("forgetRecovery forgets all of it", () => {
    const namespace = recoverable();
    take(namespace, ["PZpMbA1"]);
    namespace.forgetRecovery();
    expect(payload(namespace)).toBe("");
    namespace.established("b", "p");
    expect(take(namespace, ["PZpMbA1"])).toEqual([]);
  });
});
