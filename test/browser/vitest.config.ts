import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { ENTRY_POINTS } from "../entry-points.mjs";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  resolve: { alias: ENTRY_POINTS },
  test: {
    include: ["test/browser/**/*.test.ts"],
    // Every file has a browser and servers of its own: side by side they would take each other's time.
    fileParallelism: false,
    // One step of a test waits for a shorter time than that and says what it waited for.
    testTimeout: 40_000,
    hookTimeout: 40_000,
  },
});
