/*
 * Chromium as one of several browsers, by the DevTools protocol.
 */
import type { BrowserKind, TestBrowser, TestPage } from "./browser.js";
import { Cdp } from "./cdp.js";
import { Chromium, FACTS } from "./chromium.js";

export const CHROMIUM: BrowserKind = {
  ...FACTS,
  start: () => DrivenChromium.start(),
};

class DrivenChromium implements TestBrowser {
  private constructor(
    private readonly chromium: Chromium,
    private readonly cdp: Cdp,
    readonly version: string,
  ) {}

  static async start(): Promise<TestBrowser> {
    const chromium = await Chromium.start("--window-size=1280,800");
    try {
      const cdp = await Cdp.connect(chromium.endpoint);
      const { product } = await cdp.send<{ product: string }>("Browser.getVersion");
      return new DrivenChromium(chromium, cdp, product.replace(/^.*\//, "Chromium "));
    } catch (error) {
      await chromium.close();
      throw error;
    }
  }

  open(url: string): Promise<TestPage> {
    return this.cdp.open(url, { newWindow: true });
  }

  async openHidden(url: string): Promise<TestPage> {
    const page = await this.open(url);
    const front = await this.cdp.open("about:blank");
    await front.show();
    return page;
  }

  async close(): Promise<void> {
    this.cdp.close();
    await this.chromium.close();
  }
}
