import { describe, expect, test } from "vitest";
import { Attempt } from "../src/attempt.js";
import { engineName, engineTransport, type TransportFactory } from "../src/transport/transport.js";

const transport = (name: string) =>
  engineTransport(name, () => {
    throw new Error("only its name is of interest here");
  });
const websocket = transport("websocket");
const polling = transport("polling");
const webtransport = transport("webtransport");

const attempt = (transports: readonly TransportFactory[], last: TransportFactory | null = null) =>
  new Attempt(transports, last, 20);

/** Every transport that an attempt tries when all of them fail. */
function tries(one: Attempt): string[] {
  const names: string[] = [];
  do names.push(engineName(one.current));
  while (one.advance());
  return names;
}

const namesOf = (factories: readonly TransportFactory[]) => factories.map(engineName);

describe("the order of an attempt", () => {
  test("is the user's", () => {
    expect(tries(attempt([websocket, polling, webtransport]))).toEqual(["websocket", "polling", "webtransport"]);
  });

  test.each([
    [polling, ["polling", "websocket", "webtransport"]],
    [webtransport, ["webtransport", "websocket", "polling"]],
    [websocket, ["websocket", "webtransport", "polling"]],
  ])("is led by what opened the session before; the others keep the user's order (%#)", (last, order) => {
    expect(tries(attempt([websocket, webtransport, polling], last))).toEqual(order);
  });

  test("of one transport", () => {
    const one = attempt([polling]);
    expect(tries(one)).toEqual(["polling"]);
    expect([one.advance(), engineName(one.current), one.fellBack]).toEqual([false, "polling", false]);
  });
});

test("left counts the current one", () => {
  const one = attempt([websocket, polling, webtransport]);
  const counts = [one.left];
  while (one.advance()) counts.push(one.left);
  expect(counts).toEqual([3, 2, 1]);
});

test("fellBack: another one has failed", () => {
  const one = attempt([websocket, polling]);
  expect(one.fellBack).toBe(false);
  one.advance();
  expect(one.fellBack).toBe(true);
});

test("exhaust: the current one is the last", () => {
  const one = attempt([websocket, polling, webtransport]);
  one.exhaust();
  expect([one.left, one.advance()]).toEqual([1, false]);
});

describe("upgrades", () => {
  test("are all that come after it, the preferred one first", () => {
    expect(namesOf(attempt([polling, webtransport, websocket]).upgrades)).toEqual(["webtransport", "websocket"]);
  });

  test("are not what has failed in this attempt", () => {
    const one = attempt([websocket, polling, webtransport]);
    one.advance();
    expect(namesOf(one.upgrades)).toEqual(["webtransport"]);
    one.advance();
    expect(namesOf(one.upgrades)).toEqual([]);
  });

  test("are in the user's order what an earlier attempt could not use", () => {
    expect(namesOf(attempt([websocket, webtransport, polling], polling).upgrades)).toEqual([
      "websocket",
      "webtransport",
    ]);
  });
});
