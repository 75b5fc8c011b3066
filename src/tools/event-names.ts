/*
 * How the tools that count by event keep names: a server makes up as many as it likes, and as long as it likes.
 */

/** A longer name, with its namespace, is not counted by itself: many of them would be memory for a server to take. */
export const LONGEST_NAME = 200;

/** The event of all that is not counted by itself; with the path `""`, which no event has. */
export const OTHERS = "(others)";

/** A namespace has no comma, so no two pairs share a key. */
export const keyOf = (event: string, path: string): string => `${path},${event}`;

/** A string of its own: a name that was cut out of a frame keeps the whole frame in memory. */
export const copyOf = (text: string): string => text.split("").join("");
