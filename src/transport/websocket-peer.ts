/*
 * A WebSocket that is polled. Its socket's callbacks only note what happened, in `#inbox` and `#ended`; what the game can see (`#state`
 * and what belongs to it) changes in `poll()` and in the game's own calls.
 *
 *   state        what is there                       leaves it by
 *   ──────────   ─────────────────────────────────   ─────────────────────────────────────────────────────────
 *   CLOSED       no socket                           connect_to_url() → CONNECTING
 *   CONNECTING   a socket without an answer          poll() → OPEN or CLOSED; close() → CLOSED
 *   OPEN         an open socket                      close() → CLOSING; poll() → CLOSED; close(-1) → CLOSED
 *   CLOSING      a socket that awaits the peer's     poll() → CLOSED; close(-1) → CLOSED
 *                answer; what it receives is lost
 */
import { type Err, requireAmounts, requireThat, typeName } from "../errors.js";
import {
  ERR_ALREADY_IN_USE,
  ERR_INVALID_DATA,
  ERR_INVALID_PARAMETER,
  ERR_OUT_OF_MEMORY,
  ERR_UNAVAILABLE,
  FAILED,
  OK,
} from "../protocol/codes.js";
import { isTlsOptions, type TLSOptions } from "../tls-options.js";
import { PeerSocket } from "./peer-socket.js";
import { canHonour } from "./platform-socket.js";
import { CLOSED, CLOSING, CONNECTING, OPEN } from "./ready-state.js";
import { addressOf, parseUrl } from "./transport.js";

interface Packet {
  readonly bytes: Uint8Array;
  readonly isText: boolean;
}

/** How a connection ended. */
interface Ending {
  readonly code: number;
  readonly reason: string;
}

const UNKNOWN: Ending = { code: -1, reason: "" };
/** "Message too big" (RFC 6455, 7.4.1), the nearest of the codes. */
const TOO_MUCH: Ending = { code: 1009, reason: "the queue of received packets is full" };
/** What a close frame has room for (RFC 6455, 5.5), in bytes. */
const MAX_REASON = 123;

/**
 * A WebSocket client without callbacks, for code that speaks no Socket.IO: `poll()` it once a frame, then take the packets that
 * have arrived. What can be seen of it changes only in `poll()` and in your own calls. Godot class: `WebSocketPeer`.
 *
 * It differs from Godot's where the platform or the promise to lose nothing asks for it: packets stay readable after the
 * connection has ended, and a queue that is full drops none (see `max_queued_packets`).
 *
 * @example
 * const peer = new WebSocketPeer();
 * peer.connect_to_url("wss://example.com/game");
 * function frame() {
 *   peer.poll();
 *   if (peer.get_ready_state() === WebSocketPeer.STATE_OPEN) peer.send_text("hello");
 *   while (peer.get_available_packet_count() > 0) {
 *     const bytes = peer.get_packet();
 *     console.log(peer.was_string_packet() ? new TextDecoder().decode(bytes) : bytes);
 *   }
 *   if (peer.get_ready_state() === WebSocketPeer.STATE_CLOSED) console.log(peer.get_close_code(), peer.get_close_reason());
 *   else requestAnimationFrame(frame);
 * }
 * frame();
 */
export class WebSocketPeer {
  static readonly STATE_CONNECTING = CONNECTING;
  static readonly STATE_OPEN = OPEN;
  static readonly STATE_CLOSING = CLOSING;
  static readonly STATE_CLOSED = CLOSED;

  /** The packet is text: UTF-8. */
  static readonly WRITE_MODE_TEXT = 0;
  /** The packet is bytes. */
  static readonly WRITE_MODE_BINARY = 1;

  /** Subprotocols to offer, the preferred one first. Counts from the next `connect_to_url` on. */
  supported_protocols: readonly string[] = [];
  /**
   * Headers of the HTTP request, each like `"Authorization: Bearer …"`; a name that comes again is one header with all values.
   * Counts from the next `connect_to_url` on. Browsers send none of them, as in Godot's Web export.
   */
  handshake_headers: readonly string[] = [];
  /**
   * Bytes of received packets that may wait; 0 for any number. Counts from the next `connect_to_url` on. A single message that
   * is larger ends the connection with code 1009, "message too big". See `max_queued_packets` for what else it does.
   */
  inbound_buffer_size = 65535;
  /** Bytes that may wait to be sent; 0 for any number. What does not fit is refused with `ERR_OUT_OF_MEMORY`. */
  outbound_buffer_size = 65535;
  /**
   * Received packets that may wait; 0 for any number. When as many wait, or as many bytes as `inbound_buffer_size`:
   * - In Node the socket stops reading until half of them are taken, which slows the peer down and loses nothing. What had
   *   been read from the network by then, up to 64 KiB, still comes on top.
   * - A browser cannot stop reading. The packet that has no room any more ends the connection with code 1009 and is lost; those
   *   before it stay readable.
   */
  max_queued_packets = 4096;

