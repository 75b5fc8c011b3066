/*
 * Through an HTTP proxy, with the agents of npm that people use for it as the option `agent`. The server's name can be
 * resolved by the proxy alone, so whoever gets to the server went through it.
 */
import { createServer, Agent as HttpAgent, type Server as HttpServer } from "node:http";
import { createServer as createSecureServer, Agent as HttpsAgent } from "node:https";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { Server } from "socket.io";
import { type ClientOptionsInput, type ConnectError, Err, OK, TLSOptions } from "socketio-gameloop";
import { beforeAll, describe, expect, test } from "vitest";
import { type Certificates, canMakeCertificates, makeCertificates } from "../support/certificates.js";
import { proxy } from "../support/http-proxy.js";
import { client, listen, pollUntil } from "../support/real-server.js";

const withTls = canMakeCertificates();
const HOST = "game.example";

const TRANSPORTS = [
  ["websocket", { transports: ["websocket"] }, "websocket"],
  ["polling", { transports: ["polling"] }, "polling"],
  ["upgrade", { transports: ["polling", "websocket"] }, "websocket"],
] as const satisfies readonly (readonly [string, ClientOptionsInput, string])[];

let certificates: Certificates;

beforeAll(() => {
  if (withTls) certificates = makeCertificates();
}, 30_000);

/** A socket.io server that answers `echo`; its URL has a name that leads nowhere. */
async function serve(secure: boolean, port = 0) {
  const { certificate, private_key } = secure ? certificates.elsewhere : { certificate: "", private_key: "" };
  const http = secure ? createSecureServer({ cert: certificate, key: private_key }) : createServer();
  const io = new Server(http);
  io.on("connection", (socket) => {
    socket.on("echo", (...args) => args.pop()(...args));
  });
  const actual = await listen(http as HttpServer, port);
  return { io, port: actual, url: `${secure ? "wss" : "ws"}://${HOST}:${actual}` };
}

const tls = (secure: boolean) => (secure ? TLSOptions.client(certificates.authority.certificate) : null);

/** A client that has been told to connect, and what it was told. */
function connecting(url: string, agent: object, options: ClientOptionsInput, secure = false) {
  const player = client({ agent, ...options });
  const told: string[] = [];
  const errors: ConnectError[] = [];
  player.connected.connect(() => told.push("connected"));
  player.disconnected.connect((reason) => told.push(reason));
  player.transport_changed.connect((name) => told.push(`over ${name}`));
  player.connect_error.connect((error) => {
    errors.push(error);
    told.push(error.message);
  });
  expect(player.connect_to_url(url, {}, tls(secure))).toBe(OK);
  return { player, told, errors };
}

/** Connects, moves to the transport that is wanted, and gets 64 KiB to the server and back. */
async function connected(url: string, agent: object, options: ClientOptionsInput, final: string, secure = false) {
  const made = connecting(url, agent, options, secure);
  const { player } = made;
  await pollUntil(player, () => made.told.includes("connected") && player.get_transport() === final);
  const bytes = Uint8Array.from({ length: 65536 }, (_, index) => index % 251);
  let answer: unknown[] = [];
  player.get_namespace().emit_with_ack("echo", ["é", bytes], (data: unknown[]) => {
    answer = data;
  });
  await pollUntil(player, () => answer.length > 0);
  expect([answer[0], Buffer.from(answer[1] as Uint8Array).equals(bytes)]).toEqual(["é", true]);
  expect(made.errors).toEqual([]);
  return made;
}

