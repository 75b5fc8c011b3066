import { typeName } from "./errors.js";

/** A client certificate with its key, both PEM. */
export interface TLSIdentity {
  readonly certificate: string;
  readonly private_key: string;
  readonly passphrase?: string;
}

/**
 * TLS settings of a `wss:` connection, as Godot's `TLSOptions`. Certificates are PEM strings.
 *
 * Browsers always use their own trust store: what cannot be honoured there makes `connect_to_url` return
 * `ERR_UNAVAILABLE`, it never makes the connection less secure than asked.
 *
 * @example
 * client.connect_to_url("wss://localhost:3000", {}, TLSOptions.client(readFileSync("ca.pem", "utf8")));
 */
export class TLSOptions {
  readonly #unsafe: boolean;
  readonly #chain: string;
  readonly #commonName: string;
  readonly #identity: TLSIdentity | null;

  private constructor(unsafe: boolean, chain: string, commonName: string, identity: TLSIdentity | null) {
    this.#unsafe = unsafe;
    this.#chain = requirePem("trusted_chain", chain);
    this.#commonName = commonName;
    this.#identity = identity;
    if (typeof commonName !== "string") {
      throw new TypeError(`TLSOptions: common_name_override must be a host name, got ${typeName(commonName)}`);
    }
    if (identity !== null) {
      requirePem("identity.certificate", identity?.certificate, true);
      requirePem("identity.private_key", identity?.private_key, true);
    }
  }

  /**
   * Verifies the server's certificate.
   * @param trusted_chain the authorities to trust (PEM) instead of the platform's
   * @param common_name_override the host name that the certificate must be for, instead of the URL's
   * @param identity the client's own certificate, for servers that ask for one
   */
  static client(trusted_chain = "", common_name_override = "", identity: TLSIdentity | null = null): TLSOptions {
    return new TLSOptions(false, trusted_chain, common_name_override, identity);
  }

  /**
   * Does not verify that the certificate is for this host. With `trusted_chain` it still has to be signed by it; without,
   * any certificate is accepted. For development only.
   */
  static client_unsafe(trusted_chain = ""): TLSOptions {
    return new TLSOptions(true, trusted_chain, "", null);
  }

  is_unsafe_client(): boolean {
    return this.#unsafe;
  }

  get_trusted_ca_chain(): string {
    return this.#chain;
  }

  get_common_name_override(): string {
    return this.#commonName;
  }

  get_identity(): TLSIdentity | null {
    return this.#identity;
  }

  /** True when these are the settings that every platform uses by itself. */
  is_default(): boolean {
    return !this.#unsafe && this.#chain === "" && this.#commonName === "" && this.#identity === null;
  }
}

function requirePem(name: string, value: unknown, required = false): string {
  if (value === "" && !required) return value;
  if (typeof value === "string" && value.includes("-----BEGIN ")) return value;
  throw new TypeError(
    `TLSOptions: ${name} must be the text of a PEM file ("-----BEGIN …"), got ${typeof value === "string" ? "another string: read the file first" : typeName(value)}`,
  );
}
