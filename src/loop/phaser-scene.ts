import type { SocketIOClient } from "../client.js";
import { ERR_INVALID_PARAMETER, ERR_UNAVAILABLE, type Err, OK, requireCallback } from "../errors.js";
import type {
  AckData,
  DefaultEvents,
  EventData,
  EventName,
  EventNameWithAck,
  EventNameWithoutData,
  EventsMap,
} from "../events.js";
import type { SocketIONamespace } from "../namespace.js";
import type { EventCallback } from "../namespace-entry.js";
import { Signal } from "../signal.js";
import { type Callback, SceneRun } from "./phaser-run.js";
import type { PhaserScene } from "./phaser-types.js";

// biome-ignore lint/suspicious/noExplicitAny: whatever its arguments are
type AnySignal = Signal<any>;

/**
 * A namespace as one scene sees it: what is registered here ends with the scene. `off` removes nothing of other scenes. Made by
 * `SocketIOScenePlugin.namespace()`.
 *
 * Callbacks are called with the scene as their `this`, and never again once the scene was told to stop.
 *
 * @example
 * const chat = this.net.namespace("/chat");
 * chat.on("line", ([text]) => this.log.setText(text));
 */
export class SceneNamespace<
  ListenEvents extends EventsMap<ListenEvents> = DefaultEvents,
  EmitEvents extends EventsMap<EmitEvents> = DefaultEvents,
> {
  readonly #run: SceneRun;
  readonly #path: string;

  /** @internal */
  constructor(run: SceneRun, path: string) {
    this.#run = run;
    this.#path = path;
  }

  /** The namespace itself, for what outlives the scene: joining and leaving, event modes, its signals. */
  get_namespace(): SocketIONamespace<ListenEvents, EmitEvents> {
    return this.#run.client.create_namespace<ListenEvents, EmitEvents>(this.#path);
  }

  /**
   * As `SocketIONamespace.on`, until the scene ends. In a scene that has ended it does nothing.
   * @throws TypeError as that, and when the game has no `SocketIOPlugin`
   */
  on<E extends EventName<ListenEvents>>(event: E, callback: EventCallback<ListenEvents, E>): void {
    this.#listen(event, callback, false);
  }

  /** As `on`, for the next such event only. */
  once<E extends EventName<ListenEvents>>(event: E, callback: EventCallback<ListenEvents, E>): void {
    this.#listen(event, callback, true);
  }

  /** Removes the first listener of this scene that is `callback`, or all that it has for the event. */
  off<E extends EventName<ListenEvents>>(event: E, callback?: EventCallback<ListenEvents, E>): void {
    const found = this.#run.find(this.get_namespace(), event, callback);
    for (const { end } of callback ? found.slice(0, 1) : found) end();
  }

  /** `SocketIONamespace.emit`. It does not end with the scene: a farewell in its shutdown is sent. */
  emit<E extends EventName<EmitEvents>>(event: E, data: Readonly<EventData<EmitEvents, E>>): Err;
  emit(event: EventNameWithoutData<EmitEvents>): Err;
  emit(event: string, data: readonly unknown[] = []): Err {
    return this.#untyped.emit(event, data);
  }

  /** `SocketIONamespace.emit_volatile`. */
  emit_volatile<E extends EventName<EmitEvents>>(event: E, data: Readonly<EventData<EmitEvents, E>>): Err;
  emit_volatile(event: EventNameWithoutData<EmitEvents>): Err;
  emit_volatile(event: string, data: readonly unknown[] = []): Err {
    return this.#untyped.emit_volatile(event, data);
  }

  /** As `SocketIONamespace.emit_with_ack`, but `callback` is not called any more when the scene has ended. */
  emit_with_ack<E extends EventNameWithAck<EmitEvents>>(
    event: E,
    data: Readonly<EventData<EmitEvents, E>>,
    callback: (response: AckData<EmitEvents, E>, error: Err) => void,
    timeout?: number,
  ): Err;
  /** The same as a promise, which is settled whether the scene has ended or not. */
  emit_with_ack<E extends EventNameWithAck<EmitEvents>>(
    event: E,
    data: Readonly<EventData<EmitEvents, E>>,
    timeout?: number,
  ): Promise<AckData<EmitEvents, E>>;
  emit_with_ack<E extends EventNameWithAck<EmitEvents> & EventNameWithoutData<EmitEvents>>(
    event: E,
  ): Promise<AckData<EmitEvents, E>>;
  emit_with_ack<Response extends unknown[]>(
    event: string,
    data: readonly unknown[] = [],
    callback?: number | ((response: Response, error: Err) => void),
    timeout?: number,
  ): Err | Promise<Response> {
    const wrapped = typeof callback === "function" ? this.#run.wrap(callback) : callback;
    return this.#untyped.emit_with_ack(event, data, wrapped as Callback, timeout);
  }

  get #untyped(): SocketIONamespace {
    return this.get_namespace() as unknown as SocketIONamespace;
  }

  #listen(event: string, callback: Callback, once: boolean): void {
    requireCallback(callback, event);
    const target = this.#untyped;
    this.#run.add(
      { target, event, callback },
      once,
      (wrapped) => target.on(event, wrapped),
      (wrapped) => target.off(event, wrapped),
    );
  }
}

