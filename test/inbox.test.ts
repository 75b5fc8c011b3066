import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { Inbox } from "../src/inbox.js";
import { LatestEvents } from "../src/latest-events.js";
import { ProtocolError } from "../src/protocol/protocol-error.js";
import { type RawPacket, type TimedPacket, timedPacket } from "../src/protocol/socket-decoder.js";
import { contentOf } from "../src/protocol/socket-packet.js";

const packet = (text: string, time = 0, size = text.length): TimedPacket => timedPacket(text, size, time);

/** An inbox, and what is done when something arrives for it. */
class Box extends Inbox {
  constructor(readonly latest: LatestEvents | null = null) {
    super();
  }

  /** Adds a packet; returns the older one of the same event that it has replaced. `time` is that of a text. */
  arrive(packet: RawPacket, time = 0): TimedPacket | null {
    const latest = this.latest?.of(contentOf(packet));
    const older = latest?.newest?.inbox === this ? latest.newest : null;
    if (older) this.drop(older);
    const item = latest && typeof packet === "string" ? timedPacket(packet, packet.length, time) : packet;
    if (latest) latest.newest = item as TimedPacket;
    this.push(item, time);
    return older;
  }

  tell(what: string): void {
    this.push(() => told.push(what));
  }
}

let told: string[] = [];

function inbox(...latest: string[]): Box {
  return latest.length === 0 ? new Box() : new Box(latestOf(...latest.map((event) => ["/", event] as const)));
}

function latestOf(...events: (readonly [path: string, event: string])[]): LatestEvents {
  const latest = new LatestEvents();
  for (const [path, event] of events) latest.set(path, event, true);
  return latest;
}

/** Everything that waits: the texts of packets, and news. */
function drain(box: Inbox): string[] {
  told = [];
  for (let item = box.shift(); item; item = box.shift()) {
    if (typeof item === "function") item();
    else told.push(String(contentOf(item)));
  }
  return told;
}

describe("what is put back", () => {
  test("is taken first, in its order, and counts again", () => {
    const box = inbox();
    for (const text of ['42["a"]', '42["b"]', '42["c"]']) box.arrive(text, 1);
    const taken = [box.shift(), box.shift()] as RawPacket[];
    box.tell("news");
    box.putBack(taken);
    expect([box.length, box.bytes, box.oldestTime]).toEqual([3, 21, 1]);
    expect(drain(box)).toEqual(['42["a"]', '42["b"]', '42["c"]', "news"]);
    expect([box.length, box.bytes, box.isEmpty]).toEqual([0, 0, true]);
  });

  test("may be all there is, a packet with a time of its own, or nothing", () => {
    const box = inbox();
    box.arrive(packet('42["a"]', 7));
    box.putBack([box.shift() as RawPacket]);
    expect([box.length, box.oldestTime]).toEqual([1, 7]);
    expect(drain(box)).toEqual(['42["a"]']);
    box.putBack([]);
    expect(box.isEmpty).toBe(true);
  });
});

