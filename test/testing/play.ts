/* A game in virtual time, and what it hears. */
import { type ClientOptionsInput, SocketIOClient, type TransportFactory } from "socketio-gameloop";
import { FakeServer, type FakeServerOptions, LinkSimulator, type ManualClock } from "socketio-gameloop/testing";

export class Game {
  readonly server: FakeServer;
  readonly clock: ManualClock;
  readonly client: SocketIOClient;
  /** Events as `name json`, signals as `name(arguments)`. */
  readonly heard: string[] = [];

  constructor(server: FakeServer, { clientOptions = {}, factory = server.transport_factory }: GameOptions = {}) {
    this.server = server;
    this.clock = server.clock;
    this.client = new SocketIOClient({
      clock: this.clock.read,
      random: () => 0,
      transport_factory: factory,
      ...clientOptions,
    });
    const { client, heard } = this;
    client.event_received.connect((event, data) => heard.push(`${event} ${JSON.stringify(data)}`));
    client.connected.connect((sid) => heard.push(`connected(${sid})`));
    client.disconnected.connect((reason) => heard.push(`disconnected(${reason})`));
    client.connect_error.connect(({ namespace, message }) => heard.push(`connect_error(${namespace}, ${message})`));
    client.reconnecting.connect((attempt, delay) => heard.push(`reconnecting(${attempt}, ${delay})`));
  }

  get main() {
    return this.client.get_namespace();
  }

  /** Plays so many seconds, frame by frame. */
  play(seconds: number, frame = 1 / 60): void {
    const end = this.clock.now + seconds;
    while (this.clock.now < end) {
      this.clock.advance(Math.min(frame, end - this.clock.now));
      this.client.poll();
    }
  }

  /** What was heard since the last time. */
  news(): string[] {
    return this.heard.splice(0);
  }
}

export interface GameOptions {
  readonly clientOptions?: ClientOptionsInput;
  readonly factory?: TransportFactory;
}

/** A game that is connected; nothing of that is left in `news()`. */
export function connected(options: FakeServerOptions = {}, gameOptions: GameOptions = {}): Game {
  const game = new Game(new FakeServer(options), gameOptions);
  game.client.connect_to_url("ws://test");
  game.clock.advance(0);
  game.client.poll();
  game.news();
  return game;
}

/** A connected game behind a link with a round trip of 0.08 s. */
export function behindLink(
  settings: ConstructorParameters<typeof LinkSimulator>[0] = { latency: 0.04 },
  { seed = 1, ...options }: FakeServerOptions & { seed?: number } = {},
  clientOptions: ClientOptionsInput = {},
): { game: Game; link: LinkSimulator } {
  const server = new FakeServer(options);
  const link = new LinkSimulator(settings, { clock: server.clock, seed });
  const game = new Game(server, { factory: link.wrap(server.transport_factory), clientOptions });
  game.client.connect_to_url("ws://test");
  return { game, link };
}
