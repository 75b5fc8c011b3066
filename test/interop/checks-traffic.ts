/*
 * Checks of what is sent: content, size, order, amount.
 */
import type { SocketIONamespace } from "socketio-gameloop";
import { type Arena, type Player, same } from "./arena.js";
import type { Check } from "./check.js";

const MEBIBYTE = 1024 * 1024;
const BIG_SECONDS = 6;
const EVENTS = 500;
const BINARIES = 100;
const BURST_SECONDS = 8;
const CROWD = 200;
const CROWD_SECONDS = 20;

const bytes = (...values: number[]) => Uint8Array.from(values);

/** Each message comes back as it was sent, in order. */
async function echoed(arena: Arena, messages: unknown[][], seconds?: number): Promise<void> {
  const player = await arena.joined();
  const back = player.hears("message-back");
  for (const message of messages) player.main.emit("message", message);
  await arena.until(() => back.length >= messages.length, "the echo", seconds);
  same(back, messages, "the echo");
}

/** The server asks for an acknowledgement, and tells what it got. */
async function questioned(arena: Arena, answer: unknown[]): Promise<void> {
  const player = await arena.joined();
  const answers = player.hears("answer");
  const questions: unknown[] = [];
  player.main.on("question", ([question], reply) => {
    questions.push(question);
    reply?.(answer);
  });
  player.main.emit("ask", ["why?"]);
  await arena.until(() => answers.length > 0, "the answer");
  same(questions, ["why?"], "the question");
  same(answers, [answer], "the answer");
}

/** 500 events and 100 binary ones, mixed, as fast as they can be sent. */
function sendBurst(main: SocketIONamespace): void {
  const every = (EVENTS + BINARIES) / BINARIES;
  for (let i = 0; i < EVENTS + BINARIES; i++) {
    if (i % every === every - 1) main.emit("tick-binary", [i, new Uint8Array(16).fill(i)]);
    else main.emit("tick", [i]);
  }
}

async function countedBurst(arena: Arena, main: SocketIONamespace): Promise<void> {
  const [report] = await arena.ask(main, "report", [], BURST_SECONDS);
  same(report, { count: EVENTS + BINARIES, binaries: BINARIES, ordered: true }, "what the server counted");
}

/** Asks for a burst; what is returned waits for all of it. */
function receiveBurst(arena: Arena, player: Player): () => Promise<void> {
  const items = player.hears("item");
  const blobs = player.hears("blob");
  player.main.emit("burst", [EVENTS]);
  player.main.emit("burst-binary", [BINARIES]);
  return async () => {
    await arena
      .until(() => items.length >= EVENTS && blobs.length >= BINARIES, "the burst", BURST_SECONDS)
      .catch((error: Error) => {
        throw new Error(
          `${items.length} of ${EVENTS} events, ${blobs.length} of ${BINARIES} binaries: ${error.message}`,
        );
      });
    same(
      items,
      [...Array(EVENTS).keys()].map((i) => [i]),
      "the events",
    );
    same(
      blobs,
      [...Array(BINARIES).keys()].map((i) => [i, new Uint8Array(16).fill(i)]),
      "the binaries",
    );
  };
}

/** Connected, but perhaps still on its way to another transport: what is sent meanwhile must not be lost either. */
async function underway(arena: Arena): Promise<Player> {
  const player = arena.player();
  player.connect();
  await arena.until(() => player.main.is_namespace_connected(), "the connection");
  return player;
}

