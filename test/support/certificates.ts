/*
 * Certificates for tests, made by the `openssl` command when they are asked for: an authority that the server's and the
 * client's certificates are signed by, and another one that signed nothing here.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface KeyPair {
  readonly certificate: string;
  readonly private_key: string;
}

export interface Certificates {
  readonly authority: KeyPair;
  /** For "localhost" and 127.0.0.1. */
  readonly server: KeyPair;
  /** For "game.example" alone. */
  readonly elsewhere: KeyPair;
  readonly client: KeyPair;
  /** The key of `client`, locked with `PASSPHRASE`. */
  readonly lockedKey: string;
  readonly stranger: KeyPair;
}

export const PASSPHRASE = "open sesame";

/**
 * Whether certificates can be made. Where they cannot the reason is printed, and whoever needs them skips; on a build server
 * (CI=true), where nobody reads that, it fails.
 */
export function canMakeCertificates(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    const problem = "TLS is not tested: there is no openssl command";
    if (process.env["CI"] === "true") throw new Error(problem);
    console.warn(problem);
    return false;
  }
}

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  };
  const pair = (name: string): KeyPair => ({
    certificate: readFileSync(file(`${name}.pem`), "utf8"),
    private_key: readFileSync(file(`${name}.key`), "utf8"),
  });
  const request = (name: string, extensions: string): void => {
    // A file and not -addext, which not every openssl has.
    writeFileSync(
      file(`${name}.cnf`),
      `[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\nCN=${name}\n[ext]\n${extensions}\n`,
    );
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", `${name}.key`);
  };
  const authority = (name: string): KeyPair => {
    request(name, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign");
    openssl(
      ...["req", "-x509", "-new", "-key", `${name}.key`, "-config", `${name}.cnf`],
      ...["-days", "2", "-sha256", "-out", `${name}.pem`],
    );
    return pair(name);
  };
  const signed = (name: string, extensions: string, serial: number): KeyPair => {
    request(name, extensions);
    openssl("req", "-new", "-key", `${name}.key`, "-config", `${name}.cnf`, "-out", `${name}.csr`);
    openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "authority.pem", "-CAkey", "authority.key"],
      ...["-set_serial", String(serial), "-days", "2", "-sha256"],
      ...["-extfile", `${name}.cnf`, "-extensions", "ext", "-out", `${name}.pem`],
    );
    return pair(name);
  };
  try {
    const certificates = {
      authority: authority("authority"),
      stranger: authority("stranger"),
      server: signed("server", "subjectAltName=DNS:localhost,IP:127.0.0.1", 1),
      elsewhere: signed("elsewhere", "subjectAltName=DNS:game.example", 2),
      client: signed("client", "extendedKeyUsage=clientAuth", 3),
    };
    openssl("ec", "-in", "client.key", "-aes256", "-passout", `pass:${PASSPHRASE}`, "-out", "locked.key");
    return { ...certificates, lockedKey: readFileSync(file("locked.key"), "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
