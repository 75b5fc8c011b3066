/*
 * The WebTransport transport over sessions in memory: what it writes and tells, and when. Real sessions are in test/webtransport.
 */
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, test, vi } from "vitest";
import { TLSOptions } from "../src/tls-options.js";
import type { TransportRequest } from "../src/transport/transport.js";
import { type WebTransportConstructor, webtransport } from "../src/transport/webtransport.js";
import { type FakeSession, FakeWebTransportError, fakePlatform, wire } from "./support/fake-webtransport.js";
import { requestTo } from "./support/scripted-http.js";

const problems: unknown[] = [];
const noteProblem = (error: unknown): unknown => problems.push(error);

beforeAll(() => {
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  process.on("uncaughtException", noteProblem);
  process.on("unhandledRejection", noteProblem);
});

afterEach(async () => {
  await settled();
  vi.unstubAllGlobals();
  expect(problems.splice(0)).toEqual([]);
});

afterAll(() => {
  vi.useRealTimers();
  process.off("uncaughtException", noteProblem);
  process.off("unhandledRejection", noteProblem);
});

/** Milliseconds between the end of the stream and that of the session. */
const FAREWELL = 200;

/** Everything that can happen by itself has happened. */
async function settled(turns = 60): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The time for the farewell is over as well. */
async function parted(): Promise<void> {
  await settled();
  vi.advanceTimersByTime(FAREWELL);
  await settled();
}

const request = (changes: Partial<TransportRequest> = {}): TransportRequest =>
  requestTo("https://game.example/socket.io/?EIO=4&transport=webtransport", changes);

type Options = Parameters<typeof webtransport>[0];

/** A transport with what it told: frames as they are, the rest in words. */
function start(
  options: Options = {},
  changes: Partial<TransportRequest> = {},
  onFrame: (frame: unknown) => void = () => {},
) {
  const told: unknown[] = [];
  const transport = webtransport(options)(request(changes), {
    opened: () => told.push("opened"),
    received: (frame) => {
      told.push(typeof frame === "string" ? frame : [...frame]);
      onFrame(frame);
    },
    closed: (reason, message, finality) => told.push({ reason, message, ...(finality ? { finality } : null) }),
  });
  return { transport, told };
}

/** A transport that is open; `told` starts empty. */
async function open(changes: Partial<TransportRequest> = {}, onFrame?: (frame: unknown) => void) {
  const { WebTransport, sessions } = fakePlatform();
  const { transport, told } = start({ WebTransport }, changes, onFrame);
  await settled();
  expect(told.splice(0)).toEqual(["opened"]);
  const session = sessions[0] as FakeSession;
  return { transport, told, session };
}

const lastOf = (told: unknown[]) => told.at(-1) as { reason: string; message: string };

