/*
 * What is checked of the client over real WebTransport sessions, the same in a browser and in Deno. Everything waits for what it
 * expects and gives up with a sentence.
 */
import { type ClientOptionsInput, SocketIOClient, type SocketIONamespace } from "socketio-gameloop";
import { webtransport } from "../../src/transport/webtransport.js";

/** Where the server of `server.mjs` is. */
export interface Place {
  /** Of HTTP and WebTransport. */
  readonly port: number;
  /** Of WebTransport alone, another UDP port. */
  readonly other: number;
  /** Of WebTransport of a server with a middleware. */
  readonly middleware: number;
  /** SHA-256 of its certificate. */
  readonly hash: readonly number[];
}

export interface Result {
  readonly name: string;
  /** `""` when it passed. */
  readonly problem: string;
  readonly milliseconds: number;
}

interface Player {
  readonly client: SocketIOClient;
  readonly server: SocketIONamespace;
  /** What its signals said. */
  readonly told: string[];
  readonly name: string;
}

type Way = "direct" | "upgrade";

const PATIENCE = 8000;

const players: Player[] = [];
const loose: string[] = [];
let count = 0;

globalThis.addEventListener("unhandledrejection", (event: Event) => {
  loose.push(`unhandled rejection: ${(event as PromiseRejectionEvent).reason}`);
  event.preventDefault();
});
setInterval(() => {
  for (const { client } of players) client.poll();
}, 5);

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(what: string, condition: () => boolean, found: () => unknown = () => ""): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!condition()) {
    if (performance.now() > end) {
      const instead = JSON.stringify(found()).slice(0, 600);
      throw new Error(`not within ${PATIENCE / 1000} s: ${what}; instead: ${instead}`);
    }
    await sleep(5);
  }
}

