import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * A run of vitest; each of its tests counts, and a failure outside of them (a coverage threshold, a crash) as one more.
 * @param report where its results go to: the path of a JSON file
 * @param args what it is called with, behind `vitest run`
 * @returns how many tests passed, failed and were skipped, and what failed, in words
 */
export function runVitest(report, args, { node = process.execPath, env = {} } = {}) {
  rmSync(report, { force: true });
  mkdirSync(dirname(report), { recursive: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { status } = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run", ...args, ...reporters], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  const result = read(report);
  const failures = result.testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter((test) => test.status === "failed")
      .map(({ fullName, failureMessages }) => `${fullName}\n${failureMessages.join("\n")}`),
  );
  const isOutside = result.numFailedTests === 0 && status !== 0;
  if (isOutside) failures.push(`exit code ${status} (coverage, or an error outside of the tests)`);
  return {
    passed: result.numPassedTests,
    failed: isOutside ? 1 : result.numFailedTests,
    skipped: result.numPendingTests + result.numTodoTests,
    failures,
  };
}

function read(report) {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  }
}
