import { describe, expect, test } from "vitest";
import { ProtocolError } from "../../src/protocol/protocol-error.js";
import { SocketDecoder, timedPacket } from "../../src/protocol/socket-decoder.js";

const LIMITS = { max_attachments: 3, max_queued_bytes: 100 };
const ONE = '451-["a",{"_placeholder":true,"num":0}]';
const TWO = '452-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';

const decoder = (limits = LIMITS): SocketDecoder => new SocketDecoder({ options: limits });
const bytes = (...values: number[]): Uint8Array => Uint8Array.of(...values);

describe("text packets", () => {
  test.each(["40", "41", '42["a"]', "431[]", "44{}", "42[bad"])(
    "%s is whole at once; its JSON is not looked at",
    (text) => {
      expect(decoder().receive(text, 0)).toEqual(timedPacket(text, text.length, 0));
    },
  );

  test("a message without a type is left to who reads its header", () => {
    expect(decoder().receive("4", 0)).toMatchObject({ content: "4" });
    expect(decoder().receive("4/", 0)).toMatchObject({ content: "4/" });
  });

  test.each(["47[]", "4x", "4é", "45[]", "450-[]", "46-[]"])(
    "%s looks like a binary packet and is none: ProtocolError",
    (text) => {
      expect(() => decoder().receive(text, 0)).toThrow(ProtocolError);
    },
  );
});

describe("binary packets", () => {
  test("the packet is whole when its last attachment is here: in order, with the size of all and the time of that", () => {
    const receiver = decoder();
    expect(receiver.receive(TWO, 0)).toBeNull();
    expect(receiver.receive(bytes(1, 2), 0)).toBeNull();
    expect(receiver.receive(bytes(3), 7)).toMatchObject({
      content: TWO,
      attachments: [bytes(1, 2), bytes(3)],
      size: TWO.length + 3,
      time: 7,
    });
  });

  test("acknowledgements too", () => {
    const receiver = decoder();
    expect(receiver.receive('461-7[{"_placeholder":true,"num":0}]', 0)).toBeNull();
    expect(receiver.receive(bytes(), 0)).toMatchObject({ attachments: [bytes()] });
  });

  test("one after the other share nothing", () => {
    const receiver = decoder();
    receiver.receive(ONE, 0);
    const first = receiver.receive(bytes(1), 0);
    expect(receiver.receive('42["between"]', 0)).toMatchObject({ attachments: [] });
    receiver.receive(ONE, 0);
    const second = receiver.receive(bytes(2), 0);
    expect(first).toMatchObject({ attachments: [bytes(1)], size: ONE.length + 1 });
    expect(second).toMatchObject({ attachments: [bytes(2)], size: ONE.length + 1 });
  });

  test("the attachments are those that came, not copies", () => {
    const receiver = decoder();
    const attachment = bytes(1);
    receiver.receive(ONE, 0);
    expect(receiver.receive(attachment, 0)?.attachments[0]).toBe(attachment);
  });
});

describe("what breaks the sequence is a ProtocolError", () => {
  test.each(['42["a"]', ONE, "40", "4"])("the text %s while attachments are awaited", (text) => {
    const receiver = decoder();
    receiver.receive(TWO, 0);
    receiver.receive(bytes(1), 0);
    expect(() => receiver.receive(text, 0)).toThrow(
      new ProtocolError(`expected 1 more attachments, got ${JSON.stringify(text)}`),
    );
  });

  test("binary that no packet announced", () => {
    expect(() => decoder().receive(bytes(1, 2), 0)).toThrow(
      new ProtocolError('expected a packet that announces attachments, got "2 bytes"'),
    );
  });

  test("binary behind the last one that was announced", () => {
    const receiver = decoder();
    receiver.receive(ONE, 0);
    receiver.receive(bytes(1), 0);
    expect(() => receiver.receive(bytes(2), 0)).toThrow(ProtocolError);
  });
});

describe("limits", () => {
  test("max_attachments: as many are taken, one more is a ProtocolError at the header", () => {
    expect(decoder().receive("453-[]", 0)).toBeNull();
    expect(() => decoder().receive("454-[]", 0)).toThrow(
      new ProtocolError('expected at most 3 attachments, got "454-[]"'),
    );
    expect(() => decoder().receive("454599999999-[]", 0)).toThrow("expected at most 3 attachments");
  });

  test("max_attachments 0 takes no binary packet", () => {
    expect(() => decoder({ ...LIMITS, max_attachments: 0 }).receive("451-[]", 0)).toThrow(ProtocolError);
  });

  test("max_queued_bytes: text and attachments together, up to the limit and not one byte more", () => {
    const header = "452-[]";
    const fits = decoder();
    fits.receive(header, 0);
    fits.receive(new Uint8Array(50), 0);
    expect(fits.receive(new Uint8Array(44), 0)).toMatchObject({ size: 100 });
    const exceeds = decoder();
    exceeds.receive(header, 0);
    exceeds.receive(new Uint8Array(50), 0);
    expect(() => exceeds.receive(new Uint8Array(45), 0)).toThrow(
      new ProtocolError('expected at most 100 bytes, got "452-[]"'),
    );
  });

  test("the size is counted for each packet anew", () => {
    const receiver = decoder();
    for (let packet = 0; packet < 3; packet++) {
      receiver.receive("451-[]", 0);
      expect(receiver.receive(new Uint8Array(94), 0)).toMatchObject({ size: 100 });
    }
  });
});
