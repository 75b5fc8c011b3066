import type { Deviation } from "./deviations.js";
import type { Column, Target } from "./targets.js";

/** One check in one cell of the table. */
export interface Result {
  readonly check: string;
  /** `defect`: failed as a known defect of the server does. `absent`: the server has nothing to check. */
  readonly outcome: "pass" | "fail" | "defect" | "absent";
  readonly milliseconds: number;
  /** Why it is not a pass. */
  readonly reason: string;
  readonly deviation?: Deviation | undefined;
  /** A known defect of the server that did not show. */
  readonly gone?: Deviation | undefined;
}

/** A row of the table. */
export interface Row {
  readonly target: Target;
  readonly cells: Map<Column, Result[]>;
  /** Why there are no cells, or not all; `""` if there are. */
  notRun: string;
  /** It could not be built or started, though all that it needs is there. */
  broken: boolean;
}

export const count = (results: readonly Result[], outcome: Result["outcome"]): number =>
  results.filter((result) => result.outcome === outcome).length;

/** All results of a row, or of several. */
export const all = (...rows: readonly Row[]): Result[] => rows.flatMap((row) => [...row.cells.values()].flat());
