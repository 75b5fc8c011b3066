import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { ENTRY_POINTS } from "../entry-points.mjs";

/** What holds in every browser, and not in Chromium alone. */
const ANYWHERE = ["client", "polling", "leaving", "worker", "socket-worker", "games"];
const isChromium = (process.env["BROWSER"] || "chromium") === "chromium";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { alias: ENTRY_POINTS },
  test: {
    include: isChromium ? ["test/browser/**/*.test.ts"] : ANYWHERE.map((name) => `test/browser/${name}.test.ts`),
    // Every file has a browser and servers of its own: side by side they would take each other's time.
    fileParallelism: false,
    // One step of a test waits for a shorter time than that and says what it waited for.
    testTimeout: 40_000,
    hookTimeout: 40_000,
  },
});
