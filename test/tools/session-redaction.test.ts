import { describe, expect, test } from "vitest";
import { maskText, maskUrl, maskUrls } from "../../src/tools/session-redaction.js";

test("a masked text has as many characters, units and bytes as before, in JSON too", () => {
  const text = "aZ5 é ✨ 😀🚀 \ud83d \udc00\ud83d\n";
  const masked = maskText(text);
  expect(masked).toBe("aA0 é … 😀😀 \ud800 \ud800\ud800\n");
  const sizes = (each: string) => [
    each.length,
    [...each].length,
    new TextEncoder().encode(JSON.stringify(each)).length,
  ];
  expect(sizes(masked)).toEqual(sizes(text));
});

describe("a URL that the client is given", () => {
  test.each([
    ["ws://test", "ws://test"],
    ["ws://test:80/rooms/7", "ws://test:80/rooms/7"],
    ["wss://h/?token=player7:SECRET", "wss://h/?token=***"],
    ["wss://h/?name=O'Brien&token=SECRET", "wss://h/?name=***&token=***"],
    ['wss://h/?name="a b"<c>&token=SECRET', "wss://h/?name=***&token=***"],
    ["wss://h/?SECRET", "wss://h/?***"],
    ["wss://h/?a==SECRET&&b=&c=SECRET=SECRET", "wss://h/?***&&***&c=***"],
    ["wss://h/#token=SECRET", "wss://h/"],
    ["wss://bob:p@SECRET@h/", "wss://***@h/"],
    ["wss://SECRET@h/@room", "wss://***@h/@room"],
    ["wss:h/?token=SECRET", "wss://h/?token=***"],
    ["ws:\\\\h/?token=SECRET", "ws://h/?token=***"],
    [" ws:\n//bob:SECRET@h/", "ws://***@h/"],
    // These it refuses.
    ["h:3000/?token=SECRET", "h:3000/?***"],
    ["ws://u:a/SECRET@h/#SECRET", "***@h/?***"],
    ["ws://?SECRET\nSECRET", "ws://?***"],
  ])("%j is shown as %j", (url, shown) => {
    expect(maskUrl(url)).toBe(shown);
    expect(maskUrl(shown)).toBe(shown);
  });
});

describe("URLs in a text", () => {
  test.each([
    [
      "no WebSocket connection to ws://h/?token=a:SECRET: refused",
      "no WebSocket connection to ws://h/?token=***: refused",
    ],
    ["ws://bob:SECRET@h/O'Brien/?token=SECRET; wss://h/: no", "ws://***@h/O'Brien/?token=***; wss://h/: no"],
    ["http://SECRET:SECRET@h?SECRET&b=SECRET#SECRET, http://h/@you", "http://***@h?***&b=***, http://h/@you"],
    ['"http://h/?a=SECRET" and <http://h/?b=SECRET>', '"http://h/?a=***" and <http://h/?b=***>'],
    [
      'by a: cannot use the URL "h/?name="a" b&token=SECRET"; write one; by b: cannot use the URL "SECRET@"; write one',
      'by a: cannot use the URL "h/?***"; write one; by b: cannot use the URL "***@"; write one',
    ],
    ["a colon: // no URL ?a=b", "a colon: // no URL ?a=b"],
  ])("%j is shown as %j", (text, shown) => {
    expect(maskUrls(text)).toBe(shown);
    expect(maskUrls(shown)).toBe(shown);
  });

  test.each([
    ["letters", (length: number) => `${"ha".repeat(length / 2)} http://x`],
    ["question marks", (length: number) => `http://x/${"?".repeat(length)}`],
    ["ampersands", (length: number) => `http://x/?${"&".repeat(length)}`],
    ["slashes", (length: number) => `http://${"/".repeat(length)}`],
    ["colons", (length: number) => `${":".repeat(length)} http://x/${":".repeat(length)}x`],
    ["schemes", (length: number) => "://".repeat(length / 3)],
    ["users", (length: number) => `http://${"@".repeat(length)}`],
    ["beginnings", (length: number) => 'cannot use the URL "'.repeat(length / 20)],
  ])("take time in proportion to the text: many %s", (_, make) => {
    const [short, long] = [4_000, 32_000].map((length) => {
      const text = make(length);
      const times = Array.from({ length: 15 }, () => {
        const started = performance.now();
        maskUrls(text);
        return performance.now() - started;
      });
      return Math.min(...times);
    });
    // 8 times as long; were it by the square of it, 64 times as much.
    expect(long! / short!).toBeLessThan(30);
  });
});
