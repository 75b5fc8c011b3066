import { Err, OK, Signal } from "socketio-gameloop";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connected } from "../support/scripted-server.js";

const reported: unknown[] = [];
beforeEach(() => {
  reported.length = 0;
  vi.stubGlobal("reportError", (error: unknown) => reported.push(error));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe("Signal", () => {
  test("emit runs the connected callbacks with its arguments, in order of connection", () => {
    const signal = new Signal<[a: number, b: string]>();
    const calls: unknown[] = [];
    expect(signal.connect((...args) => calls.push(["first", ...args]))).toBe(OK);
    signal.connect((...args) => calls.push(["second", ...args]));
    signal.emit(1, "x");
    expect(calls).toEqual([
      ["first", 1, "x"],
      ["second", 1, "x"],
    ]);
  });

  test("connecting the same callback twice returns ERR_INVALID_PARAMETER and adds nothing", () => {
    const signal = new Signal();
    let calls = 0;
    const callback = () => {
      calls++;
    };
    expect(signal.connect(callback)).toBe(OK);
    expect(signal.connect(callback)).toBe(Err.ERR_INVALID_PARAMETER);
    expect(signal.connect(callback, Signal.CONNECT_ONE_SHOT)).toBe(Err.ERR_INVALID_PARAMETER);
    signal.emit();
    signal.emit();
    expect(calls).toBe(2);
    expect(signal.get_connections()).toEqual([callback]);
  });

  test("disconnect, is_connected and get_connections", () => {
    const signal = new Signal();
    const a = () => {};
    const b = () => {};
    expect(signal.is_connected(a)).toBe(false);
    expect(signal.get_connections()).toEqual([]);
    signal.disconnect(a);
    signal.connect(a);
    signal.connect(b);
    expect(signal.get_connections()).toEqual([a, b]);
    signal.disconnect(a);
    expect([signal.is_connected(a), signal.is_connected(b)]).toEqual([false, true]);
    expect(signal.connect(a)).toBe(OK);
    expect(signal.get_connections()).toEqual([b, a]);
  });

  test("get_connections is a copy", () => {
    const signal = new Signal();
    signal.connect(() => {});
    signal.get_connections().length = 0;
    expect(signal.get_connections()).toHaveLength(1);
  });

  test("CONNECT_ONE_SHOT disconnects when it runs, before it runs", () => {
    const signal = new Signal<[number]>();
    const seen: number[] = [];
    const callback = (n: number) => {
      seen.push(n);
      if (n < 3) signal.emit(n + 1);
    };
    signal.connect(callback, Signal.CONNECT_ONE_SHOT);
    signal.emit(1);
    signal.emit(2);
    expect(seen).toEqual([1]);
    expect(signal.is_connected(callback)).toBe(false);
    expect(Signal.CONNECT_ONE_SHOT).toBe(4);
  });

  test("flags are bits", () => {
    const signal = new Signal();
    let calls = 0;
    signal.connect(() => {
      calls++;
    }, Signal.CONNECT_ONE_SHOT | 1);
    signal.emit();
    signal.emit();
    expect(calls).toBe(1);
  });

  test("a callback that disconnects a later one keeps it from running", () => {
    const signal = new Signal();
    const seen: string[] = [];
    const later = () => seen.push("later");
    signal.connect(() => {
      seen.push("first");
      signal.disconnect(later);
    });
    signal.connect(later);
    signal.connect(() => seen.push("last"));
    signal.emit();
    expect(seen).toEqual(["first", "last"]);
  });

  test("a callback that connects another: it runs from the next emission on", () => {
    const signal = new Signal();
    const seen: string[] = [];
    signal.connect(() => {
      seen.push("first");
      signal.connect(() => seen.push("new"));
    }, Signal.CONNECT_ONE_SHOT);
    signal.emit();
    expect(seen).toEqual(["first"]);
    signal.emit();
    expect(seen).toEqual(["first", "new"]);
  });

  test("a callback that throws does not keep the others from running; emit does not throw", () => {
    const signal = new Signal();
    const seen: string[] = [];
    signal.connect(() => {
      throw new Error("mine");
    });
    signal.connect(() => seen.push("second"));
    signal.emit();
    expect(seen).toEqual(["second"]);
    expect(reported).toMatchObject([{ message: "mine" }]);
  });

  test("emit with nobody connected does nothing", () => {
    expect(() => new Signal<[number]>().emit(1)).not.toThrow();
  });

  test.each([undefined, null, "callback", {}, 7])("connect(%j) throws a TypeError", (callback) => {
    const signal = new Signal();
    expect(() => signal.connect(callback as never)).toThrow(TypeError);
    expect(signal.get_connections()).toEqual([]);
  });

  test("a client's signal may be emitted by hand, too: the callbacks run at once", () => {
    const rig = connected();
    const seen: string[] = [];
    rig.client.connected.connect((sid) => seen.push(sid));
    rig.client.connected.emit("forged");
    expect(seen).toEqual(["forged"]);
  });

  test("every signal of the reference exists", () => {
    const { client, main } = connected();
    for (const signal of [
      client.connected,
      client.disconnected,
      client.connect_error,
      client.namespace_connected,
      client.namespace_disconnected,
      client.event_received,
      client.reconnecting,
      client.reconnect_failed,
      client.transport_changed,
      client.listener_error,
      main.connected,
      main.disconnected,
      main.event_received,
      main.connect_error,
    ]) {
      expect(signal).toBeInstanceOf(Signal);
    }
  });

  test("has_connections()", () => {
    const signal = new Signal();
    const callback = () => {};
    expect(signal.has_connections()).toBe(false);
    signal.connect(callback);
    expect(signal.has_connections()).toBe(true);
    signal.disconnect(callback);
    expect(signal.has_connections()).toBe(false);
  });
});

describe("Err", () => {
  test("has Godot's names and numbers", () => {
    expect(Err).toMatchObject({
      OK: 0,
      FAILED: 1,
      ERR_UNAVAILABLE: 2,
      ERR_UNCONFIGURED: 3,
      ERR_UNAUTHORIZED: 4,
      ERR_PARAMETER_RANGE_ERROR: 5,
      ERR_OUT_OF_MEMORY: 6,
      ERR_ALREADY_IN_USE: 22,
      ERR_TIMEOUT: 24,
      ERR_CANT_CONNECT: 25,
      ERR_CONNECTION_ERROR: 27,
      ERR_INVALID_DATA: 30,
      ERR_INVALID_PARAMETER: 31,
      ERR_DOES_NOT_EXIST: 33,
      ERR_BUSY: 44,
    });
    expect(OK).toBe(0);
  });

  test("counts from 0 to 48 without a gap, and cannot be changed", () => {
    expect(Object.values(Err)).toEqual(Array.from({ length: 49 }, (_, n) => n));
    expect(Object.isFrozen(Err)).toBe(true);
  });
});
