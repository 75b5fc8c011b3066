/* A game over real sockets, and its book; what `game.ts` is in virtual time, as far as it can be seen from outside. */
import { type ClientOptionsInput, Err, OK, SocketIOClient, type SocketIONamespace } from "socketio-gameloop";
import type { Entry } from "./server-process.js";
import { bytesFor, isSame } from "./wire.js";

export const PATHS = ["/", "/a", "/b"] as const;
export type Path = (typeof PATHS)[number];

interface Emit {
  readonly number: number;
  readonly path: Path;
  readonly kind: string;
  code: Err;
  readonly results: Err[];
  response: unknown[];
}

/** What a session has heard, by its id. */
interface Heard {
  /** Of the events that a recovery brings again. */
  next: number;
  /** Of the questions, which it does not. */
  asked: number;
}

export class RealGame {
  readonly client: SocketIOClient;
  readonly namespaces = new Map<Path, SocketIONamespace>();
  readonly emits: Emit[] = [];
  readonly problems: string[] = [];
  readonly wanted = new Set<Path>(["/"]);
  heard = 0;
  /** How often the connection was lost, or could not be made. */
  losses = 0;
  recoveries = 0;
  readonly #ups: Record<string, string> = {};
  /** Namespaces that have come to an end, with all that waited for them. */
  readonly #ended = new Set<Path>();
  readonly #sessions = new Map<string, Heard>();
  readonly #retries: number;
  readonly #url: string;
  readonly #run: string;
  #thrown = 0;
  #errors = 0;

