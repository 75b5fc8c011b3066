/*
 * The states of a WebSocket (WHATWG WebSockets, `readyState`). They stand in a file that imports nothing because that is where bundlers
 * put the value of a constant in the place of its name.
 */
export const CONNECTING = 0;
export const OPEN = 1;
export const CLOSING = 2;
export const CLOSED = 3;
