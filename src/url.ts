import { addressOf } from "./transport/transport.js";

/**
 * The address of the Engine.IO endpoint (Engine.IO 4, "HTTP long-polling" and "WebSocket") for the transport of that name:
 * its scheme, `path` appended unless the URL has it, and the protocol's query. The user's own query stays.
 * @param sid of the session that moves to this transport; `""` for a new one
 *
 * @example
 * engineUrl(parseUrl("https://example.com/?room=7"), "/socket.io/", {}, "websocket", "")
 * // "wss://example.com/socket.io/?room=7&EIO=4&transport=websocket"
 */
export function engineUrl(
  url: URL,
  path: string,
  query: Readonly<Record<string, string>>,
  transport: string,
  sid: string,
): string {
  const result = new URL(url);
  const { searchParams } = result;
  const base = slashed(result.pathname);
  // Escaped, as it is in `base`.
  result.pathname = slashed(path);
  const engine = result.pathname;
  result.pathname = base.endsWith(engine) ? base : base + engine.slice(1);
  const EIO = query["EIO"] ?? searchParams.get("EIO") ?? "4";
  const own = { ...query, EIO, transport, ...(sid && { sid }) };
  for (const [name, value] of Object.entries(own)) searchParams.set(name, value);
  return addressOf(result, transport === "websocket" ? "ws" : "http");
}

/** A path with one slash at each end. */
function slashed(path: string): string {
  return `/${path}/`.replace(/^\/+|\/+$/g, "/");
}
