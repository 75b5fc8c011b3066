import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../src/protocol/protocol-error.js";
import { type CompoundPacket, SocketDecoder } from "../../src/protocol/socket-decoder.js";

const LIMITS = { max_attachments: 3, max_queued_bytes: 100 };
const ONE = '451-["a",{"_placeholder":true,"num":0}]';
const TWO = '452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';

const decoder = (limits = LIMITS): SocketDecoder => new SocketDecoder({ options: limits });
const bytes = (...values: number[]): Uint8Array => Uint8Array.of(...values);

describe("text packets", () => {
  test.each(["40", "41", '42["a"]', "431[]", "44{}", "42[bad"])(
    "%s is whole at once; its JSON is not looked at",
    (text) => {
      expect(decoder().receive(text)).toBe(text);
    },
  );

  test("a message without a type is left to who reads its header", () => {
    expect(decoder().receive("4")).toBe("4");
    expect(decoder().receive("4/")).toBe("4/");
  });

  test.each(["47[]", "4x", "4é", "45[]", "450-[]", "46-[]"])(
    "%s looks like a binary packet and is none: ProtocolError",
    (text) => {
      expect(() => decoder().receive(text)).toThrow(ProtocolError);
    },
  );
});

describe("binary packets", () => {
  test("the packet is whole when its last attachment is here: in order, with the size of all", () => {
    const receiver = decoder();
    expect(receiver.receive(TWO)).toBeNull();
    expect(receiver.receive(bytes(1, 2))).toBeNull();
    expect(receiver.receive(bytes(3))).toEqual({
      kind: "packet",
      text: TWO,
      attachments: [bytes(1, 2), bytes(3)],
      size: TWO.length + 3,
    });
  });

  test("acknowledgements too", () => {
    const receiver = decoder();
    expect(receiver.receive('461-7[{"_placeholder":true,"num":0}]')).toBeNull();
    expect(receiver.receive(bytes())).toMatchObject({ attachments: [bytes()] });
  });

  test("one after the other share nothing", () => {
    const receiver = decoder();
    receiver.receive(ONE);
    const first = receiver.receive(bytes(1));
    expect(receiver.receive('42["between"]')).toBe('42["between"]');
    receiver.receive(ONE);
    const second = receiver.receive(bytes(2));
    expect(first).toMatchObject({ attachments: [bytes(1)], size: ONE.length + 1 });
    expect(second).toMatchObject({ attachments: [bytes(2)], size: ONE.length + 1 });
  });

  test("the attachments are those that came, not copies", () => {
    const receiver = decoder();
    const attachment = bytes(1);
    receiver.receive(ONE);
    expect((receiver.receive(attachment) as CompoundPacket).attachments[0]).toBe(attachment);
  });
});

describe("what breaks the sequence is a ProtocolError", () => {
  test.each(['42["a"]', ONE, "40", "4"])("the text %s while attachments are awaited", (text) => {
    const receiver = decoder();
    receiver.receive(TWO);
    receiver.receive(bytes(1));
    expect(() => receiver.receive(text)).toThrow(
      new ProtocolError(`expected 1 more attachments, got ${JSON.stringify(text)}`),
    );
  });

  test("binary that no packet announced", () => {
    expect(() => decoder().receive(bytes(1, 2))).toThrow(
      new ProtocolError('expected a packet that announces attachments, got "2 bytes"'),
    );
  });

  test("binary behind the last one that was announced", () => {
    const receiver = decoder();
    receiver.receive(ONE);
    receiver.receive(bytes(1));
    expect(() => receiver.receive(bytes(2))).toThrow(ProtocolError);
  });
});

describe("limits", () => {
  test("max_attachments: as many are taken, one more is a ProtocolError at the header", () => {
    expect(decoder().receive("453-[]")).toBeNull();
    expect(() => decoder().receive("454-[]")).toThrow(
      new ProtocolError('expected at most 3 attachments, got "454-[]"'),
    );
    expect(() => decoder().receive("454599999999-[]")).toThrow("expected at most 3 attachments");
  });

  test("max_attachments 0 takes no binary packet", () => {
    expect(() => decoder({ ...LIMITS, max_attachments: 0 }).receive("451-[]")).toThrow(ProtocolError);
  });

  test("max_queued_bytes: text and attachments together, up to the limit and not one byte more", () => {
    const header = "452-[]";
    const fits = decoder();
    fits.receive(header);
    fits.receive(new Uint8Array(50));
    expect(fits.receive(new Uint8Array(44))).toMatchObject({ size: 100 });
    const exceeds = decoder();
    exceeds.receive(header);
    exceeds.receive(new Uint8Array(50));
    expect(() => exceeds.receive(new Uint8Array(45))).toThrow(
      new ProtocolError('expected at most 100 bytes, got "452-[]"'),
    );
  });

  test("the size is counted for each packet anew", () => {
    const receiver = decoder();
    for (let packet = 0; packet < 3; packet++) {
      receiver.receive("451-[]");
      expect(receiver.receive(new Uint8Array(94))).toMatchObject({ size: 100 });
    }
  });
});
