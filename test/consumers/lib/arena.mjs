/*
 * The server that the guides have in mind: whoever sends `move` is at that place, and all are told of all. One player is
 * always there: `bot`, which goes round in a circle. It serves the page of the project too.
 */
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { Server } from "socket.io";

const SNAPSHOT_MILLISECONDS = 50;
const TURN_SECONDS = 2;
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

export class Arena {
  /** What each client has sent last, by its id. */
  players = {};
  /** `move` events of all clients. */
  moves = 0;
  /** Connections that were opened. */
  connections = 0;
  #http;
  #io;
  #timer;

  /** @param world where the bot goes round: `{ x, y, radius }` */
  constructor(folder, world) {
    this.#http = createServer((request, response) => serve(folder, request, response));
    this.#io = new Server(this.#http);
    this.#io.on("connection", (socket) => {
      this.connections++;
      this.players[socket.id] = { x: world.x, y: world.y };
      socket.on("move", (x, y) => {
        this.moves++;
        this.players[socket.id] = { x, y };
      });
      socket.on("disconnect", () => delete this.players[socket.id]);
    });
    this.#timer = setInterval(() => {
      const angle = (performance.now() / 1000 / TURN_SECONDS) * 2 * Math.PI;
      const bot = { x: world.x + world.radius * Math.cos(angle), y: world.y + world.radius * Math.sin(angle) };
      this.#io.emit("snapshot", { players: { ...this.players, bot } });
    }, SNAPSHOT_MILLISECONDS);
  }

  /** @returns the port that it listens at */
  async listen() {
    await new Promise((resolve) => this.#http.listen(0, "localhost", resolve));
    return this.#http.address().port;
  }

  async close() {
    clearInterval(this.#timer);
    const closed = this.#io.close();
    this.#http.closeAllConnections();
    await closed;
  }
}

function serve(folder, request, response) {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  const file = join(folder, normalize(pathname === "/" ? "/index.html" : pathname));
  if (!file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
}