  constructor(url: string, run: string, options: ClientOptionsInput) {
    this.#url = url;
    this.#run = run;
    this.#retries = options.retries ?? 0;
    this.client = new SocketIOClient(options);
    const { client } = this;
    client.listener_error.connect(() => {
      this.#errors++;
    });
    client.connected.connect(() => this.#mark("client", "+"));
    client.disconnected.connect(() => {
      this.losses++;
      this.#mark("client", "-");
    });
    client.connect_error.connect(() => {
      this.losses++;
    });
    client.namespace_connected.connect((path) => this.#mark(`namespace ${path}`, "+"));
    client.namespace_disconnected.connect((path) => this.#mark(`namespace ${path}`, "-"));
    for (const path of PATHS) this.#listenTo(path);
  }

  connect(): void {
    this.client.connect_to_url(this.#url, { run: this.#run });
    for (const path of this.wanted) if (path !== "/") this.join(path);
  }

  close(): void {
    for (const path of PATHS) this.#ended.add(path);
    this.client.close();
  }

  join(path: Path): void {
    this.wanted.add(path);
    this.namespaces.get(path)!.connect_to_namespace({ run: this.#run });
  }

  leave(path: Path): void {
    this.wanted.delete(path);
    this.#ended.add(path);
    this.namespaces.get(path)!.disconnect_from_namespace();
  }

  emit(path: Path, kind: "plain" | "blob" | "asked" | "asked-blob"): Emit {
    const number = this.emits.length;
    const emit: Emit = { number, path, kind, code: OK, results: [], response: [] };
    this.emits.push(emit);
    const data: unknown[] = kind.endsWith("blob") ? [number, bytesFor(number)] : [number];
    const namespace = this.namespaces.get(path)!;
    if (kind === "plain" || kind === "blob") emit.code = namespace.emit(kind, data);
    else {
      emit.code = namespace.emit_with_ack(kind, data, (response, error) => {
        emit.results.push(error);
        emit.response = response;
      });
    }
    return emit;
  }

  get isConverged(): boolean {
    const { client, namespaces, wanted } = this;
    const there = PATHS.every((path) => namespaces.get(path)!.is_namespace_connected() === wanted.has(path));
    return there && client.get_connection_state() === SocketIOClient.STATE_CONNECTED;
  }

  /** What was promised and not kept, given what the server has in its book. */
  audit(entries: readonly Entry[]): string[] {
    const problems = [...this.problems];
    const counts = new Map<number, Entry[]>();
    for (const entry of entries) counts.set(entry.number, [...(counts.get(entry.number) ?? []), entry]);
    for (const { number, path, kind, code, results, response } of this.emits) {
      const there = counts.get(number) ?? [];
      const asks = kind.startsWith("asked");
      const what = `${kind} ${number} of ${path}`;
      const most = code !== OK ? 0 : asks ? 1 + this.#retries : 1;
      if (there.length > most) problems.push(`${what} arrived ${there.length} times, ${most} at most (${code})`);
      for (const entry of there) {
        if (entry.event !== kind || entry.path !== path)
          problems.push(`${what} arrived as ${entry.event} ${entry.path}`);
      }
      if (asks && results.length !== (code === OK ? 1 : 0))
        problems.push(`${what} was settled ${results.length} times`);
      if (results[0] === OK) {
        if (there.length === 0) problems.push(`${what} was acknowledged and never arrived`);
        if (response[0] !== "got" || response[1] !== number) problems.push(`${what} got ${JSON.stringify(response)}`);
      } else if (asks && code === OK && this.#retries > 1e6) {
        const isRight = results[0] === Err.ERR_CONNECTION_ERROR && this.#ended.has(path);
        if (!isRight) problems.push(`${what} gave up with ${results}`);
      }
    }
    this.#auditOrder(entries, problems);
    for (const [who, changes] of Object.entries(this.#ups)) {
      // The client tells of being disconnected also when it had not been connected.
      const isPaired = who === "client" ? !changes.includes("++") : /^(\+-)*\+?$/.test(changes);
      if (!isPaired) problems.push(`the signals of ${who} are not paired: ${changes}`);
    }
    if (this.#errors !== this.#thrown) problems.push(`${this.#thrown} listeners threw, ${this.#errors} were told`);
    const { acks_pending, inbox_length } = this.client.get_stats();
    if (acks_pending + inbox_length > 0)
      problems.push(`${acks_pending} acknowledgements, ${inbox_length} packets wait`);
    return problems;
  }

  #auditOrder(entries: readonly Entry[], problems: string[]): void {
    const latest = new Map<string, number>();
    for (const { number, event, joining } of entries) {
      if (event === "wrong-answer") problems.push(`question ${number} got the answer to another`);
      const isRetried = event.startsWith("asked") && this.#retries > 0;
      if (isRetried) continue;
      const before = latest.get(joining) ?? -1;
      if (number <= before) problems.push(`${number} arrived after ${before} over the same connection`);
      latest.set(joining, number);
    }
  }

  #listenTo(path: Path): void {
    const namespace = this.client.create_namespace(path);
    this.namespaces.set(path, namespace);
    namespace.connected.connect(() => {
      this.#mark(path, "+");
      if (namespace.is_recovered()) this.recoveries++;
    });
    namespace.disconnected.connect(() => this.#mark(path, "-"));
    namespace.connect_error.connect(() => this.#ended.add(path));
    const hear = (kind: string) => (data: unknown[], reply?: (answer: unknown[]) => unknown) => {
      this.heard++;
      this.#hear(path, kind, data);
      reply?.([data[1]]);
    };
    for (const kind of ["said", "raw", "question"]) namespace.on(kind, hear(kind));
    namespace.on("said", ([, seq]) => {
      if (seq % 7 !== 0) return;
      this.#thrown++;
      throw new Error("a listener that throws");
    });
  }

  #hear(path: Path, kind: string, data: unknown[]): void {
    const sid = this.namespaces.get(path)!.get_session_id();
    const session = this.#sessions.get(`${path} ${sid}`) ?? { next: 0, asked: -1 };
    this.#sessions.set(`${path} ${sid}`, session);
    const [of, seq, bytes] = data as [string, number, unknown];
    if (of !== sid) this.problems.push(`${path} heard an event of ${of} as ${sid}`);
    if (kind === "question") {
      if (seq <= session.asked) this.problems.push(`${path} heard question ${seq} after ${session.asked}`);
      session.asked = seq;
      return;
    }
    if (data.length !== (kind === "raw" ? 3 : 2))
      this.problems.push(`${path} heard ${kind} of ${data.length} arguments`);
    if (kind === "raw" && !isSame(bytes, bytesFor(seq))) this.problems.push(`${path} heard other bytes in ${seq}`);
    if (seq !== session.next) this.problems.push(`${path} heard ${seq} of ${sid} instead of ${session.next}`);
    session.next = seq + 1;
  }

  #mark(who: string, sign: "+" | "-"): void {
    this.#ups[who] = (this.#ups[who] ?? "") + sign;
  }
}
