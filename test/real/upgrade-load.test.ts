/*
 * Sessions that are opened by polling and move to WebSocket while both sides write as fast as they can. Nothing may be lost,
 * doubled or out of order, in either direction.
 */
import type { IncomingMessage } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import type { Socket } from "socket.io";
import { OK } from "socketio-gameloop";
import { expect, test } from "vitest";
import { client, serve } from "../support/real-server.js";

const SESSIONS = 50;
/** Sessions that move at the same time. */
const AT_ONCE = 10;
/** Each way, in each session. */
const MESSAGES = 2000;
const EVERY_NTH_IS_BINARY = 10;
/** What one side writes in one turn of the event loop, unless so many are on their way that it would be done before the move. */
const BATCH = 20;
const ON_THEIR_WAY = 200;
/** The server lets the WebSocket in when as many have arrived each way by polling. */
const BEFORE_THE_MOVE = 300;
/** Kept back until the session has moved. */
const AFTER_THE_MOVE = 400;
const PATIENCE = 60;

/** What one side has received in one session. */
class Received {
  readonly numbers: number[] = [];
  readonly over: Record<string, number> = { polling: 0, websocket: 0 };
  damaged = 0;

  take(transport: string, number: number, content: unknown): void {
    this.numbers.push(number);
    this.over[transport] = (this.over[transport] ?? 0) + 1;
    const expected = contentOf(number);
    const isSame =
      typeof expected === "string"
        ? content === expected
        : content instanceof Uint8Array && Buffer.compare(content, expected) === 0;
    if (!isSame) this.damaged++;
  }

  get lost(): number {
    return MESSAGES - new Set(this.numbers).size;
  }

  get doubled(): number {
    return this.numbers.length - new Set(this.numbers).size;
  }

  get reordered(): number {
    return this.numbers.filter((number, index) => index > 0 && number < (this.numbers[index - 1] as number)).length;
  }
}

function contentOf(number: number): string | Uint8Array {
  if (number % EVERY_NTH_IS_BINARY === 0) return new Uint8Array(number % 97).fill(number);
  return `${number} ${"é€😀".repeat(number % 13)}`;
}

interface Session {
  readonly atServer: Received;
  readonly atClient: Received;
  /** How many messages each side wrote while the session moved: from the probe until the server had the `5`. */
  readonly during: { client: number; server: number };
}

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

