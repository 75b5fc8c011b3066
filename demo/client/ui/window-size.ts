/** As in small-screen.css, and in style.css. */
const SMALL = matchMedia("(max-width: 700px), (max-height: 480px)");
const LOW = matchMedia("(max-height: 700px)");

/** There is room for one of the tools' panels at a time: a phone. */
export function isSmall(): boolean {
  return SMALL.matches;
}

/** There is no room for the read-out above the graph. */
export function isLow(): boolean {
  return LOW.matches;
}
