import { requireOptions, requireThat } from "../errors.js";
import type { TransportFactory } from "../transport/transport.js";
import {
  type LinkPreset,
  type LinkSettings,
  type LinkSettingsInput,
  mergeSettings,
  PERFECT,
  PRESETS,
} from "./link-settings.js";
import { SeededRandom } from "./seeded-random.js";
import { type Link, SimulatedTransport } from "./simulated-transport.js";
import { realTime, type TimeSource } from "./time-source.js";

/** How a `LinkSimulator` runs. */
export interface LinkOptions {
  /** The same seed does the same to the same traffic. Default 1. */
  readonly seed?: number;
  /** A `ManualClock`, or another source of time. Default: real time. */
  readonly clock?: TimeSource;
}

/**
 * A bad line to play on: it delays, stalls and cuts what the transports say that are wrapped in it. As over TCP, frames are never
 * dropped, doubled or reordered; a connection may end. No counterpart in Godot.
 *
 * @example
 * const link = new LinkSimulator({ latency: 0.04 }); // a round trip takes 0.08 s
 * const client = new SocketIOClient({ transports: [link.wrap(websocket), link.wrap(polling)] });
 * link.set({ jitter: 0.02, down: { bandwidth: 50_000 } });
 */
export class LinkSimulator {
  /** What `"none"`, `"wifi"`, `"4g"` and `"train"` stand for. */
  static readonly PRESETS: Readonly<Record<LinkPreset, LinkSettingsInput>> = PRESETS;

  readonly #time: TimeSource;
  readonly #random: SeededRandom;
  /** Open ones, and what calls off their end. */
  readonly #transports = new Map<SimulatedTransport, () => void>();
  #settings: LinkSettings;
  #isFrozen = false;

  /**
   * @param settings the name of a preset, or settings that differ from a link which does nothing
   * @throws TypeError for a setting or an option that does not exist or a value that cannot be
   */
  constructor(settings: LinkSettingsInput | LinkPreset = "none", options: LinkOptions = {}) {
    requireOptions(options, ["seed", "clock"], "a LinkSimulator");
    const { seed = 1, clock = realTime } = options;
    requireThat(Number.isFinite(seed), "the seed of a LinkSimulator", "a finite number", seed);
    const isClock = typeof clock?.after === "function" && typeof clock.now === "number";
    requireThat(isClock, "the clock of a LinkSimulator", "a ManualClock", clock);
    this.#settings = mergeSettings(PERFECT, settings);
    this.#time = clock;
    this.#random = new SeededRandom(seed);
  }

  /**
   * A factory whose connections go through this link: for the options `transport_factory` and `transports`.
   * @param factory `websocket`, `polling`, that of a `FakeServer`, or any other
   */
  wrap(factory: TransportFactory): TransportFactory {
    requireThat(typeof factory === "function", "wrap", "a transport factory like `websocket`", factory);
    const wrapped: TransportFactory = (request, handler) => {
      const transport = new SimulatedTransport(this.#link(), factory, request, handler, this.#random.fork());
      this.#transports.set(transport, this.#lifetime(transport));
      return transport;
    };
    const { engineName } = factory;
    return engineName === undefined ? wrapped : Object.assign(wrapped, { engineName });
  }

  /**
   * Changes settings; those that are not named stay. The name of a preset stands for all of it. What is under way arrives when it
   * would have, and what comes after it not before.
   * @throws TypeError for a setting that does not exist or a value that cannot be; nothing has changed then
   */
  set(settings: LinkSettingsInput | LinkPreset): void {
    const before = this.#settings.mean_uptime;
    this.#settings = mergeSettings(this.#settings, settings);
    if (this.#settings.mean_uptime === before) return;
    for (const [transport, cancel] of this.#transports) {
      cancel();
      this.#transports.set(transport, this.#lifetime(transport));
    }
  }

  /** The settings of both directions, as they are now. */
  get_settings(): LinkSettings {
    return this.#settings;
  }

  /** From now on nothing passes, in either direction, and nobody is told. New connections are not made either. */
  freeze(): void {
    this.#isFrozen = true;
    for (const transport of this.#transports.keys()) transport.freeze();
  }

  /** Goes on after `freeze()`: what was half way then is half way now. */
  thaw(): void {
    this.#isFrozen = false;
    for (const transport of this.#transports.keys()) transport.thaw();
  }

  /** True from `freeze()` to `thaw()`. */
  is_frozen(): boolean {
    return this.#isFrozen;
  }

  /** Cuts every connection, at both ends at once. What was under way is lost. New ones can be made. */
  disconnect(): void {
    for (const transport of [...this.#transports.keys()]) transport.cut();
  }

  #link(): Link {
    const isFrozen = () => this.#isFrozen;
    const settings = () => this.#settings;
    return {
      time: this.#time,
      get settings() {
        return settings();
      },
      get isFrozen() {
        return isFrozen();
      },
      over: (transport) => {
        this.#transports.get(transport)?.();
        this.#transports.delete(transport);
      },
    };
  }

  /** A connection may end at any moment, however long it has lasted. */
  #lifetime(transport: SimulatedTransport): () => void {
    const { mean_uptime } = this.#settings;
    if (mean_uptime === Infinity) return () => {};
    const seconds = -Math.log(1 - this.#random.next()) * mean_uptime;
    return this.#time.after(seconds, () => transport.cut());
  }
}
