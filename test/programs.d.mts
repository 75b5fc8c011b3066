export declare function findExecutable(
  variable: string,
  names: readonly string[],
  paths?: readonly string[],
): string | null;
export declare function findChromium(): string | null;
