import type { SocketIOClient } from "socketio-gameloop";

/**
 * Says goodbye when the player leaves the page. Browsers keep a page that was left as it is, so that the way back is short, and its
 * connection with it: for the others the player would stand in the game until the heartbeat fails. Who comes back begins anew.
 */
export function leaveWithPage(client: SocketIOClient): void {
  window.addEventListener("pagehide", () => client.close());
  window.addEventListener("pageshow", ({ persisted }) => {
    if (persisted) location.reload();
  });
}
