/*
 * A socket.io server in a process of its own, for bots. Prints `port <n>`; answers what asks for an acknowledgement, and no more.
 * When its input ends it prints what it has counted, as JSON, and goes.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";

const counts = { connections: 0, disconnections: {}, events: 0, most: 0 };
const http = createServer();
const io = new Server(http, { serveClient: false, transports: ["websocket"] });

for (const namespace of [io, io.of("/game")])
  namespace.on("connection", (socket) => {
    counts.connections++;
    counts.most = Math.max(counts.most, io.engine.clientsCount);
    socket.on("bot", (...args) => {
      counts.events++;
      const answer = args.at(-1);
      if (typeof answer === "function") answer();
    });
    socket.on("kick_me", () => socket.disconnect());
    socket.on("disconnect", (reason) => {
      counts.disconnections[reason] = (counts.disconnections[reason] ?? 0) + 1;
    });
  });
io.of("/closed").use((_, next) => next(new Error("members only")));

http.listen(0, "127.0.0.1", () => console.log(`port ${http.address().port}`));
process.stdin.resume();
process.stdin.on("end", () => {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ ...counts, cpu_seconds: (user + system) / 1e6 }));
  process.exit(0);
});
