/*
 * The options of a client as a recording has them: settings as they are, and of what has a life of its own only that it is there.
 */
import type { ClientOptions, ClientOptionsInput } from "../options.js";
import { engineName, type TransportFactory } from "../transport/transport.js";
import { decodeValue, encodeValue } from "./session-values.js";

/** What a recording needs no trace of: it plays no part in what the client decides, or is no setting. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "clock",
  "random",
  "agent",
  "protocols",
  "with_credentials",
  "per_message_deflate",
]);

/** A factory in a recording: its number, and its Engine.IO name. A name alone stands for a transport that this client has not. */
type PlainFactory = string | readonly [number: number, engineName: string];

/** Options for a recording; `number` tells factories apart. */
export function plainOptions(
  options: ClientOptionsInput,
  number: (factory: TransportFactory) => number,
): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  const plainFactory = (item: string | TransportFactory): PlainFactory =>
    typeof item === "string" ? item : [number(item), engineName(item)];
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || LEFT_OUT.has(name)) continue;
    if (name === "transports") plain[name] = (value as ClientOptions["transports"]).map(plainFactory);
    else if (name === "transport_factory") plain[name] = value && plainFactory(value as TransportFactory);
    else if (name === "codec") plain[name] = value !== null;
    else if (name === "query" || name === "extra_headers") plain[name] = typeof value === "function";
    else if (name === "reconnection" && typeof value === "object") {
      const { filter, ...rest } = value as Partial<ClientOptions["reconnection"]>;
      plain[name] = encodeValue(filter === undefined ? rest : { ...rest, filter: filter !== null });
    } else plain[name] = encodeValue(value);
  }
  return plain;
}

/** What a replay puts in the place of what a recording cannot hold. */
interface Substitutes {
  readonly factory: (number: number, engineName: string) => TransportFactory;
  readonly filter: NonNullable<ClientOptions["reconnection"]["filter"]>;
  /** For a function that was asked for a dictionary. */
  readonly ask: (what: "query" | "extra_headers") => Record<string, string>;
  readonly codec: ClientOptions["codec"];
}

/** A budget that no poll uses up, in seconds. */
export const ENDLESS = 1e6;

/** The options that `plainOptions` was given, for a replay. How much a poll may take is said by the recording, not by a budget. */
export function replayOptions(plain: Readonly<Record<string, unknown>>, substitutes: Substitutes): ClientOptionsInput {
  const options: Record<string, unknown> = {};
  const factory = (item: PlainFactory) => (typeof item === "string" ? item : substitutes.factory(...item));
  for (const [name, value] of Object.entries(plain)) {
    if (name === "poll_max_packets") continue;
    // With a budget of time the client writes in several goes; when it is used up says the recording.
    if (name === "poll_max_time") options[name] = value === 0 ? 0 : ENDLESS;
    else if (name === "transports") options[name] = (value as PlainFactory[]).map(factory);
    else if (name === "transport_factory") options[name] = value && factory(value as PlainFactory);
    else if (name === "codec") options[name] = value ? substitutes.codec : null;
    else if (name === "query" || name === "extra_headers") options[name] = value ? () => substitutes.ask(name) : {};
    else {
      const decoded = decodeValue(value) as Record<string, unknown>;
      if (name === "reconnection" && "filter" in Object(decoded))
        options[name] = { ...decoded, filter: decoded["filter"] ? substitutes.filter : null };
      else options[name] = decoded;
    }
  }
  return options as ClientOptionsInput;
}
