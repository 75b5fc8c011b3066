import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { ENTRY_POINTS } from "./entry-points.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root,
  resolve: { alias: ENTRY_POINTS },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/browser/**", "test/interop/**", "test/bench/**", "test/.cache/**"],
    // One worker per core is slower here than few workers with many small files each.
    isolate: false,
    // A hang is an error; a machine that is busy with something else is none.
    testTimeout: 30_000,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      // Types alone, or a list of names: nothing in them runs.
      exclude: [
        "src/index.ts",
        "src/events.ts",
        "src/transport/transport.ts",
        "src/**/*.d.ts",
        // They run in processes of their own, where the coverage of this one does not look: test/bots/cli.test.ts.
        "src/bots/cli.ts",
        "src/bots/cli-{worker,processes,swarm}.ts",
      ],
      reporter: ["text", "json-summary"],
      reportsDirectory: "coverage",
      thresholds: {
        statements: 95,
        branches: 95,
        "src/protocol/**/*.ts": { statements: 100, branches: 100 },
      },
    },
  },
});
