/** The codes of Godot's `@GlobalScope.Error` that the core and the sockets hand out; `errors.ts` has the whole table. */
export const OK = 0;
export const FAILED = 1;
export const ERR_UNAVAILABLE = 2;
export const ERR_UNCONFIGURED = 3;
export const ERR_UNAUTHORIZED = 4;
export const ERR_PARAMETER_RANGE_ERROR = 5;
export const ERR_OUT_OF_MEMORY = 6;
export const ERR_ALREADY_IN_USE = 22;
export const ERR_TIMEOUT = 24;
export const ERR_CANT_CONNECT = 25;
export const ERR_CONNECTION_ERROR = 27;
export const ERR_INVALID_DATA = 30;
export const ERR_INVALID_PARAMETER = 31;
export const ERR_BUSY = 44;