  #socket: PeerSocket | null = null;
  #state: number = CLOSED;
  #url = "";
  #protocol = "";
  #ending = UNKNOWN;
  /** Received since the last poll. */
  #inbox: Packet[] = [];
  /** Those before it that were not taken yet, the oldest last: to take the first of many thousands would move all others. */
  #available: Packet[] = [];
  /** Of both. */
  #waitingBytes = 0;
  #paused = false;
  /** The end, until `poll()` tells; nothing is received after it. */
  #ended: Ending | null = null;
  #lastWasText = false;
  #packetError: Err = OK;

  /**
   * Starts connecting and returns at once; `poll()` tells how it went. Packets of the connection before, if any wait, are
   * dropped. Godot: `WebSocketPeer.connect_to_url`.
   * @param url `ws:` or `wss:`; `http:` and `https:` are taken for these
   * @param tls_options for `wss:`; see `TLSOptions`
   * @returns `OK`, `ERR_ALREADY_IN_USE` unless the state is CLOSED, `ERR_INVALID_PARAMETER` when the platform cannot use the
   * URL, a subprotocol or a header, `ERR_UNAVAILABLE` when it cannot honour `tls_options`
   * @throws TypeError when an argument or one of the properties has the wrong type
   */
  connect_to_url(url: string, tls_options: TLSOptions | null = null): Err {
    requireThat(typeof url === "string", "the URL", "a string", url);
    requireThat(isTlsOptions(tls_options), "tls_options", "made by TLSOptions.client()", tls_options);
    requireStrings("supported_protocols", this.supported_protocols, "chat", /./);
    requireStrings("handshake_headers", this.handshake_headers, "Name: value", /^[^:]+:/);
    const { inbound_buffer_size, outbound_buffer_size, max_queued_packets } = this;
    requireAmounts({ inbound_buffer_size, outbound_buffer_size, max_queued_packets });
    if (this.#state !== CLOSED) return ERR_ALREADY_IN_USE;
    const address = socketUrl(url);
    if (address === null) return ERR_INVALID_PARAMETER;
    if (!canHonour(tls_options)) return ERR_UNAVAILABLE;
    const request = {
      url: address,
      tls: tls_options,
      cookies: null,
      extra_headers: parseHeaders(this.handshake_headers),
      protocols: this.supported_protocols,
      per_message_deflate: false,
      max_payload: inbound_buffer_size,
      max_queued_bytes: 0,
      agent: null,
    };
    try {
      const socket: PeerSocket = new PeerSocket(request, {
        received: (frame) => this.#received(frame),
        closed: (code, reason, error) => {
          if (socket === this.#socket) this.#ended ??= { code: code === 1006 ? -1 : code, reason: reason || error };
        },
      });
      this.#socket = socket;
    } catch {
      return ERR_INVALID_PARAMETER;
    }
    this.#state = CONNECTING;
    this.#url = url;
    this.#protocol = "";
    this.#ending = UNKNOWN;
    this.#ended = null;
    this.#inbox = [];
    this.#available = [];
    this.#waitingBytes = 0;
    this.#paused = this.#lastWasText = false;
    return OK;
  }

  /** Takes note of what has happened: the state and the packets that arrived. Call it once a frame. Runs no callback. */
  poll(): void {
    if (this.#inbox.length > 0) {
      this.#available = [...this.#inbox.reverse(), ...this.#available];
      this.#inbox = [];
    }
    if (this.#state === CONNECTING && this.#socket?.readyState === OPEN) {
      this.#state = OPEN;
      this.#protocol = this.#socket.protocol;
    }
    if (this.#ended !== null) this.#end(this.#ended);
  }

  /** `STATE_CONNECTING`, `STATE_OPEN`, `STATE_CLOSING` or `STATE_CLOSED`, as of the last `poll()` or call of yours. */
  get_ready_state(): number {
    return this.#state;
  }

  /** How many packets `get_packet` can take, as of the last `poll()`. Godot: `PacketPeer.get_available_packet_count`. */
  get_available_packet_count(): number {
    return this.#available.length;
  }

  /**
   * Takes the oldest packet: its bytes, which for text are UTF-8. An empty array when there is none: see `get_packet_error`. They are
   * yours, but may lie in a larger buffer: mind their `byteOffset`.
   * Godot: `PacketPeer.get_packet`.
   */
  get_packet(): Uint8Array {
    const packet = this.#available.pop();
    this.#packetError = packet ? OK : ERR_UNAVAILABLE;
    if (!packet) return new Uint8Array();
    this.#waitingBytes -= packet.bytes.byteLength;
    this.#lastWasText = packet.isText;
    if (this.#paused && this.#fill() <= 0.5) {
      this.#paused = false;
      this.#socket?.resume?.();
    }
    return packet.bytes;
  }

  /** What became of the last `get_packet()`: `OK`, or `ERR_UNAVAILABLE` when none waited. Godot: `PacketPeer.get_packet_error`. */
  get_packet_error(): Err {
    return this.#packetError;
  }

  /** True when the packet that `get_packet` gave last was text. */
  was_string_packet(): boolean {
    return this.#lastWasText;
  }

  /**
   * Sends one packet.
   * @param message its bytes; copied, so you may reuse them
   * @param write_mode `WRITE_MODE_BINARY`, or `WRITE_MODE_TEXT` for bytes that are UTF-8
   * @returns `OK`, `FAILED` when the connection is not open, `ERR_OUT_OF_MEMORY` when more than `outbound_buffer_size` bytes
   * would wait, `ERR_INVALID_DATA` for text that is not UTF-8
   * @throws TypeError when an argument has the wrong type
   */
  send(message: ArrayBufferView | ArrayBuffer, write_mode: number = WebSocketPeer.WRITE_MODE_BINARY): Err {
    // By its name: that of another realm is one, too.
    const isBytes = ArrayBuffer.isView(message) || typeName(message) === "arraybuffer";
    requireThat(isBytes, "the message", "a Uint8Array (write send_text for a string)", message);
    const isText = write_mode === WebSocketPeer.WRITE_MODE_TEXT;
    const isMode = isText || write_mode === WebSocketPeer.WRITE_MODE_BINARY;
    requireThat(isMode, "the mode", "WRITE_MODE_TEXT or WRITE_MODE_BINARY", write_mode);
    const { buffer = message as ArrayBuffer, byteOffset = 0, byteLength } = message as Uint8Array<ArrayBuffer>;
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    if (!isText) return this.#send(bytes, byteLength);
    try {
      return this.#send(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), byteLength);
    } catch {
      return ERR_INVALID_DATA;
    }
  }

  /**
   * Sends a string as a text packet. Returns what `send` returns.
   * @throws TypeError when `message` is not a string
   */
  send_text(message: string): Err {
    const isString = typeof message === "string";
    requireThat(isString, "the message", "a string (write send for bytes)", message);
    return this.#send(message, byteLength(message));
  }

  /** The same as `send(bytes, WRITE_MODE_BINARY)`. Godot: `PacketPeer.put_packet`. */
  put_packet(bytes: ArrayBufferView | ArrayBuffer): Err {
    return this.send(bytes);
  }

  /**
   * Closes the connection. An open one becomes CLOSING, and CLOSED in the `poll()` after the peer has answered: keep polling.
   * One that is still connecting is CLOSED at once. What waits can still be read; what arrives from now on is dropped.
   * @param code 1000, 3000 to 4999, or one of 1001 to 1014 but 1004 to 1006, which browsers send as 4001 to 4014 because a page
   * may not send them; a whole number below 0 ends the connection at once, without telling the peer where the platform can
   * @param reason for the peer, at most 123 bytes of UTF-8
   * @throws TypeError for another code or a longer reason
   */
  close(code = 1000, reason = ""): void {
    const codes = "1000 to 1003, 1007 to 1014, 3000 to 4999, or a whole number below 0 for an end at once";
    requireThat(isCloseCode(code), "the code", codes, code);
    const fits = typeof reason === "string" && byteLength(reason) <= MAX_REASON;
    requireThat(fits, "the reason", `a string of at most ${MAX_REASON} bytes`, reason);
    const socket = this.#socket;
    if (socket === null) return;
    if (code < 0 || this.#state === CONNECTING) {
      socket.close(code < 0);
      this.#end(this.#ended ?? UNKNOWN);
    } else if (this.#state === OPEN) {
      this.#state = CLOSING;
      socket.startClose(code, reason);
    }
  }

  /**
   * The code of the close frame that the peer sent, 1005 when it had none in it. When this side ended the connection because of what
   * the peer did, the code that it was told: 1009 for more than a limit lets in and, in Node, 1002 for a breach of the protocol and 1007 for
   * text that is not UTF-8. -1 as long as it is not CLOSED, and when it ended without a close frame.
   */
  get_close_code(): number {
    return this.#ending.code;
  }

  /** The reason that the peer gave. When it sent no close frame: what went wrong, as far as the platform tells, or `""`. */
  get_close_reason(): string {
    return this.#ending.reason;
  }

  /** The URL as given to `connect_to_url`; `""` before. */
  get_requested_url(): string {
    return this.#url;
  }

  /** Which one of `supported_protocols` the server has chosen; `""` for none. */
  get_selected_protocol(): string {
    return this.#protocol;
  }

  /** Bytes that were accepted by `send` and not yet by the network. In Node this includes the frames' own few bytes. */
  get_current_outbound_buffered_amount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  #send(frame: string | Uint8Array, size: number): Err {
    const socket = this.#socket;
    // The socket may be further than the game knows.
    if (this.#state !== OPEN || socket?.readyState !== OPEN) return FAILED;
    if (socket.bufferedAmount + size > (this.outbound_buffer_size || Infinity)) return ERR_OUT_OF_MEMORY;
    socket.send([frame]);
    return OK;
  }

  #received(frame: string | Uint8Array): void {
    if (this.#state === CLOSING || this.#ended !== null) return;
    const socket = this.#socket!;
    const isText = typeof frame === "string";
    const bytes = isText ? new TextEncoder().encode(frame) : frame;
    this.#inbox.push({ bytes, isText });
    this.#waitingBytes += bytes.byteLength;
    if (socket.pause) {
      if (this.#paused || this.#fill() < 1) return;
      this.#paused = true;
      socket.pause();
    } else if (this.#fill() > 1) {
      this.#inbox.pop();
      this.#waitingBytes -= bytes.byteLength;
      this.#ended = TOO_MUCH;
      socket.startClose(TOO_MUCH.code, TOO_MUCH.reason);
    }
  }

  /** How much of what may wait does, 1 being all. */
  #fill(): number {
    const packets = (this.#inbox.length + this.#available.length) / (this.max_queued_packets || Infinity);
    return Math.max(packets, this.#waitingBytes / (this.inbound_buffer_size || Infinity));
  }

  #end(ending: Ending): void {
    this.#ending = ending;
    this.#ended = null;
    this.#socket = null;
    this.#state = CLOSED;
  }
}

/** The address for the platform's WebSocket, which takes no fragment and not everywhere `http:`. `null` for no such URL. */
function socketUrl(url: string): string | null {
  const parsed = parseUrl(url);
  return parsed && addressOf(parsed, "ws");
}

function requireStrings(name: string, list: readonly string[], example: string, form: RegExp): void {
  requireThat(Array.isArray(list), name, `a list like ["${example}"]`, list);
  for (const item of list)
    requireThat(typeof item === "string" && form.test(item), `an item of ${name}`, `a string like "${example}"`, item);
}

/** One header of each name, with all its values (RFC 9110, 5.3; of cookies RFC 6265, 4.2.1). */
function parseHeaders(headers: readonly string[]): Record<string, string> {
  const made = new Map<string, [name: string, value: string]>();
  for (const header of headers) {
    const [name, value] = header.split(/:(.*)/s).map((part) => part.trim()) as [string, string];
    const key = name.toLowerCase();
    const before = made.get(key);
    if (before) before[1] += `${key === "cookie" ? ";" : ","} ${value}`;
    else made.set(key, [name, value]);
  }
  return Object.fromEntries(made.values());
}

/** What an endpoint may send (RFC 6455, 7.4), and Godot's negative number for no close frame at all. */
function isCloseCode(code: number): boolean {
  const isStandard = code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006);
  return Number.isInteger(code) && (code < 0 || isStandard || (code >= 3000 && code <= 4999));
}

/** As it is sent: half of a surrogate pair that stands alone takes three bytes. */
function byteLength(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
