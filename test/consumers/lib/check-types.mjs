/*
 * A program of its own: `node check-types.mjs <folder of packages> <project>` writes what TypeScript complains about.
 *
 * It looks at the project's files and at the declarations of the package under test, all of them without `skipLibCheck`. The
 * engines' own declarations are left out: hardly any is right under all strict settings, and to check them takes most of the time.
 */
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";

const [packages, project] = process.argv.slice(2).map((path) => realpathSync(path));
const ts = createRequire(join(packages, "/"))("typescript");

const { config } = ts.readConfigFile(join(project, "tsconfig.json"), ts.sys.readFile);
const { options, fileNames, errors } = ts.parseJsonConfigFileContent(config, ts.sys, project);
const program = ts.createProgram(fileNames, options);
const isOurs = ({ fileName }) => realpathSync(fileName).startsWith(project + sep);
const problems = [
  ...errors,
  ...program.getOptionsDiagnostics(),
  ...program.getGlobalDiagnostics(),
  ...program
    .getSourceFiles()
    .filter(isOurs)
    .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
];
const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => project, getNewLine: () => "\n" };
process.stdout.write(ts.formatDiagnostics(problems, host));
process.exitCode = problems.length === 0 ? 0 : 1;
