import { element, setText } from "./elements.js";

/** The name form of the title. With `?name=Ann` in the address it shows only when the arena is left. */
export class Login {
  readonly #form = element<HTMLFormElement>("login");
  readonly #input = element<HTMLInputElement>("name");
  readonly #note = element("login-note");

  /** Calls `submit` with each name that is entered; the server decides whether it is a good one. */
  constructor(submit: (name: string) => void) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit(this.#input.value);
    });
  }

  hide(): void {
    this.#form.hidden = true;
    this.#input.blur();
    document.body.classList.remove("titles");
  }

  get open(): boolean {
    return !this.#form.hidden;
  }

  show(note: string): void {
    this.#form.hidden = false;
    document.body.classList.add("titles");
    setText(this.#note, note);
    this.#input.focus();
  }
}
