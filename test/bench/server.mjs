/*
 * The other side: a process that speaks Engine.IO 4 and Socket.IO 5 by hand, so that it costs little, and writes what it was
 * prepared to write. It sends its port to its parent and ends with it.
 *
 * A client steers it by events: `prepare` (a flood), `flood` (write it), `report` (what came in, in order), `echo`
 * (with an acknowledgement).
 */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { pollingFlood, readNumber, Tally, wireFlood, wireFrame } from "./lib/frames.mjs";

const HANDSHAKE = { pingInterval: 25000, pingTimeout: 20000, maxPayload: 1e8 };
/** Milliseconds between pings, a little less than what the handshake says. */
const PING = 20000;
const PER_ANSWER = 200;

const sessions = new Map();
const floods = new Map();
let lastId = 0;

function flood(kind, count, isPolling) {
  const key = `${kind} ${count} ${isPolling}`;
  if (!floods.has(key)) floods.set(key, isPolling ? pollingFlood(kind, count, PER_ANSWER) : wireFlood(kind, count));
  return floods.get(key);
}

/** One Engine.IO session. */
class Session {
  sid = `s${++lastId}`;
  tally = new Tally();
  /** What waits for a GET: packets joined already. */
  answers = [];
  get = null;
  socket = null;

  constructor() {
    sessions.set(this.sid, this);
  }

  handshake(upgrades) {
    return `0${JSON.stringify({ sid: this.sid, upgrades, ...HANDSHAKE })}`;
  }

  send(text) {
    if (this.socket) this.socket.write(wireFrame(text));
    else this.answer(text);
  }

  answer(text) {
    this.answers.push(text);
    this.release();
  }

  release() {
    if (!this.get || this.answers.length === 0) return;
    const response = this.get;
    this.get = null;
    // Floods are answers of full length; what is small shares one.
    let text = this.answers.shift();
    while (this.answers.length > 0 && text.length + this.answers[0].length < 1000)
      text += `\x1e${this.answers.shift()}`;
    response.end(text);
  }

  receive(message) {
    if (typeof message !== "string") {
      this.tally.take(readNumber(message));
      return;
    }
    const type = message.charCodeAt(0);
    // Pongs and the like.
    if (type !== 52) return;
    const kind = message.charCodeAt(1);
    if (kind === 53) return;
    if (kind === 48) {
      const path = /^40(\/[^,]*,)?/.exec(message)[1] ?? "";
      this.send(`40${path}{"sid":"n${++lastId}"}`);
    } else if (kind === 50) this.event(message);
  }

  event(message) {
    const at = message.indexOf('"n":');
    if (at > 0 && message.charCodeAt(2) === 91) {
      this.tally.take(Number(message.slice(at + 4, at + 11)));
      return;
    }
    const [, id, json] = /^42(\d*)(.*)$/s.exec(message);
    const [name, spec] = JSON.parse(json);
    if (name === "echo") this.send(`43${id}[${JSON.stringify(spec)}]`);
    else if (name === "prepare") {
      flood(spec.kind, spec.count, this.socket === null);
      this.send('42["prepared"]');
    } else if (name === "flood") this.flood(flood(spec.kind, spec.count, this.socket === null));
    else if (name === "report") {
      const { received, faults, first } = this.tally;
      this.tally = new Tally();
      this.send(`42${JSON.stringify(["report", { received, faults, first }])}`);
    } else if (name === "total") {
      let received = 0;
      let faults = 0;
      for (const { tally } of sessions.values()) {
        received += tally.received;
        faults += tally.faults;
      }
      this.send(`42${JSON.stringify(["total", { received, faults, first: "" }])}`);
    }
  }

  flood(pieces) {
    if (this.socket === null) {
      for (const piece of pieces) this.answer(piece);
      return;
    }
    const { socket } = this;
    let next = 0;
    const write = () => {
      while (next < pieces.length) {
        if (socket.write(pieces[next++])) continue;
        socket.once("drain", write);
        return;
      }
    };
    write();
  }

  /** Goes on over a WebSocket. */
  moveTo(socket) {
    this.socket = socket;
    for (const text of this.answers.splice(0)) for (const packet of text.split("\x1e")) this.send(packet);
  }

  end() {
    sessions.delete(this.sid);
    this.get?.end("6");
    this.get = null;
  }
}

const http = createServer((request, response) => {
  const { searchParams } = new URL(request.url, "http://localhost");
  const session = sessions.get(searchParams.get("sid"));
  response.setHeader("content-type", "text/plain; charset=UTF-8");
  if (!searchParams.has("sid")) response.end(new Session().handshake(["websocket"]));
  else if (!session) response.writeHead(400).end('{"code":1,"message":"Session ID unknown"}');
  else if (request.method === "GET") {
    session.get = response;
    session.release();
  } else {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      response.end("ok");
      for (const packet of Buffer.concat(pieces).toString().split("\x1e")) {
        if (packet === "1") session.end();
        else session.receive(packet.startsWith("b") ? Buffer.from(packet.slice(1), "base64") : packet);
      }
    });
  }
});
http.keepAliveTimeout = 60_000;

const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, maxPayload: 1e8 });
sockets.on("connection", (websocket, request) => {
  const socket = websocket._socket;
  socket.setNoDelay(true);
  const sid = new URL(request.url, "http://localhost").searchParams.get("sid");
  let session = sessions.get(sid);
  if (sid !== null) {
    websocket.on("message", (data, isBinary) => {
      const text = isBinary ? data : data.toString();
      if (text === "2probe") {
        socket.write(wireFrame("3probe"));
        session?.get?.end("6");
        if (session) session.get = null;
      } else if (text === "5") session?.moveTo(socket);
      else session?.receive(text);
    });
  } else {
    session = new Session();
    session.socket = socket;
    socket.write(wireFrame(session.handshake([])));
    websocket.on("message", (data, isBinary) => session.receive(isBinary ? data : data.toString()));
  }
  websocket.on("close", () => session?.end());
  websocket.on("error", () => session?.end());
});

setInterval(() => {
  for (const session of sessions.values()) session.send("2");
}, PING);
process.on("disconnect", () => process.exit());
http.listen({ port: 0, host: "127.0.0.1", backlog: 8192 }, () => process.send({ port: http.address().port }));
