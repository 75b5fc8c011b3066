import type { RequestMaker } from "./connection.js";
import type { Target } from "./dialer.js";
import { type ClientOptions, checkedOption } from "./options.js";
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
  readonly #cookies: CookieStore | null;

  constructor(
    url: string | (() => string),
    tls: TLSOptions | null,
    readonly transports: readonly TransportFactory[],
    options: ClientOptions,
  ) {
    this.#url = url;
    this.#tls = tls;
    this.#cookies = createCookieStore(options);
  }

  /** Asks for the URL; `null` when it cannot be used. */
  read(): URL | null {
    this.given = ask(this.#url);
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
    // What a function answers has to be what the option could have been itself.
    const query = checkedOption("query", ask(options.query), null);
    const extra_headers = checkedOption("extra_headers", ask(options.extra_headers), null);
    return (factory, sid) => ({
      ...options,
      extra_headers,
      url: engineUrl(url, options.path, query, engineName(factory), sid),
      sid,
      tls: this.#tls,
      cookies: this.#cookies,
    });
  }
}

function ask<Value extends string | object>(value: Value | (() => Value)): Value {
  return typeof value === "function" ? value() : value;
}
