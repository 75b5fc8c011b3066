/** Event maps in the manner of socket.io: event names to the signature of a listener, the acknowledgement last. */
// biome-ignore lint/suspicious/noExplicitAny: a listener of an untyped namespace takes what comes
export type DefaultEvents = Record<string, (...args: any[]) => void>;

/** Any interface whose members are functions; a plain `Record` would ask interfaces for an index signature. */
// biome-ignore lint/suspicious/noExplicitAny: the constraint must admit every signature
export type EventsMap<M> = { [E in keyof M]: (...args: any[]) => any };

export type EventName<M> = keyof M & string;

// biome-ignore lint/suspicious/noExplicitAny: infers whatever signature the acknowledgement has
type Callback = (...args: any[]) => void;

/** `string[]` and `any[]` must stay themselves; only a fixed list can end with an acknowledgement. */
type IsOpenEnded<Args extends unknown[]> = number extends Args["length"] ? true : false;

type Arguments<F> = F extends (...args: infer Args) => unknown ? Args : never;

/** The data of an event: its arguments as an array, without the acknowledgement. */
export type EventData<M, E extends keyof M> =
  IsOpenEnded<Arguments<M[E]>> extends true
    ? Arguments<M[E]>
    : Required<Arguments<M[E]>> extends [...infer Data, infer Last]
      ? Last extends Callback
        ? Data
        : Arguments<M[E]>
      : Arguments<M[E]>;

/** The arguments with which the acknowledgement of an event is answered. */
export type AckData<M, E extends keyof M> =
  IsOpenEnded<Arguments<M[E]>> extends true
    ? // biome-ignore lint/suspicious/noExplicitAny: an untyped event answers with anything
      any[]
    : Required<Arguments<M[E]>> extends [...unknown[], infer Last]
      ? Last extends (...args: infer Answer) => unknown
        ? Answer
        : unknown[]
      : unknown[];
