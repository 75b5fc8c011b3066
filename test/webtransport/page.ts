/* The checks in a page, for the runner to start. */
import { outlive, run } from "./checks.js";

Object.assign(window, { checks: { run, outlive } });
