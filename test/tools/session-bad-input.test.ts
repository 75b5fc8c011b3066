import { Err } from "socketio-gameloop";
import { SessionPlayer } from "socketio-gameloop/tools";
import { describe, expect, test } from "vitest";
import { recordArena } from "./replay-hash/record.js";

const { text, hash } = recordArena(2);
const lines = text.trimEnd().split("\n");

/** What is thrown for a recording: its code and its message. */
function problem(source: string | readonly string[], options = {}): [code: unknown, message: string] {
  try {
    new SessionPlayer(source, options);
  } catch (error) {
    return [(error as { code?: unknown }).code, (error as Error).message];
  }
  return [Err.OK, ""];
}

/** The lines with another one in a place. */
function withLine(index: number, line: string): string[] {
  return lines.map((old, place) => (place === index ? line : old));
}

describe("a recording that cannot be played says why", () => {
  test("it is empty", () => {
    expect(problem("")).toEqual([Err.ERR_FILE_EOF, "the recording is empty"]);
    expect(problem("\n\n")).toEqual([Err.ERR_FILE_EOF, "the recording is empty"]);
    expect(problem([])).toEqual([Err.ERR_FILE_EOF, "the recording is empty"]);
  });

  test.each(["hello", "{}", "[]", '[0,"00000000",{"format":"har"}]', '[0,"00000000",null]', "\u0000\u0001"])(
    "it is something else: %s",
    (source) => {
      const [code, message] = problem(source);
      expect(code).toBe(Err.ERR_FILE_UNRECOGNIZED);
      expect(message).toMatch(/no (line|recording) of a session/);
    },
  );

  test("it is of a newer version", () => {
    const newer = lines[0]!.replace('"version":1', '"version":2');
    expect(problem(withLine(0, newer))).toEqual([
      Err.ERR_UNAVAILABLE,
      "the recording is of version 2, and this player knows 1: update it",
    ]);
  });

  test("a line is missing, or two have changed places", () => {
    const missing = lines.filter((_, index) => index !== 7);
    expect(problem(missing)).toEqual([
      Err.ERR_FILE_CORRUPT,
      "line 8 of the recording has the number 8: lines are missing, or out of order",
    ]);
    const swapped = withLine(7, lines[8]!);
    swapped[8] = lines[7]!;
    expect(problem(swapped)[1]).toContain("line 8 of the recording has the number 8");
  });

  test("a line in the middle cannot be read", () => {
    const [code, message] = problem(withLine(5, lines[5]!.slice(0, 20)));
    expect(code).toBe(Err.ERR_FILE_CORRUPT);
    expect(message).toContain("line 6 of the recording cannot be read");
  });

  test("it was edited", () => {
    const index = lines.findIndex((line) => line.includes("ship 1"));
    const edited = withLine(index, lines[index]!.replace("ship 1", "ship 9"));
    expect(problem(edited)).toEqual([
      Err.ERR_FILE_CORRUPT,
      `line ${index + 1} of the recording changed after recording; allow_edited: true plays it all the same`,
    ]);
    const player = new SessionPlayer(edited, { allow_edited: true });
    player.play_all();
    expect(player.get_edited_lines()).toEqual([index + 1]);
    expect(player.is_finished).toBe(true);
  });

  test.each([
    ["of a namespace", '"namespaces":["/"', '"namespaces":["x"', /^line 1 .* cannot be played: /],
    ["of namespaces", '"namespaces":["/"]', '"namespaces":{}', /lacks something$/],
    ["of an option", '"retries":0', '"retries":"x"', /^line 1 .* cannot be played: /],
    ["of options", '"options":{', '"options":null,"more":{', /lacks something$/],
    ["of a method", '"/","on"', '"/","un"', /^line \d+ .* cannot be played: /],
    ["of bytes", '{"$b":"', '{"$b":"?', /^line \d+ .* cannot be played: /],
    ["of reads", '["frame",0,1,', '["frame",{"b":5},1,', /^line \d+ .* cannot be played: /],
  ])("it was edited, and makes no sense in the place %s", (_, old, instead, message) => {
    const index = lines.findIndex((line) => line.includes(old));
    const edited = withLine(index, lines[index]!.replace(old, instead));
    const play = () => new SessionPlayer(edited, { allow_edited: true }).play_all();
    expect(play).toThrow(
      expect.objectContaining({ code: Err.ERR_FILE_CORRUPT, message: expect.stringMatching(message) }),
    );
  });

  test("a line of another recording is among its own", () => {
    const others = recordArena(2).text.trimEnd().split("\n");
    expect(problem(withLine(9, others[9]!))[0]).toBe(Err.ERR_FILE_CORRUPT);
  });

  test.each(['["dance",0,1]', '["frame",0]', '["poll",0,0,5]', "5", '["poll",0,0,[["what",1]]]'])(
    "an edited line means nothing: %s",
    (body) => {
      const [start] = lines[4]!.split(",[");
      const [code, message] = problem(withLine(4, `${start},${body}]`), { allow_edited: true });
      expect(code).toBe(Err.ERR_FILE_CORRUPT);
      expect(message).toContain("line 5 of the recording: no such stimulus");
    },
  );

  test("it needs a codec", () => {
    const header = lines[0]!.replace('"codec":false', '"codec":true');
    const [code, message] = problem(withLine(0, header), { allow_edited: true });
    expect(code).toBe(Err.ERR_UNAVAILABLE);
    expect(message).toContain("{ codec: msgpack() }");
  });

  test("the arguments are wrong", () => {
    expect(() => new SessionPlayer(5 as never)).toThrow(TypeError);
    expect(() => new SessionPlayer([1] as never)).toThrow("the text of a JSON Lines file, or its lines");
    expect(() => new SessionPlayer(text, { listener: "game" } as never)).toThrow("must be one of listeners");
    expect(() => new SessionPlayer(text, { listeners: "mine" as never })).toThrow('"recorded" or "game"');
    expect(() => new SessionPlayer(text, { commands: "game" })).toThrow('option "listeners" must be "game"');
    expect(() => new SessionPlayer(text, { codec: {} as never })).toThrow('option "codec"');
    expect(() => new SessionPlayer(text).advance(Number.NaN)).toThrow("advance(seconds)");
  });
});

describe("a recording that was cut off", () => {
  test.each([1, 5, 40])("%i characters before its end plays up to there, and says so", (count) => {
    const player = new SessionPlayer(text.slice(0, -1 - count));
    expect(player.is_truncated).toBe(true);
    expect(player.is_complete).toBe(false);
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
    expect(player.get_hash()).toBe(player.get_recorded_hash());
  });

  test("between two lines plays as well", () => {
    const player = new SessionPlayer(lines.slice(0, 50));
    expect([player.is_truncated, player.is_complete]).toEqual([false, false]);
    player.play_all();
    expect(player.get_divergences()).toEqual([]);
  });
});

test("lines may end as on Windows", () => {
  const player = new SessionPlayer(text.replaceAll("\n", "\r\n"));
  player.play_all();
  expect(player.get_hash()).toBe(hash);
});
