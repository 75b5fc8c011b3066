import { element, make, press } from "../ui/elements.js";

export interface Tool {
  /** Of the keyboard, by what it writes, in small letters. */
  readonly key: string;
  readonly label: string;
  /** What it is good for. */
  readonly title: string;
  readonly use: () => void;
  /** Whether its button is lit; asked after every use. Left out by what does something once. */
  readonly isOn?: () => boolean;
}

/** The small buttons at the lower left, and their keys. */
export class Toolbar {
  readonly #lights: (() => void)[] = [];

  constructor(tools: readonly Tool[]) {
    const root = element("toolbar");
    for (const { key, label, title, use, isOn } of tools) {
      const button = make("button");
      const cap = make("b", key === "escape" ? "Esc" : key.toUpperCase(), "key");
      cap.setAttribute("aria-hidden", "true");
      button.title = title;
      button.append(cap, label);
      button.addEventListener("click", () => {
        button.blur();
        use();
        this.show();
      });
      window.addEventListener("keydown", (event) => {
        if (event.key.toLowerCase() !== key || event.repeat || event.ctrlKey || event.metaKey || isTyping(event))
          return;
        use();
        this.show();
      });
      if (isOn !== undefined) this.#lights.push(() => press(button, isOn()));
      root.append(button);
    }
    this.show();
  }

  /** Lights those that are on. */
  show(): void {
    for (const light of this.#lights) light();
  }
}

function isTyping({ target }: Event): boolean {
  return target instanceof HTMLInputElement && target.type !== "range";
}
