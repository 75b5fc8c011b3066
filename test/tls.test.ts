/*
 * TLS with real certificates: a socket.io server behind https, and clients that trust it or do not.
 */
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server as HttpsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type ConnectError, Err, OK, SocketIOClient, TLSOptions } from "../src/index.js";
import { WebSocketPeer } from "../src/transport/websocket-peer.js";
import { type Certificates, canMakeCertificates, makeCertificates, PASSPHRASE } from "./support/certificates.js";
import { until } from "./support/until.js";

describe.runIf(canMakeCertificates())("TLS", () => {
  let certificates: Certificates;
  const cleanups: (() => void)[] = [];

  beforeAll(() => {
    certificates = makeCertificates();
  }, 30_000);

  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  /** A socket.io server that speaks TLS with the pair `name`; returns its port. */
  async function serve(name: "server" | "elsewhere" = "server", more: ServerOptions = {}): Promise<number> {
    const { certificate, private_key } = certificates[name];
    const https: HttpsServer = createServer({ cert: certificate, key: private_key, ...more });
    const io = new Server(https);
    await new Promise<void>((resolve) => https.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => void io.close());
    return (https.address() as AddressInfo).port;
  }

  /** Connects once; returns the session id, or the error. */
  async function attempt(url: string, tls: TLSOptions | null): Promise<string | ConnectError> {
    const client = new SocketIOClient({ reconnection: false });
    cleanups.push(() => client.close());
    let outcome: string | ConnectError | null = null;
    client.connected.connect((id) => {
      outcome = id;
    });
    client.connect_error.connect((error) => {
      outcome = error;
    });
    expect(client.connect_to_url(url, {}, tls)).toBe(OK);
    await until(() => {
      client.poll();
      return outcome !== null;
    });
    return outcome as unknown as string | ConnectError;
  }

  async function refusal(url: string, tls: TLSOptions | null): Promise<string> {
    const error = (await attempt(url, tls)) as ConnectError;
    expect(error).toMatchObject({ code: Err.ERR_CANT_CONNECT, namespace: "/" });
    return error.message;
  }

  test("an own authority is trusted when it is given", async () => {
    const port = await serve();
    const tls = TLSOptions.client(certificates.authority.certificate);
    expect(await attempt(`wss://localhost:${port}`, tls)).toMatch(/^\S+$/);
    expect(await attempt(`https://127.0.0.1:${port}`, tls)).toMatch(/^\S+$/);
  });

  test("without it, or with another one, the server is refused and the message says why", async () => {
    const url = `wss://localhost:${await serve()}`;
    const why = /no WebSocket connection to wss:.*(unable to verify the first|unable to get local issuer) certificate/;
    expect(await refusal(url, null)).toMatch(why);
    expect(await refusal(url, TLSOptions.client())).toMatch(why);
    expect(await refusal(url, TLSOptions.client(certificates.stranger.certificate))).toMatch(why);
  });

  test("common_name_override is the name that the certificate must be for", async () => {
    const url = `wss://localhost:${await serve("elsewhere")}`;
    const ca = certificates.authority.certificate;
    expect(await attempt(url, TLSOptions.client(ca, "game.example"))).toMatch(/^\S+$/);
    expect(await refusal(url, TLSOptions.client(ca))).toMatch(/does not match certificate.*localhost.*game\.example/);
    expect(await refusal(url, TLSOptions.client(ca, "other.example"))).toMatch(/other\.example.*game\.example/);
  });

  test("client_unsafe accepts any certificate; with an authority it still asks for its signature", async () => {
    const url = `wss://localhost:${await serve("elsewhere")}`;
    expect(await attempt(url, TLSOptions.client_unsafe())).toMatch(/^\S+$/);
    expect(await attempt(url, TLSOptions.client_unsafe(certificates.authority.certificate))).toMatch(/^\S+$/);
    expect(await refusal(url, TLSOptions.client_unsafe(certificates.stranger.certificate))).toMatch(/certificate/);
  });

  describe.each(["TLSv1.2", "TLSv1.3"] as const)("a server that asks for a client certificate, %s", (version) => {
    const demand = () =>
      serve("server", {
        requestCert: true,
        rejectUnauthorized: true,
        ca: certificates.authority.certificate,
        minVersion: version,
        maxVersion: version,
      });

    test("takes one that its authority has signed", async () => {
      const url = `wss://localhost:${await demand()}`;
      const { authority, client, lockedKey } = certificates;
      expect(await attempt(url, TLSOptions.client(authority.certificate, "", client))).toMatch(/^\S+$/);
      const locked = { ...client, private_key: lockedKey, passphrase: PASSPHRASE };
      expect(await attempt(url, TLSOptions.client(authority.certificate, "", locked))).toMatch(/^\S+$/);
    });

    test("refuses to go without, or with a stranger's, and the message says that it is about certificates", async () => {
      const url = `wss://localhost:${await demand()}`;
      const { authority, stranger } = certificates;
      const why = /the TLS handshake failed \(.+\): the server may ask for a client certificate/;
      expect(await refusal(url, TLSOptions.client(authority.certificate))).toMatch(why);
      expect(await refusal(url, TLSOptions.client(authority.certificate, "", stranger))).toMatch(why);
    });
  });

  test("a key that cannot be unlocked fails the attempt, and throws nothing", async () => {
    const url = `wss://localhost:${await serve()}`;
    const { authority, client, lockedKey } = certificates;
    const locked = { ...client, private_key: lockedKey, passphrase: "wrong" };
    const tls = TLSOptions.client(authority.certificate, "", locked);
    expect(await refusal(url, tls)).toMatch(/bad decrypt/);
    const peer = new WebSocketPeer();
    expect(peer.connect_to_url(url, tls)).toBe(OK);
    await until(() => {
      peer.poll();
      return peer.get_ready_state() === WebSocketPeer.STATE_CLOSED;
    });
    expect([peer.get_close_code(), peer.get_close_reason()]).toEqual([-1, expect.stringContaining("bad decrypt")]);
  });

  test("a server without TLS is named as such", async () => {
    const io = new Server();
    const http = createHttpServer();
    io.attach(http);
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => void io.close());
    const url = `wss://127.0.0.1:${(http.address() as AddressInfo).port}`;
    expect(await refusal(url, null)).toContain("speaks no TLS at this port: write ws: instead of wss:");
  });

  test("a polled peer uses the same settings", async () => {
    const url = `wss://localhost:${await serve()}/socket.io/?EIO=4&transport=websocket`;
    const peer = new WebSocketPeer();
    cleanups.push(() => peer.close(-1));
    expect(peer.connect_to_url(url)).toBe(OK);
    await until(() => {
      peer.poll();
      return peer.get_ready_state() === WebSocketPeer.STATE_CLOSED;
    });
    expect([peer.get_close_code(), peer.get_close_reason()]).toEqual([-1, expect.stringContaining("certificate")]);
    expect(peer.connect_to_url(url, TLSOptions.client(certificates.authority.certificate))).toBe(OK);
    await until(() => {
      peer.poll();
      return peer.get_available_packet_count() === 1;
    });
    expect(new TextDecoder().decode(peer.get_packet())).toMatch(/^0\{"sid":/);
  });
});

