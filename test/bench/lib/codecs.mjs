/* The codecs alone: what stands between a frame and an event, and between an event and its frames. */
import { bytes, state } from "./frames.mjs";

const LIMITS = { max_attachments: 10, max_queued_bytes: 1e9 };
const PATH = "/";
const NONE = [];

// Each is made of the modules that it needs: a browser's page has them in its bundle, a process loads them.

/** A function from the frames of one packet to its data. */
export function decoderOfOurs({ SocketDecoder }, { readHeader, readEvent, readAck }) {
  const decoder = new SocketDecoder({ options: LIMITS });
  const header = {};
  return (frames) => {
    let packet;
    for (let index = 0; index < frames.length; index++) packet = decoder.receive(frames[index]);
    const isText = typeof packet === "string";
    const text = isText ? packet : packet.content;
    const { type, end } = readHeader(text, header);
    const attachments = isText ? NONE : packet.attachments;
    return type === 3 || type === 6 ? readAck(text, end, attachments) : readEvent(text, end, attachments);
  };
}

export function decoderOfPeer({ Decoder }, { decodePacket }) {
  const decoder = new Decoder();
  let decoded;
  decoder.on("decoded", (packet) => {
    decoded = packet.data;
  });
  return (frames) => {
    for (let index = 0; index < frames.length; index++) {
      const frame = frames[index];
      // What its own WebSocket hands over, and what a bare Uint8Array is for ours.
      decoder.add(decodePacket(typeof frame === "string" ? frame : frame.buffer, "arraybuffer").data);
    }
    return decoded;
  };
}

/** A function from what is sent to its frames. `id` is -1 unless an acknowledgement is asked for. */
export function encoderOfOurs({ encodePacket }) {
  return (data, id) => encodePacket(2, PATH, id, data);
}

export function encoderOfPeer({ Encoder }, { encodePacket }) {
  const encoder = new Encoder();
  const options = { compress: true };
  return (data, id) => {
    const packet = { type: 2, data, options, nsp: PATH };
    if (id >= 0) packet.id = id;
    let last;
    const take = (frame) => {
      last = frame;
    };
    for (const frame of encoder.encode(packet)) encodePacket({ type: "message", data: frame, options }, true, take);
    return last;
  };
}

const player = (n) => ({ n: 1_000_000 + n, x: 12.5, y: 33.25, d: "left" });
const tokens = (n) => ({ n: 1_000_000 + n, ok: true });
/** Some of each, so that no single string is all that is ever read. */
const many = (make) => Array.from({ length: 64 }, (_, n) => make(n));
/** As they come from a socket: one piece of memory each, and no text that the program knows already. */
const fresh = (text) => new TextDecoder().decode(new TextEncoder().encode(text));

const packet = (head, data, ...attachments) => ({
  frames: [fresh(head + JSON.stringify(data)), ...attachments],
  json: fresh(JSON.stringify(data)),
});
const HOLDER = { _placeholder: true, num: 0 };

/** What is decoded, by name: the frames, and the JSON in them for the bare parse. */
export const ARRIVING = {
  small: () => many((n) => packet("42", ["move", player(n)])),
  ack: () => many((n) => packet(`43${100 + n}`, [tokens(n)])),
  binary: () => many((n) => packet("451-", ["bytes", HOLDER], bytes(n, 64))),
  "1 KB": () => many((n) => packet("42", ["state", state(n)])),
};

/** What is encoded, by name: the data, whether an acknowledgement is asked for, and what the bare stringify gets. */
export const LEAVING = {
  small: () => many((n) => ({ data: ["move", player(n)], id: -1, bare: ["move", player(n)] })),
  ack: () => many((n) => ({ data: ["move", tokens(n)], id: 100 + n, bare: ["move", tokens(n)] })),
  binary: () => many((n) => ({ data: ["bytes", bytes(n, 64)], id: -1, bare: ["bytes", HOLDER] })),
  "1 KB": () => many((n) => ({ data: ["state", state(n)], id: -1, bare: ["state", state(n)] })),
  "50 KB + attachment": () =>
    many((n) => ({ data: ["world", world(n), bytes(n, 1024)], id: -1, bare: ["world", world(n), HOLDER] })),
};

function world(n) {
  return { n, rooms: Array.from({ length: 48 }, (_, k) => state(n + k)) };
}
