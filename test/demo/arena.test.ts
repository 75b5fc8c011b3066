/** The arena of the demo: who sits where. */
import { expect, test } from "vitest";
import { Arena, type ArenaServer } from "../../demo/server/arena.js";
import { TicketOffice } from "../../demo/server/tickets.js";
import { createWorld } from "../../demo/shared/world.js";

/** An arena without a network; returns the world, and what lets somebody in. */
function arena() {
  let connection: (socket: object) => void = () => {};
  const room = { emit() {} };
  const io = {
    use() {},
    on(_event: string, enter: typeof connection) {
      connection = enter;
    },
    except: () => room,
    emit() {},
  };
  const world = createWorld(1);
  new Arena(io as unknown as ArenaServer, new TicketOffice(), world, () => 0);
  const enter = (name: string, seat: string) => {
    const ends: (() => void)[] = [];
    const socket = {
      id: name,
      data: { grant: { name, seat, bot: false } },
      connected: true,
      emit() {},
      join() {},
      on: (event: string, end: () => void) => event === "disconnect" && ends.push(end),
      disconnect() {
        socket.connected = false;
        for (const end of ends) end();
      },
    };
    connection(socket);
    return socket;
  };
  return { world, enter };
}

test("whoever comes back has the same ship, and under another name a new one in its place", () => {
  const { world, enter } = arena();
  const first = enter("Ann", "seat");
  const [ship] = world.ships.values();
  first.disconnect();
  expect(ship?.away).toBe(true);
  const second = enter("Ann", "seat");
  expect([...world.ships.values()]).toEqual([ship]);
  expect(ship?.away).toBe(false);
  enter("Bob", "seat");
  expect(second.connected).toBe(false);
  expect(world.ships.size).toBe(1);
  expect(world.ships.has(ship!.id)).toBe(false);
});
