/*
 * The example of Godot's class reference, line by line:
 *
 *   func _ready():
 *       SocketIOClient.connected.connect(_on_connected)
 *       var main_ns = SocketIOClient.get_namespace("/")
 *       main_ns.on("welcome", _on_welcome)
 *       main_ns.on("message", _on_message)
 *       SocketIOClient.connect_to_url("ws://localhost:3000")
 *       main_ns.emit("chat_message", ["Hello, server!"])
 *       main_ns.emit_with_ack("get_user_data", [123], _on_user_data)
 *   func _process(delta):
 *       SocketIOClient.poll()
 */
import { OK, SocketIOClient } from "socketio-gameloop";
import { expect, onTestFinished, test } from "vitest";
import { pollUntil, serve } from "../support/real-server.js";

test("the example of the class reference", async () => {
  const story: string[] = [];
  const { port, io } = await serve({}, (server) => {
    server.on("connection", (socket) => {
      story.push("server: connection");
      socket.emit("welcome", "Hello, player!", 1);
      socket.on("chat_message", (text) => {
        story.push(`server: ${text}`);
        server.emit("message", text);
      });
      socket.on("get_user_data", (id, reply) => reply({ id, name: "Ada" }));
    });
  });

  const client = SocketIOClient.get_singleton();
  onTestFinished(() => client.close());
  client.connected.connect((session_id) => story.push(`connected ${session_id !== ""}`));
  const main_ns = client.get_namespace("/");
  main_ns.on("welcome", (data) => story.push(`welcome ${JSON.stringify(data)}`));
  main_ns.on("message", (data) => story.push(`message ${JSON.stringify(data)}`));

  expect(client.connect_to_url(`ws://localhost:${port}`)).toBe(OK);
  // Both before anything is connected: they wait, and go out in this order.
  expect(main_ns.emit("chat_message", ["Hello, server!"])).toBe(OK);
  const callback = (response: unknown[], error: number) => story.push(`user data ${JSON.stringify(response)} ${error}`);
  expect(main_ns.emit_with_ack("get_user_data", [123], callback)).toBe(OK);
  expect(story).toEqual([]);

  await pollUntil(client, () => story.length === 6);
  expect(story.filter((line) => line.startsWith("server"))).toEqual(["server: connection", "server: Hello, server!"]);
  expect(story.filter((line) => !line.startsWith("server"))).toEqual([
    "connected true",
    'welcome ["Hello, player!",1]',
    'message ["Hello, server!"]',
    'user data [{"id":123,"name":"Ada"}] 0',
  ]);
  expect(client.get_connection_state()).toBe(SocketIOClient.STATE_CONNECTED);
  expect(client.get_transport()).toBe("websocket");
  expect(client.get_connection_url()).toBe(`ws://localhost:${port}`);
  expect(main_ns.get_session_id()).not.toBe(client.get_engine_io_session_id());

  client.close();
  expect(client.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
  await pollUntil(client, () => io.sockets.sockets.size === 0);
});