describe("a queue", () => {
  test("gives what came in the order it came: packets and the news of the connection in one line", () => {
    const box = inbox();
    box.tell("open");
    for (const text of ['42["a"]', '42["b"]']) expect(box.arrive(packet(text))).toBeNull();
    box.tell("close");
    expect(drain(box)).toEqual(["open", '42["a"]', '42["b"]', "close"]);
    expect(box.shift()).toBeNull();
  });

  test("keeps texts as they are, and the moments at which they arrived", () => {
    const box = inbox();
    box.arrive("42[1]", 1);
    box.arrive("42[2]", 1);
    box.tell("moved");
    box.arrive(packet("43[3]", 2));
    box.arrive("42[4]", 3);
    expect([box.length, box.bytes, box.oldestTime]).toEqual([4, 20, 1]);
    expect([box.shift(), box.oldestTime]).toEqual(["42[1]", 1]);
    expect([box.shift(), box.oldestTime]).toEqual(["42[2]", 2]);
    expect(drain(box)).toEqual(["moved", "43[3]", "42[4]"]);
    expect([box.length, box.bytes, box.isEmpty, box.oldestTime]).toEqual([0, 0, true, Infinity]);
    // Of the moment that was passed last.
    box.arrive("42[5]", 3);
    expect([box.oldestTime, ...drain(box)]).toEqual([3, "42[5]"]);
  });

  test("counts packets and their bytes, and not the news", () => {
    const box = inbox();
    box.tell("open");
    expect([box.length, box.bytes]).toEqual([0, 0]);
    box.arrive(packet("42[1]", 0, 5));
    box.arrive(packet("42[2]", 0, 7));
    box.tell("close");
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
    box.tell("open");
    expect(box.oldestTime).toBe(Infinity);
    box.arrive(packet("42[1]", 7));
    box.arrive(packet("42[2]", 8));
    expect(box.oldestTime).toBe(7);
    box.shift();
    box.shift();
    expect(box.oldestTime).toBe(8);
  });

  test("a packet that was taken does not wait any more", () => {
    const box = inbox();
    const one = packet("451-[1]", 3);
    box.arrive(one);
    expect(box.shift()).toBe(one);
    expect([one.time, one.inbox, box.isEmpty, box.oldestTime]).toEqual([3, null, true, Infinity]);
  });

  test("does not look at what is no EVENT_LATEST event: nothing that arrives throws", () => {
    const box = inbox();
    box.arrive(packet("45[malformed"));
    expect(drain(box)).toEqual(["45[malformed"]);
  });

  test("keeps its order over a hundred thousand packets that come and go", () => {
    const box = inbox();
    const taken: number[] = [];
    let pushed = 0;
    for (let round = 0; round < 1000; round++) {
      for (let count = 0; count < 100; count++) box.arrive(packet(`42[${pushed}]`, pushed++));
      // Most of a round is taken, so that there is always a rest in front.
      for (let count = 0; count < 99; count++) taken.push((box.shift() as TimedPacket).time);
    }
    expect(box.length).toBe(1000);
    for (let item = box.shift(); item; item = box.shift()) taken.push((item as TimedPacket).time);
    expect(taken).toEqual(Array.from({ length: pushed }, (_, index) => index));
  });

  test("a rest that every poll leaves does not let it grow", () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    const box = inbox();
    const before = heap();
    for (let count = 0; count < 2_000_000; count++) {
      box.arrive("42[1]", count);
      if (count > 10) box.shift();
    }
    expect(box.length).toBe(11);
    // Their places alone would be 32 MB.
    expect(heap() - before).toBeLessThan(8_000_000);
    expect(drain(box)).toHaveLength(11);
  });
});

/** Whether something is kept by what is still there, when nobody else has it. */
async function isKept(reference: WeakRef<object>): Promise<boolean> {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  return reference.deref() !== undefined;
}

test("what is forgotten is not kept by a packet that is remembered as the newest of its event", async () => {
  const box = inbox("s");
  let waiting: object | null = new Uint8Array(1);
  const reference = new WeakRef(waiting);
  box.push({ ...packet('451-["x"]'), attachments: [waiting as Uint8Array] });
  waiting = null;
  box.arrive(packet('42["s",1]'));
  box.forget();
  expect(box.isEmpty).toBe(true);
  expect(await isKept(reference)).toBe(false);
  expect(box.latest?.of('42["s",2]')?.newest?.inbox).toBe(box);
});

test("what was dropped is not kept by what came before it and after it: a snapshot may be large", async () => {
  const box = inbox("s");
  let snapshot: TimedPacket | null = packet('42["s",0]');
  const reference = new WeakRef(snapshot);
  box.arrive('42["before"]');
  box.arrive(snapshot);
  snapshot = null;
  box.arrive('42["between"]');
  box.arrive(packet('42["s",1]'));
  expect(await isKept(reference)).toBe(false);
  expect(drain(box)).toEqual(['42["before"]', '42["between"]', '42["s",1]']);
});

