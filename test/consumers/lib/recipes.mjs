/*
 * The code of the guides. What is on the page is what is checked here; there is no second copy. A block that belongs to a program
 * has a comment in front of it that names the file:
 *
 *     <!-- recipe: threejs/main.ts -->
 *
 * The others are only compiled, with the declarations that the page has for them: see test/docs.test.ts.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A comment, or a block with its language. */
const PARTS = /^<!-- ([\s\S]*?) -->$|^```(\w*)\n([\s\S]*?)^```$/gm;

/**
 * The files of every recipe on a page: `{ threejs: { "main.ts": "…" } }`.
 * @throws Error when the comment is not followed by a block, or two blocks are the same file
 */
export function recipesOf(root, page) {
  const text = readFileSync(join(root, page), "utf8");
  const recipes = {};
  const pattern = /^<!-- recipe: ([\w.-]+)\/([\w./-]+) -->\n(```\w*\n([\s\S]*?)^```$)?/gm;
  for (const [, name, file, block, code] of text.matchAll(pattern)) {
    if (block === undefined) throw new Error(`${page}: no code block follows "recipe: ${name}/${file}"`);
    recipes[name] ??= {};
    if (file in recipes[name]) throw new Error(`${page}: there are two blocks for ${name}/${file}`);
    recipes[name][file] = code;
  }
  return recipes;
}

/**
 * The ```ts blocks of a page that belong to no recipe and to no server, each as a file that can be compiled, named for its line:
 * `{ "guide/24.ts": "…" }`.
 */
export function examplesOf(root, page) {
  const text = readFileSync(join(root, page), "utf8");
  const lineOf = (index) => text.slice(0, index).split("\n").length;
  const examples = {};
  let forPage = "";
  let forBlock = "";
  for (const { 1: comment, 2: language, 3: code, index } of text.matchAll(PARTS)) {
    if (comment?.startsWith("check-page:")) forPage = comment.slice("check-page:".length);
    else if (comment?.startsWith("check:")) forBlock += comment.slice("check:".length);
    else if (comment?.startsWith("recipe:")) forBlock = null;
    else if (comment === undefined) {
      const preamble = /^import /m.test(code) ? forBlock : `${forPage}\n${forBlock}`;
      if (language === "ts" && forBlock !== null && !/^import .* from "(socket\.io|node:)/m.test(code))
        examples[`guide/${lineOf(index)}.ts`] = `${preamble}\n${code}\nexport {};\n`;
      forBlock = "";
    }
  }
  return examples;
}
