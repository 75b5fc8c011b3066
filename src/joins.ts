/*
 * Which namespaces are wanted with which auth, and the asking of auth functions: anew for each attempt to connect. CONNECT
 * waits for the answer; an answer to an earlier question is not taken.
 */
import { Announcer } from "./announcer.js";
import { type Auth, encodeAuth, keepAuth } from "./auth.js";
import { type AckOwner, entryOf } from "./namespace-entry.js";
import type { ClientOptions } from "./options.js";
import { CONNECTING, type NamespaceSession } from "./protocol/namespace-session.js";
import { SocketSession } from "./protocol/socket-session.js";

type Core = NamespaceSession<AckOwner>;

export abstract class Joins extends Announcer {
  readonly session: SocketSession<AckOwner>;

  constructor(options: ClientOptions) {
    super(options);
    this.session = new SocketSession(options, this.deadlines, this.rtt, this);
  }

  /** Writes what was sent since the last time. */
  abstract flush(): void;

  join(core: Core, auth: Auth): void {
    entryOf(core).auth = keepAuth(auth);
    this.want(core);
  }

  /** @param delay seconds before CONNECT is sent */
  protected want(core: Core, delay = 0): void {
    const entry = entryOf(core);
    const { auth } = entry;
    entry.question = null;
    this.session.connect(core, typeof auth === "string" ? auth : null, this.now(), delay);
    if (this.attempt) this.#ask(core);
  }

  /** Asks for what this attempt needs and has not asked for. */
  protected dialling(): void {
    for (const core of this.session.namespaces())
      if (core.state === CONNECTING && entryOf(core).question?.attempt !== this.attempt) this.#ask(core);
  }

  #ask(core: Core): void {
    const entry = entryOf(core);
    const { auth } = entry;
    if (typeof auth !== "function") return;
    const question = { attempt: this.attempt };
    entry.question = question;
    core.auth = null;
    const isAwaited = () => entry.question === question && question.attempt === this.attempt;
    const failed = (error: unknown) => {
      const message = `the auth function of ${core.path} failed: ${(error as Error)?.message ?? error}`;
      if (!isAwaited()) return;
      // For the main namespace it is the attempt that failed: the next one asks again. The game hears of it in a poll.
      if (core.path === "/") this.failAttempt(message);
      else this.expireAfter(0, () => isAwaited() && this.session.refuse(core, message));
    };
    const answered = (data: unknown) => {
      if (!isAwaited()) return;
      this.session.authorize(core, encodeAuth(data), this.now());
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