describe("opening", () => {
  test("its Engine.IO name is webtransport", () => {
    expect(webtransport().engineName).toBe("webtransport");
    expect(start({ WebTransport: fakePlatform().WebTransport }).transport.name).toBe("webtransport");
  });

  test("starts at once; opened when the packet that opens a session was written", async () => {
    const { WebTransport, sessions } = fakePlatform((session) => {
      session.stalled = true;
    });
    const { told } = start({ WebTransport });
    const session = sessions[0] as FakeSession;
    await settled();
    session.accept();
    await settled();
    expect(told).toEqual([]);
    session.release();
    await settled();
    expect([told, session.writes]).toEqual([["opened"], [Uint8Array.of(0x01, 0x30)]]);
  });

  test("a session that moves here is named in the first packet", async () => {
    const { session, told, transport } = await open({ sid: "lv_VI97HAXpY6yYWAAAC" });
    transport.send(["2probe"]);
    session.send("3probe");
    await settled();
    expect([session.received, told]).toEqual([['0{"sid":"lv_VI97HAXpY6yYWAAAC"}', "2probe"], ["3probe"]]);
  });

  test.each([
    ["https://game.example/socket.io/?EIO=4&transport=webtransport", "https://game.example/socket.io/"],
    [
      "https://game.example:8443/io/?room=7&EIO=4&transport=webtransport&sid=abc",
      "https://game.example:8443/io/?room=7",
    ],
    ["http://localhost:3000/socket.io/?EIO=4&transport=webtransport", "https://localhost:3000/socket.io/"],
    ["ws://127.0.0.1:3000/socket.io/?EIO=4", "https://127.0.0.1:3000/socket.io/"],
  ])("%s is reached as %s", (url, expected) => {
    const { WebTransport, sessions } = fakePlatform();
    start({ WebTransport }, { url });
    expect(sessions[0]?.url).toBe(expected);
  });

  test.each([
    ["127.0.0.1", "https://127.0.0.1:3000/socket.io/"],
    ["game.example:4433", "https://game.example:4433/socket.io/"],
    ["game.example:443", "https://game.example/socket.io/"],
    ["[::1]:4433", "https://[::1]:4433/socket.io/"],
  ])("HTTP/3 at %s", (host, expected) => {
    const { WebTransport, sessions } = fakePlatform();
    start({ WebTransport, host }, { url: "http://localhost:3000/socket.io/?EIO=4&transport=webtransport" });
    expect(sessions[0]?.url).toBe(expected);
  });

  test("passes the options of the platform on, and no others", () => {
    const { WebTransport, sessions } = fakePlatform();
    const serverCertificateHashes = [{ algorithm: "sha-256", value: Uint8Array.of(1) }];
    start({ WebTransport, host: "a.example", congestionControl: "low-latency", serverCertificateHashes });
    expect(sessions[0]?.options).toEqual({ congestionControl: "low-latency", serverCertificateHashes });
  });

  test("uses the platform's constructor, looked for at every attempt", () => {
    const factory = webtransport();
    const { WebTransport, sessions } = fakePlatform();
    vi.stubGlobal("WebTransport", WebTransport);
    factory(request(), { opened() {}, received() {}, closed() {} });
    expect(sessions.length).toBe(1);
  });

  test("a platform without one: said after the factory has returned, and for good", async () => {
    vi.stubGlobal("WebTransport", undefined);
    const { told } = start();
    expect(told).toEqual([]);
    await settled();
    expect(told).toEqual([
      {
        reason: "transport error",
        message:
          "no WebTransport connection to https://game.example/socket.io/: this platform has no WebTransport " +
          "(browsers show it to pages from https: and localhost alone, Deno with --unstable-net): " +
          "pass an implementation as webtransport({ WebTransport }), or use another transport",
        finality: "transport",
      },
    ]);
  });

  test("a constructor that throws", async () => {
    const { WebTransport } = fakePlatform(() => {
      throw new Error("serverCertificateHashes: unknown algorithm");
    });
    const { told } = start({ WebTransport });
    await settled();
    expect(lastOf(told).message).toBe(
      "no WebTransport connection to https://game.example/socket.io/: serverCertificateHashes: unknown algorithm",
    );
  });

  test("a handshake that fails, told once", async () => {
    const { WebTransport, sessions } = fakePlatform((session) =>
      session.refuse(new FakeWebTransportError("Opening handshake failed.")),
    );
    const { told } = start({ WebTransport });
    await settled();
    expect(told).toEqual([
      {
        reason: "transport error",
        message:
          "no WebTransport connection to https://game.example/socket.io/: Opening handshake failed; " +
          "is HTTP/3 served there, by UDP, with a certificate that the platform trusts or serverCertificateHashes names?",
      },
    ]);
    expect(sessions[0]?.did).toEqual(["close"]);
  });

  test("a session that says it is closed before it says that it failed (Deno)", async () => {
    const { WebTransport } = fakePlatform((session) => {
      session.settleClosed(undefined);
      session.refuse(new Error("timed out"));
    });
    const { told } = start({ WebTransport });
    await settled();
    expect(told.length).toBe(1);
    expect(lastOf(told).message).toContain("/socket.io/: timed out; is HTTP/3");
  });

  test("a session that is closed before it is ready, and says nothing else", async () => {
    const { WebTransport } = fakePlatform((session) => session.settleClosed({ closeCode: 4, reason: "full" }));
    const { told } = start({ WebTransport });
    await settled();
    expect(lastOf(told)).toMatchObject({
      reason: "transport error",
      message: expect.stringContaining("the server closed the WebTransport session with code 4: full"),
    });
  });

  test("no stream to be had", async () => {
    const { WebTransport } = fakePlatform((session) => {
      session.noStream = new FakeWebTransportError("No streams left.");
      session.accept();
    });
    const { told } = start({ WebTransport });
    await settled();
    // The server is there, and its certificate is trusted.
    expect(lastOf(told).message).toContain("/socket.io/: No streams left; it had answered nothing");
  });

  test.each([undefined, null, 5, "reason"])("something that is no error: %s", async (thrown) => {
    const { WebTransport } = fakePlatform((session) => session.refuse(thrown));
    const { told } = start({ WebTransport });
    await settled();
    expect(lastOf(told).message).toContain(`/socket.io/: ${thrown}; is`);
  });
});

