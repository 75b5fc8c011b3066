/*
 * What must and must not compile. `tsc` is the judge: a line under `@ts-expect-error` that compiles is an error. At run time
 * nothing here does anything, except that calls which must not compile must not do harm either.
 */
import {
  type AckData,
  type AckError,
  type ClientOptionsInput,
  type ClientStats,
  type ConnectError,
  type ConnectionState,
  type Err,
  type EventData,
  type OK,
  type Reply,
  Signal,
  SocketIOClient,
  SocketIONamespace,
  type TransportFactory,
} from "socketio-gameloop";
import { describe, expect, expectTypeOf, test } from "vitest";

interface ServerEvents {
  welcome: (message: string, count: number) => void;
  tick: () => void;
  state: (snapshot: { x: number; y: number }, bytes?: Uint8Array) => void;
  ask: (question: string, answer: (text: string, sure: boolean) => void) => void;
}

interface ClientEvents {
  chat: (message: string) => void;
  leave: () => void;
  get_user: (id: number, callback: (user: { name: string }) => void) => void;
  /** The last argument is optional. */
  move: (x: number, y: number, run?: boolean) => void;
  many: (...names: string[]) => void;
  look: (at?: number) => void;
  count: (callback: (players: number) => void) => void;
}

/** An interface: to TypeScript it has no index signature, as a type alias would. */
interface Credentials {
  token: string;
}

/** A helper that does not know which event it sends. */
function send<E extends keyof ClientEvents>(event: E, data: EventData<ClientEvents, E>): Err {
  return typed.emit(event, data);
}

const client = new SocketIOClient();
const typed = client.create_namespace<ServerEvents, ClientEvents>("/typed");
const untyped = client.create_namespace("/untyped");

describe("get_namespace", () => {
  test("`/` is never null, any other may be", () => {
    expectTypeOf(client.get_namespace()).toEqualTypeOf<SocketIONamespace>();
    expectTypeOf(client.get_namespace("/")).toEqualTypeOf<SocketIONamespace>();
    expectTypeOf(client.get_namespace("/a")).toEqualTypeOf<SocketIONamespace | null>();
    expectTypeOf(client.get_namespace("/a" as string)).toEqualTypeOf<SocketIONamespace | null>();
    // @ts-expect-error it may be null
    expect(() => client.get_namespace("/nobody").emit("x")).toThrow(TypeError);
  });

  test("takes the maps of events", () => {
    expectTypeOf(client.get_namespace<ServerEvents, ClientEvents>("/")).toEqualTypeOf<
      SocketIONamespace<ServerEvents, ClientEvents>
    >();
    expectTypeOf(typed).toEqualTypeOf<SocketIONamespace<ServerEvents, ClientEvents>>();
  });
});

describe("a namespace with event maps: listening", () => {
  test("the data is the tuple of the arguments, without the acknowledgement", () => {
    typed.on("welcome", (data) => expectTypeOf(data).toEqualTypeOf<[message: string, count: number]>());
    typed.on("tick", (data) => expectTypeOf(data).toEqualTypeOf<[]>());
    typed.once("ask", (data, reply) => {
      expectTypeOf(data).toEqualTypeOf<[question: string]>();
      expectTypeOf(reply).toEqualTypeOf<Reply<[text: string, sure: boolean]> | undefined>();
      reply?.(["yes", true]);
      // @ts-expect-error it answers with a text and whether that is sure
      reply?.(["yes"]);
    });
    typed.on("state", ([snapshot]) => expectTypeOf(snapshot.x).toBeNumber());
    expectTypeOf<EventData<ServerEvents, "ask">>().toEqualTypeOf<[question: string]>();
  });

  test("a listener that was written for any event is taken", () => {
    const any = (_data: unknown[], reply?: Reply) => reply?.([1]);
    typed.on("ask", any);
    typed.off("ask", any);
    untyped.on("any", any);
    untyped.on("any", (_data, reply) => reply?.(["anything", 7]));
  });

  test("unknown events and wrong callbacks do not compile", () => {
    // @ts-expect-error no such event
    typed.on("welcom", () => {});
    // @ts-expect-error that is an event to emit
    typed.on("chat", () => {});
    // @ts-expect-error the data is an array, not the arguments
    typed.on("welcome", (message: string) => message);
    // @ts-expect-error the second argument is a number
    typed.on("welcome", ([, count]: [string, string]) => count);
    // @ts-expect-error no such event
    typed.off("welcom");
    // @ts-expect-error no such event
    typed.set_event_mode("welcom", SocketIONamespace.EVENT_LATEST);
    expect(() =>
      // @ts-expect-error a callback is a function
      typed.on("welcome", "callback"),
    ).toThrow(TypeError);
  });
});

