import { requireThat } from "./errors.js";

/** A client certificate with its key, both the text of a PEM file, and the passphrase of the key if it has one. */
export interface TLSIdentity {
  readonly certificate: string;
  readonly private_key: string;
  readonly passphrase?: string;
}

/**
 * TLS settings of a `wss:` connection. Godot class: `TLSOptions`. Certificates are the text of PEM files.
 *
 * Browsers always use their own trust store: what cannot be honoured there makes `connect_to_url` return
 * `ERR_UNAVAILABLE`, it never makes the connection less secure than asked.
 *
 * @example
 * const ca = readFileSync("ca.pem", "utf8");
 * client.connect_to_url("wss://localhost:3000", {}, TLSOptions.client(ca));
 */
export class TLSOptions {
  readonly #unsafe: boolean;
  readonly #chain: string;
  readonly #commonName: string;
  readonly #identity: TLSIdentity | null;

  private constructor(unsafe: boolean, chain: string, commonName: string, identity: TLSIdentity | null) {
    if (chain !== "") requirePem("trusted_chain", chain);
    check(typeof commonName === "string", "common_name_override", 'a host name, like "game.example"', commonName);
    if (identity !== null) {
      const isObject = typeof identity === "object";
      check(isObject, "identity", "null or { certificate, private_key, passphrase? }", identity);
      requirePem("identity.certificate", identity.certificate);
      requirePem("identity.private_key", identity.private_key);
      const { passphrase } = identity;
      check(typeof (passphrase ?? "") === "string", "identity.passphrase", "a string", passphrase);
    }
    this.#unsafe = unsafe;
    this.#chain = chain;
    this.#commonName = commonName;
    this.#identity = identity && Object.freeze({ ...identity });
  }

  /**
   * Verifies the server's certificate. Godot: `TLSOptions.client`.
   * @param trusted_chain the authorities to trust (PEM) instead of the platform's; `null` or `""`: the platform's
   * @param common_name_override the host name that the certificate must be for, instead of the URL's; `""`: the URL's
   * @param identity the client's own certificate, for servers that ask for one
   * @throws TypeError when an argument has the wrong type or is not PEM
   */
  static client(
    trusted_chain: string | null = null,
    common_name_override = "",
    identity: TLSIdentity | null = null,
  ): TLSOptions {
    return new TLSOptions(false, trusted_chain ?? "", common_name_override, identity);
  }

  /**
   * Does not verify that the certificate is for this host. With `trusted_chain` (PEM) it still has to be signed by it;
   * without, any certificate is accepted. For development only. Godot: `TLSOptions.client_unsafe`.
   * @throws TypeError when `trusted_chain` is not PEM
   */
  static client_unsafe(trusted_chain: string | null = null): TLSOptions {
    return new TLSOptions(true, trusted_chain ?? "", "", null);
  }

  /** True for settings made by `client_unsafe`. */
  is_unsafe_client(): boolean {
    return this.#unsafe;
  }

  /** The authorities to trust, PEM; `""` for the platform's. */
  get_trusted_ca_chain(): string {
    return this.#chain;
  }

  /** The host name that the certificate must be for; `""` for the URL's. */
  get_common_name_override(): string {
    return this.#commonName;
  }

  /** The client's own certificate; `null` for none. */
  get_identity(): TLSIdentity | null {
    return this.#identity;
  }

  /** True when these are the settings that every platform uses by itself. */
  is_default(): boolean {
    return !(this.#unsafe || this.#chain || this.#commonName || this.#identity);
  }
}

/**
 * Whether `value` is `null` or a `TLSOptions`. By its shape: so who asks does not bring the class along, and that of a second
 * copy of this package passes too.
 */
export function isTlsOptions(value: unknown): boolean {
  return value === null || typeof (value as TLSOptions | undefined)?.is_default === "function";
}

function requirePem(name: string, value: string): void {
  const isPem = typeof value === "string" && value.includes("-----BEGIN ");
  check(isPem, name, 'the text of a PEM file ("-----BEGIN …"): write readFileSync(path, "utf8")', value);
}

/** Says the value of no string: it may be a key. */
function check(valid: boolean, name: string, expected: string, value: unknown): void {
  requireThat(valid, `TLSOptions: ${name}`, expected, typeof value === "string" ? "…" : value);
}
