/*
 * A scripted peer in virtual time. It takes the place of the network (option `transport_factory`) and of the clock, so a
 * test says literally what the server writes, sees literally what the client writes, and never waits.
 */
import {
  type ClientOptionsInput,
  type OutFrame,
  SocketIOClient,
  type Transport,
  type TransportFactory,
  type TransportHandler,
  type TransportRequest,
} from "socketio-gameloop";

/** The open packet of a server with socket.io's default settings. */
export const OPEN = '0{"sid":"engine","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}';

/** The server's answer that lets the client into the main namespace, as "a". */
export const JOINED = '40{"sid":"a"}';

/** An open packet with some fields changed, added, or (with `undefined`) left out. */
export function open(changes: Record<string, unknown>): string {
  return `0${JSON.stringify({ ...JSON.parse(OPEN.slice(1)), ...changes })}`;
}

/** Seconds that pass only when a test says so, and may go back or be no number: the `ManualClock` of games does neither. */
export class TestClock {
  now = 100;

  readonly read = (): number => this.now;

  advance(seconds: number): void {
    this.now += seconds;
  }
}

/** One connection of the client, seen from the other end. */
export class ScriptedPeer implements Transport {
  readonly name: string;
  readonly request: TransportRequest;
  readonly handler: TransportHandler;
  /** What each call of `send` wrote. */
  readonly writes: OutFrame[][] = [];
  bufferedAmount = 0;
  /** Whether the client has closed it. */
  closed = false;
  paused = false;
  pause?: () => void;
  resume?: () => void;
  #taken = 0;

  constructor(name: string, request: TransportRequest, handler: TransportHandler, canPause: boolean) {
    this.name = name;
    this.request = request;
    this.handler = handler;
    if (canPause) {
      this.pause = () => {
        this.paused = true;
      };
      this.resume = () => {
        this.paused = false;
      };
    }
  }

  get url(): string {
    return this.request.url;
  }

  /** Everything the client has written, in order. */
  get frames(): OutFrame[] {
    return this.writes.flat();
  }

  /** What the client has written since the last call of `written`. */
  written(): OutFrame[] {
    const frames = this.frames.slice(this.#taken);
    this.#taken += frames.length;
    return frames;
  }

  /** Delivers frames to the client, which has to `poll()` to see them. */
  push(...frames: (string | Uint8Array)[]): void {
    for (const frame of frames) this.handler.received(frame);
  }

  /** Cuts the connection. */
  cut(reason: "transport close" | "transport error" = "transport close", message = "cut"): void {
    this.handler.closed(reason, message);
  }

  // Transport

  send(frames: readonly OutFrame[]): void {
    this.writes.push([...frames]);
  }

  close(): void {
    this.closed = true;
  }
}

export interface RigOptions extends ClientOptionsInput {
  /** Whether the transport can pause reading, as Node's can and a browser's cannot. */
  readonly canPause?: boolean;
}

/** A client, its clock, and the peers it has connected to. */
export class Rig {
  readonly clock = new TestClock();
  readonly peers: ScriptedPeer[] = [];
  readonly client: SocketIOClient;
  /** What `random` returns. */
  random = 0;
  #log: string[] = [];

  constructor({ canPause = false, ...options }: RigOptions = {}) {
    this.client = new SocketIOClient({
      clock: this.clock.read,
      random: () => this.random,
      transport_factory: this.factory(canPause),
      ...options,
    });
    this.#record();
  }

  factory(canPause = false, name = "websocket"): TransportFactory {
    return (request, handler) => {
      const peer = new ScriptedPeer(name, request, handler, canPause);
      this.peers.push(peer);
      return peer;
    };
  }

  get main() {
    return this.client.get_namespace("/");
  }

  /** The newest connection. */
  get peer(): ScriptedPeer {
    const peer = this.peers.at(-1);
    if (peer === undefined) throw new Error("the client has not connected yet");
    return peer;
  }

  push(...frames: (string | Uint8Array)[]): void {
    this.peer.push(...frames);
  }

  poll(): number {
    return this.client.poll();
  }

  /** The server writes `frames`, then the client polls. */
  serve(...frames: (string | Uint8Array)[]): number {
    this.push(...frames);
    return this.poll();
  }

  /** Time passes, then the client polls. */
  step(seconds: number): number {
    this.clock.advance(seconds);
    return this.poll();
  }

  /** Polls, and returns what the client has written since the last call. */
  sent(): OutFrame[] {
    this.poll();
    return this.peer.written();
  }

  /** The connection is lost, and the client notices. */
  lose(): void {
    this.peer.cut();
    this.poll();
  }

  /** After a loss: waits for the next attempt and lets it succeed. */
  comeBack(...frames: string[]): void {
    const before = this.peers.length;
    this.step(10);
    if (this.peers.length !== before + 1) throw new Error("the client did not reconnect");
    this.serve(OPEN, ...frames);
  }

  /** The signals of the client since the last call, in order, as `name(arguments)`. */
  told(): string[] {
    const told = this.#log;
    this.#log = [];
    return told;
  }

  #record(): void {
    const { client } = this;
    const note = (line: string) => {
      this.#log.push(line);
    };
    client.connected.connect((sid) => note(`connected(${sid})`));
    client.disconnected.connect((reason) => note(`disconnected(${reason})`));
    client.connect_error.connect(({ namespace, message }) => note(`connect_error(${namespace}, ${message})`));
    client.namespace_connected.connect((path) => note(`namespace_connected(${path})`));
    client.namespace_disconnected.connect((path) => note(`namespace_disconnected(${path})`));
    client.reconnecting.connect((attempt, delay) => note(`reconnecting(${attempt}, ${delay})`));
    client.reconnect_failed.connect(() => note("reconnect_failed()"));
    client.listener_error.connect((error, event, path) =>
      note(`listener_error(${(error as Error)?.message ?? error}, ${event}, ${path})`),
    );
  }
}

/** A client that has been asked to connect and waits for the server's first word. */
export function connecting(options: RigOptions = {}): Rig {
  const rig = new Rig(options);
  rig.client.connect_to_url("ws://test");
  return rig;
}

/** A client whose main namespace is connected as "a"; nothing of that is left in `told()` and `written()`. */
export function connected(options: RigOptions = {}): Rig {
  const rig = connecting(options);
  rig.serve(OPEN, JOINED);
  rig.peer.written();
  rig.told();
  return rig;
}

/** As `connected`, with a session that can be recovered: the server gave a `pid`. */
export function recoverable(options: RigOptions = {}): Rig {
  const rig = connecting(options);
  rig.serve(OPEN, '40{"sid":"a","pid":"p"}');
  rig.peer.written();
  rig.told();
  return rig;
}

/** Joins a namespace of a connected client; its session id is the path without the slash. */
export function join(rig: Rig, path: string) {
  const namespace = rig.client.create_namespace(path);
  namespace.connect_to_namespace();
  rig.poll();
  rig.serve(`40${path},{"sid":"${path.slice(1)}"}`);
  rig.peer.written();
  rig.told();
  return namespace;
}

/** A namespace's events as `name json`, in order. */
export function record(rig: Rig, path = "/"): string[] {
  const events: string[] = [];
  rig.client
    .create_namespace(path)
    .event_received.connect((event, data) => events.push(`${event} ${JSON.stringify(data)}`));
  return events;
}

/** Lets everything run that waits for promises. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

/** How a promise ended: its value, or the `code` of its error; "pending" if it has not. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  let result: unknown = "pending";
  promise.then(
    (value) => {
      result = value;
    },
    (error) => {
      result = { code: error.code, message: error.message };
    },
  );
  await settled();
  return result;
}
