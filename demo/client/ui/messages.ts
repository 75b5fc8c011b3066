import { element, make } from "./elements.js";

const FEED_LINES = 5;
const FEED_SECONDS = 6;

/** The big line in the middle and the small news at the lower left. */
export class Messages {
  readonly #message = element("message");
  readonly #feed = element("feed");
  #hideAt = 0;
  #drop: number[] = [];

  /** Shows a big message for some seconds, over any earlier one. */
  announce(text: string, detail: string, seconds: number, now: number): void {
    this.#message.replaceChildren(text, make("small", detail));
    this.#message.className = "show";
    this.#hideAt = now + seconds;
  }

  news(text: string, now: number): void {
    this.#feed.append(make("div", text));
    this.#drop.push(now + FEED_SECONDS);
    while (this.#feed.childElementCount > FEED_LINES) this.#dropOldest();
  }

  update(now: number): void {
    if (this.#hideAt !== 0 && now > this.#hideAt) {
      this.#message.className = "";
      this.#hideAt = 0;
    }
    while (this.#drop[0] !== undefined && now > this.#drop[0]) this.#dropOldest();
  }

  /** Takes away what is shown. */
  clear(): void {
    this.#message.className = "";
    this.#hideAt = 0;
    this.#feed.replaceChildren();
    this.#drop = [];
  }

  #dropOldest(): void {
    this.#feed.firstElementChild?.remove();
    this.#drop.shift();
  }
}
