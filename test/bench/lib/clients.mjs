/*
 * The clients behind one face: `on(event, callback)` (the callback gets the first argument), `emit(event, ...args)`,
 * `ask(event, arg)` for an acknowledgement, `flush()`, `close()`; `stopPump()` leaves polling to the caller. Each does
 * it in its own way and as plainly as a user would.
 */
import { WebSocket } from "ws";
import { ours, peer } from "./build.mjs";

const FRAME = 1000 / 60;

/** `pump`: "frame" polls at 60 Hz, "busy" in every turn of the event loop. Only ours is polled. */
export async function connect(variant, url, { pump = "frame", transports = ["websocket"], ...options } = {}) {
  return MAKERS[variant](url, { pump, transports, ...options });
}

/** Waits for one event. */
export const next = (client, event) => new Promise((resolve) => client.once(event, resolve));

const MAKERS = {
  async ours(url, { pump, ...options }) {
    const { SocketIOClient } = await ours();
    const client = new SocketIOClient(options);
    const ns = client.get_namespace("/");
    let live = true;
    let timer;
    if (pump === "frame") timer = setInterval(() => client.poll(), FRAME);
    const spin = () => {
      client.poll();
      if (live) setImmediate(spin);
    };
    if (pump === "busy") setImmediate(spin);
    client.connect_to_url(url);
    await ns.ready();
    return {
      raw: client,
      on: (event, callback) => ns.on(event, ([arg]) => callback(arg)),
      once: (event, callback) => ns.once(event, ([arg]) => callback(arg)),
      emit: (event, ...args) => ns.emit(event, args),
      ask: async (event, arg) => (await ns.emit_with_ack(event, [arg]))[0],
      /** Writes what was emitted. */
      flush: () => client.flush(),
      stopPump() {
        live = false;
        clearInterval(timer);
      },
      close() {
        this.stopPump();
        client.close();
      },
    };
  },

  async sio(url, { transports }) {
    const { io } = await peer();
    const socket = io(url, { transports, forceNew: true });
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    });
    return {
      raw: socket,
      on: (event, callback) => socket.on(event, callback),
      once: (event, callback) => socket.once(event, callback),
      emit: (event, ...args) => socket.emit(event, ...args),
      ask: (event, arg) => socket.timeout(5000).emitWithAck(event, arg),
      flush() {},
      stopPump() {},
      close: () => socket.close(),
    };
  },

  /** `ws` and JSON by hand, without checks: what the same wire format costs at least. */
  async limit(url) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`, {
      perMessageDeflate: false,
    });
    const listeners = new Map();
    const asked = new Map();
    let lastId = 0;
    let pending = null;
    await new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.on("message", (data, isBinary) => {
        if (isBinary) {
          listeners.get(pending)(data);
          return;
        }
        const text = data.toString();
        switch (text.charCodeAt(1)) {
          case 50: {
            const [event, arg] = JSON.parse(text.slice(2));
            listeners.get(event)?.(arg);
            break;
          }
          case 53:
            pending = JSON.parse(text.slice(text.indexOf("-") + 1))[0];
            break;
          case 51: {
            const start = text.indexOf("[");
            const id = Number(text.slice(2, start));
            asked.get(id)(JSON.parse(text.slice(start))[0]);
            asked.delete(id);
            break;
          }
          case 48:
            resolve();
            break;
          default:
            if (text === "2") socket.send("3");
            else if (text.startsWith("0")) socket.send("40");
        }
      });
    });
    const on = (event, callback) => listeners.set(event, callback);
    return {
      raw: socket,
      on,
      once: on,
      emit(event, arg) {
        if (arg instanceof Uint8Array) {
          socket.send(`451-["${event}",{"_placeholder":true,"num":0}]`);
          socket.send(arg);
        } else socket.send(`42${JSON.stringify([event, arg])}`);
      },
      ask(event, arg) {
        socket.send(`42${lastId}${JSON.stringify([event, arg])}`);
        return new Promise((resolve) => asked.set(lastId++, resolve));
      },
      flush() {},
      stopPump() {},
      close: () => socket.close(),
    };
  },
};