describe("a namespace with event maps: sending", () => {
  test("emit takes the tuple of the arguments and returns an Err", () => {
    expectTypeOf(typed.emit("chat", ["hello"])).toEqualTypeOf<Err>();
    expectTypeOf(send("chat", ["hello"])).toEqualTypeOf<Err>();
    expectTypeOf(typed.emit_volatile("move", [1, 2])).toEqualTypeOf<Err>();
    typed.emit("leave");
    typed.emit("leave", []);
    typed.emit("move", [1, 2, true]);
    typed.emit("many", ["a", "b", "c"]);
    typed.emit("get_user", [7]);
    const position = [1, 2] as const;
    typed.emit("move", position);
    const names: readonly string[] = ["a", "b"];
    typed.emit("many", names);
    untyped.emit("any", names);
    untyped.emit("any");
    typed.emit("many");
    typed.emit("look");
    void typed.emit_with_ack("count").catch(() => {});
    void typed.emit_with_ack("get_user", [7] as const, 2).catch(() => {});
  });

  test("wrong data does not compile", () => {
    // @ts-expect-error no such event
    typed.emit("chatt", ["hello"]);
    // @ts-expect-error that is an event to listen to
    typed.emit("welcome", ["hello", 1]);
    // @ts-expect-error a number is no message
    typed.emit("chat", [7]);
    // @ts-expect-error the message is missing
    typed.emit("chat");
    // @ts-expect-error the message is missing
    typed.emit("chat", []);
    // @ts-expect-error two numbers are missing
    typed.emit_volatile("move");
    // @ts-expect-error the id is missing
    void typed.emit_with_ack("get_user").catch(() => {});
    // @ts-expect-error too many arguments
    typed.emit("chat", ["hello", "again"]);
    // @ts-expect-error a name is a string
    typed.emit_volatile("many", ["a", 2]);
    // @ts-expect-error the data is an array
    expect(() => typed.emit("chat", "hello")).toThrow(TypeError);
  });

  test("emit_with_ack answers with the tuple that the event's acknowledgement takes", () => {
    const code = typed.emit_with_ack("get_user", [7], (response, error) => {
      expectTypeOf(response).toEqualTypeOf<[user: { name: string }]>();
      expectTypeOf(error).toEqualTypeOf<Err>();
    });
    expectTypeOf(code).toEqualTypeOf<Err>();
    const promise = typed.emit_with_ack("get_user", [7], 2);
    expectTypeOf(promise).toEqualTypeOf<Promise<[user: { name: string }]>>();
    promise.catch((error: AckError) => expectTypeOf(error.code).toEqualTypeOf<Err>());
    expectTypeOf<AckData<ClientEvents, "get_user">>().toEqualTypeOf<[user: { name: string }]>();
    expectTypeOf<AckData<ClientEvents, "chat">>().toEqualTypeOf<unknown[]>();
  });

  test("wrong acknowledgements do not compile", () => {
    // @ts-expect-error it is not acknowledged
    void typed.emit_with_ack("chat", ["hello"]).catch(() => {});
    // @ts-expect-error it is not acknowledged
    typed.emit_with_ack("leave", [], () => {});
    // @ts-expect-error the response is an array
    typed.emit_with_ack("get_user", [7], (user: { name: string }) => user.name);
    // @ts-expect-error an id is a number
    typed.emit_with_ack("get_user", ["seven"], () => {});
    expect(() =>
      // @ts-expect-error a timeout is a number of seconds
      typed.emit_with_ack("get_user", [7], "2"),
    ).toThrow(TypeError);
  });
});

describe("a namespace without event maps", () => {
  test("takes any event with any array", () => {
    untyped.on("anything", ([a, b]) => [a.b.c, b]);
    untyped.emit("anything", [1, "two", { three: 3 }]);
    expectTypeOf(untyped.emit_with_ack("x", [], () => {})).toEqualTypeOf<Err>();
    const promise = untyped.emit_with_ack("x");
    promise.catch(() => {});
    // biome-ignore lint/suspicious/noExplicitAny: an untyped event answers with anything
    expectTypeOf(promise).toEqualTypeOf<Promise<any[]>>();
  });

  test("but no data that is no array, and no name that is no string", () => {
    // @ts-expect-error the data is an array
    expect(() => untyped.emit("x", "text")).toThrow(TypeError);
    // @ts-expect-error the name is a string
    expect(() => untyped.emit(7, [])).toThrow(TypeError);
  });
});

