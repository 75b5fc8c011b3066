import { describe, expect, test } from "vitest";
import { CLOSE, MESSAGE, OPEN, OPENED, OPENING, PING } from "../../src/protocol/constants.js";
import { EngineSession } from "../../src/protocol/engine-session.js";
import { ProtocolError } from "../../src/protocol/protocol-error.js";

const HANDSHAKE = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

function opened(handshake = HANDSHAKE, now = 0): EngineSession {
  const session = new EngineSession();
  session.receive(handshake, now);
  return session;
}

describe("OPENING", () => {
  test("0 open: OPEN, and the handshake is there", () => {
    const session = new EngineSession();
    expect(session.state).toBe(OPENING);
    expect(session.handshake).toBeNull();
    expect(session.receive(HANDSHAKE, 0)).toBe(OPENED);
    expect(session.state).toBe(OPEN);
    expect(session.handshake).toEqual({
      sid: "a",
      upgrades: [],
      pingInterval: 25,
      pingTimeout: 20,
      maxPayload: 1_000_000,
    });
  });

  test("1 close", () => {
    expect(new EngineSession().receive("1", 0)).toBe(CLOSE);
  });

  test("6 noop: ignored, still OPENING", () => {
    const session = new EngineSession();
    expect(session.receive("6", 0)).toBe(6);
    expect(session.state).toBe(OPENING);
    expect(session.receive(HANDSHAKE, 0)).toBe(OPENED);
  });

  test.each(["2", "3", "40", "5", "7", "9", "", "x", "/", ":", " 0{}", "{}", "HTTP/1.1 400", "\u0000", "٠{}", "-1"])(
    "%j: ProtocolError that says that this is no Engine.IO 4 server",
    (frame) => {
      expect(() => new EngineSession().receive(frame, 0)).toThrow(ProtocolError);
      expect(() => new EngineSession().receive(frame, 0)).toThrow(
        "expected an Engine.IO 4 open packet (this is no Socket.IO v3+ server), got ",
      );
    },
  );

  test.each(["0", "0{bad", '0{"sid":""}', '0{"sid":"a"}'])(
    "%s: a handshake that is wrong leaves nothing behind",
    (frame) => {
      const session = new EngineSession();
      expect(() => session.receive(frame, 0)).toThrow(ProtocolError);
      expect(session.state).toBe(OPENING);
      expect(session.handshake).toBeNull();
      expect(session.deadline).toBe(Infinity);
    },
  );
});

describe("OPEN", () => {
  test.each([
    ["1", CLOSE],
    ["2", PING],
    ["3", 3],
    ["4", MESSAGE],
    ['42["a"]', MESSAGE],
    ["6", 6],
  ])("%s: %s, and still OPEN", (frame, type) => {
    const session = opened();
    expect(session.receive(frame, 1)).toBe(type);
    expect(session.state).toBe(OPEN);
  });

  test.each(["5", "7", "", "hello", "[]"])("%j: ProtocolError", (frame) => {
    expect(() => opened().receive(frame, 1)).toThrow(
      new ProtocolError(`expected an Engine.IO packet of an open session, got ${JSON.stringify(frame)}`),
    );
  });

  test("a second open packet is a ProtocolError and does not replace the session id", () => {
    const session = opened();
    expect(() => session.receive(HANDSHAKE.replace('"a"', '"b"'), 1)).toThrow(ProtocolError);
    expect(session.handshake?.sid).toBe("a");
  });
});

describe("heartbeat", () => {
  test("the deadline is pingInterval + pingTimeout after the handshake, then after each ping", () => {
    const session = opened(HANDSHAKE, 100);
    expect(session.deadline).toBe(145);
    session.receive("2", 125);
    expect(session.deadline).toBe(170);
  });

  test("only a ping moves it: no message, no pong, no noop", () => {
    const session = opened(HANDSHAKE, 100);
    for (const frame of ["42[]", "3", "6"]) session.receive(frame, 120);
    expect(session.deadline).toBe(145);
  });

  test("there is none before the handshake", () => {
    const session = new EngineSession();
    session.receive("6", 1);
    expect(session.deadline).toBe(Infinity);
  });

  test("intervals of 0 say nothing about when to give up", () => {
    expect(opened('0{"sid":"a","pingInterval":0,"pingTimeout":0}', 7).deadline).toBe(Infinity);
    expect(opened('0{"sid":"a","pingInterval":0,"pingTimeout":1000}', 7).deadline).toBe(8);
  });
});

describe("roundTripOfPing", () => {
  test("is what the spacing of pings has beyond pingInterval, counted from our pong", () => {
    const session = opened(HANDSHAKE, 0);
    session.receive("2", 25.04);
    session.answeredAt = 25.05;
    expect(session.roundTripOfPing(50.13)).toBeCloseTo(0.08, 10);
  });

  test("is NaN when the server names no interval", () => {
    const session = opened('0{"sid":"a","pingInterval":0,"pingTimeout":1000}');
    session.answeredAt = 1;
    expect(session.roundTripOfPing(2)).toBeNaN();
  });

  test("is NaN as long as no pong was written", () => {
    expect(opened().roundTripOfPing(25)).toBeNaN();
  });
});

test("binary is a message of an open session, and of no other", () => {
  expect(() => new EngineSession().receive(new Uint8Array(1), 0)).toThrow('got "binary"');
  expect(opened().receive(new Uint8Array(1), 0)).toBe(MESSAGE);
});
