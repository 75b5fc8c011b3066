/** The real PixiJS in Node: what of it needs no screen. */
import type { Application, ApplicationOptions, Ticker } from "pixi.js";
import { vi } from "vitest";

/** Loads it. Pixi looks at the page while it is loaded; Node before version 21 has no `navigator`. */
export async function loadPixi(): Promise<typeof import("pixi.js")> {
  const lacksNavigator = globalThis.navigator === undefined;
  if (lacksNavigator) vi.stubGlobal("navigator", { userAgent: "" });
  const pixi = await import("pixi.js");
  if (lacksNavigator) vi.unstubAllGlobals();
  return pixi;
}

/** Paints frames by hand: a ticker that was not started is updated by nobody else. */
export class Frames {
  #milliseconds = 0;

  constructor(
    readonly ticker: Ticker,
    readonly clock: { advance(seconds: number): void },
  ) {}

  /** Lets `seconds` pass and paints a frame. */
  paint(seconds = 1 / 64): void {
    this.clock.advance(seconds);
    this.#milliseconds += seconds * 1000;
    this.ticker.update(this.#milliseconds);
  }
}

/** What an application is without a screen: its plugins are called as `init()` calls them, once there is a renderer. */
export function initWithoutRenderer(
  pixi: typeof import("pixi.js"),
  options: Partial<ApplicationOptions>,
  app: Application = new pixi.Application(),
): Application {
  const renderer = { destroy() {}, render() {}, events: null } as unknown as Application["renderer"];
  app.renderer = renderer;
  for (const plugin of pixi.Application._plugins) plugin.init.call(app, { autoStart: false, ...options });
  return app;
}
