import type { RequestMaker } from "./connection.js";
import type { Target } from "./dialer.js";
import { requireThat } from "./errors.js";
import type { ClientOptions, PerAttempt } from "./options.js";
import { isObject } from "./protocol/protocol-error.js";
import type { TLSOptions } from "./tls-options.js";
import { createCookieStore } from "./transport/platform-http.js";
import { type CookieStore, engineName, parseUrl, type TransportFactory } from "./transport/transport.js";
import { engineUrl } from "./url.js";

/** Where a client connects to, and with what: asked anew for each attempt. */
export class Address implements Target {
  /** The URL as it was given last. */
  given = "";
  readonly #url: string | (() => string);
  readonly #tls: TLSOptions | null;
  /** Read, and not used for an attempt yet. */
  #unused: URL | null = null;
  #cookies: CookieStore | null = null;

  constructor(
    url: string | (() => string),
    tls: TLSOptions | null,
    readonly transports: readonly TransportFactory[],
  ) {
    this.#url = url;
    this.#tls = tls;
  }

  /** Asks for the URL; `null` when it cannot be used. */
  read(): URL | null {
    const url = this.#url;
    this.given = typeof url === "string" ? url : url();
    this.#unused = parseUrl(this.given);
    return this.#unused;
  }

  get complaint(): string {
    return `cannot use the URL "${this.given}"; write one like ws://localhost:3000`;
  }

  get isLocal(): boolean {
    return /(^|\.)localhost$|^127\.[\d.]+$|^\[::1]$/.test(parseUrl(this.given)?.hostname ?? "");
  }

  /** What the transports of the next attempt are opened with. */
  prepare(options: ClientOptions): RequestMaker {
    const url = this.#unused ?? this.read();
    if (!url) throw new Error(this.complaint);
    this.#unused = null;
    const query = perAttempt("query", options.query);
    const headers = perAttempt("extra_headers", options.extra_headers);
    if (options.with_credentials) this.#cookies ??= createCookieStore();
    const cookies = this.#cookies;
    return (factory, sid) => ({
      url: engineUrl(url, options.path, query, engineName(factory), sid),
      sid,
      tls: this.#tls,
      headers,
      protocols: options.protocols,
      perMessageDeflate: options.per_message_deflate,
      maxPayload: Math.max(options.max_payload, options.max_queued_bytes),
      withCredentials: options.with_credentials,
      agent: options.agent,
      cookies,
      maxPackets: options.polling_max_packets,
    });
  }
}

function perAttempt(option: string, value: PerAttempt): Readonly<Record<string, string>> {
  const answer = typeof value === "function" ? value() : value;
  // A promise is an object too, and has no entries: what it brings would be missing, and nobody would know.
  const isDictionary = isObject(answer) && typeof answer["then"] !== "function";
  requireThat(isDictionary, `what option "${option}" returns`, "a dictionary, and no promise of one", answer);
  return answer;
}
