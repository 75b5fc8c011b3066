import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

const TRIES = 20;

/**
 * Listens on `port`, or on the next free one when it is taken; 0 takes any free port. Returns the port.
 * `strict` takes exactly that port or fails: a restarted server has to be where its players look for it.
 */
export async function listen(server: Server, port: number, strict: boolean): Promise<number> {
  for (let candidate = port; ; candidate++) {
    try {
      return await listenOnce(server, candidate);
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === "EADDRINUSE";
      if (!taken || strict || candidate - port >= TRIES || candidate >= 65535) throw error;
      console.log(`Port ${candidate} is taken, trying ${candidate + 1} …`);
    }
  }
}

function listenOnce(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
