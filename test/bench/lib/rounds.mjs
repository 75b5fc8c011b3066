/*
 * Runs a case: in each round every variant once, each in a process of its own, in turn, another one first each time. What
 * is compared is compared within a round, so that a machine that slows down slows both.
 */
import { runClient, startServer } from "./process.mjs";
import { summary } from "./stats.mjs";

const ROUNDS = 7;

/**
 * A case is a module of `cases/`:
 *
 * - `title`, and `parts(quick)`: what is measured, as a list of `{ name, ...params }`; `variants`, `rounds`, `flags` if they differ
 * - `client(variant, params, { url })`: runs in the client's process and returns its figures, all numbers. It throws when anything
 *   was lost or out of order
 * - `lines`: rows of the table, `{ name, part, figure, unit, checks }`; a check is `{ ratio: "sio/ours", atLeast: 2 }`,
 *   `{ ratio: "ours/limit", atMost: 1.09 }` or `{ atMost: 60 }` for the figure of ours itself
 * - `pinned`: client and server get a core each
 * - `server: false` if it needs none; `run(quick)` if it measures without clients at all
 */
export async function runCase(file, { quick, rounds: wanted, only, onRound = () => {} }) {
  const module = await import(file);
  const samples = {};
  if (module.run) {
    for (const [name, values] of Object.entries(await module.run({ quick, rounds: wanted, onRound })))
      samples[name] = values;
  } else {
    const server = module.server === false ? { port: 0, stop() {} } : await startServer(undefined, module.pinned);
    try {
      for (const part of module.parts(quick)) {
        if (only && part.name !== only) continue;
        samples[part.name] = await runPart(module, part, file, server.port, { quick, wanted, onRound });
      }
    } finally {
      server.stop();
    }
  }
  return {
    title: module.title,
    /** Of each part that has more than one: a size is a size. */
    rounds: Object.values(samples)
      .map(({ length }) => length)
      .filter((count) => count > 1),
    lines: module.lines
      .filter((line) => !quick || samples[line.part])
      .map((line) => evaluate(line, samples[line.part])),
  };
}

async function runPart(module, part, file, port, { quick, wanted, onRound }) {
  const variants = part.variants ?? module.variants ?? ["ours", "sio", "limit"];
  const rounds = quick ? 1 : (wanted ?? part.rounds ?? module.rounds ?? ROUNDS);
  const list = [];
  for (let round = 0; round < rounds; round++) {
    const figures = {};
    for (let turn = 0; turn < variants.length; turn++) {
      const variant = variants[(turn + round) % variants.length];
      try {
        figures[variant] = await runClient({ file, variant, params: part, port }, part.flags, module.pinned);
      } catch (error) {
        throw new Error(`${part.name}, ${variant}: ${error.message}`);
      }
    }
    list.push(figures);
    onRound(part.name, round + 1, rounds);
  }
  return list;
}

/** What a line of the table says: the medians of each variant, of each ratio, and whether the target is reached. */
function evaluate(line, rounds) {
  if (!rounds) return { ...line, missing: true };
  const figureOf = (variant) =>
    rounds.map((round) => round[variant]?.[line.figure]).filter((value) => value !== undefined);
  const figures = {};
  for (const variant of Object.keys(rounds[0])) {
    const values = figureOf(variant);
    if (values.length > 0) figures[variant] = summary(values);
  }
  const checks = (line.checks ?? []).map((check) => {
    if (!check.ratio) return { ...check, ...summary(figureOf("ours")), pass: reaches(check, figures.ours.median) };
    const [above, below] = check.ratio.split("/");
    const ratios = rounds.map((round) => round[above][line.figure] / round[below][line.figure]);
    const result = summary(ratios);
    return { ...check, ...result, pass: reaches(check, result.median) };
  });
  return { ...line, figures, checks };
}

/** What a miss by less than this may be noise, in both directions. */
export const NOISE = 0.05;

function reaches({ atLeast = -Infinity, atMost = Infinity, exact = false }, value) {
  const noise = exact ? 0 : NOISE;
  return value >= atLeast * (1 - noise) && value <= atMost * (1 + noise);
}
