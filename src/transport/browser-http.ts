/*
 * HTTP requests as every platform can make them: by `fetch`. In browser bundles this file takes the place of
 * `platform-http.ts`.
 */
import { utf8Length } from "../protocol/attachments.js";
import type { Base64 } from "../protocol/engine-payload.js";
import type { CookieStore, TransportRequest } from "./transport.js";

/** How a request ended: `error` is `""` if there was an answer, of whatever `status`. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly error: string;
}

/** The most bytes of a request that a browser still sends when its page is gone (Fetch, "keepalive"). */
const MAX_KEEPALIVE = 60_000;

/**
 * Aborts a request; with `isLate` only if it takes much longer, where the platform can do that: it would keep a process alive
 * that is done with a dead server.
 */
export type Abort = (isLate?: boolean) => void;

/**
 * Makes a request and tells of its end, unless it was aborted by calling what is returned.
 * @param isLast nothing follows: it should get out even if the page or process is about to end
 */
export type Send = (
  request: TransportRequest,
  method: "GET" | "POST",
  url: string,
  body: string,
  isLast: boolean,
  done: (answer: Answer) => void,
) => Abort;

export const send: Send = ({ with_credentials }, method, url, body, isLast, done) => {
  const controller = new AbortController();
  const { signal } = controller;
  // A text body has the only type that a server takes, and one that needs no question of another origin beforehand. A user and a
  // password in the URL would be refused.
  fetch(url.replace(/\/\/[^/]*@/, "//"), {
    method,
    // A GET may have none.
    body: body || null,
    signal,
    cache: "no-store",
    credentials: with_credentials ? "include" : "same-origin",
    keepalive: isLast && utf8Length(body) < MAX_KEEPALIVE,
  })
    .then(async (response) => ({ status: response.status, text: await response.text(), error: "" }))
    .catch((error) => ({ status: 0, text: "", error: `no answer (${error?.message ?? error})` }))
    .then((answer) => {
      if (!signal.aborted) done(answer);
    });
  return (isLate) => {
    if (!isLate) controller.abort();
  };
};

/** Bytes that `String.fromCharCode` takes at once on every platform. */
const SLICE = 8192;

export const base64: Base64 = {
  encode(bytes) {
    let text = "";
    for (let start = 0; start < bytes.length; start += SLICE) {
      text += String.fromCharCode(...bytes.subarray(start, start + SLICE));
    }
    return btoa(text);
  },
  decode: (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)),
};

/** A browser keeps its cookies itself. */
export function createCookieStore(_options: Pick<TransportRequest, "with_credentials">): CookieStore | null {
  return null;
}