test(`${SESSIONS * MESSAGES} messages each way during ${SESSIONS} upgrades: 0 lost, 0 doubled, 0 reordered`, {
  timeout: PATIENCE * 1000,
}, async () => {
  const opened: Socket[] = [];
  /** By session: lets its WebSocket in. */
  const doors = new Map<string, () => void>();
  const { io, url } = await serve({}, (server) => server.on("connection", (socket) => opened.push(socket)));
  io.engine.use((request: IncomingMessage, _: unknown, next: () => void) => {
    const query = new URL(request.url ?? "", url).searchParams;
    if (query.get("transport") === "polling") next();
    else doors.set(query.get("sid") ?? "", next);
  });
  const end = performance.now() + PATIENCE * 1000;

  async function run(): Promise<Session> {
    const player = client({ transports: ["polling", "websocket"], reconnection: false });
    const main = player.get_namespace();
    const atServer = new Received();
    const atClient = new Received();
    const sent = { client: 0, server: 0 };
    const during = { client: 0, server: 0 };
    let moves = 0;
    const problems: string[] = [];
    player.transport_changed.connect((name) => {
      if (++moves > 1 || name !== "websocket") problems.push(`moved again, to ${name}`);
    });
    player.disconnected.connect((reason) => problems.push(`${reason}: ${player.get_last_error()}`));
    player.connect_error.connect(({ message }) => problems.push(message));
    main.on("down", ([number, content]) => atClient.take(player.get_transport(), number as number, content));
    player.connect_to_url(url);
    let socket: Socket | undefined;
    while (atClient.numbers.length < MESSAGES || atServer.numbers.length < MESSAGES) {
      await turn();
      player.poll();
      if (problems.length > 0) throw new Error(problems.join("; "));
      if (performance.now() > end)
        throw new Error(`it takes too long: ${JSON.stringify([sent, atClient.over, atServer.over])}`);
      socket ??= opened.find(({ id }) => id === main.get_session_id());
      if (!socket) continue;
      const { conn } = socket;
      const engineId = player.get_engine_io_session_id();
      if (Math.min(atClient.numbers.length, atServer.numbers.length) >= BEFORE_THE_MOVE) {
        doors.get(engineId)?.();
        doors.delete(engineId);
      }
      if (socket.listenerCount("up") === 0) {
        conn.once("upgrading", () => Object.assign(during, { client: -sent.client, server: -sent.server }));
        conn.once("upgrade", () => {
          during.client += sent.client;
          during.server += sent.server;
        });
        socket.on("up", (number: number, content: unknown) => atServer.take(conn.transport.name, number, content));
      }
      const most = moves === 0 ? MESSAGES - AFTER_THE_MOVE : MESSAGES;
      for (let count = 0; count < BATCH; count++) {
        const waiting = { up: sent.client - atServer.numbers.length, down: sent.server - atClient.numbers.length };
        if (sent.client < most && waiting.up < ON_THEIR_WAY) {
          expect(main.emit("up", [sent.client, contentOf(sent.client)])).toBe(OK);
          sent.client++;
        }
        if (sent.server < most && waiting.down < ON_THEIR_WAY)
          socket.emit("down", sent.server, contentOf(sent.server++));
      }
    }
    // What comes twice may come late.
    for (let count = 0; count < 20; count++) {
      await turn();
      player.poll();
    }
    expect(player.get_transport()).toBe("websocket");
    player.close();
    return { atServer, atClient, during };
  }

  const started = performance.now();
  const sessions: Session[] = [];
  while (sessions.length < SESSIONS) sessions.push(...(await Promise.all(Array.from({ length: AT_ONCE }, run))));
  const seconds = (performance.now() - started) / 1000;

  for (const [way, side] of [
    ["client to server", "atServer"],
    ["server to client", "atClient"],
  ] as const) {
    const received = sessions.map((session) => session[side]);
    const counts = {
      messages: total(received.map(({ numbers }) => numbers.length)),
      lost: total(received.map(({ lost }) => lost)),
      doubled: total(received.map(({ doubled }) => doubled)),
      reordered: total(received.map(({ reordered }) => reordered)),
      damaged: total(received.map(({ damaged }) => damaged)),
    };
    const over = {
      polling: total(received.map((each) => each.over["polling"]!)),
      websocket: total(received.map((each) => each.over["websocket"]!)),
    };
    const least = {
      polling: Math.min(...received.map((each) => each.over["polling"]!)),
      websocket: Math.min(...received.map((each) => each.over["websocket"]!)),
    };
    const during = sessions.map((session) => session.during[side === "atServer" ? "client" : "server"]);
    const written = { during: total(during), least: Math.min(...during) };
    console.log(way, {
      upgrades: sessions.length,
      ...counts,
      over,
      least,
      written,
      seconds: Number(seconds.toFixed(1)),
    });
    expect(counts).toEqual({ messages: SESSIONS * MESSAGES, lost: 0, doubled: 0, reordered: 0, damaged: 0 });
    // Every session moved in the middle of it.
    expect(least.polling).toBeGreaterThanOrEqual(BEFORE_THE_MOVE);
    expect(least.websocket).toBeGreaterThanOrEqual(AFTER_THE_MOVE);
    expect(written.least).toBeGreaterThan(0);
  }
  while (io.engine.clientsCount > 0 && performance.now() < end) await turn();
  expect(io.engine.clientsCount).toBe(0);
});
