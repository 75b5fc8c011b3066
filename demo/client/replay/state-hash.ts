import type { GameSession } from "../net/session.js";

/**
 * 16 hexadecimal digits that stand for all that the game knows: the world of the last snapshot, where everything is drawn, the own ship
 * ahead of it, names and counters. Two games with the same hash are in the same state.
 */
export function stateHash(session: GameSession): string {
  const { snapshots, predictor, names, lobby, id, welcomes, dashAcks, dashRefusals } = session;
  const { newest } = snapshots;
  const state = {
    ...{ id, welcomes, dashAcks, dashRefusals, lobby, names: [...names] },
    world: newest && { ...newest, ships: [...newest.ships.values()], gems: [...newest.gems.values()] },
    drawn: { tick: snapshots.drawnTick, ships: snapshots.ships(), gems: snapshots.gems() },
    own: { ship: predictor.ship, shown: predictor.shown(), error: predictor.lastCorrection },
  };
  const text = JSON.stringify(state);
  return hash(text, 0x811c9dc5) + hash(text, 0x9747b28c);
}

/** FNV-1a. */
function hash(text: string, seed: number): string {
  let value = seed;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, "0");
}
