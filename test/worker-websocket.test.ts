/*
 * The WebSocket in a worker: what the two ends say to each other, and what the client is told. The worker's program runs here, in a
 * scope of its own, and hears what is said when a test says so. Real workers are in test/browser.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { SocketIOClient } from "../src/index.js";
import { TLSOptions } from "../src/tls-options.js";
import type { TransportRequest } from "../src/transport/transport.js";
import { SOCKET_WORKER, type SocketWorker, worker_websocket } from "../src/transport/worker-websocket.js";
import { requestTo } from "./support/scripted-http.js";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The WebSocket of a worker's scope, steered by the test. */
class ScopeSocket {
  static refusal = "";
  readyState = 0;
  bufferedAmount = 0;
  binaryType = "blob";
  readonly sent: unknown[] = [];
  closeCode: number | undefined;
  onopen!: () => void;
  onmessage!: (event: { data: unknown }) => void;
  onerror!: (event: { message?: string }) => void;
  onclose!: (event: { code: number; reason: string }) => void;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    if (ScopeSocket.refusal !== "") throw new Error(ScopeSocket.refusal);
  }

  open(): void {
    this.readyState = 1;
    this.onopen();
  }

  receive(...frames: (string | ArrayBuffer)[]): void {
    for (const data of frames) this.onmessage({ data });
  }

  send(frame: unknown): void {
    this.sent.push(frame);
  }

  close(code: number): void {
    this.readyState = 2;
    this.closeCode = code;
  }

  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose({ code, reason });
  }
}

/** A worker in this thread. What is said waits, as a copy, until `pump`. */
class LocalWorker implements SocketWorker {
  onmessage: SocketWorker["onmessage"] = null;
  onerror: SocketWorker["onerror"] = null;
  /** What the worker has said, as far as the page has heard it. */
  readonly heard: { say: string }[] = [];
  socket!: ScopeSocket;
  isOver = false;
  readonly #toWorker: unknown[] = [];
  readonly #toPage: { say: string }[] = [];
  readonly #scope: { onmessage: (event: { data: unknown }) => void };

  constructor() {
    const keep = (socket: ScopeSocket): void => {
      this.socket = socket;
    };
    const scope = {
      onmessage: () => {},
      postMessage: (message: { say: string }, transfer?: ArrayBuffer[]) =>
        this.#toPage.push(structuredClone(message, transfer ? { transfer } : undefined)),
      close: () => {
        this.isOver = true;
      },
      WebSocket: class extends ScopeSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols);
          keep(this);
        }
      },
    };
    new Function("scope", `with (scope) {${SOCKET_WORKER}}`)(scope);
    this.#scope = scope;
  }

  postMessage(message: unknown): void {
    this.#toWorker.push(structuredClone(message));
  }

  terminate(): void {
    this.isOver = true;
    this.#toPage.length = 0;
  }

  /** The worker hears what the page has said. */
  pumpWorker(): void {
    for (const data of this.#toWorker.splice(0)) if (!this.isOver) this.#scope.onmessage({ data });
  }

  /** The page hears what the worker has said. */
  pumpPage(): void {
    for (const data of this.#toPage.splice(0)) {
      this.heard.push(data);
      this.onmessage?.({ data } as MessageEvent);
    }
  }

  pump(): void {
    this.pumpWorker();
    this.pumpPage();
    this.pumpWorker();
  }
}

/** A transport with its worker, and what the client was told: frames as they are, the rest in words. */
function start(changes: Partial<TransportRequest> = {}) {
  const worker = new LocalWorker();
  const told: unknown[] = [];
  const factory = worker_websocket({ worker: () => worker });
  const transport = factory(requestTo("ws://game.example/socket.io/?EIO=4&transport=websocket", changes), {
    opened: () => told.push("opened"),
    received: (frame) => told.push(frame),
    closed: (reason, message, finality) => told.push(["closed", reason, message, finality]),
  });
  return { worker, told, transport };
}

/** The same, open. */
function started() {
  const begun = start();
  begun.worker.pump();
  begun.worker.socket.open();
  begun.worker.pump();
  begun.told.length = 0;
  begun.worker.heard.length = 0;
  return { ...begun, socket: begun.worker.socket };
}

