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
  // A fragment is refused by a WebSocket.
  result.hash = "";
  const engine = `/${path}/`.replace(/^\/+|\/+$/g, "/");
  const base = result.pathname.replace(/\/*$/, "/");
  result.pathname = base.endsWith(engine) ? base : base.slice(0, -1) + engine;
  const { searchParams } = result;
  for (const [name, value] of Object.entries(query)) searchParams.set(name, value);
  if (!searchParams.has("EIO")) searchParams.set("EIO", "4");
  searchParams.set("transport", transport);
  if (sid) searchParams.set("sid", sid);
  return result.href.replace(/^(?:ws|http)/, transport === "websocket" ? "ws" : "http");
}
