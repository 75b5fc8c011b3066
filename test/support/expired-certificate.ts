/* A server's certificate whose time is over. Apart from `makeCertificates`: only `openssl ca` can be told the dates. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KeyPair } from "./certificates.js";

const CONFIG = `
[req]
prompt = no
distinguished_name = dn
[dn]
CN = expired
[ca]
default_ca = authority
[authority]
database = index.txt
serial = serial.txt
new_certs_dir = .
certificate = authority.pem
private_key = authority.key
default_md = sha256
policy = any
x509_extensions = ext
[any]
commonName = supplied
[ext]
subjectAltName = DNS:localhost,IP:127.0.0.1
`;

/** For "localhost" and 127.0.0.1, signed by `authority`, valid during the first day of the year 2020. */
export function makeExpired(authority: KeyPair): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), "certificates-"));
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  try {
    write("authority.pem", authority.certificate);
    write("authority.key", authority.private_key);
    write("openssl.cnf", CONFIG);
    write("index.txt", "");
    write("serial.txt", "10\n");
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "expired.key");
    openssl("req", "-new", "-key", "expired.key", "-config", "openssl.cnf", "-out", "expired.csr");
    openssl(
      ...["ca", "-batch", "-notext", "-config", "openssl.cnf", "-in", "expired.csr", "-out", "expired.pem"],
      ...["-startdate", "20200101000000Z", "-enddate", "20200102000000Z"],
    );
    return { certificate: read("expired.pem"), private_key: read("expired.key") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
