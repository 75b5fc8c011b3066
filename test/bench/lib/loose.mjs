/* Clients on a transport that is no network: frames are handed over, and what they write is taken, in the same process. */
import { ours, peer, peerModule } from "./build.mjs";

const OPEN = '0{"sid":"loose","upgrades":[],"pingInterval":25000000,"pingTimeout":20000000,"maxPayload":100000000}';

/** Ours: `arrive(frame)` hands a frame over; `written` counts the frames that it wrote. `greeting` joins the main namespace. */
export async function looseOurs({ greeting = '40{"sid":"main"}', ...options } = {}) {
  const { SocketIOClient } = await ours();
  const loose = { arrive: null, written: 0, last: "", client: null };
  const client = new SocketIOClient({
    max_queued_packets: 1e9,
    max_queued_bytes: 1e12,
    ...options,
    transport_factory: (_request, handler) => {
      loose.arrive = (frame) => handler.received(frame);
      return {
        name: "loose",
        bufferedAmount: 0,
        send(frames) {
          loose.written += frames.length;
          loose.last = frames[frames.length - 1];
        },
        close() {},
        pause() {},
        resume() {},
      };
    },
  });
  client.connect_to_url("ws://localhost");
  client.poll();
  loose.arrive(OPEN);
  loose.arrive(greeting);
  client.poll();
  if (!client.is_socket_connected()) throw new Error("ours did not connect");
  loose.client = client;
  return loose;
}

/** socket.io-client in the same way; it calls its listeners in a later microtask. */
export async function loosePeer() {
  const { io } = await peer();
  const { Transport } = await peerModule("engine.io-client");
  let transport;
  const loose = { arrive: (frame) => transport.onData(frame), socket: null };
  class Loose extends Transport {
    get name() {
      return "websocket";
    }
    doOpen() {
      transport = this;
      queueMicrotask(() => {
        this.onOpen();
        this.onData(OPEN);
        this.onData('40{"sid":"main"}');
      });
    }
    doClose() {
      this.onClose();
    }
    write() {
      this.writable = false;
      queueMicrotask(() => {
        this.writable = true;
        this.emitReserved("drain");
      });
    }
  }
  loose.socket = io("http://localhost", { transports: [Loose], forceNew: true, reconnection: false });
  await new Promise((resolve) => loose.socket.once("connect", resolve));
  return loose;
}
