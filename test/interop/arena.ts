/*
 * Where a check plays: some clients, polled as a game loop does, and what each of them was told. Every wait is bounded, and a
 * wait that was in vain says what the clients were told meanwhile.
 */
import { isDeepStrictEqual } from "node:util";
import { type ClientOptionsInput, Err, SocketIOClient, type SocketIONamespace } from "socketio-gameloop";

/** Longer than anything takes that works. */
const PATIENCE_SECONDS = 5;
const FRAME_MILLISECONDS = 2;

export interface Surroundings {
  readonly port: number;
  /** The option `transports`. */
  readonly transports: readonly ("websocket" | "polling")[];
  /** The transport that the session ends up with. */
  readonly stays: "websocket" | "polling";
  readonly options: ClientOptionsInput;
}

/** A client, and what it was told. */
export class Player {
  readonly client: SocketIOClient;
  readonly main: SocketIONamespace;
  /** Connections lost and attempts that failed, as sentences. */
  readonly troubles: string[] = [];
  /** Reasons of `disconnected`. */
  readonly reasons: string[] = [];
  /** Messages of `connect_error`. */
  readonly errors: string[] = [];
  /** What `transport_changed` told. */
  readonly changes: string[] = [];
  readonly #url: string;

  constructor(url: string, options: ClientOptionsInput) {
    this.#url = url;
    this.client = new SocketIOClient(options);
    this.main = this.client.get_namespace("/");
    this.client.disconnected.connect((reason) => {
      this.reasons.push(reason);
      this.troubles.push(`disconnected, ${reason}: ${this.client.get_last_error()}`);
    });
    this.client.connect_error.connect(({ message, code }) => {
      this.errors.push(message);
      this.troubles.push(`connect_error ${code}: ${message}`);
    });
    this.client.transport_changed.connect((name) => this.changes.push(name));
    this.client.listener_error.connect((error) => this.troubles.push(`a listener threw: ${error}`));
  }

  connect(auth: Record<string, unknown> = {}): void {
    const code = this.client.connect_to_url(this.#url, auth);
    if (code !== Err.OK) throw new Error(`connect_to_url returned ${code}: ${this.client.get_last_error()}`);
  }

  /** The data of all events of that name from now on, in order. */
  hears(event: string, namespace: SocketIONamespace = this.main): unknown[][] {
    const heard: unknown[][] = [];
    namespace.on(event, (data: unknown[]) => heard.push(data));
    return heard;
  }
}

export class Arena {
  readonly surroundings: Surroundings;
  readonly #players: Player[] = [];

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings;
  }

  /** A client that is not connected yet. */
  player(options: ClientOptionsInput = {}, port = this.surroundings.port): Player {
    const player = new Player(`http://127.0.0.1:${port}`, {
      transports: [...this.surroundings.transports],
      connect_timeout: PATIENCE_SECONDS,
      reconnection: { delay: 0.05, delay_max: 0.2 },
      // Not every server says in its handshake how much it takes, and some checks send more than the default.
      max_payload: 2_000_000,
      ...this.surroundings.options,
      ...options,
    });
    this.#players.push(player);
    return player;
  }

  /** A client that is connected, and has the transport that it shall keep. */
  async joined(auth: Record<string, unknown> = {}, port = this.surroundings.port): Promise<Player> {
    const player = this.player({}, port);
    player.connect(auth);
    await this.settled(player);
    return player;
  }

  async settled(player: Player): Promise<void> {
    const { stays } = this.surroundings;
    await this.until(() => player.main.is_namespace_connected(), "the connection");
    await this.until(() => player.client.get_transport() === stays, `the transport "${stays}"`);
  }

  /** A namespace besides the main one, joined. */
  async enter(player: Player, path: string, auth: Record<string, unknown> = {}): Promise<SocketIONamespace> {
    const namespace = player.client.create_namespace(path);
    same(namespace.connect_to_namespace(auth), Err.OK, `connect_to_namespace of ${path}`);
    await this.until(() => namespace.is_namespace_connected(), `the namespace ${path}`);
    return namespace;
  }

  /** The answer to an event. */
  async ask(
    namespace: SocketIONamespace,
    event: string,
    data: unknown[],
    seconds = PATIENCE_SECONDS,
  ): Promise<unknown[]> {
    let answer: [unknown[], Err] | undefined;
    const take = (response: unknown[], error: Err) => {
      answer = [response, error];
    };
    same(namespace.emit_with_ack(event, data, take, seconds), Err.OK, `emit_with_ack of "${event}"`);
    await this.until(() => answer !== undefined, `the acknowledgement of "${event}"`, seconds + 1);
    const [response, error] = answer as [unknown[], Err];
    if (error !== Err.OK) throw this.#failure(`the acknowledgement of "${event}": error ${error}`);
    return response;
  }

  /** Polls until a condition holds. */
  async until(condition: () => boolean, what: string, seconds = PATIENCE_SECONDS): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      this.#poll();
      if (condition()) return;
      if (performance.now() > deadline) throw this.#failure(`${what} did not come within ${seconds} s`);
      await new Promise((resolve) => setTimeout(resolve, FRAME_MILLISECONDS));
    }
  }

  /** Polls for some time, whatever happens. */
  async play(seconds: number): Promise<void> {
    const end = performance.now() + seconds * 1000;
    await this.until(() => performance.now() >= end, "the end", seconds + 1);
  }

  /** Time passes and nobody polls. */
  async sleep(seconds: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }

  close(): void {
    for (const { client } of this.#players) client.close();
  }

  #poll(): void {
    for (const { client } of this.#players) client.poll();
  }

  #failure(what: string): Error {
    const troubles = [...new Set(this.#players.flatMap((player) => player.troubles))];
    return new Error([what, ...troubles.slice(0, 4)].join("; "));
  }
}

/** @throws Error unless both are equal, to the type of every array */
export function same(actual: unknown, expected: unknown, what: string): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what}: ${brief(actual)} instead of ${brief(expected)}`);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value, (_, item) =>
    item instanceof Uint8Array ? `${item.length} bytes ${Buffer.from(item).toString("hex", 0, 24)}` : item,
  );
  return text === undefined ? String(value) : text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
