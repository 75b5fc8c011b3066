import { describe, expect, test } from "vitest";
import { Inbox, type InboxItem } from "../src/inbox.js";
import { ProtocolError } from "../src/protocol/protocol-error.js";
import type { RawPacket } from "../src/protocol/socket-decoder.js";
import { eventKey } from "../src/protocol/socket-packet.js";

function packet(text: string, time = 0, size = text.length): RawPacket {
  return { kind: "packet", text, attachments: [], time, size, waiting: true };
}

function inbox(...latest: string[]): Inbox {
  return new Inbox(new Set(latest.map((event) => eventKey("/", event))));
}

const OPEN: InboxItem = { kind: "open", name: "websocket" };
const CLOSE: InboxItem = { kind: "close", reason: "transport close", finality: "", message: "cut" };

/** Everything that waits, as texts and kinds. */
function drain(box: Inbox): string[] {
  const items: string[] = [];
  for (let item = box.shift(); item; item = box.shift())
    items.push(item.kind === "packet" ? String(item.text) : item.kind);
  return items;
}

describe("a queue", () => {
  test("gives what came in the order it came: packets and the news of the connection in one line", () => {
    const box = inbox();
    for (const item of [OPEN, packet('42["a"]'), packet('42["b"]'), CLOSE]) expect(box.push(item)).toBeNull();
    expect(drain(box)).toEqual(["open", '42["a"]', '42["b"]', "close"]);
    expect(box.shift()).toBeNull();
  });

  test("counts packets and their bytes, and not the news", () => {
    const box = inbox();
    box.push(OPEN);
    expect([box.length, box.bytes]).toEqual([0, 0]);
    box.push(packet("42[1]", 0, 5));
    box.push(packet("42[2]", 0, 7));
    box.push(CLOSE);
    expect([box.length, box.bytes]).toEqual([2, 12]);
    box.shift();
    box.shift();
    expect([box.length, box.bytes]).toEqual([1, 7]);
    drain(box);
    expect([box.length, box.bytes]).toEqual([0, 0]);
  });

  test("says when the packet that is next arrived", () => {
    const box = inbox();
    expect(box.oldestTime).toBe(Infinity);
    box.push(OPEN);
    expect(box.oldestTime).toBe(Infinity);
    box.push(packet("42[1]", 7));
    box.push(packet("42[2]", 8));
    expect(box.oldestTime).toBe(7);
    box.shift();
    box.shift();
    expect(box.oldestTime).toBe(8);
  });

  test("clear drops everything, news too, and starts anew", () => {
    const box = inbox("s");
    box.push(packet('42["s",1]', 7, 9));
    box.push(CLOSE);
    box.clear();
    expect([box.length, box.bytes, box.oldestTime, box.shift()]).toEqual([0, 0, Infinity, null]);
    expect(box.push(packet('42["s",2]'))).toBeNull();
    expect(drain(box)).toEqual(['42["s",2]']);
  });

  test("a packet that was taken does not wait any more", () => {
    const box = inbox();
    const one = packet("42[1]");
    box.push(one);
    expect(box.shift()).toBe(one);
    expect(one.waiting).toBe(false);
  });

  test("does not look at what is no EVENT_LATEST event: nothing that arrives throws", () => {
    const box = inbox();
    box.push(packet("45[malformed"));
    expect(drain(box)).toEqual(["45[malformed"]);
  });

  test("keeps its order over a hundred thousand packets that come and go", () => {
    const box = inbox();
    const taken: number[] = [];
    let pushed = 0;
    for (let round = 0; round < 1000; round++) {
      for (let count = 0; count < 100; count++) box.push(packet("42[]", pushed++));
      // Most of a round is taken, so that there is always a rest in front.
      for (let count = 0; count < 99; count++) taken.push((box.shift() as RawPacket).time);
    }
    expect(box.length).toBe(1000);
    for (let item = box.shift(); item; item = box.shift()) taken.push((item as RawPacket).time);
    expect(taken).toEqual(Array.from({ length: pushed }, (_, index) => index));
  });
});

