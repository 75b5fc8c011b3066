// What every server of the matrix answers, for those that run JavaScript. `test/interop/README.md` has the contract.

/** Listens for what the matrix sends, in `/`, `/custom`, `/secured` and `/dyn-<digits>`. */
export function wire(io) {
  io.of("/").on("connection", serve);
  io.of("/custom").on("connection", serve);
  io.of(/^\/dyn-\d+$/).on("connection", serve);
  const secured = io.of("/secured");
  secured.use((socket, next) => {
    if (socket.handshake.auth?.token === "letmein") return next();
    next(Object.assign(new Error("not authorized"), { data: { code: 401 } }));
  });
  secured.on("connection", serve);
}

function serve(socket) {
  const counts = { count: 0, binaries: 0, ordered: true };
  const tick = (index, bytes) => {
    counts.ordered &&= index === counts.count;
    counts.count += 1;
    if (bytes !== undefined) counts.binaries += 1;
  };
  socket.emit("auth", socket.handshake.auth ?? {});
  socket.on("message", (...data) => socket.emit("message-back", ...data));
  socket.on("message-with-ack", (...data) => data.pop()(...data));
  socket.on("ask", (value) => socket.emit("question", value, (...answer) => socket.emit("answer", ...answer)));
  socket.on("burst", (n) => {
    for (let i = 0; i < n; i++) socket.emit("item", i);
  });
  socket.on("burst-binary", (n) => {
    for (let i = 0; i < n; i++) socket.emit("blob", i, new Uint8Array(16).fill(i));
  });
  socket.on("tick", (index) => tick(index));
  socket.on("tick-binary", tick);
  socket.on("report", (answer) => {
    answer({ ...counts });
    Object.assign(counts, { count: 0, binaries: 0, ordered: true });
  });
  socket.on("kick", () => socket.disconnect());
  // The Engine.IO connection, so that no DISCONNECT goes before it: to the client a connection that is lost.
  socket.on("kick-close", () => socket.conn.close());
  socket.on("size", (value, answer) => answer(typeof value === "string" ? value.length : value.byteLength));
}
