/* Many clients in one process: bots, a load test. */
import { ours, peer } from "./build.mjs";
import { connect } from "./clients.mjs";
import { sleep } from "./cpu.mjs";

const AT_ONCE = 200;

/** Connects `count` clients, `atOnce` at a time. `emit(n, event, arg)` sends from one of them, `poll(n, now)` polls it if it is polled. */
export async function makeCrowd(variant, url, count, { atOnce = AT_ONCE, transports = ["websocket"] } = {}) {
  return MAKERS[variant](url, count, atOnce, transports);
}

const MAKERS = {
  async ours(url, count, atOnce, transports) {
    const { PollGroup, SocketIOClient } = await ours();
    const options = transports ? { transports } : {};
    const clients = [];
    const group = new PollGroup();
    const isUp = (client) => client.get_namespace("/").is_namespace_connected();
    while (clients.length < count) {
      const batch = [];
      while (batch.length < atOnce && clients.length < count) {
        const client = new SocketIOClient(options);
        client.connect_to_url(url);
        clients.push(client);
        batch.push(client);
        group.add(client);
      }
      const deadline = performance.now() + 60_000;
      while (!batch.every(isUp)) {
        await sleep(5);
        for (const client of batch) client.poll();
        if (performance.now() > deadline)
          throw new Error(`not connected: ${batch.find((one) => !isUp(one)).get_last_error()}`);
      }
    }
    const namespaces = clients.map((client) => client.get_namespace("/"));
    return {
      emit: (n, event, arg) => namespaces[n].emit(event, [arg]),
      poll: (n, now) => clients[n].poll(now),
      // Read in its own time: what arrived waits for a poll.
      pollAll: () => group.poll(),
      once: (n, event, callback) => namespaces[n].once(event, ([arg]) => callback(arg)),
      close() {
        for (const client of clients) client.close();
      },
    };
  },

  async sio(url, count, atOnce, transports) {
    const { io } = await peer();
    const options = { forceNew: true, timeout: 60_000, ...(transports ? { transports } : {}) };
    const sockets = [];
    await inBatches(count, atOnce, () => {
      const socket = io(url, options);
      sockets.push(socket);
      return new Promise((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("connect_error", reject);
      });
    });
    return {
      emit: (n, event, arg) => sockets[n].emit(event, arg),
      poll() {},
      pollAll() {},
      once: (n, event, callback) => sockets[n].once(event, callback),
      close() {
        for (const socket of sockets) socket.close();
      },
    };
  },

  async limit(url, count, atOnce) {
    const clients = [];
    await inBatches(count, atOnce, async () => clients.push(await connect("limit", url)));
    return {
      emit: (n, event, arg) => clients[n].emit(event, arg),
      poll() {},
      pollAll() {},
      once: (n, event, callback) => clients[n].once(event, callback),
      close() {
        for (const client of clients) client.close();
      },
    };
  },
};

async function inBatches(count, atOnce, start) {
  for (let done = 0; done < count; done += atOnce)
    await Promise.all(Array.from({ length: Math.min(atOnce, count - done) }, () => start()));
}

/** Asks the server what came from all of them; waits until it is as much as `expected`. */
export async function proveTotal(crowd, expected, seconds = 30) {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    let total = null;
    crowd.once(0, "total", (answer) => {
      total = answer;
    });
    crowd.emit(0, "total");
    while (total === null) {
      crowd.pollAll();
      await sleep(20);
      if (performance.now() > deadline) throw new Error("the server does not answer");
    }
    if (total.received === expected && total.faults === 0) return;
    if (total.received > expected || total.faults > 0 || performance.now() > deadline)
      throw new Error(`of ${expected} events ${total.received} arrived, ${total.faults} not in order`);
  }
}
