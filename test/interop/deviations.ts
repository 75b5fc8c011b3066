/*
 * Known defects of servers: what a check cannot hold for, though the client does what the protocol says. Each names the bytes that
 * show it. One that does not show any more is reported, so that it is taken off this list.
 */
import type { Column } from "./targets.js";

export interface Deviation {
  /** Ids of servers. */
  readonly servers: readonly string[];
  /** The version it was seen in. */
  readonly version: string;
  readonly columns: readonly Column[];
  /** Names of checks. */
  readonly checks: readonly string[];
  /** What the failed check says; another failure of the same check is not excused. */
  readonly shows: RegExp;
  /** What the server does, and what it should do. */
  readonly reason: string;
  /** What is on the wire: `→` from the client, `←` from the server. */
  readonly bytes: string;
  /** It depends on timing, and may also not show. */
  readonly sometimes?: true;
}

const NETTY = { servers: ["java-com.corundumstudio.socketio-mrniko"], version: "netty-socketio 2.0.14" };

const DEVIATIONS: readonly Deviation[] = [
  {
    servers: ["python-aiohttp", "python-aiohttp-always-connect"],
    version: "python-engineio 4.13.3",
    columns: ["polling"],
    checks: ["1 MiB text both ways", "1 MiB binary both ways"],
    // Base64 that was cut between two groups can be read: less than 64 KiB of it.
    shows: /the acknowledgement of "size": error 24|the size that arrived: \[\d{1,5}\] instead of \[1048576\]/,
    reason:
      "The aiohttp driver of python-engineio takes what one `read()` of the request body returns for the whole body. Of a large" +
      " one (500 kB, not 100 kB) that is only the beginning: it cannot be parsed and is thrown away, and the answer is `200 OK` nevertheless." +
      " The other drivers read all of it.",
    bytes: `→ POST /socket.io/?EIO=4&transport=polling&sid=… content-length: 500014
→ 420["size","xxxxx… (500000 times)"]
← 200 OK
← GET: 2 (no 430[500000]; the server logs "JSONDecodeError: Unterminated string")
→ 420["size","xxxxx… (100000 times)"]
← 200 OK
← GET: 430[100000]`,
  },
  {
    servers: ["python-aiohttp-always-connect"],
    version: "python-socketio 5.16.3",
    columns: ["websocket", "polling", "upgrade"],
    checks: ["refused auth, message", "refused auth, data"],
    shows: /ends of a namespace that should not have been connected: \["server disconnect"\]/,
    reason:
      "With `always_connect=True` a refused namespace is first accepted, and then ended by a DISCONNECT, which carries the reason. The protocol has" +
      " no data in a DISCONNECT: socket.io-client closes the connection for it. Here that namespace alone ends.",
    bytes: `→ 40/secured,{"token":"wrong"}
← 40/secured,{"sid":"…"}
← 41/secured,{"message":"not authorized","data":{"code":401}}`,
  },
  {
    servers: ["go"],
    version: "github.com/zishang520/socket.io/servers/engine/v3 3.0.2",
    columns: ["polling"],
    checks: ["closed by the server, reconnected"],
    shows: /"ping timeout" is a connection that was lost/,
    reason:
      "When the server closes a polling session, the pending GET is never answered: it closes the transport's write queue before it puts the" +
      " close packet into it. The client learns of the end by the missing ping, and reconnects then.",
    bytes: `→ GET /socket.io/?EIO=4&transport=polling&sid=…
→ POST 42["kick-close"]
← 200 ok
  (nothing on the GET; the session is gone, socket.io on Node answers the GET with "1")
→ GET (another one, later)
← 400 {"code":1,"message":"Session ID unknown"}`,
  },
  {
    servers: ["go"],
    version: "github.com/zishang520/socket.io/servers/engine/v3 3.0.2",
    columns: ["upgrade"],
    checks: ["200 connections at once"],
    shows: /disconnected, transport close: WebSocket close code 1006/,
    reason:
      "Of some thousand upgrades at once the server drops one: it closes the TCP connection right after the upgrade packet, without a close frame." +
      " The client reconnects.",
    bytes: `→ WebSocket: 2probe
← WebSocket: 3probe
← GET answered: 42["message-back",159] (the last request in flight)
→ WebSocket: 5
← TCP FIN 23 ms later`,
    sometimes: true,
  },
  {
    servers: ["go"],
    version: "github.com/zishang520/socket.io/servers/engine/v3 3.0.2",
    columns: ["websocket"],
    checks: ["kicked from /"],
    shows: /^reasons: \["transport close"\]/,
    reason:
      "Once in some hundred times the server ends the TCP connection, without a close frame, where it should write the DISCONNECT. A bare" +
      " `ws` that sends these two packets sees the same. The client reconnects.",
    bytes: `→ 40
← 40{"sid":"…"}
→ 42["kick"]
← TCP FIN (most times: 42["auth",{}], 41)`,
    sometimes: true,
  },
  {
    ...NETTY,
    columns: ["websocket", "upgrade"],
    checks: ["burst from the server", "bursts both ways at once"],
    shows: /^the binaries: \[\[0,"17 bytes 0400000000/,
    reason:
      "Over WebSocket every attachment begins with a byte too many: `04`, the packet type of Engine.IO 3. In Engine.IO 4 a binary frame is the" +
      " message and nothing else.",
    bytes: `→ 42["burst-binary",2]
← text frame: 451-["blob",1,{"_placeholder":true,"num":0}]
← binary frame: 04 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 (17 bytes, of which 16 were sent)`,
  },
  {
    ...NETTY,
    columns: ["polling"],
    checks: ["burst from the server", "bursts both ways at once"],
    shows: /parse error: expected 1 more attachments, got "451-\[/,
    reason:
      "Over polling an attachment is written as in Engine.IO 3, with a binary header and without a separator before it. Nothing of that can be" +
      " read as Engine.IO 4, where it is `b` and base64 after a separator. The client closes with a parse error.",
    bytes: `→ POST 42["burst-binary",100]
← 451-["blob",1,{"_placeholder":true,"num":0}]\\x01\\x01\\x07\\xff\\x04\\x01\\x01\\x01…
  (instead of 451-["blob",1,{"_placeholder":true,"num":0}]\\x1ebAQEBAQEBAQEBAQEBAQEBAQ==)`,
  },
  {
    ...NETTY,
    columns: ["websocket", "polling", "upgrade"],
    checks: ["binary", "empty binary", "nested binary", "binary acks both ways", "1 MiB binary both ways"],
    shows: /"(AQIDBP8=|Mw==|CQgH)"|"b":"AQI="|arrived: \[4\]|^the echo did not come/,
    reason:
      "An attachment reaches the program as base64 text, unless its argument is declared as `byte[]`. One that is empty or begins with a zero byte" +
      " is not taken for one: the next packet is, even a pong (`Mw==` is `3`).",
    bytes: `→ WebSocket: 451-["message",{"_placeholder":true,"num":0}], binary frame 01 02 03
← WebSocket: 42["message-back","AQID"]`,
  },
  {
    ...NETTY,
    columns: ["polling", "upgrade"],
    checks: [
      "binary",
      "nested binary",
      "binary acks both ways",
      "1 MiB binary both ways",
      "burst to the server",
      "bursts both ways at once",
    ],
    shows:
      /"report": error (24|27)|0 of 100 binaries|server counted: .*"binaries":\d\d?\b|^the echo did not come|^the acknowledgement of|^the answer did not come/,
    reason: "Over polling no attachment arrives: `b…` is thrown away, and the next packet is taken for it and lost.",
    bytes: `→ POST 451-["message","a",{"_placeholder":true,"num":0}]\\x1ebAQID
→ POST 42["burst-binary",2]
← GET: 42["message-back","a","NDJbImJ1cnN0LWJpbmFyeSIsMl0="] (base64 of 42["burst-binary",2])`,
    sometimes: true,
  },
  {
    ...NETTY,
    columns: ["upgrade"],
    checks: ["burst from the server", "bursts both ways at once"],
    shows: /^499 of 500 events/,
    reason:
      "When a session moves to WebSocket the server may lose a packet: it is neither in the last answer to a GET nor among the first frames of the" +
      " WebSocket.",
    bytes: `← GET: …\\x1e42["item",48]\\x1e42["item",49]
← WebSocket: 42["item",51]
  (42["item",50] is never written)`,
    sometimes: true,
  },
  {
    ...NETTY,
    columns: ["websocket", "polling", "upgrade"],
    checks: ["closed by the server, reconnected"],
    shows: /^the connection did not come within .* disconnected, server disconnect/,
    reason:
      "Whatever closes a connection in its interface writes a DISCONNECT first, and after that a client does not reconnect by itself.",
    bytes: `→ 42["kick-close"]
← 41
← (the connection closes)`,
  },
  {
    ...NETTY,
    columns: ["polling", "upgrade"],
    checks: [
      "connect and close",
      "second namespace",
      "refused auth, message",
      "kicked from a namespace",
      "closed by the server, reconnected",
      "unicode",
      "binary",
      "empty binary",
      "nested binary",
      "ack client to server",
      "ack server to client",
      "binary acks both ways",
      "1 MiB text both ways",
      "1 MiB binary both ways",
      "burst from the server",
      "burst to the server",
      "bursts both ways at once",
      "200 connections at once",
      "short heartbeats, polled and not polled",
    ],
    shows: /socket hang up|EPIPE|ECONNRESET|"transport error"|^the session is a new one|^the echo: \[\[\d+\],\[\d+\]\]/,
    reason:
      "Every answer says `connection: keep-alive`, and then the connection is closed. A POST that was written into it in between is lost, and the" +
      " session with it; the client reconnects, and keeps no connections to that server from then on.",
    bytes: `→ POST /socket.io/?EIO=4&transport=polling&sid=… connection: keep-alive
← 200 OK, connection: keep-alive, content-length: 2, ok
← TCP FIN`,
    sometimes: true,
  },
];

export function deviationOf(server: string, column: Column, check: string, message: string): Deviation | undefined {
  return DEVIATIONS.find(
    (known) =>
      known.servers.includes(server) &&
      known.columns.includes(column) &&
      known.checks.includes(check) &&
      known.shows.test(message),
  );
}

/** A defect that is expected of this check, whether or not it shows. */
export function expectedOf(server: string, column: Column, check: string): Deviation | undefined {
  return DEVIATIONS.find(
    ({ servers, columns, checks, sometimes }) =>
      !sometimes && servers.includes(server) && columns.includes(column) && checks.includes(check),
  );
}
