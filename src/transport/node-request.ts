/** What a connection of Node's needs, for WebSocket and HTTP alike: TLS settings, cookies, and errors that say what to do. */
import type { TLSOptions } from "../tls-options.js";
import type { TransportRequest } from "./transport.js";

/** An error of Node's: one of several addresses that all failed is in `errors`, and then `message` is empty. */
export interface NodeError extends Error {
  readonly code?: string | undefined;
  readonly errors?: readonly Error[];
}

/** Milliseconds that a server has for the last thing it is asked. More would keep a process alive that is done with a dead one. */
export const CLOSE_TIMEOUT = 3000;

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

/** The headers of a request to `url`, with the cookies for it. */
export function withCookies(
  { extra_headers, cookies }: Pick<TransportRequest, "extra_headers" | "cookies">,
  url: string,
): Record<string, string> {
  const kept = cookies?.header(url);
  const headers = { ...extra_headers };
  if (!kept) return headers;
  // A balancer's cookies go along with the game's own, which count where both have one.
  const name = Object.keys(headers).find((header) => header.toLowerCase() === "cookie") ?? "cookie";
  const own = headers[name]?.split(/; */) ?? [];
  const nameOf = (pair: string) => pair.split("=")[0];
  const others = kept.split("; ").filter((pair) => !own.some((mine) => nameOf(mine) === nameOf(pair)));
  headers[name] = [...own, ...others].join("; ");
  return headers;
}

/** What is wrong with the server's certificate, and what to do, by the codes of Node's errors. */
const CERTIFICATE_ERRORS: readonly (readonly [codes: RegExp, problem: string, hint: string])[] = [
  [
    /^ERR_TLS_CERT_ALTNAME/,
    "is for another host",
    "connect to a name it has, or see TLSOptions.client(…, common_name_override)",
  ],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)/, "is not valid at this time", "renew it, or set the clock of this machine"],
  [
    /ISSUER|SELF_SIGNED|LEAF_SIGNATURE/,
    "is not trusted",
    "give the authority that signed it, see TLSOptions.client(trusted_chain)",
  ],
];

/** What the status 407 means: proxies alone answer with it (RFC 9110, 15.5.8). */
export const PROXY_REFUSES =
  "the proxy asks for a user and a password (HTTP status 407): give its agent a URL like http://user:password@proxy:8080";

/**
 * What `error` means to somebody who has not read OpenSSL.
 * @param isFirst nothing has come from the server before
 */
export function explain({ message, errors = [], code = "" }: NodeError, secure: boolean, isFirst: boolean): string {
  const text = message || errors.map((error) => error.message).join(", ") || code || "the connection failed";
  if (/server response: 407\b/.test(text)) return PROXY_REFUSES;
  const detail = /SSL routines:[^:]*:([^:]+)/.exec(text)?.[1];
  if (detail === "wrong version number") return "the server speaks no TLS at this port: write ws: instead of wss:";
  for (const [codes, problem, hint] of CERTIFICATE_ERRORS)
    if (codes.test(code)) return `the server's certificate ${problem} (${text}): ${hint}`;
  const hungUp = isFirst && code === "ECONNRESET";
  // A server that speaks TLS just hangs up on plain HTTP; one that misses a certificate sends an alert, or hangs up as well.
  if (hungUp && !secure)
    return `the server hung up (${text}): it may speak TLS at this port (write wss: instead of ws:), or have nothing at this path (a namespace is no part of the URL)`;
  if (detail === undefined && !hungUp) return text;
  const hint = "the server may ask for a client certificate, see TLSOptions.client(…, identity)";
  return `the TLS handshake failed (${detail ?? text}): ${hint}`;
}
