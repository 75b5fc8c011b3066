import { describe, expect, test } from "vitest";
import { type ConnectionNews, Inbox, isPacket } from "../src/inbox.js";
import { LatestEvents } from "../src/latest-events.js";
import { ProtocolError } from "../src/protocol/protocol-error.js";
import { packetText, type RawPacket } from "../src/protocol/socket-decoder.js";

/** A packet of that text; of another size than its own it has attachments. */
function packet(text: string, size = text.length): RawPacket {
  return size === text.length ? text : { kind: "packet", text, attachments: [], size };
}

function inbox(...latest: string[]): Inbox {
  return inboxOf(latest.length === 0 ? null : latestOf(...latest.map((event) => ["/", event] as const)));
}

function inboxOf(latestEvents: LatestEvents | null): Inbox {
  return new Inbox({ latestEvents });
}

function latestOf(...events: (readonly [path: string, event: string])[]): LatestEvents {
  const latest = new LatestEvents();
  for (const [path, event] of events) latest.set(path, event, true);
  return latest;
}

const OPEN: ConnectionNews = { kind: "open", name: "websocket" };
const CLOSE: ConnectionNews = { kind: "close", reason: "transport close", finality: "", message: "cut" };

/** Everything that waits, as texts and kinds. */
function drain(box: Inbox): string[] {
  const items: string[] = [];
  for (let item = box.shift(); item; item = box.shift())
    items.push(isPacket(item) ? String(packetText(item)) : item.kind);
  return items;
}

describe("a queue", () => {
  test("gives what came in the order it came: packets and the news of the connection in one line", () => {
    const box = inbox();
    box.pushNews(OPEN);
    for (const text of ['42["a"]', '42["b"]']) expect(box.push(text, 0)).toBeNull();
    box.pushNews(CLOSE);
    expect(drain(box)).toEqual(["open", '42["a"]', '42["b"]', "close"]);
    expect(box.shift()).toBeNull();
  });

  test("counts packets and their bytes, and not the news", () => {
    const box = inbox();
    box.pushNews(OPEN);
    expect([box.length, box.bytes]).toEqual([0, 0]);
    box.push(packet("42[1]", 5), 0);
    box.push(packet("42[2]", 7), 0);
    box.pushNews(CLOSE);
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
    box.pushNews(OPEN);
    expect(box.oldestTime).toBe(Infinity);
    box.push("42[1]", 7);
    box.push("42[2]", 8);
    expect(box.oldestTime).toBe(7);
    box.shift();
    box.shift();
    expect(box.oldestTime).toBe(8);
  });

  test("clear drops everything, news too, and starts anew", () => {
    const box = inbox("s");
    box.push(packet('42["s",1]', 9), 7);
    box.pushNews(CLOSE);
    box.clear();
    expect([box.length, box.bytes, box.oldestTime, box.shift()]).toEqual([0, 0, Infinity, null]);
    expect(box.push('42["s",2]', 0)).toBeNull();
    expect(drain(box)).toEqual(['42["s",2]']);
  });

  test("a packet that was taken does not wait any more", () => {
    const box = inbox();
    const one = packet("451-[1]", 100);
    box.push(one, 3);
    expect(box.shift()).toBe(one);
    expect([box.time, box.isEmpty, box.oldestTime]).toEqual([3, true, Infinity]);
  });

  test("does not look at what is no EVENT_LATEST event: nothing that arrives throws", () => {
    const box = inbox();
    box.push("45[malformed", 0);
    expect(drain(box)).toEqual(["45[malformed"]);
  });

  test("keeps its order over a hundred thousand packets that come and go", () => {
    const box = inbox();
    const taken: number[] = [];
    let pushed = 0;
    for (let round = 0; round < 1000; round++) {
      for (let count = 0; count < 100; count++) box.push(`42[${pushed}]`, pushed++);
      // Most of a round is taken, so that there is always a rest in front.
      for (let count = 0; count < 99; count++) {
        box.shift();
        taken.push(box.time);
      }
    }
    expect(box.length).toBe(1000);
    while (box.shift()) taken.push(box.time);
    expect(taken).toEqual(Array.from({ length: pushed }, (_, index) => index));
  });
});

