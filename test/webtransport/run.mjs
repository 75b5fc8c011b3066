/**
 * `npm run test:webtransport`: the client over real WebTransport sessions. socket.io serves HTTP/3 in Deno; Deno, a headless
 * Chromium and, where it is installed, a headless Firefox are the clients. The last line says `N passed, N failed`; the
 * exit code is 1 unless nothing failed.
 *
 *     npm run test:webtransport              everything
 *     npm run test:webtransport -- deno      one or more of: deno chromium firefox
 */
import { execFileSync, spawn } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { loadBrowsers } from "../browser/load.mjs";

const DENO_VERSION = "2.9.6";
/** A run takes a minute; one that hangs ends by itself. */
const LIMIT_SECONDS = 400;
/** Longer than that no browser trusts a certificate for its hash: https://www.w3.org/TR/webtransport/#custom-certificate-requirements */
const CERTIFICATE_DAYS = 10;

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "test/.cache/deno");
const suffix = process.platform === "win32" ? ".exe" : "";
const CLIENTS = { deno: inDeno, chromium: inChromium, firefox: inFirefox };

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in CLIENTS));
if (unknown.length > 0) stop(`No such client: ${unknown.join(", ")}. There are: ${Object.keys(CLIENTS).join(", ")}`);

const dependencies = ["esbuild", "playwright-core", "socket.io", "ws"].map((name) => join(root, "node_modules", name));
if (!dependencies.every((path) => existsSync(path)))
  stop("The dependencies are not installed. Install them with:\n\n    npm ci\n");
const { firefox } = await loadBrowsers();
const isPresent = (name) => name !== "firefox" || firefox.isInstalled();
const names = wanted.length > 0 ? wanted : Object.keys(CLIENTS).filter(isPresent);
if (!names.every(isPresent)) stop(`There is no Firefox. Install it with:\n\n    ${firefox.howToInstall()}\n`);
if (wanted.length === 0 && !isPresent("firefox")) console.log(`Without Firefox: ${firefox.howToInstall()}`);
const deno = find("DENO", installedDenos(), ["deno"]);
const chromium = find("CHROMIUM", [], ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);
const install = `npm install --no-audit --no-fund --no-save --prefix test/.cache/deno deno@${DENO_VERSION}`;
if (deno === null) stop(`There is no Deno, which serves HTTP/3 here. Install it with:\n\n    ${install}\n`);
if (chromium === null && names.includes("chromium"))
  stop(
    "There is no Chromium. Install it with:\n\n    apt-get install -y chromium\n\nor put the path of one into CHROMIUM",
  );

const totals = { passed: 0, failed: 0 };
const folder = mkdtempSync(join(tmpdir(), "webtransport-"));
const cleanups = [() => rmSync(folder, { recursive: true, force: true })];
const limit = setTimeout(() => {
  report("everything", { name: "ends", problem: `not within ${LIMIT_SECONDS} s` });
  finish();
}, LIMIT_SECONDS * 1000);

try {
  const hash = makeCertificate();
  await bundle();
  for (const name of names) {
    const server = await startServer();
    await CLIENTS[name]({ ...server.place, hash }, server);
    server.stop();
  }
} catch (error) {
  report("everything", { name: "runs", problem: error.stack });
}
await finish();