describe("TLS where the platform has a trust store of its own, as browsers have", () => {
  const pem = (what: string) => `-----BEGIN ${what}-----\nMA==\n-----END ${what}-----\n`;
  const identity = { certificate: pem("CERTIFICATE"), private_key: pem("PRIVATE KEY") };
  let Client: typeof SocketIOClient;

  beforeAll(async () => {
    vi.resetModules();
    vi.doMock("../src/transport/platform-socket.js", () => import("../src/transport/browser-socket.js"));
    vi.doMock("../src/transport/platform-http.js", () => import("../src/transport/browser-http.js"));
    ({ SocketIOClient: Client } = await import("../src/index.js"));
    vi.doUnmock("../src/transport/platform-socket.js");
    vi.doUnmock("../src/transport/platform-http.js");
    vi.resetModules();
  });

  describe.each([
    ["websocket", ["websocket"]],
    ["polling", ["polling"]],
    ["upgrade", ["polling", "websocket"]],
  ] as const)("%s", (_, transports) => {
    test.each([
      ["an own authority", TLSOptions.client(pem("CERTIFICATE"))],
      ["another name", TLSOptions.client("", "game.example")],
      ["a client certificate", TLSOptions.client("", "", identity)],
      ["unsafe", TLSOptions.client_unsafe()],
      ["unsafe with an authority", TLSOptions.client_unsafe(pem("CERTIFICATE"))],
    ])("%s is refused with ERR_UNAVAILABLE before anything is opened", (_, tls) => {
      const client = new Client({ transports });
      expect(client.connect_to_url("wss://localhost:1", {}, tls)).toBe(Err.ERR_UNAVAILABLE);
      expect(client.get_last_error()).toBe("a browser has its own trust store; pass null as tls_options");
      expect(client.get_connection_state()).toBe(Client.STATE_DISCONNECTED);
      expect(client.get_connection_url()).toBe("");
      expect(client.poll()).toBe(0);
    });

    test.each([
      ["null", null],
      ["TLSOptions.client()", TLSOptions.client()],
    ])("%s asks for nothing special, and is taken", (_, tls) => {
      const client = new Client({ transports, reconnection: false });
      expect(client.connect_to_url("wss://localhost:1", {}, tls)).toBe(OK);
      client.close();
    });
  });
});
