/** States of a client and of a namespace, with Godot's names and numbers. */
export const ConnectionState = /* @__PURE__ */ Object.freeze({
  STATE_DISCONNECTED: 0,
  STATE_CONNECTING: 1,
  STATE_CONNECTED: 2,
});
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState];
