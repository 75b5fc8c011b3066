/*
 * Scripted transports side by side, in virtual time: what a client tries, in which order, and how a session moves from one
 * to another.
 */
import type {
  ClientOptionsInput,
  OutFrame,
  TransportFactory,
  TransportHandler,
  TransportRequest,
} from "socketio-gameloop";
import { OPEN, open, Rig, ScriptedPeer } from "./scripted-server.js";

/** A peer that the session can leave, as it can leave polling. */
class MovablePeer extends ScriptedPeer {
  readonly textOnly: boolean;
  /** What `established` was called with. */
  session: unknown[] | null = null;
  /** With which `dead` it was closed. */
  readonly closes: boolean[] = [];
  stays = 0;
  isLeaving = false;
  readonly #unsent: OutFrame[] = [];
  #done: (unsent: readonly OutFrame[]) => void = () => {};
  leave?: (done: (unsent: readonly OutFrame[]) => void) => void;
  stay?: () => void;

  constructor(
    name: string,
    request: TransportRequest,
    handler: TransportHandler,
    canLeave: boolean,
    canPause: boolean,
  ) {
    super(name, request, handler, canPause);
    this.textOnly = canLeave;
    if (!canLeave) return;
    this.leave = (done) => {
      this.isLeaving = true;
      this.#done = done;
    };
    this.stay = () => {
      this.isLeaving = false;
      this.stays++;
      this.writes.push(this.#unsent.splice(0));
    };
  }

  established(sid: string, maxPayload: number): void {
    this.session = [sid, maxPayload];
  }

  /** The requests in flight are done: there is nothing more to come. */
  finish(): void {
    this.isLeaving = false;
    this.#done(this.#unsent.splice(0));
  }

  override send(frames: readonly OutFrame[]): void {
    if (this.isLeaving) this.#unsent.push(...frames);
    else super.send(frames);
  }

  override close(dead = false): void {
    super.close();
    this.closes.push(dead);
  }
}

export interface TransportsOptions extends ClientOptionsInput {
  /** Their Engine.IO names, in the order of the option `transports`. */
  readonly names: readonly string[];
  readonly canPause?: boolean;
  /** Called when a transport is opened; what it throws the factory throws. */
  readonly opening?: (peer: MovablePeer) => void;
}

/** A client with several transports, of which the session can leave `"polling"`. */
export class Transports extends Rig {
  readonly moves: string[] = [];
  #opened: MovablePeer[] = [];
  #named = 0;

  constructor({ names, canPause = false, opening = () => {}, ...options }: TransportsOptions) {
    const opened: MovablePeer[] = [];
    const factory = (name: string): TransportFactory => {
      const connect = (request: TransportRequest, handler: TransportHandler) => {
        const peer = new MovablePeer(name, request, handler, name === "polling", canPause);
        opened.push(peer);
        opening(peer);
        return peer;
      };
      return Object.assign(connect, { engineName: name });
    };
    super({ ...options, transport_factory: null, transports: names.map(factory) });
    this.#opened = opened;
    this.client.transport_changed.connect((name) => this.moves.push(name));
  }

  /** The names of what was opened since the last call. */
  tried(): string[] {
    const names = this.#opened.slice(this.#named).map(({ name }) => name);
    this.#named += names.length;
    return names;
  }

  /** The newest connection over this transport. */
  over(name: string): MovablePeer {
    const peer = this.#opened.findLast((each) => each.name === name);
    if (peer === undefined) throw new Error(`the client has not tried ${name}`);
    return peer;
  }

  override get peer(): MovablePeer {
    const peer = this.#opened.at(-1);
    if (peer === undefined) throw new Error("the client has not connected");
    return peer;
  }

  connect(): this {
    this.client.connect_to_url("ws://test");
    return this;
  }
}

/** An open packet with these upgrades. */
export function offering(...upgrades: unknown[]): string {
  return open({ upgrades });
}

/** A client that is connected as "a" over polling; the server offers all its other transports. */
export function polled(options: Partial<TransportsOptions> = {}): Transports {
  const names = options.names ?? ["polling", "websocket"];
  const rig = new Transports({ ...options, names }).connect();
  const polling = rig.over("polling");
  polling.push(offering(...names.filter((name) => name !== "polling")), '40{"sid":"a"}');
  rig.poll();
  polling.written();
  rig.told();
  return rig;
}

export { OPEN };
