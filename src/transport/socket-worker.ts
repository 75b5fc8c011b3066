/*
 * The program of the worker in which a page's WebSocket lives, and what the two say to each other.
 *
 *   page → worker                                  worker → page
 *   ─────────────────────────────────────────      ──────────────────────────────────────────────────────────────
 *   open     connect, the first thing said         opened
 *   send     write these frames                    frames   what has come since the last ones were taken
 *   taken    the frames of the last message are    backlog  bytes that were given to the socket so far, and how many
 *   backlog  how much waits to be written?                  of them it has not sent; behind each `send`, too
 *   close    end after what was sent               closed   the last word: the worker ends itself
 *
 * `frames` is said again only when the last were taken. So a page that is busy gets one message with all that came meanwhile, where
 * a WebSocket of its own would run a task for each of them; and one that is not gets each frame when it comes.
 */
import type { OutFrame } from "./transport.js";

export type ToSocketWorker =
  | { readonly say: "open"; readonly url: string; readonly protocols: readonly string[] }
  | { readonly say: "send"; readonly frames: readonly OutFrame[]; readonly bytes: number }
  | { readonly say: "taken" | "backlog" | "close" };

export type FromSocketWorker =
  | { readonly say: "opened" }
  | { readonly say: "frames"; readonly frames: readonly (string | ArrayBuffer)[] }
  | { readonly say: "backlog"; readonly taken: number; readonly waiting: number }
  | { readonly say: "closed"; readonly code: number; readonly reason: string; readonly error: string };

/**
 * The program, a script that can stand alone. It is a text because bundlers, minifiers and coverage tools put names of their own into
 * functions, which nobody knows in a worker. No minifier takes comments out of a text, so they stand here: why an error before the socket is
 * open is its end, and why nothing is sent to one that is closing, says `browser-socket.ts`.
 */
export const SOCKET_WORKER = /* js */ `
let socket = null;
let frames = [];
let isTaken = true;
let taken = 0;

function ship() {
  if (frames.length === 0) return;
  const shipped = frames;
  frames = [];
  isTaken = false;
  postMessage({ say: "frames", frames: shipped }, shipped.filter((frame) => typeof frame !== "string"));
}

function closed(code, reason, error) {
  ship();
  postMessage({ say: "closed", code, reason, error });
  close();
}

function open({ url, protocols }) {
  let error = "";
  try {
    socket = new WebSocket(url, protocols);
  } catch (refusal) {
    closed(1006, "", refusal + "");
    return;
  }
  socket.binaryType = "arraybuffer";
  let isOpen = false;
  socket.onopen = () => {
    isOpen = true;
    postMessage({ say: "opened" });
  };
  socket.onmessage = ({ data }) => {
    frames.push(data);
    if (isTaken) ship();
  };
  socket.onerror = ({ message }) => {
    error = message || "the connection failed";
    if (!isOpen) closed(1006, "", error);
  };
  socket.onclose = ({ code, reason }) => closed(code, reason, error);
}

onmessage = ({ data }) => {
  if (data.say === "open") open(data);
  else if (data.say === "close") socket.close(1000);
  else if (data.say === "taken") {
    isTaken = true;
    ship();
  } else {
    if (data.say === "send") {
      taken += data.bytes;
      if (socket.readyState === 1) for (const frame of data.frames) socket.send(frame);
    }
    postMessage({ say: "backlog", taken, waiting: socket.bufferedAmount });
  }
};
`;
