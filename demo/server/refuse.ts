import type { Refusal } from "../shared/protocol.js";

/** The error that makes a socket.io middleware refuse a CONNECT; `data` travels to the client with the message. */
export function refusal(message: string, data: Refusal): Error & { data: Refusal } {
  return Object.assign(new Error(message), { data });
}
