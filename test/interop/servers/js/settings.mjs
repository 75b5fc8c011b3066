// What the environment asks of a server, and how it ends.

const number = (name, fallback) => Number(process.env[name] ?? fallback);

export const port = number("PORT", 0);

export const options = {
  pingInterval: number("PING_INTERVAL", 2000),
  pingTimeout: number("PING_TIMEOUT", 2000),
  maxHttpBufferSize: number("MAX_PAYLOAD", 2_000_000),
  cors: { origin: "*" },
};

/** The sessions of lost connections are kept, in the versions that can. */
export const recovery = process.env["RECOVERY"] === "1" ? { connectionStateRecovery: {} } : {};

/** Says that the server accepts connections; it ends when it is told to, or when the one who started it is gone. */
export function listening() {
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));
  process.stdin.on("end", () => process.exit(0)).resume();
  console.log("listening");
}