describe("signals", () => {
  test("carry the arguments of the reference", () => {
    expectTypeOf(client.connected).toEqualTypeOf<Signal<[session_id: string]>>();
    expectTypeOf(client.disconnected).toEqualTypeOf<Signal<[reason: string]>>();
    expectTypeOf(client.connect_error).toEqualTypeOf<Signal<[error: ConnectError]>>();
    expectTypeOf(client.namespace_connected).toEqualTypeOf<Signal<[path: string]>>();
    expectTypeOf(client.event_received).toEqualTypeOf<Signal<[event: string, data: unknown[], path: string]>>();
    expectTypeOf(client.reconnecting).toEqualTypeOf<Signal<[attempt: number, delay: number]>>();
    expectTypeOf(client.reconnect_failed).toEqualTypeOf<Signal<[]>>();
    expectTypeOf(client.transport_changed).toEqualTypeOf<Signal<[name: string]>>();
    expectTypeOf(client.listener_error).toEqualTypeOf<Signal<[error: unknown, event: string, path: string]>>();
    expectTypeOf(typed.event_received).toEqualTypeOf<Signal<[event: string, data: unknown[]]>>();
    expectTypeOf(client.connected.wait(1)).toEqualTypeOf<Promise<[session_id: string]>>();
  });

  test("a signal of one's own is typed by its arguments", () => {
    const score = new Signal<[points: number]>();
    score.connect((points) => expectTypeOf(points).toBeNumber());
    score.emit(3);
    // @ts-expect-error points are a number
    score.emit("three");
    // @ts-expect-error too many arguments
    score.connect((points: number, more: string) => [points, more]);
  });
});

describe("the rest", () => {
  test("codes, states, options and statistics", () => {
    expectTypeOf<typeof OK>().toEqualTypeOf<0>();
    expectTypeOf<typeof Err.ERR_TIMEOUT>().toEqualTypeOf<24>();
    expectTypeOf<Err>().toExtend<number>();
    expectTypeOf(client.get_connection_state()).toEqualTypeOf<ConnectionState>();
    expectTypeOf(client.poll()).toBeNumber();
    expectTypeOf(client.get_stats()).toEqualTypeOf<ClientStats>();
    expectTypeOf<ClientStats["rtt"]>().toBeNumber();
    expectTypeOf<{ reconnection: { attempts: number }; heartbeat: "poll" }>().toExtend<ClientOptionsInput>();
    expectTypeOf<{ reconnection: false; transport_factory: TransportFactory }>().toExtend<ClientOptionsInput>();
    // @ts-expect-error no such option
    expect(() => new SocketIOClient({ reconnect: true })).toThrow(TypeError);
    // @ts-expect-error no such policy
    expect(() => new SocketIOClient({ offline: "later" })).toThrow(TypeError);
  });

  test("there are no camelCase aliases", () => {
    // @ts-expect-error write connect_to_url
    expect(client.connectToUrl).toBeUndefined();
    // @ts-expect-error write emit_with_ack
    expect(typed.emitWithAck).toBeUndefined();
  });

  test("auth is a dictionary or a function that returns one", () => {
    const connect = (auth: Parameters<SocketIOClient["connect_to_url"]>[1]) => auth;
    connect({ token: "t" });
    connect(() => ({ token: "t" }));
    connect(async () => ({ token: "t" }));
    connect(() => undefined);
    const credentials: Credentials = { token: "t" };
    connect(credentials);
    connect(() => credentials);
    connect(async () => credentials);
    const data: Record<string, unknown> = { ...credentials };
    connect(data);
    // @ts-expect-error a token alone is no dictionary
    connect("token");
    // @ts-expect-error nor is a list
    connect(["token"]);
    // @ts-expect-error nor is binary
    connect(new ArrayBuffer(8));
    // @ts-expect-error a promise is asked for by a function
    connect(Promise.resolve(credentials));
    // @ts-expect-error a function returns it, and is given nothing to call
    connect((answer: (auth: Credentials) => void) => answer(credentials));
    // @ts-expect-error a function that returns a token is no better
    connect(() => "token");
    // @ts-expect-error nor one that returns a list
    connect(() => ["token"]);
    // @ts-expect-error nor one that returns a function
    connect(() => () => credentials);
    expect(client.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
  });
});