describe("EVENT_LATEST", () => {
  test("of an event's packets only the newest waits, in its own place", () => {
    const box = inbox("s");
    expect(box.push('42["s",1]', 0)).toBeNull();
    expect(box.push('42["other"]', 0)).toBeNull();
    expect(box.push('42["s",2]', 0)).not.toBeNull();
    expect(box.length).toBe(2);
    expect(drain(box)).toEqual(['42["other"]', '42["s",2]']);
  });

  test("what was dropped is not counted, and is not the oldest", () => {
    const box = inbox("s");
    box.push(packet('42["s",1]', 100), 1);
    box.push(packet('42["s",2]', 10), 2);
    expect([box.length, box.bytes, box.oldestTime]).toEqual([1, 10, 2]);
  });

  test("one that was taken already is no longer replaced", () => {
    const box = inbox("s");
    box.push('42["s",1]', 0);
    drain(box);
    expect(box.push('42["s",2]', 0)).toBeNull();
    expect(drain(box)).toEqual(['42["s",2]']);
  });

  test("events and namespaces are told apart", () => {
    const box = inboxOf(latestOf(["/", "s"], ["/a", "s"], ["/", "t"]));
    for (const text of ['42["s"]', '42/a,["s"]', '42["t"]', '42/b,["s"]', '42/b,["s"]'])
      expect(box.push(text, 0)).toBeNull();
    expect(box.push('42/a,["s",2]', 0)).not.toBeNull();
    expect(drain(box)).toEqual(['42["s"]', '42["t"]', '42/b,["s"]', '42/b,["s"]', '42/a,["s",2]']);
  });

  test("many of them, with commas in their names", () => {
    const events = ["/", "/a", "/b"].flatMap((path) =>
      ["", "b,c", "s", "[", 'a"b'].map((event) => [path, event] as const),
    );
    const box = inboxOf(latestOf(...events));
    const texts = events.map(([path, event]) => `42${path === "/" ? "" : `${path},`}${JSON.stringify([event])}`);
    for (const text of texts) expect(box.push(text, 0)).toBeNull();
    for (const text of texts) expect(box.push(text, 1)).toBe(text);
    expect(drain(box)).toEqual(texts);
  });

  test("binary packets too", () => {
    const box = inbox("s");
    box.push('451-["s",{"_placeholder":true,"num":0}]', 0);
    expect(box.push('42["s",2]', 0)).not.toBeNull();
    expect(drain(box)).toEqual(['42["s",2]']);
  });

  test("a packet that asks for an acknowledgement is never dropped, nor are acknowledgements and control packets", () => {
    const box = inbox("s");
    const texts = ['421["s"]', '422["s"]', '431["s"]', '431["s"]', "41", "41"];
    for (const text of texts) expect(box.push(text, 0)).toBeNull();
    expect(drain(box)).toEqual(texts);
  });

  test("an escaped spelling is the same event", () => {
    const box = inbox("s");
    box.push('42["s",1]', 0);
    expect(box.push('42["\\u0073",2]', 0)).not.toBeNull();
  });

  test("names __proto__, constructor and the empty one", () => {
    for (const name of ["__proto__", "constructor", ""]) {
      const box = inbox(name);
      box.push(`42["${name}",1]`, 0);
      expect(box.push(`42["${name}",2]`, 0)).not.toBeNull();
      expect(box.length).toBe(1);
    }
  });

  test("the mode may change at any time; it counts for what arrives from then on", () => {
    const latest = new LatestEvents();
    const box = inboxOf(latest);
    box.push('42["s",1]', 0);
    latest.set("/", "s", true);
    expect(box.push('42["s",2]', 0)).toBeNull();
    expect(box.push('42["s",3]', 0)).not.toBeNull();
    latest.set("/", "s", false);
    expect(box.push('42["s",4]', 0)).toBeNull();
    expect(drain(box)).toEqual(['42["s",1]', '42["s",3]', '42["s",4]']);
  });

  test("of a codec's packets, whose data stays undecoded", () => {
    const box = inbox("s");
    const data = () => {
      throw new Error("decoded");
    };
    const make = (parts: object): RawPacket => ({
      kind: "packet",
      attachments: [],
      size: 10,
      text: { type: 2, namespace: "/", id: -1, event: "s", data, ...parts },
    });
    const items = [{}, { namespace: "/a" }, { id: 0 }, { event: null }, { type: 3 }, {}].map(make);
    expect(items.map((item) => box.push(item, 0))).toEqual([null, null, null, null, null, items[0]]);
    expect([box.length, box.bytes]).toEqual([5, 50]);
    expect(box.shift()).toBe(items[1]);
  });

  test("a malformed packet is a ProtocolError", () => {
    expect(() => inbox("s").push("45[malformed", 0)).toThrow(ProtocolError);
  });

  test("an hour of snapshots without a poll holds one of each, and is cheap to look at", () => {
    const box = inbox("s", "t");
    box.push('42["once"]', 1);
    for (let count = 0; count < 100_000; count++) {
      box.push(`42["s",${count}]`, 2);
      box.push(`42["t",${count}]`, 3);
    }
    expect([box.length, box.oldestTime]).toEqual([3, 1]);
    expect(drain(box)).toEqual(['42["once"]', '42["s",99999]', '42["t",99999]']);
  });

  test("news among dropped packets keep their place", () => {
    const box = inbox("s");
    box.pushNews(OPEN);
    for (let count = 0; count < 200; count++) box.push(`42["s",${count}]`, 0);
    box.pushNews(CLOSE);
    expect(drain(box)).toEqual(["open", '42["s",199]', "close"]);
  });
});
