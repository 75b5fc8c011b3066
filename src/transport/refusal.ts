import type { Finality } from "./transport.js";

/**
 * What an answer of 400 or 403 says of a session that will never be: unknown transport (0); forbidden (4), unsupported version (5). With
 * others a gateway may have numbers of its own.
 */
const REFUSAL = /"code":\s*"?([045])\b/;

/** How final such an answer to a handshake is (Engine.IO 4, "Error codes"). */
export function finalityOf(status: number, text: string): Finality {
  const code = (status === 400 || status === 403) && REFUSAL.exec(text)?.[1];
  return !code ? "" : code === "0" ? "transport" : "server";
}