/**
 * A scene plugin for Phaser: the main namespace for one scene, whose registrations end when the scene shuts down or is destroyed.
 * Needs a `SocketIOPlugin` in the game. While the scene is paused or sleeps its callbacks still come; see `pause_with_scene`.
 *
 * @example
 * // plugins: { scene: [{ key: "SocketIOScenePlugin", plugin: SocketIOScenePlugin, mapping: "net" }] }
 * create() {
 *   this.net.on("hit", ([damage]) => this.cameras.main.shake(100, 0.01 * damage));
 * }
 */
export class SocketIOScenePlugin<
  ListenEvents extends EventsMap<ListenEvents> = DefaultEvents,
  EmitEvents extends EventsMap<EmitEvents> = DefaultEvents,
> extends SceneNamespace<ListenEvents, EmitEvents> {
  readonly #run: SceneRun;

  /** Called by Phaser, once for each scene. */
  constructor(scene: PhaserScene) {
    const run = new SceneRun(scene);
    super(run, "/");
    this.#run = run;
  }

  /** The client of the game's `SocketIOPlugin`. What is registered with it directly does not end with the scene. */
  get client(): SocketIOClient {
    return this.#run.client;
  }

  /**
   * True: while the scene is paused or sleeps its `on` and `once` hear nothing, and what comes then is lost to it. Signals and
   * acknowledgements still come. False, the default: all still comes, so that a scene under a pause menu knows the world when it goes on.
   * Kept for the next runs of the scene.
   */
  get pause_with_scene(): boolean {
    return this.#run.pauseWithScene;
  }

  set pause_with_scene(value: boolean) {
    this.#run.pauseWithScene = value;
  }

  /**
   * Another namespace for this scene, made on first use. It is not joined by that: `get_namespace().connect_to_namespace()`.
   * @throws TypeError as `SocketIOClient.create_namespace`
   */
  namespace<L extends EventsMap<L> = DefaultEvents, E extends EventsMap<E> = DefaultEvents>(
    path: string,
  ): SceneNamespace<L, E> {
    this.client.create_namespace(path);
    return new SceneNamespace<L, E>(this.#run, path);
  }

  /**
   * As `signal.connect(callback, flags)`, until the scene ends: for the signals of the client, its namespaces, and your own.
   * @returns `OK`, or `ERR_INVALID_PARAMETER` when this scene has connected the callback already, `ERR_UNAVAILABLE` when it has ended
   * @throws TypeError when `signal` is none, or `callback` not a function
   */
  connect<S extends AnySignal>(signal: S, callback: Parameters<S["connect"]>[0], flags = 0): Err {
    requireCallback(callback);
    if (this.#run.find(signal, null, callback).length > 0) return ERR_INVALID_PARAMETER;
    const isAdded = this.#run.add(
      { target: signal, event: null, callback },
      (flags & Signal.CONNECT_ONE_SHOT) > 0,
      (wrapped) => signal.connect(wrapped),
      (wrapped) => signal.disconnect(wrapped),
    );
    return isAdded ? OK : ERR_UNAVAILABLE;
  }

  /** Undoes `connect`; nothing happens when it is not connected. */
  disconnect<S extends AnySignal>(signal: S, callback: Parameters<S["connect"]>[0]): void {
    for (const { end } of this.#run.find(signal, null, callback)) end();
  }

  /** Called by Phaser when the scene has its other plugins. There is nothing left to do. */
  boot(): void {}

  /** Ends what the scene has registered. */
  destroy(): void {
    this.#run.end();
  }
}
