/*
 * HTTP requests. In Node they go through `node:http`, which keeps connections and takes headers, TLS settings and an agent:
 * `fetch` takes none of the latter two, and costs nearly three times as much. In browser bundles `browser-http.ts` takes the
 * place of this file.
 */
import type { Agent, IncomingMessage, RequestOptions } from "node:http";
import type { Socket } from "node:net";
import type { Base64 } from "../protocol/engine-payload.js";
import { type Abort, base64 as browserBase64, send as browserSend, type Send } from "./browser-http.js";
import { CLOSE_TIMEOUT, explain, PROXY_REFUSES, tlsSettings, withCookies } from "./node-request.js";
import { type CookieStore, largest, type TransportRequest } from "./transport.js";

export type { Abort, Answer } from "./browser-http.js";

// Not `import`: a bundle for another platform would look for these modules.
const isNode = typeof globalThis.process?.getBuiltinModule === "function";
const getModule = (name: string): unknown => process.getBuiltinModule(name);

/** Milliseconds within which a kept connection turns out to be none. */
const KEPT_TIME = 1000;

/** Origins that close connections which they were asked to keep: there every request gets one of its own. */
const forgetful = new Set<string>();

/** Connections that wait for the next request, for as long as the process lives; they do not keep it alive. */
const agents: Record<string, Agent> = {};

const nodeSend: Send = (request, method, url, body, isLast, done) => {
  const secure = url.startsWith("https:");
  const http = getModule(secure ? "node:https" : "node:http") as typeof import("node:http");
  const { cookies, tls } = request;
  const most = largest(request);
  // Node's agent does not tell apart connections by whether somebody checked the host name.
  const kind = `${secure}${tls?.is_unsafe_client()}`;
  agents[kind] ??= new http.Agent({ keepAlive: true });
  const isFirst = !/[?&]sid=/.test(url);
  const target = new URL(url);
  const startedAt = performance.now();
  let isOver = false;
  let isAnswered = false;
  const end = (status: number, text: string, error: string) => {
    if (isOver) return;
    isOver = true;
    done({ status, text, error });
  };
  const headers = withCookies(request, url);
  if (method === "POST") {
    headers["content-type"] = "text/plain;charset=UTF-8";
    headers["content-length"] = `${Buffer.byteLength(body)}`;
  }
  const options: RequestOptions = {
    ...tlsSettings(tls),
    method,
    headers,
    agent: (request.agent as Agent | null) ?? (forgetful.has(target.origin) ? false : agents[kind]),
  };
  const explained = (error: Error) => explain(error, secure, isFirst && !isAnswered);
  const call = http.request(target, options, (response: IncomingMessage) => {
    isAnswered = true;
    cookies?.store(url, response.headers["set-cookie"] ?? []);
    const chunks: Buffer[] = [];
    let size = 0;
    response.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= most) chunks.push(chunk);
      else call.destroy(new Error(`the answer is larger than ${most} bytes`));
    });
    response.on("end", () => {
      if (response.statusCode === 407) end(0, "", PROXY_REFUSES);
      else end(response.statusCode!, Buffer.concat(chunks).toString(), "");
    });
    response.on("error", (error) => end(0, "", explained(error)));
  });
  // A switch to another protocol, for which nobody has asked. Without a listener Node would never tell of it.
  call.on("upgrade", (_response, socket) => {
    socket.destroy();
    end(101, "", "");
  });
  // Only a handshake is asked for twice without harm: another answer may have been lost, with events in it.
  let mayRepeat = isFirst && method === "GET";
  let retry: Abort | null = null;
  call.on("error", (error: NodeJS.ErrnoException) => {
    const wasKept = !isOver && call.reusedSocket && error.code === "ECONNRESET";
    // One that had waited for long tells of the network, or of a server that went down.
    if (wasKept && performance.now() - startedAt < KEPT_TIME) forgetful.add(target.origin);
    if (wasKept && mayRepeat) {
      isOver = true;
      retry = nodeSend(request, method, url, body, isLast, done);
    } else end(0, "", explained(error));
  });
  const hurry = () => {
    mayRepeat = false;
    call.setTimeout(CLOSE_TIMEOUT, () => call.destroy(new Error("no answer in time")));
    // That begins with the connection, which may never come to be.
    const begin = (socket: Socket) => socket.setTimeout(CLOSE_TIMEOUT);
    if (call.socket) begin(call.socket);
    else call.once("socket", begin);
  };
  call.end(body);
  return (isLate) => {
    if (isLate) hurry();
    else {
      isOver = true;
      call.destroy();
    }
    retry?.(isLate);
  };
};

const nodeBase64: Base64 = {
  encode: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
  // A copy: small buffers of Node's share their memory.
  decode: (text) => new Uint8Array(Buffer.from(text, "base64")),
};

export const send: Send = isNode ? nodeSend : browserSend;
export const base64: Base64 = isNode ? nodeBase64 : browserBase64;

/** For a platform that does not keep cookies itself; `null` when they are not wanted. */
export function createCookieStore({
  with_credentials,
}: Pick<TransportRequest, "with_credentials">): CookieStore | null {
  if (!isNode || !with_credentials) return null;
  const { createRequire } = getModule("node:module") as typeof import("node:module");
  // Loaded by those who want it: it is larger than all of this package.
  const { CookieJar } = createRequire(import.meta.url)("tough-cookie") as typeof import("tough-cookie");
  const jar = new CookieJar();
  const httpUrl = (url: string) => url.replace(/^ws/, "http");
  return {
    header: (url) => jar.getCookieStringSync(httpUrl(url)),
    store(url, headers) {
      for (const header of headers) jar.setCookieSync(header, httpUrl(url), { ignoreError: true });
    },
  };
}
