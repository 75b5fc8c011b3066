/** A client in a worker: it plays there, and tells the page what came of it. */
import { SocketIOClient } from "socketio-gameloop";
import { AnimationFrameLoop } from "socketio-gameloop/loop";

addEventListener("message", async ({ data: [url, transports] }: MessageEvent<[string, readonly ["polling"]]>) => {
  const client = new SocketIOClient({ transports });
  const loop = new AnimationFrameLoop(client);
  loop.start();
  client.connect_to_url(url);
  const main = client.get_namespace("/");
  await main.ready();
  const answer = await main.emit_with_ack("echo", ["from a worker", new Uint8Array([1, 2])]);
  const transport = client.get_transport();
  client.close();
  loop.stop();
  postMessage({ answer, transport, isPage: "document" in globalThis });
});