describe("what arrives", () => {
  test("the socket is opened at once, with the address and the protocols", () => {
    const { worker, told, transport } = start({ protocols: ["one", "two"] });
    worker.pump();
    expect(worker.socket).toMatchObject({
      url: "ws://game.example/socket.io/?EIO=4&transport=websocket",
      protocols: ["one", "two"],
      binaryType: "arraybuffer",
    });
    expect(transport.name).toBe("websocket");
    expect(told).toEqual([]);
    worker.socket.open();
    worker.pump();
    expect(told).toEqual(["opened"]);
  });

  test("a frame is told when it comes", () => {
    const { worker, told, socket } = started();
    socket.receive("2");
    worker.pump();
    expect(told).toEqual(["2"]);
    socket.receive(new Uint8Array([1, 255]).buffer);
    worker.pump();
    expect(told).toEqual(["2", new Uint8Array([1, 255])]);
  });

  test("while the page is busy all that comes makes one message, in order", () => {
    const { worker, told, socket } = started();
    socket.receive("42[1]");
    for (let n = 2; n <= 1000; n++) socket.receive(`42[${n}]`);
    socket.receive(new ArrayBuffer(1));
    // The first is on its way to a page that does not come to it.
    worker.pump();
    worker.pumpPage();
    expect(worker.heard).toHaveLength(2);
    expect(told).toHaveLength(1001);
    expect(told.slice(0, 3)).toEqual(["42[1]", "42[2]", "42[3]"]);
    expect(told.slice(-2)).toEqual(["42[1000]", new Uint8Array(1)]);
  });

  test("a page that was told all hears the next frame by itself", () => {
    const { worker, told, socket } = started();
    socket.receive("42[1]", "42[2]");
    worker.pump();
    worker.pump();
    socket.receive("42[3]");
    worker.pumpPage();
    expect(told).toEqual(["42[1]", "42[2]", "42[3]"]);
    expect(worker.heard).toHaveLength(3);
  });

  test("nothing is told after close(), not even the rest of a message", () => {
    const { worker, told, transport, socket } = started();
    socket.receive("first", "a", "b");
    worker.pump();
    transport.close();
    worker.pump();
    worker.pump();
    socket.end(1000);
    worker.pump();
    expect(told).toEqual(["first"]);
  });
});

