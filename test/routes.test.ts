import { describe, expect, test } from "vitest";
import { Routes } from "../src/routes.js";
import { engineName, engineTransport, type TransportFactory } from "../src/transport/transport.js";

const transport = (name: string) =>
  engineTransport(name, () => {
    throw new Error("only its name is of interest here");
  });
const websocket = transport("websocket");
const polling = transport("polling");
const webtransport = transport("webtransport");

/** Every transport that an attempt tries when all of them fail. */
function tries(routes: Routes): string[] {
  const names: string[] = [];
  routes.restart();
  do names.push(engineName(routes.current));
  while (routes.advance());
  return names;
}

const namesOf = (factories: readonly TransportFactory[]) => factories.map(engineName);

describe("the order of an attempt", () => {
  test("is the user's", () => {
    expect(tries(new Routes([websocket, polling, webtransport]))).toEqual(["websocket", "polling", "webtransport"]);
  });

  test("is the same in the next attempt when all have failed", () => {
    const routes = new Routes([websocket, polling]);
    expect([tries(routes), tries(routes)]).toEqual([
      ["websocket", "polling"],
      ["websocket", "polling"],
    ]);
  });

  test("is led by what opened the last session; the others keep the user's order", () => {
    const routes = new Routes([websocket, webtransport, polling]);
    routes.advance();
    routes.advance();
    routes.opened();
    expect(tries(routes)).toEqual(["polling", "websocket", "webtransport"]);
    routes.restart();
    routes.advance();
    routes.advance();
    routes.opened();
    expect(tries(routes)).toEqual(["webtransport", "websocket", "polling"]);
    routes.restart();
    routes.opened();
    expect(tries(routes)).toEqual(["webtransport", "websocket", "polling"]);
  });

  test("changes at the next attempt only: one that has opened a session may still fail in this one", () => {
    const routes = new Routes([websocket, polling, webtransport]);
    routes.advance();
    routes.opened();
    expect([routes.advance(), engineName(routes.current)]).toEqual([true, "webtransport"]);
  });

  test("of one transport", () => {
    const routes = new Routes([polling]);
    expect(tries(routes)).toEqual(["polling"]);
    expect([routes.advance(), engineName(routes.current), routes.fellBack]).toEqual([false, "polling", false]);
  });
});

test("left counts the current one", () => {
  const routes = new Routes([websocket, polling, webtransport]);
  const counts = [routes.left];
  while (routes.advance()) counts.push(routes.left);
  expect(counts).toEqual([3, 2, 1]);
  routes.restart();
  expect(routes.left).toBe(3);
});

test("fellBack: another one has failed in this attempt, not in the one before", () => {
  const routes = new Routes([websocket, polling]);
  expect(routes.fellBack).toBe(false);
  routes.advance();
  expect(routes.fellBack).toBe(true);
  routes.opened();
  expect(routes.fellBack).toBe(true);
  routes.restart();
  expect(routes.fellBack).toBe(false);
});

test("exhaust: the current one is the last", () => {
  const routes = new Routes([websocket, polling, webtransport]);
  routes.exhaust();
  expect([routes.left, routes.advance()]).toEqual([1, false]);
  routes.restart();
  expect(engineName(routes.current)).toBe("websocket");
});

describe("upgrades", () => {
  test("are all that come after it, the preferred one first", () => {
    expect(namesOf(new Routes([polling, webtransport, websocket]).upgrades)).toEqual(["webtransport", "websocket"]);
  });

  test("are not what has failed in this attempt", () => {
    const routes = new Routes([websocket, polling, webtransport]);
    routes.advance();
    expect(namesOf(routes.upgrades)).toEqual(["webtransport"]);
    routes.advance();
    expect(namesOf(routes.upgrades)).toEqual([]);
  });

  test("are again what failed in an earlier attempt, in the user's order", () => {
    const routes = new Routes([websocket, webtransport, polling]);
    routes.advance();
    routes.advance();
    routes.opened();
    routes.restart();
    expect(engineName(routes.current)).toBe("polling");
    expect(namesOf(routes.upgrades)).toEqual(["websocket", "webtransport"]);
  });
});
