/*
 * The numbers of the protocols. They stand in a file that imports nothing because that is where bundlers put the value of
 * a constant in the place of its name.
 */

/** The Engine.IO 4 packet types that a server sends: the digit that starts a text frame. */
export const OPENED = 0;
export const CLOSE = 1;
export const PING = 2;
export const MESSAGE = 4;
export const NOOP = 6;

/** The answer to a ping. */
export const PONG = "3";

/** States of an engine session. */
export const OPENING = 0;
export const OPEN = 1;
export const CLOSED = 2;

/** Socket.IO 5 packet types. */
export const CONNECT = 0;
export const DISCONNECT = 1;
export const EVENT = 2;
export const ACK = 3;
export const CONNECT_ERROR = 4;
/** An EVENT or ACK with attachments has this much added to its type. */
export const BINARY = 3;

/**
 * Seconds between the DISCONNECT of a namespace and its next CONNECT. socket.io's server takes note of the one a tick after
 * it was read and of the other at once: read together, they are a second CONNECT, for which it closes the whole connection.
 */
export const REJOIN_DELAY = 0.1;

/** Deeper data is taken for a cycle on the way out, and for an attack on the stack on the way in. */
export const MAX_DEPTH = 500;
