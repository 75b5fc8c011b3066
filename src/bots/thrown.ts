import { typeName } from "../errors.js";

/** What was thrown, in words. A script may throw anything, even what cannot be made text. */
export function messageOf(thrown: unknown): string {
  try {
    return String((thrown as Partial<Error> | null | undefined)?.message ?? thrown);
  } catch {
    return typeName(thrown);
  }
}
