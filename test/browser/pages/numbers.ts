/** Three clients on one page hear the same numbers, each in its own way; one frame of the page is one `poll()` of each. */
import { type ClientOptionsInput, SocketIOClient, SocketIONamespace } from "socketio-gameloop";

interface Hearer {
  readonly client: SocketIOClient;
  /** The numbers that one poll delivered, for every poll that delivered some. */
  readonly polls: { readonly frame: number; readonly numbers: number[] }[];
  readonly told: string[];
}

interface NumbersPage {
  frames: number;
  readonly hearers: Readonly<Record<"queue" | "latest" | "lazy", Hearer>>;
}

declare global {
  interface Window {
    readonly numbers: NumbersPage;
  }
}

function hear(options: ClientOptionsInput, mode: 0 | 1): Hearer {
  const client = new SocketIOClient(options);
  const main = client.get_namespace("/");
  const hearer: Hearer = { client, polls: [], told: [] };
  main.set_event_mode("number", mode);
  main.on("number", ([number]) => {
    const last = hearer.polls.at(-1);
    if (last?.frame === page.frames) last.numbers.push(number as number);
    else hearer.polls.push({ frame: page.frames, numbers: [number as number] });
  });
  client.connected.connect(() => hearer.told.push("connected"));
  client.disconnected.connect((reason) => hearer.told.push(`disconnected: ${reason}`));
  client.connect_to_url(location.origin);
  return hearer;
}

const page: NumbersPage = {
  frames: 0,
  hearers: {
    queue: hear({}, SocketIONamespace.EVENT_QUEUE),
    latest: hear({}, SocketIONamespace.EVENT_LATEST),
    lazy: hear({ heartbeat: "poll" }, SocketIONamespace.EVENT_QUEUE),
  },
};
Object.defineProperty(window, "numbers", { value: page });

function frame(): void {
  page.frames++;
  for (const { client } of Object.values(page.hearers)) client.poll();
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
