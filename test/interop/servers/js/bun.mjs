// socket.io on Bun's own HTTP server, by the engine made for it.
import { Server as Engine } from "@socket.io/bun-engine";
import { Server } from "socket.io";
import { wire } from "./handlers.mjs";
import { listening, options, port, recovery } from "./settings.mjs";

const io = new Server(recovery);
const engine = new Engine({ path: "/socket.io/", ...options });
io.bind(engine);
wire(io);
// The engine's own `idleTimeout`, twice the ping interval, is too short for Bun's clock when pings come every second or faster:
// it closes the connections of a session that is in use.
Bun.serve({ hostname: "127.0.0.1", port, ...engine.handler(), idleTimeout: 30 });
listening();
