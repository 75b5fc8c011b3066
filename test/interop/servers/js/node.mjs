// socket.io on Node's HTTP server, in any version from 2 on; Deno runs it too.
import { createServer } from "node:http";
import * as socketio from "socket.io";
import { wire } from "./handlers.mjs";
import { listening, options, port, recovery } from "./settings.mjs";

const http = createServer();
// Version 2 exports the class itself.
const Server = socketio.Server ?? socketio.default;
wire(new Server(http, { ...options, ...recovery }));
http.listen(port, "127.0.0.1", listening);
