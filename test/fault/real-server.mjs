/*
 * A socket.io server in a process of its own, so that it can be killed. What its application got is in a file that survives
 * that, one line for each event:
 *
 *     <run> <event> <number> <path> <joining>
 *
 * Environment: PORT, LOG (a file), PING_INTERVAL, PING_TIMEOUT (ms), RECOVERY=1. It ends when its stdin does.
 */
import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { Server } from "socket.io";

const { PORT, LOG, PING_INTERVAL = "300", PING_TIMEOUT = "400", RECOVERY = "" } = process.env;

const http = createServer();
const io = new Server(http, {
  pingInterval: Number(PING_INTERVAL),
  pingTimeout: Number(PING_TIMEOUT),
  connectTimeout: 3000,
  cors: { origin: "*" },
  ...(RECOVERY ? { connectionStateRecovery: { maxDisconnectionDuration: 20_000 } } : {}),
});

/** Joinings, of this process and the ones before it. */
let joinings = 0;
const life = `${process.pid}.${Date.now() % 1e6}`;
const bytesFor = (number) => Buffer.from(Array.from({ length: 16 }, (_, index) => (number * 7 + index) & 255));

/**
 * By namespace and id, the newest last. socket.io lets a session be resumed while an earlier connection of it still counts as
 * alive, and the one that ends first takes the id and the room of the other with it. So the earlier is closed here, and the later
 * gets back what it needs.
 */
const living = new Map();

for (const path of ["/", "/a", "/b"]) {
  living.set(path, new Map());
  io.of(path).on("connection", (socket) => {
    const joining = `${life}.${joinings++}`;
    const { run, rate = 20 } = socket.handshake.auth;
    const note = (event, number) => appendFileSync(LOG, `${run} ${event} ${number} ${path} ${joining}\n`);
    for (const event of ["plain", "asked"]) {
      socket.on(event, (number, ...rest) => {
        note(event, number);
        const ack = rest.at(-1);
        if (typeof ack === "function") number % 5 === 0 ? ack("got", number, bytesFor(number)) : ack("got", number);
      });
    }
    for (const event of ["blob", "asked-blob"]) {
      socket.on(event, (number, bytes, ack) => {
        const isSame = Buffer.isBuffer(bytes) && bytes.equals(bytesFor(number));
        note(isSame ? event : `${event}-corrupted`, number);
        if (typeof ack === "function") ack("got", number);
      });
    }
    // `data` survives a recovery, and so does the count.
    socket.data.said ??= 0;
    socket.data.asked ??= 0;
    let turn = 0;
    const say = () => {
      const seq = socket.data.said++;
      if (seq % 3 === 0) socket.emit("raw", socket.id, seq, bytesFor(seq));
      else socket.emit("said", socket.id, seq);
      if (++turn % 4 === 0) {
        const question = socket.data.asked++;
        socket.emit("question", socket.id, question, (answer) => {
          if (answer !== question) note("wrong-answer", question);
        });
      }
    };
    say();
    const nsp = io.of(path);
    const sessions = living.get(path);
    const earlier = sessions.get(socket.id);
    const timer = setInterval(() => {
      for (let count = turn % 40 === 0 ? 60 : 1; count > 0; count--) say();
    }, rate);
    const silence = () => clearInterval(timer);
    sessions.set(socket.id, { socket, silence });
    socket.on("disconnect", () => {
      silence();
      const current = sessions.get(socket.id)?.socket;
      if (current === socket) sessions.delete(socket.id);
      else if (current?.connected) {
        nsp.sockets.set(current.id, current);
        nsp.adapter.addAll(current.id, new Set([current.id]));
      }
    });
    earlier?.silence();
    earlier?.socket.conn.close(true);
  });
}

http.listen(Number(PORT ?? 0), "127.0.0.1", () => process.stdout.write(`listening ${http.address().port}\n`));
process.stdin.on("end", () => process.exit(0)).resume();
