/** Watches the event loop: the function that it returns ends the watch and says the longest time that nothing else could run, in ms. */
export function longestGap() {
  let live = true;
  let last = performance.now();
  let longest = 0;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (live) setImmediate(look);
  };
  setImmediate(look);
  return () => {
    live = false;
    return longest;
  };
}
