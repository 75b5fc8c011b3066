/*
 * A line between client and server that can go deaf and be cut, as lines do.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export class Wire {
  /** Where the client connects. */
  port = 0;
  /** What the server says is lost from now on; the server does not know. */
  deaf = false;
  #down = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((near) => {
      near.on("error", () => {});
      if (this.#down) {
        near.destroy();
        return;
      }
      const far = connect(target, "127.0.0.1");
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(socket);
        socket.on("error", () => {});
        socket.on("close", () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
      }
      near.on("data", (data) => far.write(data));
      far.on("data", (data) => {
        if (!this.deaf) near.write(data);
      });
    });
  }

  /** A line to a port of this machine. */
  static async to(port: number): Promise<Wire> {
    const wire = new Wire(port);
    await new Promise<void>((resolve) => wire.#server.listen(0, "127.0.0.1", resolve));
    const address = wire.#server.address();
    if (typeof address === "object" && address !== null) wire.port = address.port;
    return wire;
  }

  /** Ends every connection at once, without a word of any protocol, and so every new one until it is mended. */
  cut(): void {
    this.#down = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#down = this.deaf = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
