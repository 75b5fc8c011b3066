/*
 * The server's side of one Engine.IO 4 session, as engine.io does it: open packet, heartbeat, upgrade. Anything a client must
 * not do is a violation, and closes the session as it does there.
 */
import type { Agenda } from "./agenda.js";
import type { Down, ServerEnd, Up } from "./link.js";

export interface EngineSettings {
  /** Seconds. */
  readonly pingInterval: number;
  readonly pingTimeout: number;
  readonly maxPayload: number;
  readonly upgrades: readonly string[];
}

export interface EngineOwner {
  readonly agenda: Agenda;
  readonly engineSettings: EngineSettings;
  violation(text: string): void;
  /** Messages that were read at once. */
  messages(engine: ModelEngine, frames: Up[]): void;
  engineClosed(engine: ModelEngine, reason: string): void;
}

/** How long an upgrade may take. Seconds. */
const UPGRADE_TIMEOUT = 10;
/** How often a request is released that would keep the client from moving. Seconds. */
const RELEASE_INTERVAL = 0.1;

export class ModelEngine {
  over = false;
  end: ServerEnd;
  readonly sid: string;
  readonly #owner: EngineOwner;
  /** Has asked to take over. */
  #candidate: ServerEnd | null = null;
  #buffer: Down[] = [];
  /** Pings so far; a pong is for the last one. */
  #pings = 0;
  #pongs = 0;

  constructor(owner: EngineOwner, sid: string, end: ServerEnd) {
    this.#owner = owner;
    this.sid = sid;
    this.end = end;
    const { pingInterval, pingTimeout, maxPayload, upgrades } = owner.engineSettings;
    const offered = end.name === "polling" ? upgrades : [];
    this.send([
      {
        frame: `0${JSON.stringify({ sid, upgrades: offered, pingInterval: pingInterval * 1000, pingTimeout: pingTimeout * 1000, maxPayload })}`,
      },
    ]);
    this.#schedulePing();
  }

  send(items: readonly Down[]): void {
    if (this.over) return;
    this.#buffer.push(...items);
    this.flush();
  }

  flush(): void {
    if (this.over || this.#buffer.length === 0 || !this.end.writable) return;
    const items = this.#buffer;
    this.#buffer = [];
    this.end.write(items);
  }

  receive(end: ServerEnd, frames: Up[]): void {
    const messages: Up[] = [];
    for (const [index, up] of frames.entries()) {
      const { frame } = up;
      if (this.over) return;
      if (end === this.#candidate) {
        this.#probe(end, frame);
        // What comes behind the end of an upgrade is for the session.
        if (this.end === end) {
          this.receive(end, frames.slice(index + 1));
          return;
        }
      } else if (end !== this.end) return;
      else if (typeof frame !== "string" || frame[0] === "4") messages.push(up);
      else if (frame === "3") this.#pong();
      else if (frame === "1") {
        if (messages.length > 0) this.#owner.messages(this, messages);
        this.close("transport close");
        return;
      } else if (frame !== "6") {
        this.#owner.violation(`an Engine.IO packet that a client must not send: ${frame}`);
        this.close("parse error");
        return;
      }
    }
    if (messages.length > 0) this.#owner.messages(this, messages);
  }

  /** Another connection wants to take this session over. */
  join(candidate: ServerEnd): void {
    if (this.over || this.#candidate !== null || this.end.name !== "polling") {
      candidate.end();
      return;
    }
    this.#candidate = candidate;
    this.#owner.agenda.after(UPGRADE_TIMEOUT, () => {
      if (this.#candidate === candidate && this.end !== candidate) this.#dropCandidate();
    });
  }

  ended(end: ServerEnd): void {
    if (end === this.end) this.close("transport close");
    else if (end === this.#candidate) this.#candidate = null;
  }

  close(reason: string): void {
    if (this.over) return;
    this.over = true;
    this.end.end();
    if (this.#candidate !== this.end) this.#candidate?.end();
    this.#owner.engineClosed(this, reason);
  }

  #probe(end: ServerEnd, frame: Up["frame"]): void {
    if (frame === "2probe") {
      end.write([{ frame: "3probe" }]);
      this.#release(end);
    } else if (frame === "5") {
      const old = this.end;
      this.end = end;
      this.#candidate = null;
      old.end();
      this.flush();
    } else {
      this.#owner.violation(`before the end of an upgrade: ${String(frame)}`);
      this.#dropCandidate();
    }
  }

  #release(candidate: ServerEnd): void {
    if (this.over || this.#candidate !== candidate || this.end === candidate) return;
    if (this.end.writable) this.end.write([{ frame: "6" }]);
    this.#owner.agenda.after(RELEASE_INTERVAL, () => this.#release(candidate));
  }

  #dropCandidate(): void {
    this.#candidate?.end();
    this.#candidate = null;
  }

  #pong(): void {
    if (this.#pongs >= this.#pings) {
      this.#owner.violation("a pong for no ping");
      return;
    }
    this.#pongs = this.#pings;
    this.#schedulePing();
  }

  #schedulePing(): void {
    const { agenda, engineSettings } = this.#owner;
    const pings = this.#pings;
    agenda.after(engineSettings.pingInterval, () => {
      if (this.over || this.#pings !== pings) return;
      const number = ++this.#pings;
      this.send([{ frame: "2" }]);
      agenda.after(engineSettings.pingTimeout, () => {
        if (!this.over && this.#pongs < number) this.close("ping timeout");
      });
    });
  }
}