describe("TLS settings", () => {
  const pem = "-----BEGIN CERTIFICATE-----";

  test.each([
    ["an authority", TLSOptions.client(pem)],
    ["a host name", TLSOptions.client("", "game.example")],
    ["no verification", TLSOptions.client_unsafe()],
  ])("%s is refused: a session knows no such thing", async (_, tls) => {
    const { WebTransport, sessions } = fakePlatform();
    const { told } = start({ WebTransport }, { tls });
    await settled();
    expect(sessions).toEqual([]);
    expect(lastOf(told).message).toBe(
      "no WebTransport connection to https://game.example/socket.io/: TLSOptions cannot be honoured by a WebTransport: " +
        "pass null, and webtransport({ serverCertificateHashes }) for a certificate of your own",
    );
  });

  test("the platform's own are fine, and so is any with the certificate named exactly", () => {
    const { WebTransport, sessions } = fakePlatform();
    start({ WebTransport }, { tls: TLSOptions.client() });
    const serverCertificateHashes = [{ algorithm: "sha-256", value: new Uint8Array(32) }];
    start({ WebTransport, serverCertificateHashes }, { tls: TLSOptions.client(pem) });
    expect(sessions.length).toBe(2);
  });
});

describe("arguments", () => {
  test.each([
    [null, "webtransport(options) must be an object, got null"],
    [{ WebTransport: 5 }, "webtransport({ WebTransport }) must be the constructor of sessions, got 5"],
    [{ host: "https://a.example" }, 'got "https://a.example"'],
    [{ host: "a.example/path" }, 'must be a host like "game.example" or "127.0.0.1:4433", got "a.example/path"'],
    [{ host: "a.example:99999" }, 'got "a.example:99999"'],
    [{ host: "" }, 'got ""'],
    [{ host: 5 }, "got 5"],
  ])("%j", (options, message) => {
    expect(() => webtransport(options as Options)).toThrow(TypeError);
    expect(() => webtransport(options as Options)).toThrow(message);
  });

  test("the platform's constructor is one that can be injected", () => {
    expectTypeOf<typeof globalThis.WebTransport>().toExtend<WebTransportConstructor>();
  });
});