describe("EVENT_LATEST", () => {
  test("of an event's packets only the newest waits, in its own place", () => {
    const box = inbox("s");
    expect(box.arrive(packet('42["s",1]'))).toBeNull();
    expect(box.arrive(packet('42["other"]'))).toBeNull();
    expect(box.arrive(packet('42["s",2]'))).not.toBeNull();
    expect(box.length).toBe(2);
    expect(drain(box)).toEqual(['42["other"]', '42["s",2]']);
  });

  test("what was dropped is not counted, and is not the oldest", () => {
    const box = inbox("s");
    box.arrive(packet('42["s",1]', 1, 100));
    box.arrive(packet('42["s",2]', 2, 10));
    expect([box.length, box.bytes, box.oldestTime]).toEqual([1, 10, 2]);
  });

  test("one that was taken already is no longer replaced", () => {
    const box = inbox("s");
    box.arrive(packet('42["s",1]'));
    drain(box);
    expect(box.arrive(packet('42["s",2]'))).toBeNull();
    expect(drain(box)).toEqual(['42["s",2]']);
  });

  test("one that waits for another connection is left where it is", () => {
    const latest = latestOf(["/", "s"]);
    const [old, box] = [new Box(latest), new Box(latest)];
    old.arrive(packet('42["s",1]'));
    expect(box.arrive(packet('42["s",2]'))).toBeNull();
    expect([old.length, box.length]).toEqual([1, 1]);
  });

  test("events and namespaces are told apart", () => {
    const box = new Box(latestOf(["/", "s"], ["/a", "s"], ["/", "t"]));
    for (const text of ['42["s"]', '42/a,["s"]', '42["t"]', '42/b,["s"]', '42/b,["s"]'])
      expect(box.arrive(packet(text))).toBeNull();
    expect(box.arrive(packet('42/a,["s",2]'))).not.toBeNull();
    expect(drain(box)).toEqual(['42["s"]', '42["t"]', '42/b,["s"]', '42/b,["s"]', '42/a,["s",2]']);
  });

  test("many of them, with commas in their names", () => {
    const events = ["/", "/a", "/b"].flatMap((path) =>
      ["", "b,c", "s", "[", 'a"b'].map((event) => [path, event] as const),
    );
    const box = new Box(latestOf(...events));
    const texts = events.map(([path, event]) => `42${path === "/" ? "" : `${path},`}${JSON.stringify([event])}`);
    for (const text of texts) expect(box.arrive(packet(text))).toBeNull();
    for (const text of texts) expect(box.arrive(packet(text, 1))).toMatchObject({ content: text });
    expect(drain(box)).toEqual(texts);
  });

  test("binary packets too", () => {
    const box = inbox("s");
    box.arrive(packet('451-["s",{"_placeholder":true,"num":0}]'));
    expect(box.arrive(packet('42["s",2]'))).not.toBeNull();
    expect(drain(box)).toEqual(['42["s",2]']);
  });

  test("a packet that asks for an acknowledgement is never dropped, nor are acknowledgements and control packets", () => {
    const box = inbox("s");
    const texts = ['421["s"]', '422["s"]', '431["s"]', '431["s"]', "41", "41"];
    for (const text of texts) expect(box.arrive(packet(text))).toBeNull();
    expect(drain(box)).toEqual(texts);
  });

  test("an escaped spelling is the same event", () => {
    const box = inbox("s");
    box.arrive(packet('42["s",1]'));
    expect(box.arrive(packet('42["\\u0073",2]'))).not.toBeNull();
  });

  test("names __proto__, constructor and the empty one", () => {
    for (const name of ["__proto__", "constructor", ""]) {
      const box = inbox(name);
      box.arrive(packet(`42["${name}",1]`));
      expect(box.arrive(packet(`42["${name}",2]`))).not.toBeNull();
      expect(box.length).toBe(1);
    }
  });

  test("the mode may change at any time; it counts for what arrives from then on", () => {
    const latest = new LatestEvents();
    const box = new Box(latest);
    box.arrive(packet('42["s",1]'));
    latest.set("/", "s", true);
    expect(box.arrive(packet('42["s",2]'))).toBeNull();
    expect(box.arrive(packet('42["s",3]'))).not.toBeNull();
    latest.set("/", "s", false);
    expect(box.arrive(packet('42["s",4]'))).toBeNull();
    expect(drain(box)).toEqual(['42["s",1]', '42["s",3]', '42["s",4]']);
  });

  test("to ask for the mode twice changes nothing", () => {
    const latest = latestOf(["/", "s"]);
    const box = new Box(latest);
    box.arrive(packet('42["s",1]'));
    latest.set("/", "s", true);
    expect(box.arrive(packet('42["s",2]'))).not.toBeNull();
  });

  test("of a codec's packets, whose data stays undecoded", () => {
    const box = inbox("s");
    const data = () => {
      throw new Error("decoded");
    };
    const make = (parts: object): TimedPacket =>
      timedPacket({ type: 2, namespace: "/", id: -1, event: "s", data, ...parts }, 10, 0);
    const items = [{}, { namespace: "/a" }, { id: 0 }, { event: null }, { type: 3 }, {}].map(make);
    expect(items.map((item) => box.arrive(item))).toEqual([null, null, null, null, null, items[0]]);
    expect([box.length, box.bytes]).toEqual([5, 50]);
    expect(box.shift()).toBe(items[1]);
  });

  test("a text of such an event waits as a packet that can be dropped, among texts that cannot", () => {
    const box = inbox("s");
    const arrivals = ["a", "s", "a", "s", "b", "s"];
    const replaced = arrivals.map((event, time) => box.arrive(`42["${event}",${time}]`, time)?.time ?? -1);
    expect(replaced).toEqual([-1, -1, -1, 1, -1, 3]);
    expect([box.length, box.bytes]).toEqual([4, 36]);
    expect(drain(box)).toEqual(['42["a",0]', '42["a",2]', '42["b",4]', '42["s",5]']);
  });

  test("an hour of snapshots among texts that wait loses none of these, nor their moments", () => {
    const box = inbox("s");
    const waiting: string[] = [];
    for (let count = 0; count < 20_000; count++) {
      if (count % 1000 === 7) {
        waiting.push(`42["once",${count}]`);
        box.arrive(waiting.at(-1)!, count);
      }
      box.arrive(`42["s",${count}]`, count);
    }
    expect([box.length, box.oldestTime]).toEqual([21, 7]);
    for (let count = 7; count < 20_000; count += 1000)
      expect([box.oldestTime, box.shift()]).toEqual([count, waiting.shift()]);
    expect(drain(box)).toEqual(['42["s",19999]']);
  });

  test("a malformed packet is a ProtocolError", () => {
    expect(() => inbox("s").arrive(packet("45[malformed"))).toThrow(ProtocolError);
  });

  test("an hour of snapshots without a poll holds one of each, and is cheap to look at", () => {
    const box = inbox("s", "t");
    box.arrive(packet('42["once"]', 1));
    for (let count = 0; count < 100_000; count++) {
      box.arrive(packet(`42["s",${count}]`, 2));
      box.arrive(packet(`42["t",${count}]`, 3));
    }
    expect([box.length, box.oldestTime]).toEqual([3, 1]);
    expect(drain(box)).toEqual(['42["once"]', '42["s",99999]', '42["t",99999]']);
  });

  test("news among dropped packets keep their place", () => {
    const box = inbox("s");
    box.tell("open");
    for (let count = 0; count < 200; count++) box.arrive(packet(`42["s",${count}]`));
    box.tell("close");
    expect(drain(box)).toEqual(["open", '42["s",199]', "close"]);
  });
});