/** A client's run: all checks, and then what it says when the server is killed. */
async function inDeno(place, server) {
  const child = spawn(
    deno,
    [
      "run",
      "-A",
      "--unstable-net",
      "--no-config",
      "--no-lock",
      "--quiet",
      join(folder, "deno.mjs"),
      JSON.stringify(place),
    ],
    {
      env: denoEnvironment(),
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  cleanups.push(() => child.kill("SIGKILL"));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let reason = "nothing";
  for await (const line of createInterface(child.stdout)) {
    const told = line.startsWith("{") ? JSON.parse(line) : null;
    if (told === null) console.log(`  ${line}`);
    else if (told.isConnected) server.kill();
    else if (told.reason !== undefined) reason = told.reason;
    else report("Deno", told);
  }
  reportDeath("Deno", reason);
  const code = await ended;
  if (code !== 0) report("Deno", { name: "ends in good health", problem: `exit code ${code}` });
}

async function inChromium(place, server) {
  const { chromium: playwright } = await import("playwright-core");
  const isRoot = process.platform === "linux" && process.getuid() === 0;
  const args = ["--disable-gpu", ...(isRoot ? ["--no-sandbox"] : [])];
  const browser = await playwright.launch({ executablePath: chromium, args });
  cleanups.push(() => browser.close());
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.exposeFunction("report", (result) => report("Chromium", result));
  await page.exposeFunction("isConnected", () => server.kill());
  await page.goto(`http://127.0.0.1:${place.port}/`);
  await page.evaluate((where) => window.checks.run(where, window.report), place);
  reportDeath("Chromium", await page.evaluate((where) => window.checks.outlive(where, window.isConnected), place));
  report("Chromium", { name: "no uncaught error in the page", problem: errors.join("; ") });
  await browser.close();
}

async function inFirefox(place, server) {
  const browser = await firefox.start();
  cleanups.push(() => browser.close());
  const page = await browser.open(`http://127.0.0.1:${place.port}/`);
  const until = async (condition) => {
    while (!(await page.evaluate(condition).catch(() => false)))
      await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await until(() => window.checks !== undefined);
  // The page cannot call out: it keeps what it has to tell.
  await page.evaluate((where) => {
    window.results = [];
    window.checks.run(where, (result) => window.results.push(result)).then(() => window.results.push(null));
  }, place);
  for (let result; result !== null; ) {
    await until(() => window.results.length > 0);
    result = await page.evaluate(() => window.results.shift());
    if (result !== null) report("Firefox", result);
  }
  await page.evaluate((where) => {
    window.checks.outlive(where, () => (window.isConnected = true)).then((reason) => (window.reason = reason));
  }, place);
  await until(() => window.isConnected);
  server.kill();
  await until(() => window.reason !== undefined);
  reportDeath("Firefox", await page.evaluate(() => window.reason));
  report("Firefox", { name: "no uncaught error in the page", problem: page.errors.join("; ") });
  await browser.close();
}

function reportDeath(client, reason) {
  const isRight = /^(transport close|transport error|ping timeout)$/.test(reason);
  report(client, { name: `the server is killed: ${reason}`, problem: isRight ? "" : "no such reason" });
}

function report(client, { name, problem, milliseconds }) {
  const time = milliseconds === undefined ? "" : ` (${milliseconds} ms)`;
  console.log(
    `${problem === "" ? "pass" : "FAIL"}  ${client}: ${name}${time}${problem === "" ? "" : `\n      ${problem}`}`,
  );
  totals[problem === "" ? "passed" : "failed"]++;
}

async function startServer() {
  const child = spawn(deno, ["run", "-A", "--no-lock", "--quiet", "--unstable-net", join(here, "server.mjs"), folder], {
    cwd: root,
    env: denoEnvironment(),
    stdio: ["pipe", "pipe", "inherit"],
  });
  const kill = () => child.kill("SIGKILL");
  cleanups.push(kill);
  const lines = createInterface(child.stdout);
  const first = await new Promise((resolve, reject) => {
    lines.once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { place: JSON.parse(first), kill, stop: () => child.stdin.end() };
}

/** Deno keeps what it has compiled beside itself, and asks nobody whether there is a newer one. */
function denoEnvironment() {
  mkdirSync(cache, { recursive: true });
  return { ...process.env, DENO_DIR: join(cache, "compiled"), DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
}

async function bundle() {
  const { build } = await import("esbuild");
  const options = {
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: ["node:*"],
    alias: { "socketio-gameloop": join(root, "src/index.ts") },
    logLevel: "warning",
  };
  await build({ ...options, entryPoints: [join(here, "deno-client.ts")], outfile: join(folder, "deno.mjs") });
  await build({ ...options, entryPoints: [join(here, "page.ts")], outfile: join(folder, "page.js") });
  const icon = '<link rel="icon" href="data:,">';
  writeFileSync(join(folder, "index.html"), `<!doctype html>${icon}<script type="module" src="/page.js"></script>`);
}

/** Writes cert.pem and key.pem; returns the SHA-256 of the certificate as a list of bytes. */
function makeCertificate() {
  const config = "[req]\nprompt=no\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\nCN=localhost\n";
  writeFileSync(join(folder, "openssl.cnf"), `${config}[ext]\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n`);
  const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec.pem");
  openssl("pkcs8", "-topk8", "-nocrypt", "-in", "ec.pem", "-out", "key.pem");
  openssl(
    ...["req", "-x509", "-new", "-key", "key.pem", "-config", "openssl.cnf"],
    ...["-days", String(CERTIFICATE_DAYS), "-sha256", "-out", "cert.pem"],
  );
  const { raw } = new X509Certificate(readFileSync(join(folder, "cert.pem")));
  return [...createHash("sha256").update(raw).digest()];
}

/** The executables in the cache themselves: behind the package's own command the process to end would be another. */
function installedDenos() {
  const platforms = join(cache, "node_modules/@deno");
  return existsSync(platforms) ? readdirSync(platforms).map((name) => join(platforms, name, `deno${suffix}`)) : [];
}

/** An executable: the one that the environment variable names, one of `paths`, or the first of `commands` on the PATH. */
function find(variable, paths, commands) {
  const named = process.env[variable];
  if (named) return existsSync(named) ? named : stop(`${variable}=${named}: there is no such file`);
  const folders = (process.env.PATH ?? "").split(delimiter).filter((path) => path !== "");
  const onPath = commands.flatMap((command) => folders.map((path) => join(path, command + suffix)));
  return [...paths, ...onPath].find((path) => existsSync(path)) ?? null;
}

function stop(message) {
  console.error(message);
  process.exit(2);
}

async function finish() {
  clearTimeout(limit);
  for (const cleanup of cleanups.reverse()) await cleanup();
  console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
  process.exit(totals.failed === 0 ? 0 : 1);
}