function expectSame(what: string, found: unknown, expected: unknown): void {
  const show = (value: unknown) =>
    JSON.stringify(value, (_, item) => (item instanceof Uint8Array ? `bytes ${[...item]}` : item));
  if (show(found) !== show(expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(found)}`);
}

const FAST = { delay: 0.05, delay_max: 0.1 };

export async function run(place: Place, report: (result: Result) => void): Promise<void> {
  const hashes = (value: Uint8Array) => ({ serverCertificateHashes: [{ algorithm: "sha-256", value }] });
  const trusted = hashes(Uint8Array.from(place.hash));
  const url = `http://127.0.0.1:${place.port}`;

  const make = (options: ClientOptionsInput): Player => {
    const client = new SocketIOClient({ reconnection: FAST, ...options });
    const player = { client, server: client.get_namespace("/"), told: [] as string[], name: `player ${++count}` };
    client.connected.connect(() => player.told.push("connected"));
    client.disconnected.connect((reason) => player.told.push(`disconnected: ${reason}`));
    client.connect_error.connect(({ message }) => player.told.push(`connect_error: ${message}`));
    client.transport_changed.connect((name) => player.told.push(`transport_changed: ${name}`));
    client.listener_error.connect((error) => player.told.push(`listener_error: ${error}`));
    players.push(player);
    return player;
  };

  /** Connected by WebTransport, in this way. */
  const connect = async (way: Way): Promise<Player> => {
    const transport = webtransport(trusted);
    const player = make({ transports: way === "direct" ? [transport] : ["polling", transport] });
    player.client.connect_to_url(url, { name: player.name });
    await player.server.ready();
    const isThere = () => player.client.get_transport() === "webtransport";
    await until(`connected by WebTransport, ${way}`, isThere, () => player.told);
    return player;
  };

  const check = async (name: string, work: () => Promise<void>): Promise<void> => {
    const begin = performance.now();
    let problem = "";
    try {
      await work();
    } catch (error) {
      problem = (error as Error)?.message ?? String(error);
    }
    for (const { client } of players.splice(0)) client.close();
    await sleep(20);
    problem ||= loose.splice(0).join("; ");
    report({ name, problem, milliseconds: Math.round(performance.now() - begin) });
  };

  /** The events of that name from now on, as lists of their arguments. */
  const listen = (server: SocketIONamespace, event: string): unknown[][] => {
    const heard: unknown[][] = [];
    server.on(event, (data) => heard.push(data));
    return heard;
  };

  for (const way of ["direct", "upgrade"] as const) {
    const checkOver = (name: string, work: (player: Player) => Promise<void>) =>
      check(`${way}: ${name}`, async () => work(await connect(way)));

    await checkOver("connects, and both ends agree on the session and its transport", async (player) => {
      const [id, transport] = (await player.server.emit_with_ack("who", [])) as [string, string];
      expectSame("server", [id, transport], [player.client.get_engine_io_session_id(), "webtransport"]);
      const changes = way === "direct" ? [] : ["transport_changed: webtransport"];
      expectSame("signals", player.told, ["connected", ...changes]);
    });

    await check(`${way}: auth arrives`, async () => {
      const player = make({
        transports: way === "direct" ? [webtransport(trusted)] : ["polling", webtransport(trusted)],
      });
      const auths = listen(player.server, "auth");
      player.client.connect_to_url(url, () => ({ name: player.name, token: "häßlich" }));
      await until(
        "auth",
        () => auths.length > 0,
        () => player.told,
      );
      expectSame("auth", auths[0], [{ name: player.name, token: "häßlich" }]);
    });

    await checkOver("text", async ({ server }) => {
      const heard = listen(server, "message-back");
      const args = ["häßlich ☃ 𝄞", 1, { a: [true, null, "\u001e\u0000"] }];
      server.emit("message", args);
      await until("its echo", () => heard.length > 0);
      expectSame("echo", heard[0], args);
    });

    await checkOver("binary, nested, empty, and from a Blob", async ({ server }) => {
      const heard = listen(server, "message-back");
      server.emit("message", [Uint8Array.of(0, 128, 255), { deep: [new Uint8Array(0)] }, new Blob(["blob"])]);
      server.emit("message", ["after"]);
      await until("both echoes", () => heard.length > 1);
      const blob = new TextEncoder().encode("blob");
      expectSame("echo", heard, [[Uint8Array.of(0, 128, 255), { deep: [new Uint8Array(0)] }, blob], ["after"]]);
    });

    await checkOver("acknowledgements both ways", async ({ server }) => {
      expectSame("ours", await server.emit_with_ack("message-with-ack", [1, "two", Uint8Array.of(3)]), [
        1,
        "two",
        Uint8Array.of(3),
      ]);
      const answers = listen(server, "answer");
      server.on("question", ([value], reply) => reply?.([value, "yes", Uint8Array.of(9)]));
      server.emit("ask", ["sure?"]);
      await until("the answer", () => answers.length > 0);
      expectSame("theirs", answers[0], ["sure?", "yes", Uint8Array.of(9)]);
    });

    await checkOver("1 MiB of text and of bytes, there and back", async ({ server }) => {
      const large = "x".repeat(2 ** 20);
      const bytes = new Uint8Array(2 ** 20).map((_, index) => index % 251);
      const [text] = (await server.emit_with_ack("message-with-ack", [large])) as [string];
      if (text !== large) throw new Error(`the text came back with ${text.length} characters`);
      const [back] = (await server.emit_with_ack("message-with-ack", [bytes])) as [Uint8Array];
      if (back.length !== bytes.length || back.some((byte, index) => byte !== bytes[index]))
        throw new Error(`the bytes came back as ${back.length} others`);
    });

    await checkOver("500 from the server in order, with binary", async ({ server }) => {
      const heard = listen(server, "item");
      server.emit("burst", [500]);
      await until(
        "500 items",
        () => heard.length >= 500,
        () => heard.length,
      );
      await sleep(50);
      const isRight = ([number, bytes]: unknown[], index: number) =>
        number === index && (bytes as Uint8Array).length === 16 && (bytes as Uint8Array)[15] === index % 256;
      expectSame("in order", [heard.length, heard.every(isRight)], [500, true]);
    });

    await checkOver("500 to the server in order, text and binary mixed", async ({ server }) => {
      for (let index = 0; index < 500; index++) {
        if (index % 2 === 0) server.emit("tick", [index]);
        else server.emit("tick-binary", [index, Uint8Array.of(index % 256)]);
      }
      expectSame("report", await server.emit_with_ack("report", []), [{ count: 500, ordered: true }]);
    });

    await checkOver("stays connected by answering pings", async (player) => {
      await sleep(2500);
      const { rtt } = player.client.get_stats();
      const [, transport] = (await player.server.emit_with_ack("who", [])) as [string, string];
      expectSame("transport, rtt", [transport, rtt >= 0 && rtt < 1], ["webtransport", true]);
      if (player.told.some((text) => text.startsWith("disconnected"))) throw new Error(player.told.join());
    });

    await checkOver("namespaces, each with its own auth; one refused", async ({ client }) => {
      const custom = client.create_namespace("/custom");
      const auths = listen(custom, "auth");
      custom.connect_to_namespace({ name: "custom" });
      await custom.ready();
      await until("its auth", () => auths.length > 0);
      expectSame("auth", auths[0], [{ name: "custom" }]);
      const secured = client.create_namespace("/secured");
      secured.connect_to_namespace({ token: "wrong" });
      const error = await secured.ready().catch((refusal: Error & { data?: unknown }) => refusal);
      expectSame(
        "refusal",
        [(error as Error).message, (error as { data?: unknown }).data],
        ["not authorized", { code: 401 }],
      );
      secured.connect_to_namespace({ token: "letmein" });
      await secured.ready();
    });

    await checkOver("kicked from a namespace, the session lives on", async ({ client, server }) => {
      const custom = client.create_namespace("/custom");
      custom.connect_to_namespace({ name: "kicked" });
      await custom.ready();
      const reasons: string[] = [];
      custom.disconnected.connect((reason) => reasons.push(reason));
      custom.emit("kick");
      await until("the end of the namespace", () => reasons.length > 0);
      expectSame("reason", reasons, ["server disconnect"]);
      expectSame("main", await server.emit_with_ack("message-with-ack", ["alive"]), ["alive"]);
    });

    await checkOver("the server closes: a transport close, and it comes back", async (player) => {
      player.told.splice(0);
      player.server.emit("kick-close");
      await until(
        "connected again",
        () => player.told.includes("connected"),
        () => player.told,
      );
      await until("by WebTransport", () => player.client.get_transport() === "webtransport");
      const signals = player.told.filter((text) => !text.startsWith("transport_changed"));
      expectSame("signals", signals, ["disconnected: transport close", "connected"]);
    });

    await check(`${way}: close sends what waits, and the server sees the client go`, async () => {
      const leaver = await connect(way);
      const witness = await connect("direct");
      await leaver.server.emit_with_ack("message-with-ack", ["here"]);
      leaver.client.close();
      let history: unknown;
      const expected = ["disconnect: client namespace disconnect"];
      for (let trial = 0; trial < 40 && JSON.stringify(history) !== JSON.stringify(expected); trial++) {
        await sleep(25);
        [history] = await witness.server.emit_with_ack("history", [leaver.name]);
      }
      expectSame("history", history, expected);
    });

    await check(`${way}: 30 sessions at a time`, async () => {
      const many = await Promise.all(Array.from({ length: 30 }, () => connect(way)));
      const answers = await Promise.all(
        many.map(({ server }, index) => server.emit_with_ack("message-with-ack", [index])),
      );
      expectSame(
        "answers",
        answers,
        [...many.keys()].map((index) => [index]),
      );
    });
  }

  await check("upgrade: what is sent both ways meanwhile arrives once and in order", async () => {
    const player = make({ transports: ["polling", webtransport(trusted)] });
    const heard = listen(player.server, "item");
    player.client.connect_to_url(url, { name: player.name });
    await player.server.ready();
    let sent = 0;
    let bursts = 0;
    const end = performance.now() + 1500;
    while (performance.now() < end || player.client.get_transport() !== "webtransport") {
      if (performance.now() > end + PATIENCE) throw new Error(`no upgrade: ${player.told}`);
      if (sent % 2 === 0) player.server.emit("tick", [sent]);
      else player.server.emit("tick-binary", [sent, Uint8Array.of(sent % 256)]);
      sent++;
      if (sent % 10 === 0) {
        player.server.emit("burst", [10]);
        bursts++;
      }
      await sleep(1);
    }
    expectSame("report", await player.server.emit_with_ack("report", []), [{ count: sent, ordered: true }]);
    await until(
      "all items",
      () => heard.length >= bursts * 10,
      () => heard.length,
    );
    expectSame(
      "items in order",
      [heard.length, heard.every(([number], index) => number === index % 10)],
      [bursts * 10, true],
    );
    if (!player.told.includes("transport_changed: webtransport")) throw new Error(player.told.join());
  });

  await check("HTTP/3 at another port than the URL's: option host", async () => {
    const transport = webtransport({ ...trusted, host: `127.0.0.1:${place.other}` });
    const player = make({ transports: ["polling", transport] });
    player.client.connect_to_url(url);
    const isThere = () => player.client.get_transport() === "webtransport";
    await until("upgraded", isThere, () => player.told);
  });

  await check("another certificate is refused, and the next transport takes over", async () => {
    const player = make({ transports: [webtransport(hashes(new Uint8Array(32))), "websocket"] });
    player.client.connect_to_url(url);
    await player.server.ready();
    expectSame("transport", player.client.get_transport(), "websocket");
  });

  await check("another certificate and no other transport: connect_error says what to look at", async () => {
    const player = make({ transports: [webtransport(hashes(new Uint8Array(32)))] });
    player.client.connect_to_url(url);
    const isTold = () =>
      player.told.some((text) => text.startsWith("connect_error: no WebTransport connection to https:"));
    await until("connect_error", isTold, () => player.told);
    if (!player.told[0]!.includes("certificate")) throw new Error(player.told[0]);
  });

  await check("another certificate on the way up: polling goes on", async () => {
    const player = make({ transports: ["polling", webtransport(hashes(new Uint8Array(32)))] });
    player.client.connect_to_url(url);
    await player.server.ready();
    await sleep(1500);
    expectSame("echo", await player.server.emit_with_ack("message-with-ack", ["x"]), ["x"]);
    expectSame("signals", [player.client.get_transport(), player.told], ["polling", ["connected"]]);
  });

  await check("a server with a middleware: connect_error names it", async () => {
    const player = make({ transports: [webtransport({ ...trusted, host: `127.0.0.1:${place.middleware}` })] });
    player.client.connect_to_url(url);
    const isTold = () => player.told.some((text) => text.includes("its option cors is one"));
    await until("connect_error", isTold, () => player.told);
  });

  await check("closed while it connects, and again", async () => {
    const player = make({ transports: [webtransport(trusted)] });
    for (let trial = 0; trial < 10; trial++) {
      player.client.connect_to_url(url);
      await sleep(trial);
      player.client.close();
    }
    player.client.connect_to_url(url);
    await player.server.ready();
    expectSame("transport", player.client.get_transport(), "webtransport");
  });
}

/** A client that is connected until the server dies; resolves with the reason that it was told. */
export async function outlive(place: Place, isConnected: () => void): Promise<string> {
  const value = Uint8Array.from(place.hash);
  const transport = webtransport({ serverCertificateHashes: [{ algorithm: "sha-256", value }] });
  const client = new SocketIOClient({ transports: [transport], reconnection: false });
  const reason = client.disconnected.wait();
  const timer = setInterval(() => client.poll(), 5);
  client.connect_to_url(`http://127.0.0.1:${place.port}`);
  await client.get_namespace("/").ready();
  isConnected();
  const [text] = await reason;
  clearInterval(timer);
  await sleep(100);
  return loose.length > 0 ? loose.join("; ") : text;
}
