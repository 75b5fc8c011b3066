/*
 * A socket.io server over HTTP/3, for Deno, the one platform that has both. Polling and WebSocket are at a TCP port of the
 * system's choice, WebTransport at the UDP port of the same number and at another one. A second server has a middleware.
 *
 *     deno run -A --unstable-net server.mjs <folder with cert.pem, key.pem and the files to serve>
 *
 * Prints a line of JSON with its ports when it listens; ends with its input.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";

const [folder] = Deno.args;
const read = (name) => Deno.readTextFileSync(`${folder}/${name}`);
const tls = { cert: read("cert.pem"), key: read("key.pem"), alpnProtocols: ["h3"] };
const HOST = "127.0.0.1";
/** Pings come often, but a client gets its turn late when the machine is busy with something else: its pong has time. */
const OPTIONS = {
  transports: ["polling", "websocket", "webtransport"],
  pingInterval: 400,
  pingTimeout: 1500,
  maxHttpBufferSize: 2_000_000,
};
const FILES = { "/": ["index.html", "text/html"], "/page.js": ["page.js", "text/javascript"] };

/** What happened to the sockets of each player, by the name in its auth. */
const histories = new Map();

/** Server errors that nobody waits for: engine.io 6.6 leaves some of WebTransport's promises alone. */
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());

const http = createServer((request, response) => {
  const file = FILES[new URL(request.url, "http://localhost").pathname];
  if (file === undefined) response.writeHead(404).end();
  else response.writeHead(200, { "content-type": `${file[1]}; charset=utf-8` }).end(read(file[0]));
});
const io = new Server(http, OPTIONS);
io.on("connection", listen);
io.of("/custom").on("connection", listen);
io.of("/secured")
  .use((socket, next) => {
    if (socket.handshake.auth.token === "letmein") next();
    else next(Object.assign(new Error("not authorized"), { data: { code: 401 } }));
  })
  .on("connection", listen);

await new Promise((listening) => http.listen(0, HOST, listening));
const { port } = http.address();
serveSessions(io, port);
const other = serveSessions(io, 0);

const withMiddleware = new Server(createServer(), { ...OPTIONS, cors: { origin: "*" } });
const middleware = serveSessions(withMiddleware, 0);

console.log(JSON.stringify({ port, other, middleware }));
for await (const _ of Deno.stdin.readable);
Deno.exit(0);

/** Hands the WebTransport sessions at a UDP port to a socket.io server; returns the port. */
function serveSessions(server, udp) {
  const endpoint = new Deno.QuicEndpoint({ hostname: HOST, port: udp });
  const listener = endpoint.listen(tls);
  (async () => {
    for (;;) {
      const connection = await listener.accept().catch(() => null);
      if (connection === null) continue;
      Deno.upgradeWebTransport(connection)
        .then((session) => session.ready.then(() => server.engine.onWebTransportSession(session)))
        .catch(() => {});
    }
  })();
  return endpoint.addr.port;
}

function listen(socket) {
  const { auth } = socket.handshake;
  const history = histories.get(auth.name) ?? [];
  histories.set(auth.name, history);
  let count = 0;
  let ordered = true;
  const tick = (number) => {
    ordered &&= number === count;
    count++;
  };
  socket.emit("auth", auth);
  socket.on("who", (answer) => answer(socket.conn.id, socket.conn.transport.name));
  socket.on("message", (...args) => socket.emit("message-back", ...args));
  socket.on("message-with-ack", (...args) => args.pop()(...args));
  socket.on("ask", (value) => socket.emit("question", value, (...args) => socket.emit("answer", ...args)));
  socket.on("burst", (number) => {
    for (let index = 0; index < number; index++) socket.emit("item", index, new Uint8Array(16).fill(index % 256));
  });
  socket.on("tick", tick);
  socket.on("tick-binary", (number, bytes) => tick(bytes[0] === number % 256 ? number : -1));
  socket.on("report", (answer) => answer({ count, ordered }));
  socket.on("size", (value, answer) => answer(value.length));
  socket.on("history", (name, answer) => answer(histories.get(name) ?? []));
  socket.on("kick", () => socket.disconnect());
  socket.on("kick-close", () => socket.disconnect(true));
  socket.on("disconnect", (reason) => history.push(`disconnect: ${reason}`));
}
