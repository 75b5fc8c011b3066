/** socketio-gameloop/loop: loops that poll. */
export { AnimationFrameLoop, type AnimationFrameOptions, type PageVisibility } from "./animation-frame.js";
export { FixedTickLoop, type FixedTickOptions, type FixedTickStats, type LoopTimers } from "./fixed-tick.js";
export type { Pollable, Polled } from "./pollable.js";
