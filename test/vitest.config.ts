import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));

export default defineConfig({
  root,
  resolve: {
    alias: Object.entries({
      "": "index.ts",
      "/websocket": "websocket.ts",
      "/webtransport": "transport/webtransport.ts",
      "/loop": "loop/index.ts",
      "/testing": "testing/index.ts",
      "/msgpack": "codec/msgpack.ts",
    }).map(([subpath, file]) => ({
      find: new RegExp(`^socketio-gameloop${subpath}$`),
      replacement: fileURLToPath(new URL(`../src/${file}`, import.meta.url)),
    })),
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/browser/**", "test/interop/**", "test/bench/**", "test/.cache/**"],
    // One worker per core is slower here than few workers with many small files each.
    isolate: false,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      // Types alone, or a list of names: nothing in them runs.
      exclude: ["src/index.ts", "src/events.ts", "src/transport/transport.ts", "src/**/*.d.ts"],
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
