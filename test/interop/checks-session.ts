/*
 * Checks of sessions: how they begin, what is in them, how they end and begin again.
 */
import { type ConnectError, Err, SocketIOClient } from "socketio-gameloop";
import { type Arena, type Player, same } from "./arena.js";
import type { Check } from "./check.js";

/** Reasons of a connection that was lost, after which it is made again. */
const LOST = ["transport close", "transport error"];
/** After which an end that the server did not tell is noticed. */
const HEARTBEAT_SECONDS = 10;
/** Of the server. Slow enough for 200 clients that come at once to a machine that has something else to do. */
export const ENVIRONMENT = { PING_INTERVAL: "2000", PING_TIMEOUT: "8000" };
/** Longer than it takes to reconnect, for checks that nothing reconnects. */
const RECONNECT_SECONDS = 0.3;

async function echoes(arena: Arena, player: Player, namespace = player.main): Promise<void> {
  const back = player.hears("message-back", namespace);
  namespace.emit("message", ["still there"]);
  await arena.until(() => back.length > 0, `the echo in ${namespace.get_namespace_path()}`);
  same(back, [["still there"]], "the echo");
}

/** The namespace that wants a token, after it was given a wrong one, and what it said to that. */
async function refused(arena: Arena, player: Player) {
  const secured = player.client.create_namespace("/secured");
  const errors: ConnectError[] = [];
  const ends: string[] = [];
  secured.connect_error.connect((error) => errors.push(error));
  secured.disconnected.connect((reason) => ends.push(reason));
  secured.connect_to_namespace({ token: "wrong" });
  await arena.until(() => errors.length + ends.length > 0, "the refusal");
  same(ends, [], "ends of a namespace that should not have been connected");
  const [error, ...others] = errors as [ConnectError];
  same(others, [], "further refusals");
  return { secured, error };
}

export const SESSION_CHECKS: readonly Check[] = [
  {
    name: "connect and close",
    async run(arena) {
      const { transports, stays } = arena.surroundings;
      const player = await arena.joined();
      const { client, main } = player;
      same(main.get_session_id() !== "" && client.get_engine_io_session_id() !== "", true, "the session has ids");
      same(player.changes, transports[0] === stays ? [] : [stays], "transport_changed");
      client.close();
      same(player.reasons, ["client disconnect"], "reasons");
      same(client.get_connection_state(), SocketIOClient.STATE_DISCONNECTED, "the state");
    },
  },
  {
    name: "auth",
    needs: "auth_event",
    async run(arena) {
      const auth = { token: "abc", level: 3, nested: { ok: true, list: [1, null, "ü"] } };
      for (const given of [auth, {}]) {
        const player = arena.player();
        const heard = player.hears("auth");
        player.connect(given);
        await arena.until(() => heard.length > 0, "the event auth");
        same(heard, [[given]], "the event auth");
      }
    },
  },
  {
    name: "second namespace",
    async run(arena) {
      const player = await arena.joined();
      const elsewhere = player.hears("message-back");
      const custom = await arena.enter(player, "/custom");
      await echoes(arena, player, custom);
      same(elsewhere, [], "what the main namespace heard of it");
      custom.disconnect_from_namespace();
      await echoes(arena, player);
    },
  },
  {
    name: "dynamic namespace",
    needs: "dynamic",
    async run(arena) {
      const player = await arena.joined();
      await echoes(arena, player, await arena.enter(player, "/dyn-101"));
      await echoes(arena, player, await arena.enter(player, "/dyn-7"));
    },
  },
  {
    name: "refused auth, message",
    async run(arena) {
      const player = await arena.joined();
      const { secured, error } = await refused(arena, player);
      same([error.message, error.code], ["not authorized", Err.ERR_UNAUTHORIZED], "the refusal");
      same(secured.get_connection_state(), SocketIOClient.STATE_DISCONNECTED, "the state of /secured");
      same(secured.connect_to_namespace({ token: "letmein" }), Err.OK, "connect_to_namespace again");
      await arena.until(() => secured.is_namespace_connected(), "the namespace /secured");
      await echoes(arena, player, secured);
      same(player.reasons, [], "reasons");
    },
  },
  {
    name: "refused auth, data",
    needs: "refusal_data",
    async run(arena) {
      const { error } = await refused(arena, await arena.joined());
      same(error.data, { code: 401 }, "the data of the refusal");
    },
  },
  {
    name: "kicked from a namespace",
    async run(arena) {
      const player = await arena.joined();
      const custom = await arena.enter(player, "/custom");
      const reasons: string[] = [];
      custom.disconnected.connect((reason) => reasons.push(reason));
      custom.emit("kick");
      await arena.until(() => reasons.length > 0, "the end of /custom");
      same(reasons, ["server disconnect"], "reasons of /custom");
      await arena.play(RECONNECT_SECONDS);
      same(custom.get_connection_state(), SocketIOClient.STATE_DISCONNECTED, "the state of /custom");
      await echoes(arena, player);
      await echoes(arena, player, await arena.enter(player, "/custom"));
      same(player.reasons, [], "reasons of the main namespace");
    },
  },
  {
    name: "kicked from /",
    async run(arena) {
      const player = await arena.joined();
      player.main.emit("kick");
      await arena.until(() => player.reasons.length > 0, "the end");
      await arena.play(RECONNECT_SECONDS);
      same(player.reasons, ["server disconnect"], "reasons");
      same(player.client.get_connection_state(), SocketIOClient.STATE_DISCONNECTED, "the state");
      player.connect();
      await arena.settled(player);
      await echoes(arena, player);
    },
  },
  {
    name: "closed by the server, reconnected",
    needs: "kick_close",
    async run(arena) {
      const player = await arena.joined();
      const custom = await arena.enter(player, "/custom");
      const before = player.client.get_engine_io_session_id();
      player.main.emit("kick-close");
      await arena.until(() => player.reasons.length > 0, "the end", HEARTBEAT_SECONDS + 1);
      await arena.settled(player);
      await arena.until(() => custom.is_namespace_connected(), "the namespace /custom again");
      same(player.client.get_engine_io_session_id() !== before, true, "the session is a new one");
      await echoes(arena, player);
      await echoes(arena, player, custom);
      same(player.reasons.length, 1, "ends");
      same(LOST.includes(player.reasons[0] ?? ""), true, `"${player.reasons[0]}" is a connection that was lost`);
    },
  },
];
