import { PollGroup, WebSocketPeer } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { connected, OPEN, type Rig } from "../support/scripted-server.js";

/** Connected clients, and the numbers that each has heard, as `client:number`. */
function group(count: number, options: ConstructorParameters<typeof PollGroup>[0] = {}) {
  const heard: string[] = [];
  const group = new PollGroup(options);
  const rigs = Array.from({ length: count }, (_, index) => {
    const rig = connected();
    rig.main.on("n", ([n]) => heard.push(`${index}:${n}`));
    group.add(rig.client);
    return rig;
  });
  return { group, rigs, heard };
}

function push(rig: Rig, count: number): void {
  for (let n = 0; n < count; n++) rig.push(`42["n",${n}]`);
}

test("polls every client, and returns how many callbacks that were", () => {
  const { group: bots, rigs, heard } = group(3);
  for (const rig of rigs) push(rig, 2);
  expect(bots.poll()).toBe(6);
  expect(heard).toEqual(["0:0", "0:1", "1:0", "1:1", "2:0", "2:1"]);
  expect(bots.poll()).toBe(0);
});

describe("one budget of packets", () => {
  test("is never exceeded, and another client begins in each poll", () => {
    const { group: bots, rigs, heard } = group(3, { poll_max_packets: 1 });
    for (const rig of rigs) push(rig, 2);
    for (let n = 1; n <= 6; n++) {
      bots.poll();
      expect(heard).toHaveLength(n);
    }
    expect(heard).toEqual(["0:0", "1:0", "2:0", "0:1", "1:1", "2:1"]);
  });

  test("is shared: a flood at one client takes nothing from the others", () => {
    const { group: bots, rigs, heard } = group(4, { poll_max_packets: 8 });
    push(rigs[0]!, 1000);
    for (const rig of rigs.slice(1)) push(rig, 2);
    bots.poll();
    expect(heard).toHaveLength(8);
    for (const index of [1, 2, 3]) expect(heard.filter((line) => line.startsWith(`${index}:`))).toHaveLength(2);
  });

  test("what the others do not need goes to the one that does", () => {
    const { group: bots, rigs, heard } = group(4, { poll_max_packets: 8 });
    push(rigs[0]!, 1000);
    bots.poll();
    expect(heard).toEqual(Array.from({ length: 8 }, (_, n) => `0:${n}`));
  });

  test("is kept by events that were decoded to be taken, and are delivered to listeners after all", () => {
    const { group: bots, rigs, heard } = group(2, { poll_max_packets: 1 });
    for (const { client } of rigs) client.configure({ event_delivery: "pull" });
    for (const rig of rigs) push(rig, 1);
    for (let n = 0; n < 2; n++) bots.poll();
    for (const { client } of rigs) client.configure({ event_delivery: "push" });
    for (let n = 1; n <= 2; n++) {
      bots.poll();
      expect(heard).toHaveLength(n);
    }
  });

  test("is kept by events that came before the answer to CONNECT", () => {
    const { group: bots, rigs, heard } = group(2, { poll_max_packets: 4 });
    const ns = rigs[0]!.client.create_namespace("/early");
    ns.on("n", ([n]) => heard.push(`early:${n}`));
    ns.connect_to_namespace();
    for (let n = 0; n < 20; n++) rigs[0]!.push(`42/early,["n",${n}]`);
    bots.poll();
    expect(heard).toEqual([]);
    rigs[0]!.push('40/early,{"sid":"e"}');
    push(rigs[1]!, 20);
    for (let polls = 1; polls <= 5; polls++) {
      bots.poll();
      // The answer itself is the first.
      expect(heard).toHaveLength(4 * polls - 1);
    }
    expect(heard.filter((line) => line.startsWith("early"))).toEqual(Array.from({ length: 9 }, (_, n) => `early:${n}`));
  });

  test("that is Infinity is no limit, like 0", () => {
    const { group: bots, rigs, heard } = group(3, { poll_max_packets: Infinity });
    for (const rig of rigs) push(rig, 2);
    bots.poll();
    expect(heard).toHaveLength(6);
  });

  test.each([2, 4, 7, 20])("is shared by %i busy neighbours among many, as evenly in the end as it can be", (busy) => {
    const { group: bots, rigs, heard } = group(100, { poll_max_packets: 10 });
    for (const rig of rigs.slice(10, 10 + busy)) push(rig, 500);
    for (let n = 0; n < 70; n++) bots.poll();
    const counts = new Array(100).fill(0);
    for (const line of heard) counts[Number.parseInt(line, 10)]++;
    const shares = counts.slice(10, 10 + busy);
    expect(heard).toHaveLength(700);
    expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(4);
  });

  test("leaves timeouts, heartbeats and emits alone: they cost nothing of it", () => {
    const { group: bots, rigs } = group(2, { poll_max_packets: 1 });
    push(rigs[0]!, 10);
    rigs[1]!.main.emit("move");
    rigs[1]!.push("2");
    bots.poll();
    expect(rigs[1]!.peer.written()).toEqual(["3", '42["move"]']);
    rigs[1]!.peer.cut();
    bots.poll();
    expect(rigs[1]!.told()).toContain("disconnected(transport close)");
  });
});

