import { PlatformSocket, type SocketHandler } from "./platform-socket.js";

/** What a peer wants of its socket beyond what a transport does. */
export class PeerSocket extends PlatformSocket<SocketHandler> {
  protected override ended(code: number, reason: string, error: string, opened: boolean): void {
    const { handler } = this;
    this.handler = null;
    handler?.closed(code, reason, error, opened);
  }

  get readyState(): number {
    return this.socket.readyState;
  }

  get protocol(): string {
    return this.socket.protocol;
  }

  /**
   * Starts the closing handshake, of whose end the handler hears.
   *
   * A page may not send the codes 1001 to 1014 (WHATWG WebSockets, `close`): their counterpart in the range for applications,
   * 4001 to 4014, goes instead.
   */
  startClose(code: number, reason: string): void {
    const isPage = this.resume === undefined;
    this.socket.close(isPage && code > 1000 && code < 3000 ? code + 3000 : code, reason);
    // A paused socket would not read the peer's answer.
    this.resume?.();
  }
}