describe("sending", () => {
  test("frames that are sent together are one write", async () => {
    const { transport, session } = await open();
    transport.send(["40", Uint8Array.of(1, 2), "4ä"]);
    transport.send(["3"]);
    await settled();
    expect(session.writes.slice(1)).toEqual([wire("40", Uint8Array.of(1, 2), "4ä"), wire("3")]);
  });

  test("nothing is written before it is open", async () => {
    const { WebTransport, sessions } = fakePlatform(() => {});
    const { transport } = start({ WebTransport });
    transport.send(["40"]);
    sessions[0]?.accept();
    await settled();
    expect([sessions[0]?.received, transport.bufferedAmount]).toEqual([["0"], 0]);
  });

  test("bufferedAmount is what the platform has not taken yet, in bytes", async () => {
    const { transport, session } = await open();
    expect(transport.bufferedAmount).toBe(0);
    session.stalled = true;
    transport.send(["4ä", new Uint8Array(10)]);
    transport.send([new Blob(["12345"]), "42"]);
    expect(transport.bufferedAmount).toBe(3 + 10 + 5 + 2);
    await settled();
    expect(transport.bufferedAmount).toBe(20);
    session.release();
    await settled();
    expect(transport.bufferedAmount).toBe(0);
  });

  test("a Blob is read, and what is sent after it waits for it", async () => {
    const { transport, session } = await open();
    let release = (_: ArrayBuffer): void => {};
    const slow = { size: 2, type: "", arrayBuffer: () => new Promise<ArrayBuffer>((resolve) => (release = resolve)) };
    transport.send(["451-[1]", slow]);
    transport.send(["452-[2]", new Blob([Uint8Array.of(3)]), Uint8Array.of(4)]);
    transport.send(["3"]);
    await settled();
    expect(session.received).toEqual(["0"]);
    release(Uint8Array.of(1, 2).buffer);
    await settled();
    expect(session.received).toEqual(["0", "451-[1]", [1, 2], "452-[2]", [3], [4], "3"]);
    transport.send(["42[]"]);
    // At once, as before.
    expect([session.received.at(-1), session.writes.length]).toEqual(["42[]", 5]);
  });

  test("a Blob that cannot be read ends the connection: what comes after it makes no sense", async () => {
    const { transport, told, session } = await open();
    const gone = { size: 1, type: "", arrayBuffer: () => Promise.reject(new Error("The file was removed.")) };
    transport.send(["451-[]", gone]);
    transport.send(["42[]"]);
    await settled();
    expect(told).toEqual([{ reason: "transport error", message: "a Blob could not be read: The file was removed" }]);
    expect(session.did).toEqual(["close"]);
  });

  test("binary of no bytes arrives as such: it goes as text b", async () => {
    const { transport, session } = await open();
    transport.send([new Uint8Array()]);
    await settled();
    expect(session.received).toEqual(["0", "b"]);
  });

  test("a server that wants no more of the stream", async () => {
    const { transport, told, session } = await open();
    session.send("0{}");
    session.stopReading();
    transport.send(["42[]"]);
    await settled();
    expect(told).toEqual([
      "0{}",
      { reason: "transport error", message: "the server reset the WebTransport stream: Stop sending" },
    ]);
  });
});

