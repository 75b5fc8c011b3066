import type { Namespace } from "socket.io";
import type { LobbyAuth, LobbyClientEvents, LobbyServerEvents, LobbyStatus } from "../shared/protocol.js";
import { RateLimit } from "./rate-limit.js";
import { refusal } from "./refuse.js";
import { newSeat, type TicketOffice } from "./tickets.js";
import { cleanLobbyAuth, cleanSeat } from "./validate.js";

type NoServerEvents = Record<string, never>;
export type LobbyNamespace = Namespace<LobbyClientEvents, LobbyServerEvents, NoServerEvents, Required<LobbyAuth>>;

/**
 * The `/lobby` namespace: checks names, shows who leads, and sells tickets. It stays open during the game, beside the
 * arena on the same connection.
 */
export class Lobby {
  readonly #namespace: LobbyNamespace;
  readonly #tickets: TicketOffice;
  readonly #clock: () => number;

  constructor(namespace: LobbyNamespace, tickets: TicketOffice, clock: () => number) {
    this.#namespace = namespace;
    this.#tickets = tickets;
    this.#clock = clock;
    namespace.use((socket, next) => {
      const auth = cleanLobbyAuth(socket.handshake.auth);
      if (auth === null) {
        const hint = "1 to 16 letters, digits, blanks or . _ ' - and a letter or digit first";
        next(refusal("this name cannot be used", { code: "bad_name", hint }));
        return;
      }
      Object.assign(socket.data, auth);
      next();
    });
    namespace.on("connection", (socket) => {
      const limit = new RateLimit(2, 6, clock());
      socket.on("join", (request: unknown, answer: unknown) => {
        if (typeof answer !== "function") return;
        answer(this.#join(socket.data, request, limit.take(clock())));
      });
    });
  }

  /** Sends the state of the game to everyone in the lobby. */
  publish(status: LobbyStatus): void {
    this.#namespace.volatile.emit("status", status);
  }

  #join(who: Required<LobbyAuth>, request: unknown, allowed: boolean) {
    const seat = cleanSeat(request);
    if (!allowed) return { ok: false, reason: "too many requests" };
    if (seat === null) return { ok: false, reason: "malformed request" };
    const grant = { ...who, seat: seat === "" ? newSeat() : seat };
    return { ok: true, ticket: this.#tickets.issue(grant, this.#clock()), seat: grant.seat };
  }
}
