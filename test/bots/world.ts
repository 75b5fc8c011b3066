/* A swarm on a server in memory, in virtual time: twenty ticks a second, and nothing waits. */
import type { BotSwarmOptions, SwarmReport } from "socketio-gameloop/bots";
import { BotSwarm } from "socketio-gameloop/bots";
import { FakeServer, LinkSimulator, ManualClock } from "socketio-gameloop/testing";

export const TICK = 1 / 20;

export class World {
  readonly clock = new ManualClock(100);
  readonly server = new FakeServer({ clock: this.clock });
  readonly link = new LinkSimulator("none", { clock: this.clock });

  /** Not started yet; the link does nothing until it is set. */
  swarm(options: BotSwarmOptions = {}): BotSwarm {
    const client = { transport_factory: this.link.wrap(this.server.transport_factory), ...options.client };
    return new BotSwarm("ws://game.example", {
      ramp: Infinity,
      clock: this.clock.read,
      timers: this.clock.timers,
      ...options,
      client,
    });
  }

  /** Polls it, first now and then at every tick, for so long. */
  play(swarm: BotSwarm, seconds: number): SwarmReport {
    this.clock.advance(0);
    swarm.poll();
    for (let left = Math.round(seconds / TICK); left > 0; left--) {
      this.clock.advance(TICK);
      swarm.poll();
    }
    return swarm.get_report();
  }
}
