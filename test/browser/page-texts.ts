/*
 * What goes to a page as text, in whatever protocol.
 */

/** The source of a function of one text, the arguments, that resolves with another one. */
export function asText(run: (...args: never[]) => unknown): string {
  return `async (text) => JSON.stringify({ value: await (${run})(...JSON.parse(text)) })`;
}

/** What the page answered. */
export function fromText(text: string): unknown {
  return (JSON.parse(text) as { value?: unknown }).value;
}

/** The character of a key that is named by its place on the keyboard: "KeyD" or "Space". */
export function characterOf(code: string): string {
  return code === "Space" ? " " : code.replace(/^Key/, "").toLowerCase();
}

/** WebDriver's actions, of both protocols, for a key. */
export function keyActions(type: "keyDown" | "keyUp", code: string): object {
  return { actions: [{ type: "key", id: "keyboard", actions: [{ type, value: characterOf(code) }] }] };
}
