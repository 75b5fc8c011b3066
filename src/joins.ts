/*
 * Which namespaces are wanted with which auth, and the asking of auth functions: anew for each attempt to connect. CONNECT
 * waits for the answer; an answer to an earlier question is not taken.
 */
import { type Auth, askAuth, checkAuth, encodeAuth } from "./auth.js";
import { type AckOwner, entryOf } from "./namespace-entry.js";
import type { Deadlines } from "./protocol/deadlines.js";
import { CONNECTING, type NamespaceSession } from "./protocol/namespace-session.js";
import type { SocketSession } from "./protocol/socket-session.js";

type Core = NamespaceSession<AckOwner>;

export interface JoinsHost {
  readonly session: SocketSession<AckOwner>;
  readonly deadlines: Deadlines;
  /** Stands for the attempt that is going on, or the connection that came of it; 0 between two attempts. */
  readonly attempt: number;
  now(): number;
  flush(): void;
  /** Runs a function of the game's that is no callback. */
  runGuarded(run: () => void): void;
  /** The auth of the main namespace could not be had. */
  failAttempt(message: string): void;
}

/** Questions of all clients. */
let questions = 0;

/**
 * @param delay seconds before CONNECT is sent
 * @param json the auth as it is sent; `null` if it has to be asked for
 */
export function want(host: JoinsHost, core: Core, auth: Auth, delay = 0, json = checkAuth(auth)): void {
  const entry = entryOf(core);
  entry.auth = auth;
  entry.askedFor = entry.question = 0;
  host.session.connect(core, json, host.now(), delay);
  if (host.attempt) ask(host, core, auth, host.attempt);
}

/** Wants again what was refused, with the same auth. */
export function wantAgain(host: JoinsHost, core: Core, delay: number): void {
  const auth = entryOf(core).auth!;
  // As it was when it was given: the game may have changed the object since.
  want(host, core, auth, delay, typeof auth === "function" ? null : core.auth);
}

/** Asks for what this attempt needs and has not asked for. */
export function askAll(host: JoinsHost, attempt: number): void {
  for (const core of host.session.namespaces()) {
    const { auth, askedFor } = entryOf(core);
    // The function of the one before may have ended the attempt.
    if (core.state === CONNECTING && askedFor !== attempt && attempt === host.attempt) ask(host, core, auth!, attempt);
  }
}

function ask(host: JoinsHost, core: Core, auth: Auth, attempt: number): void {
  if (typeof auth !== "function") return;
  const { session } = host;
  session.authorize(core, null, host.now());
  const entry = entryOf(core);
  const question = ++questions;
  entry.askedFor = attempt;
  entry.question = question;
  const isAwaited = () => attempt === host.attempt && core.auth === null && entry.question === question;
  const failed = (error: unknown) => {
    const message = `the auth function of ${core.path} failed: ${(error as Error)?.message ?? error}`;
    if (!isAwaited()) return;
    // For the main namespace it is the attempt that failed: the next one asks again. The game hears of it in a poll.
    if (core.path === "/") host.failAttempt(message);
    else host.deadlines.add(host.now(), () => isAwaited() && session.refuse(core, message));
  };
  const answered = (data: unknown) => {
    if (!isAwaited()) return;
    session.authorize(core, encodeAuth(data), host.now());
    // Like the CONNECT that needs no asking, it goes out when it can, not with the next frame.
    host.flush();
  };
  host.runGuarded(() => askAuth(auth, answered, failed));
}
