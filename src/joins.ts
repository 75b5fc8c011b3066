/*
 * Which namespaces are wanted with which auth, and the asking of auth functions: anew for each attempt to connect. CONNECT
 * waits for the answer; an answer to an earlier question is not taken.
 */
import { Announcer } from "./announcer.js";
import { type Auth, encodeAuth, keepAuth } from "./auth.js";
import type { NamespaceEntry } from "./namespace-entry.js";
import type { ClientOptions } from "./options.js";
import { CONNECTING } from "./protocol/namespace-session.js";
import { SocketSession } from "./protocol/socket-session.js";

export abstract class Joins extends Announcer {
  readonly session: SocketSession<NamespaceEntry>;

  constructor(options: ClientOptions) {
    super(options);
    this.session = new SocketSession(options, this.deadlines, this.rtt, this);
  }

  /** Writes what was sent since the last time. */
  abstract flush(): void;

  join(entry: NamespaceEntry, auth: Auth): void {
    entry.keptAuth = keepAuth(auth);
    this.want(entry);
  }

  /** @param delay seconds before CONNECT is sent */
  protected want(entry: NamespaceEntry, delay = 0): void {
    const { keptAuth: auth } = entry;
    entry.question = null;
    this.session.connect(entry, typeof auth === "string" ? auth : null, this.now(), delay);
    if (this.attempt) this.#ask(entry);
  }

  /** Asks for what this attempt needs and has not asked for. */
  protected dialling(): void {
    for (const entry of this.session.namespaces())
      if (entry.state === CONNECTING && entry.question?.attempt !== this.attempt) this.#ask(entry);
  }

  #ask(entry: NamespaceEntry): void {
    const { keptAuth: auth } = entry;
    if (typeof auth !== "function") return;
    const question = { attempt: this.attempt };
    entry.question = question;
    entry.auth = null;
    const isAwaited = () => entry.question === question && question.attempt === this.attempt;
    const failed = (error: unknown) => {
      const message = `the auth function of ${entry.path} failed: ${(error as Error)?.message ?? error}`;
      if (!isAwaited()) return;
      // For the main namespace it is the attempt that failed: the next one asks again. The game hears of it in a poll.
      if (entry.path === "/") this.failAttempt(message);
      else this.expireAfter(0, () => isAwaited() && this.session.refuse(entry, message));
    };
    const answered = (data: unknown) => {
      if (!isAwaited()) return;
      this.session.authorize(entry, encodeAuth(data), this.now());
      // Like the CONNECT that needs no asking, it goes out when it can, not with the next frame.
      this.flush();
    };
    // It is no callback, but must not poll either.
    this.depth++;
    try {
      const answer = auth();
      // Through a promise of our own: a foreign one may lack `catch`.
      if (typeof (answer as Promise<unknown> | null | undefined)?.then === "function")
        Promise.resolve(answer).then(answered).catch(failed);
      else answered(answer);
    } catch (error) {
      failed(error);
    }
    this.depth--;
  }
}
