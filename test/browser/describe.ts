import { describe } from "vitest";
import type { BrowserKind } from "./browser.js";

/**
 * `describe` for tests that need a browser. Without it they are skipped and the reason is printed; on a build server
 * (CI=true), where nobody reads that, they fail.
 */
export function describeWith(kind: Omit<BrowserKind, "start">, title: string, tests: () => void): void {
  const missing = !kind.isInstalled();
  const hint = `no ${kind.name} was found: ${kind.howToInstall()}, or put the path of one into ${kind.variable}`;
  if (missing && process.env["CI"] === "true") throw new Error(hint);
  if (missing) console.warn(`Skipping "${title}": ${hint}`);
  describe.runIf(!missing)(title, tests);
}
