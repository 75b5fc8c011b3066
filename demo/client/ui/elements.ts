/** The element with this id; the page without it is broken, so this throws rather than return null. */
export function element<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no element #${id}`);
  return found as E;
}

/** Sets the text of an element only when it changed: writing the DOM every frame would cost more than the game. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** A new element with text; text never becomes markup, names come from strangers. */
export function make(tag: string, text = "", className = ""): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

/** Shows a button as pressed or not, to the eye and to a screen reader. */
export function press(button: HTMLElement, isPressed: boolean): void {
  button.classList.toggle("chosen", isPressed);
  button.setAttribute("aria-pressed", String(isPressed));
}
