/** The title screen, with the form for the name. `?name=Ann` in the address goes past it. */
export class Title {
  readonly #form: HTMLFormElement;
  readonly #input: HTMLInputElement;
  readonly #note: HTMLElement;

  /** Calls `play` with the name that was entered; whether it is a good one the server decides. */
  constructor(play: (name: string) => void) {
    this.#form = document.querySelector("#title") as HTMLFormElement;
    this.#input = document.querySelector("#name") as HTMLInputElement;
    this.#note = document.querySelector("#note") as HTMLElement;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#form.hidden = true;
      this.#input.blur();
      play(this.#input.value);
    });
  }

  get name(): string {
    return this.#input.value;
  }

  set name(name: string) {
    this.#input.value = name;
  }

  get isOpen(): boolean {
    return !this.#form.hidden;
  }

  show(note: string): void {
    this.#form.hidden = false;
    this.#note.textContent = note;
    this.#input.focus();
    this.#input.select();
  }
}
