import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../src/protocol/protocol-error.js";
import {
  ACK,
  BINARY,
  CONNECT,
  CONNECT_ERROR,
  DISCONNECT,
  EVENT,
  encodePacket,
  isNamespacePath,
  type PacketHeader,
  peekEventName,
  peekPacket,
  RESERVED_EVENTS,
  readAck,
  readConnect,
  readEvent,
  readHeader,
  readRefusal,
} from "../../src/protocol/socket-packet.js";

const header = (text: string): PacketHeader => readHeader(text, {} as PacketHeader);

/** What a header says, and the JSON that follows. */
function read(text: string): [type: number, attachments: number, namespace: string, id: number, json: string] {
  const { type, attachments, namespace, id, end } = header(text);
  return [type, attachments, namespace, id, text.slice(end)];
}

describe("readHeader", () => {
  test.each<[string, ReturnType<typeof read>]>([
    ["40", [CONNECT, 0, "/", -1, ""]],
    ['40{"sid":"a"}', [CONNECT, 0, "/", -1, '{"sid":"a"}']],
    ['40/admin,{"sid":"a"}', [CONNECT, 0, "/admin", -1, '{"sid":"a"}']],
    ["40/admin,", [CONNECT, 0, "/admin", -1, ""]],
    ["40/,", [CONNECT, 0, "/", -1, ""]],
    ["41", [DISCONNECT, 0, "/", -1, ""]],
    ["41/admin,", [DISCONNECT, 0, "/admin", -1, ""]],
    ['42["foo"]', [EVENT, 0, "/", -1, '["foo"]']],
    ['42/admin,["bar"]', [EVENT, 0, "/admin", -1, '["bar"]']],
    ['4212["foo"]', [EVENT, 0, "/", 12, '["foo"]']],
    ['42/admin,12["foo"]', [EVENT, 0, "/admin", 12, '["foo"]']],
    ['420["foo"]', [EVENT, 0, "/", 0, '["foo"]']],
    ['43/admin,13["bar"]', [ACK, 0, "/admin", 13, '["bar"]']],
    ['44{"message":"Not authorized"}', [CONNECT_ERROR, 0, "/", -1, '{"message":"Not authorized"}']],
    [
      '451-["baz",{"_placeholder":true,"num":0}]',
      [EVENT + BINARY, 1, "/", -1, '["baz",{"_placeholder":true,"num":0}]'],
    ],
    ['4512-/admin,7["baz"]', [EVENT + BINARY, 12, "/admin", 7, '["baz"]']],
    [
      '461-/admin,456[{"_placeholder":true,"num":0}]',
      [ACK + BINARY, 1, "/admin", 456, '[{"_placeholder":true,"num":0}]'],
    ],
    ['42/é😀/__proto__,["a,b"]', [EVENT, 0, "/é😀/__proto__", -1, '["a,b"]']],
    ['42/room?x=1,["a"]', [EVENT, 0, "/room?x=1", -1, '["a"]']],
    ["429007199254740991[]", [EVENT, 0, "/", 9007199254740991, "[]"]],
  ])("%s", (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test("writes into the header that it is given: nothing of the last packet stays", () => {
    const reused = header('4512-/admin,7["baz"]');
    expect(readHeader('42["a"]', reused)).toBe(reused);
    expect(reused).toEqual({ type: EVENT, attachments: 0, namespace: "/", id: -1, end: 2 });
  });

  test.each(["4", "", "4x", "47", "49", "4/", "4[", "4 2", "4-1", "4٢", "4\u0000", "4\ufffe"])(
    "%j has no packet type",
    (text) => {
      expect(() => header(text)).toThrow(
        new ProtocolError(`expected a Socket.IO packet type from 0 to 6, got ${JSON.stringify(text)}`),
      );
    },
  );

  test.each(["45", "46", '45["a"]', "450-[]", "451", '451["a"]', "451.0-[]", "45+1-[]", "45 1-[]", '451,["a"]'])(
    "%j does not say how many attachments follow",
    (text) => {
      expect(() => header(text)).toThrow("expected a binary packet <type><count>-…");
      expect(() => header(text)).toThrow(ProtocolError);
    },
  );

  test.each([
    ["", "no digits", "45-[]"],
    ["-1", "a sign", "45-1-[]"],
    ["01", "a leading zero", '4501-["a"]'],
    ["00", "zeros", "4500-[]"],
    ["2^53", "more than 2^53", "459007199254740992-[]"],
    ["id 01", "a leading zero", '4201["a"]'],
    ["id 007", "leading zeros", "43007[]"],
    ["id 2^53", "more than 2^53", "439007199254740992[]"],
    ["id 1e21", "more than Number prints in digits", "421000000000000000000000[]"],
    ["id of 400 digits", "Infinity", `42${"9".repeat(400)}[]`],
  ])("the number %s is refused: %s", (_, __, text) => {
    expect(() => header(text)).toThrow("expected a canonical integer below 2^53");
    expect(() => header(text)).toThrow(ProtocolError);
  });

  test.each(["40/admin", "42/admin[]", "41/", "42/a/b", '451-/admin["a"]'])(
    "%j lacks the comma behind its namespace",
    (text) => {
      expect(() => header(text)).toThrow("expected a comma after the namespace");
      expect(() => header(text)).toThrow(ProtocolError);
    },
  );

  test.each([
    ["a million digits", `42${"1".repeat(1_000_000)}`],
    ["a million digits of attachments", `45${"1".repeat(1_000_000)}`],
    ["a namespace of a million characters", `42/${"x".repeat(1_000_000)}`],
    ["a type behind a million characters", `4${"x".repeat(1_000_000)}`],
  ])("%s: refused with a short message", (_, text) => {
    let message = "";
    try {
      header(text);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      message = (error as Error).message;
    }
    expect(message.length).toBeGreaterThan(10);
    expect(message.length).toBeLessThan(200);
  });
});

describe("peekEventName", () => {
  test.each([
    ['["move",1]', "move"],
    ['["move"]', "move"],
    ['[""]', ""],
    ['["*"]', "*"],
    ['["__proto__",{}]', "__proto__"],
    ['["constructor"]', "constructor"],
    ['["é😀"]', "é😀"],
    // It is the full reader's part to find this.
    ['["move",nonsense]', "move"],
  ])("%s has the name %j", (json, name) => {
    expect(peekEventName(`42${json}`, 2)).toBe(name);
  });

  test.each([
    "",
    "[",
    "[]",
    "[1]",
    '["',
    '["]',
    '["a',
    '["a"',
    '{"a":1}',
    '["a"}',
    '["a"] ',
    '[ "a"]',
    "[null]",
    '"a"',
    "x",
  ])("%j is left to the full reader", (json) => {
    expect(peekEventName(`42${json}`, 2)).toBeNull();
  });

  test.each([...RESERVED_EVENTS])("the reserved name %s is left to the full reader, which refuses it", (name) => {
    expect(peekEventName(`42["${name}"]`, 2)).toBeNull();
  });

  test.each(['["\\u006dove"]', '["a\\"b",1]', '["\\\\"]', '["\\u0000"]', '["\\ud83d\\ude00"]'])(
    "the escaped name in %s is not taken for another one",
    (json) => {
      expect([JSON.parse(json)[0], null]).toContain(peekEventName(`42${json}`, 2));
    },
  );

  test.each(['["\\x41"]', '["\\', '["\\u00"]', '["a\\"]', '["\\u0063onnect"]'])(
    "%s is left to the full reader",
    (json) => {
      expect(peekEventName(`42${json}`, 2)).toBeNull();
    },
  );

  test.each([
    ["quotes", '"'],
    ["backslashes", "\\"],
    ["escaped quotes", '\\"'],
    ["brackets", "["],
    ["letters", "x"],
  ])("a million %s behind an open quote take linear time and no stack", (_, token) => {
    const text = `42["\\${token.repeat(1_000_000)}]`;
    expect(() => peekEventName(text, 2)).not.toThrow();
  });
});

describe("peekPacket", () => {
  test.each<[string, event: string | null, namespace: string, id: number]>([
    ['42["move",1]', "move", "/", -1],
    ['42/a,["move"]', "move", "/a", -1],
    ['42/a,12["b,c"]', "b,c", "/a", 12],
    ['451-["move",{"_placeholder":true,"num":0}]', "move", "/", -1],
    ['42[""]', "", "/", -1],
  ])("%s is the event %j of %s", (text, event, namespace, id) => {
    expect(peekPacket(text)).toMatchObject({ event, namespace, id });
  });

  test.each([
    ["an acknowledgement", '431["move"]'],
    ["a binary acknowledgement", '461-1["move"]'],
    ["CONNECT", '40{"sid":"a"}'],
    ["DISCONNECT", "41"],
    ["CONNECT_ERROR", '44["move"]'],
    ["an event without a name", "42[1]"],
  ])("%s has no name", (_, text) => {
    expect(peekPacket(text).event).toBeNull();
  });

  test("a malformed header is a ProtocolError", () => {
    expect(() => peekPacket("45[]")).toThrow(ProtocolError);
  });
});

describe("readEvent", () => {
  test.each<[string, unknown[]]>([
    ['["a"]', ["a"]],
    ['["a",1,{"b":[null]}]', ["a", 1, { b: [null] }]],
    ['[""]', [""]],
    ['["__proto__"]', ["__proto__"]],
    ['["constructor"]', ["constructor"]],
    ['["*"]', ["*"]],
    ['["\\u00e9"]', ["é"]],
    [' [ "a" ] ', ["a"]],
  ])("%s", (json, expected) => {
    expect(readEvent(`42${json}`, 2)).toEqual(expected);
  });

  test("a number is a legal name and becomes a string", () => {
    expect(readEvent("42[1,2]", 2)).toEqual(["1", 2]);
    expect(readEvent("42[-0.5]", 2)).toEqual(["-0.5"]);
  });

  test.each([
    "",
    "[]",
    "{}",
    "null",
    '"a"',
    "1",
    "[null]",
    "[true]",
    '[["a"]]',
    '[{"a":1}]',
    '["a"',
    '["a"]]',
    "[bad",
    "['a']",
  ])("%j is no event", (json) => {
    expect(() => readEvent(`42${json}`, 2)).toThrow(
      new ProtocolError(`expected an event ["name",…], got ${JSON.stringify(`42${json}`)}`),
    );
  });

  test.each([...RESERVED_EVENTS])("the reserved name %s is a ProtocolError", (name) => {
    expect(() => readEvent(`42["${name}"]`, 2)).toThrow(ProtocolError);
  });

  test("the reserved names are those of the reference implementation, and no others", () => {
    expect([...RESERVED_EVENTS].sort()).toEqual(
      ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"].sort(),
    );
  });

  test.each([
    ["brackets that are never closed", "[".repeat(1_000_000)],
    ["brackets that are closed", `${"[".repeat(500_000)}${"]".repeat(500_000)}`],
    ["braces", '{"a":'.repeat(200_000)],
    ["an open string", `["${"x".repeat(1_000_000)}`],
    ["commas", `["a"${",".repeat(1_000_000)}]`],
  ])("a megabyte of %s is a ProtocolError and no RangeError", (_, json) => {
    expect(() => readEvent(`42${json}`, 2)).toThrow(ProtocolError);
  });
});

describe("readAck", () => {
  test.each<[string, unknown[]]>([
    ["[]", []],
    ["[1,null]", [1, null]],
    ['["connect"]', ["connect"]],
  ])("%s", (json, expected) => {
    expect(readAck(`431${json}`, 3)).toEqual(expected);
  });

  test("the attachments are put in the place of their placeholders", () => {
    const [one, other] = [Uint8Array.of(1), Uint8Array.of(2)];
    const at = (num: number) => `{"_placeholder":true,"num":${num}}`;
    expect(readAck(`461-1[${at(0)}]`, 5, [one])).toEqual([one]);
    expect(readAck(`461-1["a",${at(0)}]`, 5, [one])).toEqual(["a", one]);
    expect(readAck(`461-1["a",${at(0)} ]`, 5, [one])).toEqual(["a", one]);
    expect(readAck(`461-1["a",[7,${at(0)}]]`, 5, [one])).toEqual(["a", [7, one]]);
    expect(readAck(`462-1["a",${at(1)},${at(0)}]`, 5, [one, other])).toEqual(["a", other, one]);
    expect(readEvent(`451-["a",${at(0)}]`, 4, [one])).toEqual(["a", one]);
  });

  test.each([
    ["nothing before the placeholder", '[,{"_placeholder":true,"num":0}]'],
    ["a list that is not closed before it", '[[1,{"_placeholder":true,"num":0}]'],
    ["a string that is not closed before it", '["a,{"_placeholder":true,"num":0}]'],
    ["no list at all", ',{"_placeholder":true,"num":0}]'],
    ["a dictionary", '{"a":[1,{"_placeholder":true,"num":0}]'],
  ])("with an attachment, %s is no acknowledgement", (_, json) => {
    expect(() => readAck(`461-1${json}`, 5, [Uint8Array.of(1)])).toThrow(
      new ProtocolError(`expected an acknowledgement […], got ${JSON.stringify(`461-1${json}`)}`),
    );
  });

  test("an attachment that is asked for again before the last argument is a ProtocolError", () => {
    const at = '{"_placeholder":true,"num":0}';
    for (const json of [`[${at},${at}]`, `[{"a":${at}},${at}]`, `[{"a":[[${at}]]},${at}]`])
      expect(() => readAck(`461-1${json}`, 5, [Uint8Array.of(1)])).toThrow(
        "expected a placeholder for one of 1 attach",
      );
  });

  test.each(["", "{}", "null", '"a"', "[", "[1,]"])("%j is no acknowledgement", (json) => {
    expect(() => readAck(`431${json}`, 3)).toThrow(ProtocolError);
    expect(() => readAck(`431${json}`, 3)).toThrow("expected an acknowledgement […]");
  });
});

describe("readConnect", () => {
  test.each([
    ['{"sid":"a"}', { sid: "a" }],
    ['{"sid":"a","pid":"p"}', { sid: "a", pid: "p" }],
    ['{"sid":"a","pid":7}', { sid: "a", pid: 7 }],
  ])("%s", (json, expected) => {
    expect(readConnect(`40${json}`, 2)).toEqual(expected);
  });

  test.each([
    "",
    "[]",
    "null",
    "{}",
    '{"sid":""}',
    '{"sid":1}',
    '{"sid":null}',
    '"a"',
    '[{"sid":"a"}]',
    '{"pid":"p"}',
    "{",
  ])("40%s is no answer to CONNECT; the message names the likely reason", (json) => {
    expect(() => readConnect(`40${json}`, 2)).toThrow(ProtocolError);
    expect(() => readConnect(`40${json}`, 2)).toThrow("this is no Socket.IO v3+ server, but v2");
  });
});

describe("readRefusal", () => {
  test.each<[string, { message: string; data?: unknown }]>([
    ['{"message":"Not authorized"}', { message: "Not authorized" }],
    ['{"message":"no","data":{"code":7}}', { message: "no", data: { code: 7 } }],
    ['"Invalid namespace"', { message: "Invalid namespace" }],
    ['""', { message: "" }],
    ["{}", { message: "refused" }],
    ['{"message":null,"data":[]}', { message: "refused", data: [] }],
  ])("%s", (json, expected) => {
    expect(readRefusal(`44${json}`, 2)).toEqual(expected);
  });

  test.each(["", "[]", "null", "1", "true", "{"])("44%s is no CONNECT_ERROR", (json) => {
    expect(() => readRefusal(`44${json}`, 2)).toThrow(ProtocolError);
    expect(() => readRefusal(`44${json}`, 2)).toThrow('expected a CONNECT_ERROR {"message":…}');
  });

  test.each([
    ["a number", "7"],
    ["an object", "{}"],
    ["an object that has no text", '{"toString":1}'],
    ["an array of many levels", `${"[".repeat(200_000)}${"]".repeat(200_000)}`],
  ])("a CONNECT_ERROR whose message is no string but %s is still a refusal, with a short string", (_, message) => {
    const refusal = readRefusal(`44{"message":${message}}`, 2);
    expect(typeof refusal.message).toBe("string");
    expect(refusal.message.length).toBeLessThan(100);
  });
});

describe("encodePacket", () => {
  test.each<[string, Parameters<typeof encodePacket>, unknown[]]>([
    ["CONNECT without auth is 40, never 40[] or 40{}", [CONNECT, "/", -1, undefined], ["40"]],
    ["CONNECT of another namespace", [CONNECT, "/admin", -1, undefined], ["40/admin,"]],
    ["CONNECT with auth", [CONNECT, "/admin", -1, { token: "x" }], ['40/admin,{"token":"x"}']],
    ["DISCONNECT", [DISCONNECT, "/", -1, undefined], ["41"]],
    ["DISCONNECT of another namespace", [DISCONNECT, "/admin", -1, undefined], ["41/admin,"]],
    ["EVENT", [EVENT, "/", -1, ["foo"]], ['42["foo"]']],
    ["EVENT of another namespace", [EVENT, "/admin", -1, ["bar", 1]], ['42/admin,["bar",1]']],
    ["EVENT that wants an acknowledgement", [EVENT, "/", 0, ["foo"]], ['420["foo"]']],
    ["EVENT with both", [EVENT, "/admin", 12, ["foo"]], ['42/admin,12["foo"]']],
    ["ACK", [ACK, "/", 13, []], ["4313[]"]],
    ["ACK of another namespace", [ACK, "/admin", 13, ["bar"]], ['43/admin,13["bar"]']],
    [
      "EVENT with binary",
      [EVENT, "/", -1, ["baz", Uint8Array.of(1), Uint8Array.of(2)]],
      ['452-["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Uint8Array.of(1), Uint8Array.of(2)],
    ],
    [
      "ACK with binary",
      [ACK, "/admin", 456, [Uint8Array.of(3)]],
      ['461-/admin,456[{"_placeholder":true,"num":0}]', Uint8Array.of(3)],
    ],
  ])("%s", (_, args, frames) => {
    expect([encodePacket(...args)].flat()).toEqual(frames);
  });

  test("what was written is read as it was meant", () => {
    const text = encodePacket(EVENT, "/é", 7, ["a,b", "[1]-"]) as string;
    expect(read(text)).toEqual([EVENT, 0, "/é", 7, '["a,b","[1]-"]']);
  });

  test("what cannot be encoded is a TypeError", () => {
    expect(() => encodePacket(EVENT, "/", -1, ["a", 1n])).toThrow(TypeError);
  });
});

describe("isNamespacePath", () => {
  test.each(["/", "/a", "/a/b", "/a b", "/é😀", "//", "/__proto__", "/-1", "/a&b=c#d"])("%j is a path", (path) => {
    expect(isNamespacePath(path)).toBe(true);
  });

  test.each<unknown>([
    "",
    "a",
    "a/",
    " /a",
    "/a,b",
    "/?x",
    "/a?x=1",
    "/a\n",
    "/\u0000",
    "/\u001e",
    "/\u007f",
    "/\u0085",
    1,
    null,
    undefined,
    ["/a"],
    {},
  ])("%j is none", (path) => {
    expect(isNamespacePath(path)).toBe(false);
  });
});
