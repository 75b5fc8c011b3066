/*
 * A socket.io server as anybody has it, in a process of its own: for what depends on how much a server has to do until it lets somebody in.
 * Sends its port to its parent and ends with it.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
new Server(http, { serveClient: false });
process.on("disconnect", () => process.exit());
http.listen({ port: 0, host: "127.0.0.1", backlog: 8192 }, () => process.send({ port: http.address().port }));