describe("receiving", () => {
  test("text and bytes, split and joined at every byte", async () => {
    const frames = ["2", Uint8Array.of(0, 128, 255), `4${"ä".repeat(70)}`];
    const expected = ["2", [0, 128, 255], `4${"ä".repeat(70)}`];
    const bytes = wire(...frames);
    for (let at = 0; at <= bytes.length; at++) {
      const { told, session, transport } = await open();
      session.sendBytes(bytes.slice(0, at));
      session.sendBytes(bytes.slice(at));
      await settled();
      expect(told).toEqual(expected);
      transport.close(true);
    }
  });

  test("bytes are a copy of their own", async () => {
    const received: Uint8Array[] = [];
    const { session } = await open({}, (frame) => received.push(frame as Uint8Array));
    const bytes = wire(Uint8Array.of(1, 2), Uint8Array.of(3));
    session.sendBytes(bytes);
    await settled();
    bytes.fill(9);
    expect(received).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(received.map(({ buffer }) => buffer.byteLength)).toEqual([2, 1]);
  });

  test.each([
    ["larger than maxPayload", Uint8Array.of(0x05, 52), 'expected a packet of 1 to 4 bytes, got "a length of 5"'],
    ["text of no length", Uint8Array.of(0x00), 'expected a packet of 1 to 4 bytes, got "a length of 0"'],
    ["text that is no UTF-8", Uint8Array.of(0x02, 52, 0xff), "valid"],
  ])("%s ends the connection", async (_, bytes, message) => {
    const { told, session } = await open({ max_payload: 4 });
    session.sendBytes(bytes);
    await settled();
    expect(told).toEqual([{ reason: "transport error", message: expect.stringContaining(message) }]);
    expect(session.did).toEqual(["close"]);
  });

  test("text keeps a byte order mark, which is data", async () => {
    const { told, session } = await open();
    session.send("\ufeff4");
    await settled();
    expect(told).toEqual(["\ufeff4"]);
  });

  test("paused it reads no more, not even what has arrived, and goes on in order", async () => {
    const { transport, told, session } = await open({}, (frame) => {
      if (frame === "4b") transport.pause?.();
    });
    session.send("4a", "4b", "4c");
    session.send("4d");
    await settled();
    expect(told).toEqual(["4a", "4b"]);
    transport.pause?.();
    transport.resume?.();
    transport.pause?.();
    await settled();
    expect(told).toEqual(["4a", "4b"]);
    transport.resume?.();
    await settled();
    expect(told).toEqual(["4a", "4b", "4c", "4d"]);
  });

  test("the end of the session waits for what had been read when it was paused", async () => {
    const { transport, told, session } = await open({}, () => transport.pause?.());
    session.send("4a", "4b");
    await settled();
    session.closeSession();
    await settled();
    expect(told).toEqual(["4a"]);
    transport.resume?.();
    await settled();
    transport.resume?.();
    await settled();
    expect(told).toEqual([
      "4a",
      "4b",
      { reason: "transport close", message: "the server closed the WebTransport session" },
    ]);
  });

  test("so it does when the inbox is full only after the session has ended, by what had arrived", async () => {
    const { transport, told, session } = await open({}, (frame) => frame === "4b" && transport.pause?.());
    for (let count = 0; count < 20; count++) session.send("4a");
    session.send("4b", "4c");
    session.end();
    session.settleClosed({ closeCode: 0, reason: "" });
    await settled();
    expect(told.slice(20)).toEqual(["4b"]);
    transport.resume?.();
    await settled();
    expect(told.slice(20)).toEqual([
      "4b",
      "4c",
      { reason: "transport close", message: "the server closed the WebTransport session" },
    ]);
  });

  test("what arrived right before the end is handed over before it", async () => {
    const { told, session } = await open();
    for (let count = 0; count < 20; count++) session.send(`4${count}`);
    session.end();
    session.settleClosed({ closeCode: 0, reason: "" });
    await settled();
    expect(told.length).toBe(21);
    expect(lastOf(told)).toEqual({
      reason: "transport close",
      message: "the server closed the WebTransport session",
    });
  });
});

describe("the end", () => {
  const opened = async () => {
    const made = await open();
    made.session.send("0{}");
    await settled();
    made.told.splice(0);
    return made;
  };

  test("the server closes the session: a close, with what it said", async () => {
    const { told, session } = await opened();
    session.closeSession({ closeCode: 7, reason: "maintenance" });
    await settled();
    expect(told).toEqual([
      { reason: "transport close", message: "the server closed the WebTransport session with code 7: maintenance" },
    ]);
  });

  test("a code without a reason", async () => {
    const { told, session } = await opened();
    session.closeSession({ closeCode: 7 });
    await settled();
    expect(lastOf(told).message).toBe("the server closed the WebTransport session with code 7");
  });

  test("the connection is lost", async () => {
    const { told, session } = await opened();
    session.lose();
    await settled();
    expect(told).toEqual([{ reason: "transport close", message: "the WebTransport session ended: Connection lost" }]);
  });

  test("the server ends the stream: nothing more can come, so the session is closed", async () => {
    const { told, session } = await opened();
    session.end();
    await settled();
    expect(told).toEqual([{ reason: "transport close", message: "the server ended the stream" }]);
    expect(session.did).toEqual(["close"]);
  });

  test("the server resets the stream", async () => {
    const { told, session } = await opened();
    session.reset();
    await settled();
    expect(told).toEqual([
      {
        reason: "transport error",
        message: "the server reset the WebTransport stream: Stream was aborted by server",
      },
    ]);
  });

  test("a server that answers nothing at all: what it may be", async () => {
    const { told, session } = await open();
    session.lose();
    await settled();
    expect(told).toEqual([
      {
        reason: "transport close",
        message:
          "the WebTransport session ended: Connection lost; " +
          "it had answered nothing, as socket.io does when it has a middleware for HTTP requests: its option cors is one",
      },
    ]);
  });

  test("is told once, whatever comes after it", async () => {
    const { told, session, transport } = await opened();
    session.reset();
    await settled();
    session.closeSession();
    transport.send(["3", new Blob(["x"])]);
    transport.close();
    transport.close(true);
    await settled();
    expect(told.length).toBe(1);
  });
});

