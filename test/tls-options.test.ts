import { describe, expect, test } from "vitest";
import { isTlsOptions, TLSOptions } from "../src/tls-options.js";

const PEM = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n";
const any = (value: unknown) => value as never;

function describeOptions(tls: TLSOptions): unknown[] {
  return [
    tls.is_unsafe_client(),
    tls.get_trusted_ca_chain(),
    tls.get_common_name_override(),
    tls.get_identity(),
    tls.is_default(),
  ];
}

describe("TLSOptions", () => {
  test("client() keeps what it was given", () => {
    const identity = { certificate: PEM, private_key: KEY };
    expect(describeOptions(TLSOptions.client())).toEqual([false, "", "", null, true]);
    expect(describeOptions(TLSOptions.client(PEM))).toEqual([false, PEM, "", null, false]);
    expect(describeOptions(TLSOptions.client("", "game.example"))).toEqual([false, "", "game.example", null, false]);
    expect(describeOptions(TLSOptions.client(PEM, "", identity))).toEqual([false, PEM, "", identity, false]);
    const locked = { ...identity, passphrase: "open sesame" };
    expect(TLSOptions.client("", "", locked).get_identity()).toEqual(locked);
  });

  test("client_unsafe() is never the default", () => {
    expect(describeOptions(TLSOptions.client_unsafe())).toEqual([true, "", "", null, false]);
    expect(describeOptions(TLSOptions.client_unsafe(PEM))).toEqual([true, PEM, "", null, false]);
  });

  test("null is no chain, as in Godot", () => {
    for (const none of [null, undefined]) {
      expect(describeOptions(TLSOptions.client(none))).toEqual([false, "", "", null, true]);
      expect(describeOptions(TLSOptions.client(none, "game.example"))).toEqual([
        false,
        "",
        "game.example",
        null,
        false,
      ]);
      expect(describeOptions(TLSOptions.client_unsafe(none))).toEqual([true, "", "", null, false]);
    }
  });

  test("an identity that is changed afterwards changes nothing", () => {
    const identity = { certificate: PEM, private_key: KEY };
    const tls = TLSOptions.client("", "", identity);
    identity.private_key = "";
    expect(tls.get_identity()?.private_key).toBe(KEY);
    expect(() => Object.assign(tls.get_identity()!, { private_key: "" })).toThrow(TypeError);
    expect(tls.get_identity()?.private_key).toBe(KEY);
  });

  test("what is no PEM is refused with a sentence that says what to write", () => {
    const hint = 'must be the text of a PEM file ("-----BEGIN …"): write readFileSync(path, "utf8"), got';
    expect(() => TLSOptions.client("ca.pem")).toThrow(`TLSOptions: trusted_chain ${hint} "…"`);
    expect(() => TLSOptions.client_unsafe("ca.pem")).toThrow(TypeError);
    expect(() => TLSOptions.client(any(0))).toThrow(`TLSOptions: trusted_chain ${hint} 0`);
    expect(() => TLSOptions.client_unsafe(any(false))).toThrow(`TLSOptions: trusted_chain ${hint} boolean`);
    expect(() => TLSOptions.client(any(new Uint8Array(1)))).toThrow(`${hint} uint8array`);
    const identity = { certificate: PEM, private_key: KEY };
    expect(() => TLSOptions.client("", "", { ...identity, certificate: "" })).toThrow(
      `identity.certificate ${hint} "…"`,
    );
    expect(() => TLSOptions.client("", "", any({ certificate: PEM }))).toThrow(
      `identity.private_key ${hint} undefined`,
    );
  });

  test("a string that is no PEM is not repeated, since it may be a key", () => {
    const identity = { certificate: PEM, private_key: "c2VjcmV0" };
    expect(() => TLSOptions.client("", "", identity)).toThrow(/private_key must be (?!.*c2VjcmV0)/);
  });

  test("so is what has another type", () => {
    const identity = { certificate: PEM, private_key: KEY };
    expect(() => TLSOptions.client("", any(5))).toThrow(
      'common_name_override must be a host name, like "game.example", got 5',
    );
    expect(() => TLSOptions.client("", "", any("identity"))).toThrow(
      'identity must be null or { certificate, private_key, passphrase? }, got "…"',
    );
    expect(() => TLSOptions.client("", "", any({ ...identity, passphrase: null }))).not.toThrow();
    expect(() => TLSOptions.client("", "", any({ ...identity, passphrase: 5 }))).toThrow(
      "identity.passphrase must be a string, got 5",
    );
  });
});

test("isTlsOptions takes null and TLSOptions, and nothing else", () => {
  expect([null, TLSOptions.client(), TLSOptions.client_unsafe()].map(isTlsOptions)).toEqual([true, true, true]);
  expect([undefined, {}, "TLSOptions", true, 0].map(isTlsOptions)).toEqual([false, false, false, false, false]);
});
