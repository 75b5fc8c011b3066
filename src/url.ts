/**
 * Reads what a user gives to `connect_to_url`. `null` unless it is an absolute `ws:`, `wss:`, `http:` or `https:` URL with
 * a host.
 */
export function parseUrl(url: string): URL | null {
  try {
    const parsed = new URL(url);
    return /^(ws|http)s?:$/.test(parsed.protocol) ? parsed : null;
  } catch {
    return null;
  }
}

/**
 * The address of the Engine.IO endpoint (Engine.IO 4, "HTTP long-polling" and "WebSocket"): the scheme of WebSocket,
 * `path` appended unless the URL has it, and the protocol's query. The user's own query stays.
 *
 * @example
 * engineUrl(parseUrl("https://example.com/?room=7"), "/socket.io/", {}) // "wss://example.com/socket.io/?room=7&EIO=4&transport=websocket"
 */
export function engineUrl(url: URL, path: string, query: Readonly<Record<string, string>>): string {
  const result = new URL(url);
  result.protocol = url.protocol.replace("http", "ws");
  // A WebSocket refuses a URL with a fragment.
  result.hash = "";
  const engine = path.replace(/^\/+|\/+$/g, "");
  const base = result.pathname.replace(/\/*$/, "/");
  result.pathname = engine === "" || base.endsWith(`/${engine}/`) ? base : `${base}${engine}/`;
  for (const [name, value] of Object.entries(query)) result.searchParams.set(name, value);
  if (!result.searchParams.has("EIO")) result.searchParams.set("EIO", "4");
  result.searchParams.set("transport", "websocket");
  return result.href;
}
