import { describe, expect, test } from "vitest";
import { parseUrl } from "../src/transport/transport.js";
import { engineUrl } from "../src/url.js";

describe("parseUrl", () => {
  test.each([
    ["ws://localhost:3000", "localhost:3000"],
    ["wss://example.com/game", "example.com"],
    ["http://127.0.0.1", "127.0.0.1"],
    ["https://[::1]:8443/?a=b", "[::1]:8443"],
    ["WS://EXAMPLE.com", "example.com"],
    [" ws://example.com ", "example.com"],
  ])("%j is a URL with the host %s", (url, host) => {
    expect(parseUrl(url)?.host).toBe(host);
  });

  test.each([
    "",
    "/",
    "localhost",
    "localhost:3000",
    "example.com/path",
    "//example.com",
    "ws:",
    "ws://",
    "ws://:80",
    "http://",
    "ws://a b",
  ])("%j is no absolute URL with a host", (url) => {
    expect(parseUrl(url)).toBeNull();
  });

  test.each([
    "ftp://a",
    "file:///a",
    "javascript:alert(1)",
    "data:,x",
    "constructor:a",
    "__proto__:a",
    "blob:ws://a",
    "wss+unix://a",
  ])("%j has a scheme that carries no WebSocket", (url) => {
    expect(parseUrl(url)).toBeNull();
  });
});

describe("engineUrl", () => {
  const make = (url: string, path = "/socket.io/", query: Record<string, string> = {}): string =>
    engineUrl(parseUrl(url)!, path, query, "websocket", "");

  test.each([
    ["http://a", "ws://a/socket.io/?EIO=4&transport=websocket"],
    ["https://a", "wss://a/socket.io/?EIO=4&transport=websocket"],
    ["ws://a:3000", "ws://a:3000/socket.io/?EIO=4&transport=websocket"],
    ["wss://a:443", "wss://a/socket.io/?EIO=4&transport=websocket"],
    ["http://a:443", "ws://a:443/socket.io/?EIO=4&transport=websocket"],
    ["ws://user:secret@a", "ws://user:secret@a/socket.io/?EIO=4&transport=websocket"],
  ])("%s: the scheme is WebSocket's, the rest stays: %s", (url, expected) => {
    expect(make(url)).toBe(expected);
  });

  test.each([
    ["ws://a/", "ws://a/socket.io/"],
    ["ws://a/game", "ws://a/game/socket.io/"],
    ["ws://a/game/", "ws://a/game/socket.io/"],
    ["ws://a/game///", "ws://a/game/socket.io/"],
    ["ws://a/socket.io", "ws://a/socket.io/"],
    ["ws://a/socket.io/", "ws://a/socket.io/"],
    ["ws://a/game/socket.io/", "ws://a/game/socket.io/"],
    ["ws://a/my-socket.io", "ws://a/my-socket.io/socket.io/"],
    ["ws://a/socket.io/game", "ws://a/socket.io/game/socket.io/"],
  ])("%s: the path is appended unless the URL ends with it: %s", (url, expected) => {
    expect(make(url)).toBe(`${expected}?EIO=4&transport=websocket`);
  });

  test.each(["/ws/", "ws", "/ws", "ws/", "///ws///"])("the option path may be written as %j", (path) => {
    expect(make("ws://a", path)).toBe("ws://a/ws/?EIO=4&transport=websocket");
    expect(make("ws://a/ws", path)).toBe("ws://a/ws/?EIO=4&transport=websocket");
  });

  test.each(["/игра/", "/my game/", "/%D0%B8%D0%B3%D1%80%D0%B0/"])(
    "the path %j is found in a URL, where it is escaped",
    (path) => {
      const escaped = encodeURI(decodeURI(path));
      for (const url of ["ws://a", `ws://a${path}`, `ws://a${escaped}`])
        expect(make(url, path)).toBe(`ws://a${escaped}?EIO=4&transport=websocket`);
    },
  );

  test("a path of several parts", () => {
    expect(make("ws://a/x", "/b/c/")).toBe("ws://a/x/b/c/?EIO=4&transport=websocket");
    expect(make("ws://a/b/c", "/b/c/")).toBe("ws://a/b/c/?EIO=4&transport=websocket");
  });

  test.each(["/", ""])("the path %j is the root, which every URL has", (path) => {
    expect(make("ws://a", path)).toBe("ws://a/?EIO=4&transport=websocket");
    expect(make("ws://a/game", path)).toBe("ws://a/game/?EIO=4&transport=websocket");
  });

  test("the user's own query stays, that of the option is laid over it, the protocol's comes last", () => {
    expect(make("ws://a/?room=7&x=1", "/socket.io/", { x: "2", "a b": "c&d" })).toBe(
      "ws://a/socket.io/?room=7&x=2&a+b=c%26d&EIO=4&transport=websocket",
    );
  });

  test("EIO may be set by the user, transport may not: it is what is opened", () => {
    expect(make("ws://a/?EIO=4&transport=polling")).toBe("ws://a/socket.io/?EIO=4&transport=websocket");
    expect(make("ws://a", "/socket.io/", { EIO: "5", transport: "polling" })).toBe(
      "ws://a/socket.io/?EIO=5&transport=websocket",
    );
  });

  test("a fragment is cut off: a WebSocket refuses it", () => {
    expect(make("ws://a/#top")).toBe("ws://a/socket.io/?EIO=4&transport=websocket");
  });

  test("the URL that is given is not changed", () => {
    const url = parseUrl("http://a/#x")!;
    engineUrl(url, "/socket.io/", {}, "polling", "");
    expect(url.href).toBe("http://a/#x");
  });

  test.each([
    ["ws://a", "http://a/socket.io/?EIO=4&transport=polling"],
    ["wss://a:8443", "https://a:8443/socket.io/?EIO=4&transport=polling"],
    ["https://a/x?room=7", "https://a/x/socket.io/?room=7&EIO=4&transport=polling"],
  ])("other transports go over HTTP: %s, %s", (url, expected) => {
    expect(engineUrl(parseUrl(url)!, "/socket.io/", {}, "polling", "")).toBe(expected);
  });

  test("a session that moves is named in the query", () => {
    expect(engineUrl(parseUrl("ws://a")!, "/socket.io/", {}, "websocket", "a b&c")).toBe(
      "ws://a/socket.io/?EIO=4&transport=websocket&sid=a+b%26c",
    );
  });
});
