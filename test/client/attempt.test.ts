/* Which transports one attempt tries, and what its session may move to. */
import { describe, expect, test } from "vitest";
import { OPEN, offering, Transports } from "../support/scripted-transports.js";

const connecting = (names: string[]) => new Transports({ names }).connect();

/** The current transport fails. */
function fail(rig: Transports): void {
  rig.peer.cut("transport error", "refused");
  rig.poll();
}

/** The next attempt of a client whose last session was opened by `last`. */
function again(names: string[], last: string): Transports {
  const rig = connecting(names);
  for (const name of names) {
    if (name === last) break;
    fail(rig);
  }
  rig.serve(OPEN, '40{"sid":"a"}');
  rig.lose();
  rig.tried();
  rig.step(1);
  return rig;
}

/** Every transport that the attempt tries when all of them fail. */
function tries(rig: Transports, count: number): string[] {
  for (let failed = 0; failed < count; failed++) fail(rig);
  expect(rig.told().at(-1)).toMatch(/^reconnecting/);
  return rig.tried();
}

/** What the session moves to when the server offers everything and nothing of it can be reached. */
function upgrades(rig: Transports): string[] {
  rig.tried();
  rig.serve(offering("websocket", "webtransport", "polling"), '40{"sid":"a"}');
  const names: string[] = [];
  for (let tried = rig.tried(); tried.length > 0; tried = rig.tried()) {
    names.push(...tried);
    rig.over(tried[0]!).cut();
    rig.poll();
  }
  return names;
}

describe("the order of an attempt", () => {
  test("is the user's", () => {
    const names = ["websocket", "polling", "webtransport"];
    expect(tries(connecting(names), 3)).toEqual(names);
  });

  test.each([
    ["polling", ["polling", "websocket", "webtransport"]],
    ["webtransport", ["webtransport", "websocket", "polling"]],
    ["websocket", ["websocket", "webtransport", "polling"]],
  ])("is led by what opened the session before; the others keep the user's order (%s)", (last, order) => {
    expect(tries(again(["websocket", "webtransport", "polling"], last), 3)).toEqual(order);
  });

  test("of one transport", () => {
    const rig = connecting(["polling"]);
    expect(tries(rig, 1)).toEqual(["polling"]);
    rig.step(1);
    rig.serve(OPEN, '40{"sid":"a"}');
    expect(rig.moves).toEqual([]);
  });
});

describe("upgrades", () => {
  test("are all that come after it, the preferred one first", () => {
    expect(upgrades(connecting(["polling", "webtransport", "websocket"]))).toEqual(["webtransport", "websocket"]);
  });

  test("are not what has failed in this attempt", () => {
    const rig = connecting(["websocket", "polling", "webtransport"]);
    fail(rig);
    expect(upgrades(rig)).toEqual(["webtransport"]);
    const last = connecting(["websocket", "webtransport", "polling"]);
    fail(last);
    fail(last);
    expect(upgrades(last)).toEqual([]);
  });

  test("are in the user's order what an earlier attempt could not use", () => {
    expect(upgrades(again(["websocket", "webtransport", "polling"], "polling"))).toEqual(["websocket", "webtransport"]);
  });
});