export const TRAFFIC_CHECKS: readonly Check[] = [
  {
    name: "text",
    run: (arena) => echoed(arena, [["hello"], ["a", 1.5, { list: [true, null, "x"] }], ["", -1]]),
  },
  {
    name: "unicode",
    run: (arena) => echoed(arena, [["ñ 漢字 🎮 é \u2028"], ["\u0000\u001e\ud7ff\uffff", 'quote " back\\slash']]),
  },
  {
    name: "binary",
    run: (arena) => echoed(arena, [[bytes(1, 2, 3, 4, 255)], [bytes(0), "between", bytes(30, 31, 10, 13)]]),
  },
  {
    name: "empty binary",
    run: (arena) => echoed(arena, [[bytes(), "after"]]),
  },
  {
    name: "nested binary",
    run: (arena) => echoed(arena, [[{ a: [{ b: bytes(1, 2) }, bytes(3)], text: "t", c: { d: bytes(4, 5, 6) } }]]),
  },
  {
    name: "ack client to server",
    async run(arena) {
      const { main } = await arena.joined();
      same(await arena.ask(main, "message-with-ack", ["x", 2, { three: [3] }]), ["x", 2, { three: [3] }], "the answer");
      const numbers = [...Array(20).keys()];
      const answers = Promise.all(numbers.map((i) => arena.ask(main, "message-with-ack", [i])));
      same(
        await answers,
        numbers.map((i) => [i]),
        "the answers",
      );
    },
  },
  {
    name: "ack server to client",
    run: (arena) => questioned(arena, ["because", { of: [1] }]),
  },
  {
    name: "binary acks both ways",
    async run(arena) {
      const { main } = await arena.joined();
      const sent = [bytes(9, 8, 7), { deep: bytes(6) }];
      same(await arena.ask(main, "message-with-ack", sent), sent, "the answer");
      await questioned(arena, [bytes(1, 2), "text"]);
    },
  },
  {
    name: "1 MiB text both ways",
    async run(arena) {
      const text = "0123456789abcdef".repeat(MEBIBYTE / 16);
      const { main } = await arena.joined();
      same(await arena.ask(main, "size", [text], BIG_SECONDS), [MEBIBYTE], "the size that arrived");
      await echoed(arena, [[text], ["after"]], BIG_SECONDS);
    },
  },
  {
    name: "1 MiB binary both ways",
    async run(arena) {
      const data = new Uint8Array(MEBIBYTE).map((_, index) => index * 7);
      const { main } = await arena.joined();
      same(await arena.ask(main, "size", [data], BIG_SECONDS), [MEBIBYTE], "the size that arrived");
      await echoed(arena, [[data], ["after"]], BIG_SECONDS);
    },
  },
  {
    name: "burst from the server",
    async run(arena) {
      const player = await underway(arena);
      await receiveBurst(arena, player)();
      await arena.settled(player);
    },
  },
  {
    name: "burst to the server",
    async run(arena) {
      const player = await underway(arena);
      sendBurst(player.main);
      await countedBurst(arena, player.main);
      await arena.settled(player);
    },
  },
  {
    name: "bursts both ways at once",
    async run(arena) {
      const player = await underway(arena);
      const received = receiveBurst(arena, player);
      sendBurst(player.main);
      await received();
      await countedBurst(arena, player.main);
      await arena.settled(player);
      same(player.reasons, [], "reasons");
    },
  },
  {
    name: "200 connections at once",
    async run(arena) {
      const crowd = [...Array(CROWD).keys()].map((i) => {
        const player = arena.player({ connect_timeout: CROWD_SECONDS });
        const back = player.hears("message-back");
        player.main.connected.connect(() => player.main.emit("message", [i]));
        player.connect();
        return { player, back, expected: [[i]] };
      });
      const answered = () => crowd.filter(({ back }) => back.length > 0).length;
      await arena
        .until(() => answered() === CROWD, "an echo for everyone", CROWD_SECONDS)
        .catch((error: Error) => {
          throw new Error(`${answered()} of ${CROWD}: ${error.message}`);
        });
      for (const { player, back, expected } of crowd) {
        same(back, expected, "the echo");
        same(player.troubles, [], "troubles");
      }
      const { stays } = arena.surroundings;
      const settled = () => crowd.every(({ player }) => player.client.get_transport() === stays);
      await arena.until(settled, `the transport "${stays}" for everyone`, CROWD_SECONDS);
    },
  },
];
