import { randomBytes } from "node:crypto";

const LIFETIME_SECONDS = 20;

/** What a ticket stands for. */
export interface Grant {
  readonly name: string;
  readonly bot: boolean;
  readonly seat: string;
}

/**
 * Random one-time tickets: the lobby hands them out, the arena takes them back. They live in this process only, so
 * after a restart every old one is worthless and the players have to come through the lobby again.
 */
export class TicketOffice {
  readonly #grants = new Map<string, Grant & { expires: number }>();

  issue(grant: Grant, now: number): string {
    for (const [ticket, { expires }] of this.#grants) {
      if (expires < now) this.#grants.delete(ticket);
    }
    const ticket = randomBytes(18).toString("base64url");
    this.#grants.set(ticket, { ...grant, expires: now + LIFETIME_SECONDS });
    return ticket;
  }

  /** The grant of a valid ticket, once; null ever after. */
  redeem(ticket: string, name: string, now: number): Grant | null {
    const grant = this.#grants.get(ticket);
    this.#grants.delete(ticket);
    return grant !== undefined && grant.expires >= now && grant.name === name ? grant : null;
  }
}

export function newSeat(): string {
  return randomBytes(12).toString("base64url");
}
