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

/** The events that need no data: without arguments, or with optional ones alone. */
export type EventNameWithoutData<M> = { [E in EventName<M>]: [] extends EventData<M, E> ? E : never }[EventName<M>];

/** The acknowledgement among the arguments of an event; `never` when there is none. */
type Acknowledgement<Args extends unknown[]> =
  IsOpenEnded<Args> extends true
    ? Callback
    : Required<Args> extends [...unknown[], infer Last]
      ? Last extends Callback
        ? Last
        : never
      : never;

/** The events that can be acknowledged: their last argument is a function, or nothing is known of their arguments. */
export type EventNameWithAck<M> = {
  [E in EventName<M>]: [Acknowledgement<Arguments<M[E]>>] extends [never] ? never : E;
}[EventName<M>];

/** The arguments with which the acknowledgement of an event is answered. */
export type AckData<M, E extends keyof M> = [Acknowledgement<Arguments<M[E]>>] extends [never]
  ? unknown[]
  : Parameters<Acknowledgement<Arguments<M[E]>>>;

/** A function that answers an event. With `any` it is one for the answers of any event. */
export type Answer<Response extends readonly unknown[], Result> = (
  response_array: Response | Readonly<Response>,
) => Result;
