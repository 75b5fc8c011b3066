/*
 * A real browser for tests that hold in every browser: the environment variable BROWSER names it; without that it is Chromium. Tests that
 * need what one browser has alone, as the DevTools protocol, use chromium.ts.
 */
import { describeWith } from "./describe.js";
import { CHROMIUM } from "./driven-chromium.js";
import { FIREFOX } from "./firefox.js";
import { WEBKIT } from "./webkit.js";

export interface TestPage {
  /** What it reported as an error, up to the last `evaluate()`: what was uncaught, and what its console shows as one. */
  readonly errors: readonly string[];
  /** Runs a function in the page. It and its arguments go there as text, and what it returns comes back as JSON. */
  evaluate<Args extends unknown[], Result>(
    run: (...args: Args) => Result | Promise<Result>,
    ...args: Args
  ): Promise<Result>;
  /** Presses or lets go a key, named by its place on the keyboard: "KeyD" or "Space". */
  key(type: "keyDown" | "keyUp", code: string): Promise<void>;
  /** A PNG of what it shows. */
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}

export interface TestBrowser {
  /** Its name and version. */
  readonly version: string;
  /** Opens a page that is seen. It has only begun to load. */
  open(url: string): Promise<TestPage>;
  /** Opens a page behind another one, where it stays: it paints no frames. It has only begun to load. */
  openHidden(url: string): Promise<TestPage>;
  /** Ends it, and removes its profile. */
  close(): Promise<void>;
}

/** One that may be installed. */
export interface BrowserKind {
  readonly name: string;
  /** The environment variable that may name its program. */
  readonly variable: string;
  isInstalled(): boolean;
  /** The command that brings it. */
  howToInstall(): string;
  /** Starts it with an empty profile and without a window on the user's screen. */
  start(): Promise<TestBrowser>;
}

const KINDS: Readonly<Record<string, BrowserKind>> = { chromium: CHROMIUM, firefox: FIREFOX, webkit: WEBKIT };

export const browserName = process.env["BROWSER"] || "chromium";

function chosen(): BrowserKind {
  const kind = KINDS[browserName];
  if (kind !== undefined) return kind;
  throw new Error(`BROWSER=${browserName}: the tests know ${Object.keys(KINDS).join(", ")}`);
}

export function startBrowser(): Promise<TestBrowser> {
  return chosen().start();
}

/** `describe` for tests that need a browser, no matter which. */
export function describeInAnyBrowser(title: string, tests: () => void): void {
  describeWith(chosen(), `${browserName}: ${title}`, tests);
}
