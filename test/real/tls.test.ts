/*
 * TLS against socket.io's server behind https, over each transport: who is let in, who is refused, and what the refusal says.
 * Each case prints a line, like `TLS | polling | an authority that did not sign it | refused: …`.
 */
import { createServer as createHttpServer } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import type { Socket } from "node:net";
import { Server } from "socket.io";
import {
  type ClientOptionsInput,
  type ConnectError,
  Err,
  OK,
  type SocketIOClient,
  TLSOptions,
} from "socketio-gameloop";
import { beforeAll, describe, expect, test } from "vitest";
import {
  type Certificates,
  canMakeCertificates,
  type KeyPair,
  makeCertificates,
  PASSPHRASE,
} from "../support/certificates.js";
import { makeExpired } from "../support/expired-certificate.js";
import { client, listen, pollUntil } from "../support/real-server.js";

/** What a session is opened by, what it ends up with, and how an error of its first attempt begins. */
const TRANSPORTS = [
  ["websocket", { transports: ["websocket"] }, "websocket", "no WebSocket connection to wss?://"],
  ["polling", { transports: ["polling"] }, "polling", "GET https?://"],
  ["upgrade", { transports: ["polling", "websocket"] }, "websocket", "GET https?://"],
] as const satisfies readonly (readonly [string, ClientOptionsInput, string, string])[];