describe.each([
  ["https-proxy-agent to ws:", HttpsProxyAgent, false],
  ["https-proxy-agent to wss:", HttpsProxyAgent, true],
  ["http-proxy-agent to ws:", HttpProxyAgent, false],
] as const)("%s", (name, ProxyAgent, secure) => {
  const isTunnelled = ProxyAgent === HttpsProxyAgent;

  describe.runIf(withTls || !secure).each(TRANSPORTS)("%s", (transport, options, final) => {
    test.each([
      ["a connection for each request", {}],
      ["connections that are kept", { keepAlive: true }],
    ])("everything goes through the proxy: %s", async (how, settings) => {
      const { url, port } = await serve(secure);
      const through = await proxy();
      const { player } = await connected(url, new ProxyAgent(through.url, settings), options, final, secure);
      const target = `${HOST}:${port}`;
      const kinds = new Set(through.log);
      console.log(`proxy | ${name} | ${transport} | ${how} | ${through.log.length} requests, ${through.bytes} bytes`);
      if (isTunnelled) expect([...kinds]).toEqual([`CONNECT ${target}`]);
      else {
        const wanted = { websocket: ["upgrade"], polling: ["GET", "POST"], upgrade: ["GET", "POST", "upgrade"] };
        expect([...kinds].sort()).toEqual(wanted[transport].map((kind) => `${kind} http://${target}`));
      }
      if (isTunnelled || final === "websocket") expect(through.bytes).toBeGreaterThan(65536);
      player.close();
    });

    test("the proxy's password is in the agent's URL", async () => {
      const { url } = await serve(secure);
      const through = await proxy({ credentials: "ann:s3cret" });
      const address = new URL(through.url);
      [address.username, address.password] = ["ann", "s3cret"];
      const { player } = await connected(url, new ProxyAgent(address), options, final, secure);
      player.close();
    });

    test.each([
      [407, "the proxy asks for a user and a password \\(HTTP status 407\\): .*http://user:password@"],
      [403, "403"],
      [502, "502"],
    ])("a proxy that refuses with %i is told as connect_error, once", async (status, why) => {
      const { url } = await serve(secure);
      const through = await proxy(status === 407 ? { credentials: "ann:s3cret" } : { status });
      const agent = new ProxyAgent(through.url);
      const { player, errors, told } = connecting(url, agent, { ...options, reconnection: false }, secure);
      await pollUntil(player, () => told.length === 2);
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatchObject({ code: Err.ERR_CANT_CONNECT, namespace: "/" });
      expect(errors[0]?.message).toMatch(new RegExp(why));
      expect(errors[0]?.message).toContain(HOST);
      console.log(`proxy | ${name} | ${transport} | ${status} | ${errors[0]?.message.split("; ")[0]}`);
      expect(told[1]).toBe("transport error");
    });

    test("a proxy that is not there is named; once it is, the connection is made", async () => {
      const { url } = await serve(secure);
      const place = createServer();
      const port = await listen(place);
      await new Promise((resolve) => place.close(resolve));
      const { player, told } = connecting(url, new ProxyAgent(`http://127.0.0.1:${port}`), options, secure);
      await pollUntil(player, () => told.length > 0);
      expect(told[0]).toContain(`connect ECONNREFUSED 127.0.0.1:${port}`);
      await proxy({ port });
      await pollUntil(player, () => told.includes("connected"));
      player.close();
    });
  });

  test.runIf(withTls || !secure)("a connection that the proxy cuts is made again, through it", async () => {
    const { url } = await serve(secure);
    const through = await proxy();
    const agent = new ProxyAgent(through.url);
    const { player, told } = await connected(url, agent, { transports: ["websocket"] }, "websocket", secure);
    const before = through.log.length;
    through.cut();
    await pollUntil(player, () => told.length === 3);
    expect(told).toEqual(["connected", "transport close", "connected"]);
    expect(through.log.slice(before)).toEqual(through.log.slice(0, before));
    player.close();
  });

  test.runIf(withTls || !secure)("close() leaves no tunnel open", async () => {
    const { url, io } = await serve(secure);
    const through = await proxy();
    for (const [, options, final] of TRANSPORTS) {
      const { player } = await connected(url, new ProxyAgent(through.url), options, final, secure);
      player.close();
      await pollUntil(player, () => through.open === 0 && io.engine.clientsCount === 0);
    }
  });
});

describe("a proxy that knows no WebSocket", () => {
  test("polling is what the client falls back to", async () => {
    const { url } = await serve(false);
    const through = await proxy({ upgrades: false });
    const { told } = await connected(url, new HttpProxyAgent(through.url), {}, "polling");
    expect(told).toEqual(["over polling", "connected"]);
  });

  test("a session that was opened by polling stays there, and works", async () => {
    const { url, port } = await serve(false);
    const through = await proxy({ upgrades: false });
    const agent = new HttpProxyAgent(through.url);
    const { player, told } = await connected(url, agent, { transports: ["polling", "websocket"] }, "polling");
    // The upgrade was tried, and refused by the server, which got an ordinary request.
    await pollUntil(player, () => through.log.filter((line) => line === `GET http://${HOST}:${port}`).length > 2);
    expect(told).toEqual(["connected"]);
  });
});

describe.runIf(withTls)("TLS on the way", () => {
  test.each(TRANSPORTS)("a proxy that is itself behind TLS: %s", async (_, options, final) => {
    const through = await proxy({ pair: certificates.server });
    const { url } = await serve(true);
    const agent = new HttpsProxyAgent(through.url, { ca: certificates.authority.certificate });
    const { player } = await connected(url, agent, options, final, true);
    player.close();
  });

  test.each(TRANSPORTS)("a tunnel does not make a wrong authority right: %s", async (_, options) => {
    const through = await proxy();
    const { url } = await serve(true);
    const player = client({ ...options, agent: new HttpsProxyAgent(through.url), reconnection: false });
    const errors: string[] = [];
    player.connect_error.connect(({ message }) => errors.push(message));
    player.connect_to_url(url, {}, TLSOptions.client(certificates.stranger.certificate));
    await pollUntil(player, () => errors.length > 0);
    expect(errors[0]).toContain("the server's certificate is not trusted");
    expect(through.log).toContain(`CONNECT ${new URL(url).host}`);
  });
});

describe("agents of Node's own", () => {
  test.each(TRANSPORTS)("an http.Agent, whose connections the client uses: %s", async (_, options, final) => {
    const { port } = await serve(false);
    let made = 0;
    const agent = new HttpAgent({ keepAlive: true });
    agent.on("free", () => made++);
    const { player } = await connected(`ws://localhost:${port}`, agent, options, final);
    if (final === "polling") expect(made).toBeGreaterThan(0);
    player.close();
    agent.destroy();
  });

  describe.runIf(withTls).each(TRANSPORTS)("%s", (_, options, final) => {
    test("an https.Agent may bring the TLS settings", async () => {
      const { port } = await serve(true);
      const agent = new HttpsAgent({ ca: certificates.authority.certificate, servername: HOST });
      const player = client({ ...options, agent });
      player.connect_to_url(`wss://localhost:${port}`);
      await pollUntil(
        player,
        () => player.get_namespace().is_namespace_connected() && player.get_transport() === final,
      );
      player.close();
      agent.destroy();
    });
  });

  test.each(TRANSPORTS)("one that does not fit the URL is told as connect_error: %s", async (_, options) => {
    const { player, errors } = connecting("wss://localhost:1", new HttpAgent(), { ...options, reconnection: false });
    await pollUntil(player, () => errors.length > 0);
    expect(errors[0]?.message).toMatch(/^cannot connect by \w+: Protocol "https:" not supported\. Expected "http:"/);
  });
});
