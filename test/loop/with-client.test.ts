/** What a loop makes of a client: when it hears, when it is heard, and what a hidden page does to it. */
import { SocketIOClient, SocketIONamespace } from "socketio-gameloop";
import { expect, test } from "vitest";
import { AnimationFrameLoop, FixedTickLoop } from "../../src/loop/index.js";
import { connected } from "../support/scripted-server.js";
import { VirtualPage, VirtualPlatform } from "./virtual.js";

/** A connected client on a platform whose time is the client's too. */
function play() {
  const platform = new VirtualPlatform();
  platform.now = 100;
  const rig = connected({ clock: platform.clock });
  return { platform, page: new VirtualPage(platform), rig };
}

test("a tick hears what came before it and is heard at its end, not in the next one", () => {
  const { platform, rig } = play();
  const told: string[] = [];
  rig.main.on("move", ([x]) => told.push(`move ${x}`));
  const tick = (_: number, number: number) => {
    told.push(`tick ${number}`);
    rig.main.emit("input", [number]);
  };
  const loop = new FixedTickLoop(rig.client, tick, { tick_rate: 8, clock: platform.clock, timers: platform });
  loop.start();
  rig.push('42["move",1]', '42["move",2]');
  platform.advance(0.125);
  expect(told).toEqual(["move 1", "move 2", "tick 1"]);
  expect(rig.peer.written()).toEqual(['42["input",1]']);
});

test("a frame hears what came before it and is heard at its end, not in the next one", () => {
  const { platform, page, rig } = play();
  const told: string[] = [];
  rig.main.on("move", ([x]) => told.push(`move ${x}`));
  const frame = () => {
    told.push("frame");
    rig.main.emit("input", [1]);
  };
  const request_animation_frame = page.request;
  const options = { clock: platform.clock, document: page, request_animation_frame };
  new AnimationFrameLoop(rig.client, frame, options).start();
  rig.push('42["move",1]');
  page.paint(1 / 64);
  expect(told).toEqual(["move 1", "frame"]);
  expect(rig.peer.written()).toEqual(['42["input",1]']);
});

test("a client hidden for longer than the heartbeat allows stays connected, and hears the newest snapshot on return", () => {
  const { platform, page, rig } = play();
  const told: string[] = [];
  rig.main.set_event_mode("snapshot", SocketIONamespace.EVENT_LATEST);
  rig.main.on("snapshot", ([tick]) => told.push(`snapshot ${tick}`));
  rig.main.on("chat", ([text]) => told.push(`chat ${text}`));
  const options = { clock: platform.clock, document: page, request_animation_frame: page.request };
  const loop = new AnimationFrameLoop(rig.client, () => told.push("frame"), options);
  loop.resumed.connect((seconds, skipped) => told.push(`resumed ${seconds} ${skipped}`));
  loop.start();
  page.paint(1);
  page.show(false);
  told.length = 0;
  rig.peer.written();
  for (let second = 1; second <= 100; second++) {
    page.paint(1);
    rig.push(`42["snapshot",${second}]`);
    if (second === 40) rig.push('42["chat","hello"]');
    if (second % 25 === 0) rig.push("2");
  }
  expect(told).toEqual([]);
  expect(rig.peer.written()).toEqual(["3", "3", "3", "3"]);
  page.show(true);
  page.paint(0);
  expect(told).toEqual(["resumed 100 99", "chat hello", "snapshot 100", "frame"]);
  expect(rig.told()).toEqual([]);
  expect(rig.client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
});

test("a loop whose client is closed by its listener goes on", () => {
  const { platform, rig } = play();
  rig.main.on("bye", () => rig.client.close());
  let ticks = 0;
  const options = { tick_rate: 8, clock: platform.clock, timers: platform };
  new FixedTickLoop([rig.client, new SocketIOClient()], () => ticks++, options).start();
  rig.push('42["bye"]');
  platform.advance(1);
  expect(ticks).toBe(8);
  expect(rig.told()).toEqual(["namespace_disconnected(/)", "disconnected(client disconnect)"]);
});