describe.runIf(canMakeCertificates())("TLS with a socket.io server", () => {
  let certificates: Certificates & { readonly expired: KeyPair };

  beforeAll(() => {
    const made = makeCertificates();
    certificates = { ...made, expired: makeExpired(made.authority) };
  }, 30_000);

  /** A server that speaks TLS as `name`; its raw connections are in `sockets`. */
  async function serve(name: "server" | "elsewhere" | "expired" = "server", more: ServerOptions = {}) {
    const { certificate, private_key } = certificates[name];
    const https = createServer({ cert: certificate, key: private_key, ...more });
    const sockets = new Set<Socket>();
    https.on("connection", (socket) => sockets.add(socket as Socket));
    const io = new Server(https);
    io.on("connection", (socket) => {
      socket.on("echo", (...args) => args.pop()(...args));
    });
    const port = await listen(https);
    return { port, url: `wss://localhost:${port}`, sockets };
  }

  /** A server that lets nobody in who has no certificate of the authority. */
  function demanding(version: "TLSv1.2" | "TLSv1.3" = "TLSv1.3") {
    const ca = certificates.authority.certificate;
    return serve("server", {
      requestCert: true,
      rejectUnauthorized: true,
      ca,
      minVersion: version,
      maxVersion: version,
    });
  }

  async function servePlain() {
    const http = createHttpServer();
    new Server(http);
    return listen(http);
  }

  describe.each(TRANSPORTS)("%s", (transport, options, final, errorStart) => {
    const print = (what: string, outcome: string) => console.log(`TLS | ${transport} | ${what} | ${outcome}`);

    /** One attempt; resolves when it has failed, or when the session is open and where it shall be. */
    async function attempt(url: string, tls: TLSOptions | null) {
      const player = client({ ...options, reconnection: false });
      const errors: ConnectError[] = [];
      player.connect_error.connect((error) => errors.push(error));
      expect(player.connect_to_url(url, {}, tls)).toBe(OK);
      const isIn = () => player.get_namespace().is_namespace_connected() && player.get_transport() === final;
      await pollUntil(player, () => errors.length > 0 || isIn());
      return { player, errors };
    }

    /** What the first transport said, without the address. */
    const sentence = ({ message }: ConnectError) => message.split("; ")[0]?.replace(/^.*?transport=\w+: /, "");

    async function connects(what: string, url: string, tls: TLSOptions | null): Promise<SocketIOClient> {
      const { player, errors } = await attempt(url, tls);
      print(what, errors[0] === undefined ? `connected over ${player.get_transport()}` : errors[0].message);
      expect(errors).toEqual([]);
      const bytes = Uint8Array.from([0, 255]);
      const echoed = player.get_namespace().emit_with_ack("echo", ["é", bytes]);
      let answer: unknown;
      echoed.then((value) => {
        answer = value;
      });
      await pollUntil(player, () => answer !== undefined);
      expect(answer).toEqual(["é", bytes]);
      player.close();
      return player;
    }

    /** The client is told once, by a sentence that `why` matches behind the address, and that prints as it is. */
    async function refuses(what: string, url: string, tls: TLSOptions | null, why: string): Promise<void> {
      const { player, errors } = await attempt(url, tls);
      print(what, errors[0] === undefined ? "CONNECTED" : `refused: ${sentence(errors[0])}`);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({ code: Err.ERR_CANT_CONNECT, namespace: "/" });
      expect(errors[0]?.message).toMatch(new RegExp(`^${errorStart}localhost:\\d+/socket\\.io/\\S+: ${why}`));
      expect(player.get_last_error()).toBe(errors[0]?.message);
      expect(player.get_connection_state()).toBe(0);
    }

    test("an own authority that is given is trusted", async () => {
      const { url } = await serve();
      await connects("own CA", url, TLSOptions.client(certificates.authority.certificate));
    });

    test("the address may be a number, and the scheme https:", async () => {
      const { port } = await serve();
      const tls = TLSOptions.client(certificates.authority.certificate);
      await connects("own CA, by its number", `https://127.0.0.1:${port}`, tls);
    });

    test("the name of the certificate may be another than that of the URL", async () => {
      const { url } = await serve("elsewhere");
      const tls = TLSOptions.client(certificates.authority.certificate, "game.example");
      await connects("host name override", url, tls);
    });

    test("unsafe: any certificate will do, an expired one too", async () => {
      await connects("unsafe, wrong name", (await serve("elsewhere")).url, TLSOptions.client_unsafe());
      await connects("unsafe, expired", (await serve("expired")).url, TLSOptions.client_unsafe());
    });

    test("unsafe with an authority: the name does not matter, the signature does", async () => {
      const { url } = await serve("elsewhere");
      const { authority, stranger } = certificates;
      await connects("unsafe with CA", url, TLSOptions.client_unsafe(authority.certificate));
      const why = "the server's certificate is not trusted \\(.+\\): give the authority that signed it";
      await refuses("unsafe with the wrong CA", url, TLSOptions.client_unsafe(stranger.certificate), why);
    });

    test("what an unsafe client has connected is not lent to one that checks names", async () => {
      const { url } = await serve("elsewhere");
      const ca = certificates.authority.certificate;
      await connects("unsafe with CA, at first", url, TLSOptions.client_unsafe(ca));
      const why = "the server's certificate is for another host \\(.*localhost.*game\\.example.*\\)";
      await refuses("wrong host name, right after", url, TLSOptions.client(ca), why);
      await connects("unsafe with CA, again", url, TLSOptions.client_unsafe(ca));
    });

    test.each(["TLSv1.2", "TLSv1.3"] as const)("mTLS, %s: a certificate that the server asks for", async (version) => {
      const { url } = await demanding(version);
      const { authority, client: identity, lockedKey, stranger } = certificates;
      const ca = authority.certificate;
      await connects(`mTLS, ${version}`, url, TLSOptions.client(ca, "", identity));
      const locked = { ...identity, private_key: lockedKey, passphrase: PASSPHRASE };
      await connects(`mTLS with a locked key, ${version}`, url, TLSOptions.client(ca, "", locked));
      const why =
        "the TLS handshake failed \\(.+\\): the server may ask for a client certificate, see TLSOptions\\.client\\(…, identity\\)";
      await refuses(`mTLS without a certificate, ${version}`, url, TLSOptions.client(ca), why);
      await refuses(`mTLS with a stranger's certificate, ${version}`, url, TLSOptions.client(ca, "", stranger), why);
    });

    test("an authority that did not sign it, and none at all, are told to give the right one", async () => {
      const { url } = await serve();
      const why =
        "the server's certificate is not trusted \\(unable to verify the first certificate(?:; if the root CA [^()]*)?\\): give the authority that signed it, see TLSOptions\\.client\\(trusted_chain\\)";
      await refuses("wrong CA", url, TLSOptions.client(certificates.stranger.certificate), why);
      await refuses("no CA", url, null, why);
      await refuses("no CA, default options", url, TLSOptions.client(), why);
    });

    test("an expired certificate, and what to do about it", async () => {
      const { url } = await serve("expired");
      const why =
        "the server's certificate is not valid at this time \\(certificate has expired\\): renew it, or set the clock of this machine";
      await refuses("expired certificate", url, TLSOptions.client(certificates.authority.certificate), why);
    });

    test("a certificate for another host names both hosts", async () => {
      const { url } = await serve("elsewhere");
      const ca = certificates.authority.certificate;
      const why = (name: string) =>
        `the server's certificate is for another host \\(.*${name}.*game\\.example.*\\): connect to a name it has, or see TLSOptions\\.client\\(…, common_name_override\\)`;
      await refuses("wrong host name", url, TLSOptions.client(ca), why("localhost"));
      await refuses("wrong override", url, TLSOptions.client(ca, "other.example"), why("other\\.example"));
    });

    test("plain HTTP where the server speaks TLS, and the other way round, name the scheme to write", async () => {
      const { port } = await serve();
      const hungUp =
        "the server hung up \\(socket hang up\\): it may speak TLS at this port \\(write wss: instead of ws:\\), or have nothing at this path \\(a namespace is no part of the URL\\)";
      await refuses("plain HTTP at a TLS port", `ws://localhost:${port}`, null, hungUp);
      const plain = "the server speaks no TLS at this port: write ws: instead of wss:";
      await refuses("TLS at a plain port", `wss://localhost:${await servePlain()}`, null, plain);
    });

    test("the settings hold for every connection of the session, and for the next one", async () => {
      const { url, sockets } = await demanding();
      const { authority, client: identity } = certificates;
      const player = client(options);
      const told: string[] = [];
      player.connected.connect(() => told.push("connected"));
      player.connect_error.connect(({ message }) => told.push(message));
      player.connect_to_url(url, {}, TLSOptions.client(authority.certificate, "", identity));
      await pollUntil(player, () => told.length === 1 && player.get_transport() === final);
      for (const socket of sockets) socket.resetAndDestroy();
      await pollUntil(player, () => told.length === 2 && player.get_transport() === final);
      expect(told).toEqual(["connected", "connected"]);
      print("mTLS, connected again after a reset", `connected over ${player.get_transport()}`);
    });
  });

  test("a request of an open session that is reset is not taken for a handshake that failed", async () => {
    const { url, sockets } = await serve();
    const player = client({ transports: ["polling"], reconnection: false });
    const told: string[] = [];
    player.connected.connect(() => told.push("connected"));
    player.disconnected.connect(() => told.push(player.get_last_error()));
    player.connect_to_url(url, {}, TLSOptions.client(certificates.authority.certificate));
    await pollUntil(player, () => told.length === 1);
    player.get_namespace().emit("gone", ["x".repeat(100_000)]);
    player.flush();
    for (const socket of sockets) socket.resetAndDestroy();
    await pollUntil(player, () => told.length === 2);
    expect(told[1]).toMatch(/^(GET|POST) https:/);
    expect(told[1]).not.toMatch(/handshake|certificate/);
  });
});