describe("a full inbox", () => {
  /** Told all that was said until nothing more is. */
  function settle(worker: LocalWorker): void {
    for (let n = 0; n < 3; n++) worker.pump();
  }

  test("after pause() nothing is told, not even the rest of a message; after resume() it goes on where it was", async () => {
    const worker = new LocalWorker();
    const told: unknown[] = [];
    const transport = worker_websocket({ worker: () => worker })(requestTo("ws://game.example"), {
      received: (frame) => {
        told.push(frame);
        if (frame === "c") transport.pause?.();
      },
      closed: (reason) => told.push(reason),
    });
    worker.pump();
    worker.socket.open();
    worker.socket.receive("a", "b", "c", "d");
    settle(worker);
    worker.socket.receive("e");
    settle(worker);
    expect(told).toEqual(["a", "b", "c"]);
    transport.resume?.();
    expect(told).toEqual(["a", "b", "c"]);
    await null;
    expect(told).toEqual(["a", "b", "c", "d"]);
    settle(worker);
    expect(told).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("the end waits behind it", async () => {
    const { worker, told, transport, socket } = started();
    transport.pause?.();
    socket.receive("one", "two");
    settle(worker);
    socket.end(1000);
    settle(worker);
    expect(told).toEqual([]);
    transport.resume?.();
    await null;
    expect(told).toEqual(["one", "two", ["closed", "transport close", "WebSocket close code 1000", ""]]);
  });

  test("nothing is told that waited when the client closes", async () => {
    const { worker, told, transport, socket } = started();
    transport.pause?.();
    socket.receive("one", "two");
    settle(worker);
    transport.close();
    transport.resume?.();
    await null;
    settle(worker);
    expect(told).toEqual([]);
    expect(socket.closeCode).toBe(1000);
  });

  test("a burst larger than the inbox comes through a budget, in order", async () => {
    const worker = new LocalWorker();
    const client = new SocketIOClient({
      transports: [worker_websocket({ worker: () => worker })],
      max_queued_packets: 100,
      poll_max_packets: 10,
      clock: () => 0,
    });
    const heard: unknown[] = [];
    client.get_namespace("/").on("n", ([n]) => heard.push(n));
    client.connect_to_url("ws://game.example");
    settle(worker);
    worker.socket.open();
    worker.socket.receive('0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}');
    worker.socket.receive('40{"sid":"main"}');
    settle(worker);
    client.poll(0);
    for (let n = 0; n < 1000; n++) worker.socket.receive(`42["n",${n}]`);
    for (let frame = 1; frame <= 101; frame++) {
      settle(worker);
      client.poll(frame / 60);
      await null;
    }
    expect(heard).toEqual(Array.from({ length: 1000 }, (_, n) => n));
    expect(client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
    client.close();
  });
});

describe("what is sent", () => {
  test("the frames of a flush are one message, and written in order", () => {
    const { worker, transport, socket } = started();
    const post = vi.spyOn(worker, "postMessage");
    transport.send(["42[1]", new Uint8Array([1, 2]), "42[2]"]);
    expect(post).toHaveBeenCalledTimes(1);
    worker.pump();
    expect(socket.sent).toEqual(["42[1]", new Uint8Array([1, 2]), "42[2]"]);
  });

  test("bytes that are a part of a larger buffer go without the rest of it, and the sender keeps them", () => {
    const { worker, transport, socket } = started();
    const large = new Uint8Array(1000).fill(7);
    transport.send([large.subarray(10, 12), large]);
    worker.pump();
    const [part, whole] = socket.sent as Uint8Array[];
    expect([part!.byteLength, part!.buffer.byteLength, whole!.byteLength]).toEqual([2, 2, 1000]);
    expect(large.byteLength).toBe(1000);
  });

  test("bufferedAmount is what the worker has not got and what its socket has not written", () => {
    const { worker, transport, socket } = started();
    expect(transport.bufferedAmount).toBe(0);
    transport.send(["12345", new Uint8Array(10)]);
    expect(transport.bufferedAmount).toBe(15);
    socket.bufferedAmount = 12;
    worker.pump();
    expect(transport.bufferedAmount).toBe(12);
    transport.send(["123"]);
    expect(transport.bufferedAmount).toBe(15);
  });

  test("who looks at bufferedAmount makes the worker look, once at a time", () => {
    const { worker, transport, socket } = started();
    socket.bufferedAmount = 5;
    transport.send(["12345"]);
    worker.pump();
    const post = vi.spyOn(worker, "postMessage");
    socket.bufferedAmount = 0;
    expect([transport.bufferedAmount, transport.bufferedAmount]).toEqual([5, 5]);
    expect(post.mock.calls).toEqual([[{ say: "backlog" }]]);
    worker.pump();
    expect(transport.bufferedAmount).toBe(0);
    expect(post).toHaveBeenCalledTimes(1);
  });

  test("what a closing socket is given is lost, and counts as gone", () => {
    const { worker, transport, socket } = started();
    socket.readyState = 2;
    transport.send(["late"]);
    worker.pump();
    expect(socket.sent).toEqual([]);
    expect(transport.bufferedAmount).toBe(0);
  });
});

describe("the end", () => {
  test("close() ends after what was sent, and the worker ends with the socket", () => {
    const { worker, transport, socket } = started();
    transport.send(["41"]);
    transport.close();
    worker.pump();
    expect([socket.sent, socket.closeCode, worker.isOver]).toEqual([["41"], 1000, false]);
    socket.end(1000);
    expect(worker.isOver).toBe(true);
  });

  test("close(true) ends the worker at once", () => {
    const { worker, transport, socket } = started();
    transport.close(true);
    expect([worker.isOver, socket.closeCode]).toEqual([true, undefined]);
  });

  test("what came before the end is told before it, though the page was busy", () => {
    const { worker, told, socket } = started();
    socket.receive("first", "second");
    socket.end(1005);
    worker.pumpPage();
    expect(told).toEqual(["first", "second", ["closed", "transport close", "WebSocket close code 1005", ""]]);
    expect(worker.isOver).toBe(true);
  });

  test("the server's reason is told", () => {
    const { worker, told, socket } = started();
    socket.end(1013, "too many players");
    worker.pump();
    expect(told).toEqual([["closed", "transport close", "too many players", ""]]);
  });

  test("a connection that breaks is an error", () => {
    const { worker, told, socket } = started();
    socket.onerror({});
    socket.end(1006);
    worker.pump();
    expect(told).toEqual([["closed", "transport error", "the connection failed", ""]]);
  });

  test("a connection that never came to be names its address", () => {
    const { worker, told } = start();
    worker.pump();
    worker.socket.onerror({});
    worker.socket.end(1006);
    worker.pump();
    const message =
      "no WebSocket connection to ws://game.example/socket.io/?EIO=4&transport=websocket: the connection failed";
    expect(told).toEqual([["closed", "transport error", message, ""]]);
  });

  test("one that a policy forbids, of which Chromium tells an error and no close", () => {
    const { worker, told } = start();
    worker.pump();
    worker.socket.onerror({});
    worker.pump();
    expect(told).toEqual([["closed", "transport error", expect.stringMatching(/: the connection failed$/), ""]]);
    expect(worker.isOver).toBe(true);
  });

  test("a socket that the platform refuses", () => {
    ScopeSocket.refusal = "the subprotocol 'a b' is invalid";
    const { worker, told } = start({ protocols: ["a b"] });
    worker.pump();
    ScopeSocket.refusal = "";
    expect(told).toEqual([["closed", "transport error", expect.stringContaining("'a b' is invalid"), ""]]);
    expect(worker.isOver).toBe(true);
  });
});

describe("a worker that cannot be", () => {
  /** What tells of a program that cannot be loaded has no message at all. */
  const errorEvent = (message?: string) => ({ ...(message && { message }), preventDefault: vi.fn() });

  test("one of our own that does not start is final, and says what the page has to allow", () => {
    const made: LocalWorker[] = [];
    vi.stubGlobal(
      "Worker",
      class extends LocalWorker {
        constructor() {
          super();
          made.push(this);
        }
      },
    );
    const told: unknown[] = [];
    worker_websocket()(requestTo("ws://game.example"), { received() {}, closed: (...end) => told.push(end) });
    const event = errorEvent();
    made[0]!.onerror?.(event as unknown as ErrorEvent);
    expect(told).toEqual([["transport error", expect.stringContaining("worker-src blob:"), "transport"]]);
    expect(event.preventDefault).toHaveBeenCalled();
  });

  test("one that the page starts is tried again: the server of its program may have been down", () => {
    const workers: LocalWorker[] = [];
    const start = () => {
      workers.push(new LocalWorker());
      return workers.at(-1)!;
    };
    const client = new SocketIOClient({ transports: [worker_websocket({ worker: start })], random: () => 0 });
    const told: string[] = [];
    client.connect_error.connect(({ message }) => told.push(message));
    client.connect_to_url("ws://game.example");
    workers[0]!.onerror?.(errorEvent() as unknown as ErrorEvent);
    client.poll();
    expect(told).toEqual([expect.stringMatching(/: the worker of the WebSocket failed \(was its program loaded\?\)$/)]);
    expect(client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTING);
    expect(client.reconnect_now()).toBe(0);
    expect(workers).toHaveLength(2);
    client.close();
  });

  test("one that breaks later may do better the next time", () => {
    const { worker, told } = started();
    worker.onerror?.(errorEvent("out of memory") as unknown as ErrorEvent);
    expect(told).toEqual([["closed", "transport error", expect.stringMatching(/: out of memory$/), ""]]);
  });

  test("TLSOptions are refused before anything is started", () => {
    const worker = vi.fn();
    const told: unknown[] = [];
    worker_websocket({ worker })(requestTo("wss://game.example", { tls: TLSOptions.client_unsafe() }), {
      received: () => {},
      closed: (...end) => told.push(end),
    });
    expect(told).toEqual([["transport error", expect.stringContaining("TLSOptions cannot be honoured"), "transport"]]);
    expect(worker).not.toHaveBeenCalled();
  });

  test("without a Worker, as in Node, the next transport is tried; without a next one that is the end", () => {
    vi.stubGlobal("Worker", undefined);
    const told: string[] = [];
    const alone = new SocketIOClient({ transports: [worker_websocket()] });
    alone.connect_error.connect(({ message }) => told.push(message));
    alone.reconnect_failed.connect(() => told.push("reconnect_failed"));
    alone.connect_to_url("ws://127.0.0.1:9");
    alone.poll();
    expect(told).toEqual([expect.stringContaining("this platform has no Worker"), "reconnect_failed"]);
    expect(alone.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);

    const next = vi.fn(() => ({ name: "next", bufferedAmount: 0, send() {}, close() {} }));
    const client = new SocketIOClient({ transports: [worker_websocket(), next] });
    client.connect_to_url("ws://127.0.0.1:9");
    client.poll();
    expect(next).toHaveBeenCalledTimes(1);
    client.close();
  });

  test("one that the platform refuses to start is final, too", () => {
    vi.stubGlobal(
      "Worker",
      class {
        constructor() {
          throw new Error("The operation is insecure.");
        }
      },
    );
    const told: unknown[] = [];
    worker_websocket()(requestTo("ws://game.example"), { received() {}, closed: (...end) => told.push(end) });
    expect(told).toEqual([
      ["transport error", expect.stringMatching(/worker-src blob:.*: The operation is insecure\.$/), "transport"],
    ]);
  });

  test("starts the platform's worker from a URL of its program, made once", () => {
    const made: unknown[][] = [];
    vi.stubGlobal(
      "Worker",
      class {
        constructor(...args: unknown[]) {
          made.push(args);
        }
        postMessage() {}
      },
    );
    const factory = worker_websocket();
    for (let n = 0; n < 2; n++) factory(requestTo("ws://game.example"), { received() {}, closed() {} });
    expect(made).toEqual([
      [expect.stringMatching(/^blob:/), { type: "module", name: "socketio-gameloop" }],
      [made[0]![0], { type: "module", name: "socketio-gameloop" }],
    ]);
  });

  test.each(["/worker.js", null, 1])("worker_websocket({ worker: %j }) is a TypeError", (worker) => {
    expect(() => worker_websocket({ worker } as never)).toThrow(
      /^worker_websocket\(\{ worker \}\) must be a function that starts one, got ("|null|1)/,
    );
  });

  test.each([null, "/worker.js"])("worker_websocket(%j) is a TypeError", (options) => {
    expect(() => worker_websocket(options as never)).toThrow(/^worker_websocket\(options\) must be an object, got/);
  });
});