describe("close", () => {
  test("ends the stream after what was sent, then the session, and tells nothing", async () => {
    const { transport, told, session } = await open();
    session.stalled = true;
    transport.send([new Blob(["blob"])]);
    transport.send(["41"]);
    transport.close();
    session.send("42[]");
    await parted();
    expect([session.did, told]).toEqual([[], []]);
    session.release();
    await parted();
    expect(session.received).toEqual(["0", [...new TextEncoder().encode("blob")], "41"]);
    expect([session.did, told]).toEqual([["fin", "close"], []]);
  });

  test("waits for Deno to send the last without keeping the event loop busy", async () => {
    const { transport, session } = await open();
    const made = vi.fn();
    const Channel = class extends MessageChannel {
      constructor() {
        super();
        made();
      }
    };
    vi.stubGlobal("MessageChannel", Channel);
    transport.close();
    await settled();
    vi.advanceTimersByTime(FAREWELL - 1);
    await settled();
    expect([session.did, made.mock.calls.length]).toEqual([["fin"], 0]);
    vi.advanceTimersByTime(1);
    expect(session.did).toEqual(["fin", "close"]);
  });

  test("while it is paused", async () => {
    const { transport, told, session } = await open();
    transport.pause?.();
    session.send("42[]");
    transport.close();
    await parted();
    expect([session.did, told]).toEqual([["fin", "close"], []]);
  });

  test("of a dead one does not wait for anything", async () => {
    const { transport, told, session } = await open();
    session.stalled = true;
    transport.send(["41"]);
    transport.close(true);
    expect(session.did).toEqual(["close"]);
    session.release();
    await parted();
    expect(told).toEqual([]);
  });

  test("and dead while the last is still being written", async () => {
    const { transport, told, session } = await open();
    session.stalled = true;
    transport.send(["41"]);
    transport.close();
    await parted();
    transport.close(true);
    expect(session.did).toEqual(["close"]);
    session.release();
    await parted();
    expect(told).toEqual([]);
  });

  test("of one whose session fails in the meantime", async () => {
    const { transport, told, session } = await open();
    session.stalled = true;
    transport.send(["41"]);
    transport.close();
    session.lose();
    session.release();
    await parted();
    expect(told).toEqual([]);
  });

  test("while it connects", async () => {
    const { WebTransport, sessions } = fakePlatform(() => {});
    const { transport, told } = start({ WebTransport });
    transport.close();
    expect(sessions[0]?.did).toEqual(["close"]);
    sessions[0]?.refuse(new FakeWebTransportError("The session is closed."));
    await parted();
    expect(told).toEqual([]);
  });

  test("while it connects, where that cannot be undone: as soon as there is a connection (Deno)", async () => {
    const { WebTransport, sessions } = fakePlatform((made) => {
      made.closeThrows = true;
    });
    const { transport, told } = start({ WebTransport });
    transport.close(true);
    const session = sessions[0] as FakeSession;
    session.closeThrows = false;
    session.accept();
    await parted();
    expect([session.did, session.writes, told]).toEqual([["close", "close"], [], []]);
  });

  test("while the first packet is being written", async () => {
    const { WebTransport, sessions } = fakePlatform((made) => {
      made.stalled = true;
      made.closeThrows = true;
      made.accept();
    });
    const { transport, told } = start({ WebTransport });
    await parted();
    transport.close();
    const session = sessions[0] as FakeSession;
    session.release();
    await parted();
    expect([session.did, told]).toEqual([["close", "close"], []]);
  });

  test("from inside a callback", async () => {
    const { transport, told, session } = await open({}, () => transport.close());
    session.send("4a", "4b");
    await parted();
    expect([told, session.did]).toEqual([["4a"], ["fin", "close"]]);
  });

  test("where there never was a session", async () => {
    vi.stubGlobal("WebTransport", undefined);
    const { transport, told } = start();
    transport.close();
    await parted();
    expect(told).toEqual([]);
  });
});
