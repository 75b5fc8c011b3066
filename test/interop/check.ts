import type { Arena } from "./arena.js";
import type { Features } from "./targets.js";

/** One thing that has to hold for every server and every way to connect. */
export interface Check {
  readonly name: string;
  /** What the server must have; the check does not count where it has not. */
  readonly needs?: keyof Features;
  /** @throws Error that says what was not as it should be */
  run(arena: Arena): Promise<void>;
}
