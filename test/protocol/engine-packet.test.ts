import { describe, expect, test } from "vitest";
import { readHandshake } from "../../src/protocol/engine-packet.js";
import { ProtocolError } from "../../src/protocol/protocol-error.js";

describe("readHandshake", () => {
  test("reads the open packet of a socket.io server; milliseconds become seconds", () => {
    expect(
      readHandshake(
        '0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}',
      ),
    ).toEqual({ sid: "lv_VI97HAXpY6yYWAAAC", upgrades: [], pingInterval: 25, pingTimeout: 20, maxPayload: 1_000_000 });
  });

  test("without maxPayload (servers before Engine.IO 6.1) there is no limit", () => {
    expect(readHandshake('0{"sid":"a","pingInterval":300,"pingTimeout":200}').maxPayload).toBe(0);
  });

  test("0 is a legal amount, and unknown keys are ignored", () => {
    expect(
      readHandshake('0{"sid":"a","pingInterval":0,"pingTimeout":0,"maxPayload":0,"x":{"sid":1},"__proto__":[]}'),
    ).toEqual({
      sid: "a",
      upgrades: [],
      pingInterval: 0,
      pingTimeout: 0,
      maxPayload: 0,
    });
  });

  test.each([
    "0",
    "0{bad",
    "0null",
    "0[]",
    '0"sid"',
    "0{}",
    '0{"sid":""}',
    '0{"sid":1,"pingInterval":25000,"pingTimeout":20000}',
    '0{"sid":null,"pingInterval":25000,"pingTimeout":20000}',
    '0[{"sid":"a","pingInterval":25000,"pingTimeout":20000}]',
    '00{"sid":"a","pingInterval":25000,"pingTimeout":20000}',
  ])("%s is no open packet", (frame) => {
    expect(() => readHandshake(frame)).toThrow(
      new ProtocolError(`expected an Engine.IO open packet 0{"sid":…}, got ${JSON.stringify(frame)}`),
    );
  });

  test("upgrades that are no list are named as the field that is wrong", () => {
    const frame = '0{"sid":"a","upgrades":"websocket","pingInterval":25000,"pingTimeout":20000}';
    expect(() => readHandshake(frame)).toThrow('expected a list as "upgrades"');
  });

  test.each([
    ["pingInterval", '0{"sid":"a","pingTimeout":20000}'],
    ["pingInterval", '0{"sid":"a","pingInterval":"25000","pingTimeout":20000}'],
    ["pingInterval", '0{"sid":"a","pingInterval":-1,"pingTimeout":20000}'],
    ["pingInterval", '0{"sid":"a","pingInterval":null,"pingTimeout":20000}'],
    ["pingInterval", '0{"sid":"a","pingInterval":1e999,"pingTimeout":20000}'],
    ["pingTimeout", '0{"sid":"a","pingInterval":25000}'],
    ["pingTimeout", '0{"sid":"a","pingInterval":25000,"pingTimeout":[20000]}'],
    ["pingTimeout", '0{"sid":"a","pingInterval":25000,"pingTimeout":-0.5}'],
    ["maxPayload", '0{"sid":"a","pingInterval":25000,"pingTimeout":20000,"maxPayload":null}'],
    ["maxPayload", '0{"sid":"a","pingInterval":25000,"pingTimeout":20000,"maxPayload":"1e6"}'],
    ["maxPayload", '0{"sid":"a","pingInterval":25000,"pingTimeout":20000,"maxPayload":-1}'],
    ["maxPayload", '0{"sid":"a","pingInterval":25000,"pingTimeout":20000,"maxPayload":1e999}'],
  ])("names %s as the field that is wrong in %s", (field, frame) => {
    expect(() => readHandshake(frame)).toThrow(ProtocolError);
    expect(() => readHandshake(frame)).toThrow(`expected a finite number of 0 or more as "${field}"`);
  });
});
