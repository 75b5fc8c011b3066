/** What a connection of Node's needs, for WebSocket and HTTP alike: TLS settings, cookies, and errors that say what to do. */
import type { TLSOptions } from "../tls-options.js";
import type { CookieStore } from "./transport.js";

/** An error of Node's: one of several addresses that all failed is in `errors`, and then `message` is empty. */
export interface NodeError extends Error {
  readonly code?: string | undefined;
  readonly errors?: readonly Error[];
}

/** The options of `tls.connect` for these settings. */
export function tlsSettings(tls: TLSOptions | null): object {
  if (tls === null) return {};
  const chain = tls.get_trusted_ca_chain();
  const name = tls.get_common_name_override();
  const identity = tls.get_identity();
  return {
    ...(chain ? { ca: chain } : null),
    ...(name ? { servername: name } : null),
    ...(identity ? { cert: identity.certificate, key: identity.private_key, passphrase: identity.passphrase } : null),
    // Unsafe with a chain still verifies the signature, only not the name.
    ...(tls.is_unsafe_client()
      ? chain
        ? { checkServerIdentity: () => undefined }
        : { rejectUnauthorized: false }
      : null),
  };
}

export function withCookies(
  headers: Readonly<Record<string, string>>,
  cookies: CookieStore | null,
  url: string,
): Record<string, string> {
  const cookie = cookies?.header(url);
  return cookie ? { cookie, ...headers } : { ...headers };
}

/** What `error` means to somebody who has not read OpenSSL. */
export function explain({ message, errors = [], code }: NodeError, secure: boolean): string {
  const text = message || errors.map((error) => error.message).join(", ") || code || "the connection failed";
  const detail = /SSL routines:[^:]*:([^:]+)/.exec(text)?.[1];
  if (detail === "wrong version number") return "the server speaks no TLS at this port: write ws: instead of wss:";
  // A server that misses a certificate sends an alert, or just hangs up.
  if (detail === undefined && !(secure && code === "ECONNRESET")) return text;
  const hint = "the server may ask for a client certificate, see TLSOptions.client(…, identity)";
  return `the TLS handshake failed (${detail ?? text}): ${hint}`;
}
