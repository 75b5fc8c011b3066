/*
 * The game's own calls, written down: with arguments that can be made again, and the functions in them known by numbers.
 */
import { type Err, OK } from "../errors.js";
import type { Reply, TakenEvent } from "../namespace-entry.js";
import type { Item } from "./session-format.js";
import type { Method, Target } from "./session-patches.js";
import { maskUrl, maskUrls, type Redaction } from "./session-redaction.js";
import type { Tape } from "./session-tape.js";
import { encodeValue } from "./session-values.js";

type Original = (...args: unknown[]) => unknown;

/** A game answers an event. `number` is that of the event among those that ask. */
type OnReply = (number: number, event: string, response: readonly unknown[], reply: Reply) => Err;

export class CallNotes {
  readonly #tape: Tape;
  readonly #redaction: Redaction;
  readonly #ids = new WeakMap<object, number>();
  readonly #replies = new WeakMap<object, Reply>();
  /** What the client connects for itself, in `Signal.wait`. */
  readonly #internal = new WeakSet<object>();
  readonly #onReply: OnReply | null;
  #lastId = 0;
  #lastReply = 0;
  #lastAnswer = 0;
  #isInside = false;

  /** @param onReply takes the place of the recording of replies */
  constructor(tape: Tape, redaction: Redaction, onReply: OnReply | null = null) {
    this.#tape = tape;
    this.#redaction = redaction;
    this.#onReply = onReply;
  }

  idOf(callback: unknown): number {
    if (typeof callback !== "function") return 0;
    let id = this.#ids.get(callback);
    if (id === undefined) {
      id = ++this.#lastId;
      this.#ids.set(callback, id);
    }
    return id;
  }

  /** Records a call that is made by `run`; its result if that is a code. One that throws was none. */
  record<T>(item: Item, run: () => T): T {
    return this.#tape.stimulus(item, () => {
      const result = run();
      if (typeof result === "number") item[5] = result;
      return result;
    });
  }

  call(target: Target, method: Method, args: unknown[], original: Original): unknown {
    if (this.#isInside || (method === "signal:disconnect" && this.#internal.has(args[1] as object))) {
      if (method === "signal:connect") this.#internal.add(args[1] as object);
      return original(...args);
    }
    const [shown, given] = this.show(method, args);
    const run = () => {
      if (method !== "signal:wait") return original(...given);
      this.#isInside = true;
      try {
        return original(...given);
      } finally {
        this.#isInside = false;
      }
    };
    return this.record(["call", 0, target, method, shown, 0], run);
  }

  /** The same event, whose reply is recorded. */
  wrapTaken(taken: TakenEvent | null): TakenEvent | null {
    return taken?.reply ? { ...taken, reply: this.watchReply(taken.event, taken.reply) } : taken;
  }

  /** A function that the client asks; its answer is recorded as far as a replay needs it. */
  ask<F extends (...args: never[]) => unknown>(what: string, question: F): F {
    const asked = (...args: Parameters<F>) => {
      const item: Item = ["ask", what, 0];
      return this.#tape.effect(item, () => {
        try {
          const answer = question(...args);
          if (what === "auth") return this.#authAnswer(item, answer);
          if (what === "url") item[2] = { value: maskUrl(String(answer)) };
          else if (what === "filter") item[2] = { value: Boolean(answer) };
          else item[2] = { value: isDictionary(answer) ? {} : 0 };
          return answer;
        } catch (error) {
          item[2] = { error: maskUrls(messageOf(error)) };
          throw error;
        }
      });
    };
    return asked as unknown as F;
  }

  /** What is written down of the arguments, and the arguments to call with. */
  show(method: Method, args: unknown[]): [shown: unknown[], given: unknown[]] {
    const [first, second, third, ...rest] = args;
    const redaction = this.#redaction;
    switch (method) {
      case "connect_to_url": {
        const isAsked = typeof first === "function";
        const url = isAsked ? { $fn: 1 } : maskUrl(String(first));
        const [auth, givenAuth] = this.#auth(second);
        return [
          [url, auth],
          [isAsked ? this.ask("url", first as () => string) : first, givenAuth, third, ...rest],
        ];
      }
      case "connect_to_namespace": {
        const [auth, given] = this.#auth(first);
        return [[auth], args.length > 0 ? [given] : []];
      }
      case "on":
      case "once":
      case "off":
        return [[first, this.idOf(second)], args];
      case "emit":
      case "emit_volatile":
        return [[first, encodeValue(redaction.data(String(first), second ?? []))], args];
      case "emit_with_ack": {
        const withCallback = typeof third === "function";
        const timeout = withCallback ? rest[0] : third;
        const data = encodeValue(redaction.data(String(first), second ?? []));
        return [[first, data, Number(withCallback), ...(timeout === undefined ? [] : [timeout])], args];
      }
      case "signal:connect":
        return [[first, this.idOf(second), ...(third ? [third] : [])], args];
      case "signal:disconnect":
        return [[first, this.idOf(second)], args];
      default:
        return [args.map((argument) => encodeValue(argument)), args];
    }
  }

  #auth(auth: unknown): [shown: unknown, given: unknown] {
    if (typeof auth === "function") return [{ $fn: 1 }, this.ask("auth", auth as () => unknown)];
    return [encodeValue(this.#redaction.auth(auth ?? {})), auth];
  }

  /** A promise is answered when it is, and that is a stimulus of its own. */
  #authAnswer(item: Item, answer: unknown): unknown {
    if (typeof (answer as PromiseLike<unknown> | null)?.then !== "function") {
      item[2] = { value: encodeValue(this.#redaction.auth(answer)) };
      return answer;
    }
    const number = ++this.#lastAnswer;
    item[2] = { promise: number };
    const tape = this.#tape;
    return interceptedPromise((answered, failed) => {
      Promise.resolve(answer as PromiseLike<unknown>).then(
        (data) =>
          tape.stimulus(["auth", 0, number, 1, encodeValue(this.#redaction.auth(data))], () => {
            try {
              answered(data);
            } catch (error) {
              failed(error);
            }
          }),
        (error) => tape.stimulus(["auth", 0, number, 0, maskUrls(messageOf(error))], () => failed(error)),
      );
    });
  }

  /** The same reply, recorded; a game that has it several times answers it under one number. */
  readonly watchReply = (event: string, reply: Reply): Reply => {
    let recorded = this.#replies.get(reply);
    if (recorded === undefined) {
      const number = ++this.#lastReply;
      recorded = (response) => {
        if (this.#onReply) return this.#onReply(number, event, response, reply);
        if (!this.#tape.isRunning) return reply(response);
        const data = encodeValue(this.#redaction.data(event, response));
        return this.record(["call", 0, null, "reply", [number, data], OK], () => reply(response));
      };
      this.#replies.set(reply, recorded);
    }
    return recorded;
  };
}

/** A promise as far as the client makes use of one: `then(answered).catch(failed)`, where both are called by whoever gets them here. */
export function interceptedPromise(
  take: (answered: (data: unknown) => void, failed: (error: unknown) => void) => void,
): Promise<unknown> {
  const promise = new Promise<unknown>(() => {});
  const then = (answered: (data: unknown) => void) => ({
    catch: (failed: (error: unknown) => void) => take(answered, failed),
  });
  // biome-ignore lint/suspicious/noThenProperty: `Promise.resolve` hands a promise of the platform on as it is, with its own `then`
  return Object.defineProperty(promise, "then", { value: then });
}

function isDictionary(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then !== "function";
}

function messageOf(error: unknown): string {
  return String((error as Error)?.message ?? error);
}
