import { Err, OK, type SocketIOClient, type SocketIONamespace } from "socketio-gameloop";
import {
  type ArenaAuth,
  type ArenaClientEvents,
  type ArenaServerEvents,
  LOBBY_NAMESPACE,
  type LobbyAuth,
  type LobbyClientEvents,
  type LobbyServerEvents,
  type Refusal,
} from "../shared/protocol.js";

export type LobbyNamespace = SocketIONamespace<LobbyServerEvents, LobbyClientEvents>;
type ArenaNamespace = SocketIONamespace<ArenaServerEvents, ArenaClientEvents>;

/** An attempt to join `/` that waits for a ticket. */
interface Waiting {
  readonly resolve: (ticket: string) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The way into the arena, the same for the page and for a bot: connect, join `/lobby` with a name, ask it for a ticket,
 * join `/` with that.
 *
 * The client was made with `main_namespace: false`, so that `connect_to_url` does not join `/` before the lobby knows the
 * player. The auth of `/` is a function: the library asks it again at every reconnection, and every time it waits for a fresh
 * one-time ticket out of the lobby, which has come back on the same connection. So a restarted server, which knows no old
 * ticket and no player, is no special case.
 *
 * The ticket is asked for in a callback, and its answer comes to one: so a replay of a recorded session does it again.
 */
export class ArenaLink {
  readonly client: SocketIOClient;
  readonly lobby: LobbyNamespace;
  readonly arena: ArenaNamespace;
  /** Why the last attempt was refused, for the player to read; "" while nothing is wrong. */
  refusal = "";
  /** Called when the server refused something, with the text of `refusal`. */
  onRefused: (reason: string) => void = () => {};
  readonly #bot: boolean;
  #name = "";
  #seat = "";
  #waiting: Waiting | null = null;

  constructor(client: SocketIOClient, bot: boolean) {
    this.client = client;
    this.#bot = bot;
    this.lobby = client.create_namespace<LobbyServerEvents, LobbyClientEvents>(LOBBY_NAMESPACE);
    this.arena = client.get_namespace<ArenaServerEvents, ArenaClientEvents>("/");
    this.lobby.connected.connect(() => this.#enterArena());
    this.lobby.connect_error.connect((error) => this.#refused(error.message, error.data));
    this.arena.connected.connect(() => {
      this.refusal = "";
    });
    this.arena.connect_error.connect((error) => {
      // The ticket ran out on the way (the page slept): come again with a new one.
      if ((error.data as Refusal | undefined)?.code === "bad_ticket") this.#enterArena();
    });
  }

  /**
   * Starts connecting under this name, or tries another name on the connection that is there already. Runtime trouble is
   * a return value or a signal, never an exception.
   */
  connect(url: string, name: string): Err {
    this.#name = name;
    this.refusal = "";
    const started = this.client.connect_to_url(url);
    if (started !== OK && started !== Err.ERR_ALREADY_IN_USE) return started;
    const auth: LobbyAuth = { name, bot: this.#bot };
    return this.lobby.connect_to_namespace({ ...auth });
  }

  /** Leaves the arena and the lobby; the connection stays, and `connect()` comes back on it under any name. */
  leave(): void {
    this.arena.disconnect_from_namespace();
    this.lobby.disconnect_from_namespace();
    this.refusal = "";
  }

  /** Joins `/` with a new ticket. After a reconnection the library has begun to join it itself, which is not an error here. */
  #enterArena(): void {
    this.arena.connect_to_namespace(() => this.#auth());
    this.lobby.emit_with_ack("join", [{ seat: this.#seat }], ([answer], error) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (error === OK && answer.ok) {
        this.#seat = answer.seat;
        waiting?.resolve(answer.ticket);
      } else waiting?.reject(new Error(error === OK && !answer.ok ? answer.reason : "the lobby did not answer"));
    });
  }

  #auth(): Promise<{ [Key in keyof ArenaAuth]: ArenaAuth[Key] }> {
    // While the server was away every attempt has asked; only the last of them may spend a ticket.
    this.#waiting?.reject(new Error("superseded by a later attempt"));
    const ticket = new Promise<string>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    return ticket.then((text) => ({ name: this.#name, ticket: text }));
  }

  /** An error with data was said by the server on purpose; one without is a failed attempt, and the next one follows. */
  #refused(message: string, data: unknown): void {
    const hint = (data as Refusal | undefined)?.hint;
    if (hint === undefined) return;
    this.refusal = `${message} (${hint})`;
    this.onRefused(this.refusal);
  }
}