describe("EVENT_LATEST", () => {
  test("of an event's packets only the newest waits, in its own place", () => {
    const box = inbox("s");
    expect(box.push(packet('42["s",1]'))).toBeNull();
    expect(box.push(packet('42["other"]'))).toBeNull();
    expect(box.push(packet('42["s",2]'))).toMatchObject({ kind: "packet", waiting: false });
    expect(box.length).toBe(2);
    expect(drain(box)).toEqual(['42["other"]', '42["s",2]']);
  });

  test("what was dropped is not counted, and is not the oldest", () => {
    const box = inbox("s");
    box.push(packet('42["s",1]', 1, 100));
    box.push(packet('42["s",2]', 2, 10));
    expect([box.length, box.bytes, box.oldestTime]).toEqual([1, 10, 2]);
  });

  test("one that was taken already is no longer replaced", () => {
    const box = inbox("s");
    box.push(packet('42["s",1]'));
    drain(box);
    expect(box.push(packet('42["s",2]'))).toBeNull();
    expect(drain(box)).toEqual(['42["s",2]']);
  });

  test("events and namespaces are told apart", () => {
    const box = new Inbox(new Set([eventKey("/", "s"), eventKey("/a", "s"), eventKey("/", "t")]));
    for (const text of ['42["s"]', '42/a,["s"]', '42["t"]', '42/b,["s"]', '42/b,["s"]'])
      expect(box.push(packet(text))).toBeNull();
    expect(box.push(packet('42/a,["s",2]'))).toMatchObject({ kind: "packet", waiting: false });
    expect(drain(box)).toEqual(['42["s"]', '42["t"]', '42/b,["s"]', '42/b,["s"]', '42/a,["s",2]']);
  });

  test("binary packets too", () => {
    const box = inbox("s");
    box.push(packet('451-["s",{"_placeholder":true,"num":0}]'));
    expect(box.push(packet('42["s",2]'))).toMatchObject({ kind: "packet", waiting: false });
    expect(drain(box)).toEqual(['42["s",2]']);
  });

  test("a packet that asks for an acknowledgement is never dropped, nor are acknowledgements and control packets", () => {
    const box = inbox("s");
    const texts = ['421["s"]', '422["s"]', '431["s"]', '431["s"]', "41", "41"];
    for (const text of texts) expect(box.push(packet(text))).toBeNull();
    expect(drain(box)).toEqual(texts);
  });

  test("an escaped spelling is the same event", () => {
    const box = inbox("s");
    box.push(packet('42["s",1]'));
    expect(box.push(packet('42["\\u0073",2]'))).toMatchObject({ kind: "packet", waiting: false });
  });

  test("names __proto__, constructor and the empty one", () => {
    for (const name of ["__proto__", "constructor", ""]) {
      const box = inbox(name);
      box.push(packet(`42["${name}",1]`));
      expect(box.push(packet(`42["${name}",2]`))).toMatchObject({ kind: "packet", waiting: false });
      expect(box.length).toBe(1);
    }
  });

  test("the mode may change at any time; it counts for what arrives from then on", () => {
    const latest = new Set<string>();
    const box = new Inbox(latest);
    box.push(packet('42["s",1]'));
    latest.add(eventKey("/", "s"));
    expect(box.push(packet('42["s",2]'))).toBeNull();
    expect(box.push(packet('42["s",3]'))).toMatchObject({ kind: "packet", waiting: false });
    latest.clear();
    expect(box.push(packet('42["s",4]'))).toBeNull();
    expect(drain(box)).toEqual(['42["s",1]', '42["s",3]', '42["s",4]']);
  });

  test("of a codec's packets, whose data stays undecoded", () => {
    const box = inbox("s");
    const data = () => {
      throw new Error("decoded");
    };
    const make = (parts: object): RawPacket => ({
      ...packet("", 0, 10),
      text: { type: 2, namespace: "/", id: -1, event: "s", data, ...parts },
    });
    const items = [{}, { namespace: "/a" }, { id: 0 }, { event: null }, { type: 3 }, {}].map(make);
    expect(items.map((item) => box.push(item))).toEqual([null, null, null, null, null, items[0]]);
    expect([box.length, box.bytes]).toEqual([5, 50]);
    expect(box.shift()).toBe(items[1]);
  });

  test("a malformed packet is a ProtocolError", () => {
    expect(() => inbox("s").push(packet("45[malformed"))).toThrow(ProtocolError);
  });

  test("an hour of snapshots without a poll holds one of each, and is cheap to look at", () => {
    const box = inbox("s", "t");
    box.push(packet('42["once"]', 1));
    for (let count = 0; count < 100_000; count++) {
      box.push(packet(`42["s",${count}]`, 2));
      box.push(packet(`42["t",${count}]`, 3));
    }
    expect([box.length, box.oldestTime]).toEqual([3, 1]);
    expect(drain(box)).toEqual(['42["once"]', '42["s",99999]', '42["t",99999]']);
  });

  test("news among dropped packets keep their place", () => {
    const box = inbox("s");
    box.push(OPEN);
    for (let count = 0; count < 200; count++) box.push(packet(`42["s",${count}]`));
    box.push(CLOSE);
    expect(drain(box)).toEqual(["open", '42["s",199]', "close"]);
  });
});
