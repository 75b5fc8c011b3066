import { requireThat } from "./errors.js";
import { type Attachment, takeAttachments } from "./protocol/attachments.js";
import { isObject } from "./protocol/protocol-error.js";

/**
 * Credentials for a namespace: what the server sees as `socket.handshake.auth`. A dictionary of plain data, of an interface of your own
 * too; no list, function, promise or binary.
 */
export interface AuthData {
  // biome-ignore lint/suspicious/noExplicitAny: with `unknown` TypeScript asks interfaces for an index signature
  [key: string]: any;
  // With `any` it takes every object: these are what lists, functions, and promises and binary have.
  [Symbol.iterator]?: never;
  [Symbol.hasInstance]?: never;
  [Symbol.toStringTag]?: never;
}

type AskAuth = () => AuthData | null | undefined | Promise<AuthData | null | undefined>;

/** A dictionary, or a function that is asked for one at every connect; it may answer later. */
export type Auth = AuthData | AskAuth;

/** No credentials: the same for all who have none. */
export const NO_AUTH: AuthData = /* @__PURE__ */ Object.freeze({});

/** What has to be asked first, or the JSON as it was when it was given: the game may change the object later. */
export type KeptAuth = AskAuth | string;

/** @throws TypeError for anything but a function, or a dictionary that can be encoded as JSON */
export function keepAuth(auth: Auth): KeptAuth {
  return typeof auth === "function" ? (auth as AskAuth) : encodeAuth(auth);
}

/**
 * The JSON of an auth dictionary; `""` for an empty one, because CONNECT without auth has no payload (Socket.IO 5,
 * "Connection to a namespace").
 * @throws TypeError for anything but a dictionary that can be encoded as JSON
 */
export function encodeAuth(auth: unknown): string {
  const attachments: Attachment[] = [];
  const json = takeAttachments(auth ?? {}, attachments);
  requireThat(auth == null || isObject(auth), "auth", "a dictionary object or a function for one", auth);
  // A `toJSON` may have made something else of it.
  const isPlain = attachments.length === 0 && json[0] === "{";
  requireThat(isPlain, "auth", "an object without binary data", auth);
  return json === "{}" ? "" : json;
}
