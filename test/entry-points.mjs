/** The entry points of the package and their sources, for whoever resolves them without building first: tsconfig.json says which. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const { paths } = JSON.parse(readFileSync(new URL("tsconfig.json", root), "utf8")).compilerOptions;

/** As vitest's option `resolve.alias`. */
export const ENTRY_POINTS = Object.entries(paths).map(([name, [file]]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(file, root)),
}));