describe("one budget of time", () => {
  test("is shared: each client has its part", () => {
    const clock = { now: 0 };
    const { group: bots, rigs, heard } = group(2, { poll_max_time: 1, clock: () => clock.now });
    for (const rig of rigs) {
      rig.client.close();
      rig.client.configure({ clock: () => clock.now });
      rig.client.connect_to_url("ws://test");
      rig.serve(OPEN, '40{"sid":"b"}');
      rig.main.on("n", () => {
        clock.now += 0.125;
      });
      push(rig, 100);
    }
    bots.poll();
    expect(heard.filter((line) => line.startsWith("0:"))).toHaveLength(4);
    expect(heard.filter((line) => line.startsWith("1:"))).toHaveLength(4);
  });

  test("when it is spent the others are polled without taking a packet", () => {
    let now = 0;
    const { group: bots, rigs, heard } = group(3, { poll_max_time: 1, clock: () => now });
    rigs[0]!.main.on("n", () => {
      now += 2;
    });
    for (const rig of rigs) push(rig, 1);
    rigs[2]!.main.emit("move");
    bots.poll();
    expect(heard).toEqual(["0:0"]);
    expect(rigs[2]!.peer.written()).toEqual(['42["move"]']);
    bots.poll();
    expect(heard).toEqual(["0:0", "1:0", "2:0"]);
  });
});

test("a client is in it once; one that is taken out stays connected and is not polled any more", () => {
  const { group: bots, rigs, heard } = group(2);
  const [first, second] = rigs as [Rig, Rig];
  expect(bots.add(first.client)).toBe(false);
  expect(bots.size).toBe(2);
  expect(bots.remove(first.client)).toBe(true);
  expect(bots.remove(first.client)).toBe(false);
  expect(bots.size).toBe(1);
  push(first, 1);
  push(second, 1);
  bots.poll();
  expect(heard).toEqual(["1:0"]);
  first.poll();
  expect(heard).toEqual(["1:0", "0:0"]);
});

test("who begins is not passed over when another one is taken out", () => {
  const { group: bots, rigs, heard } = group(3, { poll_max_packets: 1 });
  for (const rig of rigs) push(rig, 2);
  bots.poll();
  bots.poll();
  bots.remove(rigs[0]!.client);
  bots.poll();
  bots.poll();
  expect(heard).toEqual(["0:0", "1:0", "2:0", "1:1"]);
});

test("a callback may add and remove clients, and poll: that does nothing then", () => {
  const { group: bots, rigs, heard } = group(3);
  rigs[0]!.main.on("n", () => {
    expect(bots.poll()).toBe(0);
    bots.remove(rigs[1]!.client);
  });
  for (const rig of rigs) push(rig, 1);
  bots.poll();
  expect(heard).toEqual(["0:0", "2:0"]);
  expect(bots.size).toBe(2);
});

test("a client whose dispatch is paused is polled, and does not hold up the others", () => {
  const { group: bots, rigs, heard } = group(2, { poll_max_packets: 100 });
  rigs[0]!.client.set_dispatch_paused(true);
  for (const rig of rigs) push(rig, 3);
  bots.poll();
  expect(heard).toEqual(["1:0", "1:1", "1:2"]);
});

test("sums up statistics, and flushes all", () => {
  const { group: bots, rigs } = group(2);
  for (const rig of rigs) {
    push(rig, 2);
    rig.main.emit("move");
  }
  expect(bots.get_stats()).toEqual({ packets_received: 6, events_skipped: 0, inbox_length: 4 });
  bots.flush();
  for (const rig of rigs) expect(rig.peer.written()).toEqual(['42["move"]']);
});

test.each([
  [{ poll_max_packets: -1 }, 'option "poll_max_packets" must be a number from 0 to Infinity, got -1'],
  [{ poll_max_time: Number.NaN }, 'option "poll_max_time" must be a number from 0 to Infinity, got NaN'],
  [{ poll_max_packets: "8" }, 'option "poll_max_packets" must be a number from 0 to Infinity, got "8"'],
  [{ clock: 1 }, 'option "clock" must be function, got 1'],
  [{ max_time: 1 }, 'an option must be one of poll_max_packets, poll_max_time, clock, got "max_time"'],
  [null, "options must be an object, got null"],
])("%j is a TypeError", (options, message) => {
  expect(() => new PollGroup(options as never)).toThrow(new TypeError(message));
});

test.each([null, undefined, {}, 1, new WebSocketPeer()])("case %#: that is no client", (client) => {
  const message = "the client must be a SocketIOClient of this package, got";
  expect(() => new PollGroup().add(client as never)).toThrow(message);
});
