/*
 * What Socket.IO 5 asks of a client, over real sockets and every transport: a scripted server says what a server may say and
 * notes what the client does. The specification's own suite takes the other side; this one turns it around.
 */
import { Err, OK, SocketIOClient } from "socketio-gameloop";
import { describe, expect, test } from "vitest";
import { pollUntil } from "../support/real-server.js";
import { BOTH, connected, connecting, type Frame, taken, wireServer } from "../support/wire-server.js";

const placeholder = (num: number) => `{"_placeholder":true,"num":${num}}`;

describe.each(BOTH)("%s: connect", (_, options) => {
  test("the main namespace is joined by `40` once the session is open, and only once", async () => {
    const server = await wireServer();
    const { player, told, main } = connecting(server, options);
    await pollUntil(player, () => server.received.length > 0);
    for (let i = 0; i < 5; i++) player.poll();
    server.push('40{"sid":"a"}');
    await pollUntil(player, () => told.length > 0);
    main.emit("after");
    await pollUntil(player, () => server.received.length > 1);
    expect(server.received).toEqual(["40", '42["after"]']);
    expect(told).toEqual(["connected(a)"]);
  });

  test("with auth it is `40{…}`", async () => {
    const server = await wireServer();
    const { player } = connecting(server, options);
    player.close();
    player.connect_to_url(server.url, { token: "letmein", level: 3 });
    const connects = () => server.received.filter((frame) => String(frame).startsWith("40"));
    await pollUntil(player, () => connects().length > 0);
    expect(connects()).toEqual(['40{"token":"letmein","level":3}']);
  });

  test("another is joined by `40/custom,`, with auth by `40/custom,{…}`", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, options);
    player.create_namespace("/custom").connect_to_namespace();
    player.create_namespace("/secured").connect_to_namespace({ token: "letmein" });
    expect(await taken(server, player, 2)).toEqual(["40/custom,", '40/secured,{"token":"letmein"}']);
    server.push('40/secured,{"sid":"s"}', '40/custom,{"sid":"c"}');
    await pollUntil(player, () => told.length === 2);
    expect(told).toEqual(["namespace_connected(/secured)", "namespace_connected(/custom)"]);
    expect(player.get_namespace("/custom")?.get_session_id()).toBe("c");
    expect(player.get_namespace("/secured")?.get_session_id()).toBe("s");
    expect(player.get_namespace().get_session_id()).toBe("a");
  });

  test("namespaces that are wanted before the session is open are all joined when it is, one CONNECT each", async () => {
    const server = await wireServer();
    const { player } = connecting(server, options);
    for (const path of ["/b", "/c"]) player.create_namespace(path).connect_to_namespace();
    expect(player.get_namespace("/b")?.connect_to_namespace()).toBe(Err.ERR_ALREADY_IN_USE);
    expect(await taken(server, player, 3)).toEqual(["40", "40/b,", "40/c,"]);
  });

  test("main_namespace: false joins no `/`", async () => {
    const server = await wireServer();
    const { player } = connecting(server, { ...options, main_namespace: false });
    player.create_namespace("/only").connect_to_namespace();
    expect(await taken(server, player, 1)).toEqual(["40/only,"]);
  });

  test("a refusal is told, with its data; nothing else is touched", async () => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, options);
    const errors: unknown[] = [];
    player.connect_error.connect((error) => errors.push(error));
    player.create_namespace("/secured").connect_to_namespace();
    await taken(server, player, 1);
    server.push('44/secured,{"message":"not authorized","data":{"code":401}}');
    await pollUntil(player, () => errors.length > 0);
    expect(errors).toEqual([
      { message: "not authorized", namespace: "/secured", code: Err.ERR_UNAUTHORIZED, data: { code: 401 } },
    ]);
    main.emit("still here");
    expect(await taken(server, player, 1)).toEqual(['42["still here"]']);
    expect(told).toEqual(["connect_error(/secured, not authorized)"]);
  });

  test.each(["40", "40{}", '40{"sid":""}', '40{"sid":7}', "40[]"])(
    "%j is no answer: a parse error that speaks of v2",
    async (answer) => {
      const server = await wireServer();
      const { player, told } = connecting(server, { ...options, reconnection: false });
      await pollUntil(player, () => server.received.length > 0);
      server.push(answer);
      await pollUntil(player, () => told.length > 1);
      expect(told).toEqual([
        expect.stringContaining("this is no Socket.IO v3+ server, but v2"),
        "disconnected(parse error)",
      ]);
    },
  );

  test("the next session sends `pid` and the last offset along with the auth", async () => {
    const server = await wireServer();
    const { player, told, main } = connecting(server, options);
    player.close();
    told.length = 0;
    player.connect_to_url(server.url, { token: "t" });
    await taken(server, player, 1);
    server.push('40{"sid":"a","pid":"private"}', '42["news",1,"Offset1"]', '42["news",2,"Offset2"]', "1");
    await pollUntil(player, () => server.received.includes('40{"token":"t","pid":"private","offset":"Offset2"}'));
    server.push('42["news",3,"Offset3"]', '40{"sid":"a","pid":"private"}');
    await pollUntil(player, () => told.includes("/ news [3]"));
    expect(told).toEqual([
      "connected(a)",
      "/ news [1]",
      "/ news [2]",
      "disconnected(transport close)",
      "connected(a)",
      "/ news [3]",
    ]);
    expect(main.is_recovered()).toBe(true);
  });
});

describe.each(BOTH)("%s: disconnect", (_, options) => {
  const both = async () => {
    const server = await wireServer();
    const made = await connected(server, options);
    const custom = made.player.create_namespace("/custom");
    custom.connect_to_namespace();
    await taken(server, made.player, 1);
    server.push('40/custom,{"sid":"c"}');
    await pollUntil(made.player, () => custom.is_namespace_connected());
    made.told.length = 0;
    return { server, custom, ...made };
  };

  test("`41/custom,` from the server ends that namespace alone, for good", async () => {
    const { server, player, told, main, custom } = await both();
    const reasons: string[] = [];
    custom.disconnected.connect((reason) => reasons.push(reason));
    server.push("41/custom,", '42/custom,["late"]', '42["on"]');
    await pollUntil(player, () => told.length > 1);
    expect(told).toEqual(["namespace_disconnected(/custom)", "/ on []"]);
    expect(reasons).toEqual(["server disconnect"]);
    main.emit("end");
    expect(await taken(server, player, 1)).toEqual(['42["end"]']);
  });

  test("`41` from the server ends the main namespace and leaves the others", async () => {
    const { server, player, told, custom } = await both();
    server.push("41", '42/custom,["on"]');
    await pollUntil(player, () => told.length > 1);
    expect(told).toEqual(["disconnected(server disconnect)", "/custom on []"]);
    custom.emit("end");
    expect(await taken(server, player, 1)).toEqual(['42/custom,["end"]']);
  });

  test("`41` from the server with no other namespace ends the session, without another attempt", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, options);
    server.push("41");
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(["disconnected(server disconnect)"]);
    expect(player.get_connection_state()).toBe(SocketIOClient.STATE_DISCONNECTED);
    await pollUntil(player, () => (options === BOTH[1][1] ? server.socket.closeCode !== null : server.poll === null));
  });

  test("leaving writes `41/custom,`; what still comes for it is ignored", async () => {
    const { server, player, told, custom } = await both();
    custom.disconnect_from_namespace();
    expect(await taken(server, player, 1)).toEqual(["41/custom,"]);
    server.push('42/custom,["late"]', '42/custom,7["asks"]', "43/custom,0[]", "41/custom,", '42["on"]');
    await pollUntil(player, () => told.includes("/ on []"));
    expect(told).toEqual(["namespace_disconnected(/custom)", "/ on []"]);
    player.get_namespace().emit("end");
    expect(await taken(server, player, 1)).toEqual(['42["end"]']);
  });

  test("packets for a namespace that nobody knows are ignored", async () => {
    const { server, player, told } = await both();
    server.push(
      '42/unknown,["e"]',
      '42/unknown,1["asks"]',
      "43/unknown,1[]",
      '40/unknown,{"sid":"u"}',
      '44/unknown,{"message":"no"}',
      "41/unknown,",
      '42["on"]',
    );
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(["/ on []"]);
    expect(server.received).toEqual([]);
  });
});

describe.each(BOTH)("%s: events and acknowledgements", (_, options) => {
  test("an event is `42[…]`, in a namespace `42/custom,[…]`, both ways, with any JSON", async () => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, options);
    const data = [1, "2", { 3: [true, null] }, [[]], -0.5, "é 🎮 \u2028"];
    main.emit("message", data);
    main.emit("bare");
    main.emit("42/odd,1[]", ["42[]"]);
    const json = JSON.stringify(data);
    const written = [`42["message",${json.slice(1, -1)}]`, '42["bare"]', '42["42/odd,1[]","42[]"]'];
    expect(await taken(server, player, 3)).toEqual(written);
    server.push(...written);
    await pollUntil(player, () => told.length === 3);
    expect(told).toEqual([`/ message ${json}`, "/ bare []", '/ 42/odd,1[] ["42[]"]']);
  });

  test("an acknowledgement that is asked for has an id of its own; `43<id>[…]` answers it, in any order", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, options);
    const answers: unknown[] = [];
    for (const name of ["a", "b", "c"]) {
      main.emit_with_ack(name, [], (response, error) => answers.push([name, response, error]));
    }
    expect(await taken(server, player, 3)).toEqual(['420["a"]', '421["b"]', '422["c"]']);
    server.push('432["last",1]', "430[]", '431[{"x":[]}]');
    await pollUntil(player, () => answers.length === 3);
    expect(answers).toEqual([
      ["c", ["last", 1], OK],
      ["a", [], OK],
      ["b", [{ x: [] }], OK],
    ]);
  });

  test("ids are of one namespace", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, options);
    const custom = player.create_namespace("/custom");
    custom.connect_to_namespace();
    await taken(server, player, 1);
    server.push('40/custom,{"sid":"c"}');
    await pollUntil(player, () => custom.is_namespace_connected());
    const answers: unknown[] = [];
    main.emit_with_ack("q", [], (response) => answers.push(["/", ...response]));
    custom.emit_with_ack("q", [], (response) => answers.push(["/custom", ...response]));
    expect(await taken(server, player, 2)).toEqual(['420["q"]', '42/custom,0["q"]']);
    server.push('43/custom,0["for custom"]', '430["for /"]');
    await pollUntil(player, () => answers.length === 2);
    expect(answers).toEqual([
      ["/custom", "for custom"],
      ["/", "for /"],
    ]);
  });

  test("an answer to what was not asked, or was answered, is ignored", async () => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, options);
    const answers: unknown[] = [];
    main.emit_with_ack("q", [], (response) => answers.push(response));
    await taken(server, player, 1);
    server.push("437[]", '430["first"]', '430["second"]', '42["on"]');
    await pollUntil(player, () => told.length > 0);
    expect(answers).toEqual([["first"]]);
    expect(told).toEqual(["/ on []"]);
  });

  test("an event with an id is answered by `43<id>[…]`, at most once, in its namespace", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, options);
    main.on("question", (data, reply) => {
      reply?.([...data, "answer"]);
      reply?.(["again"]);
    });
    main.on("statement", (_, reply) => server.received.push(`statement with reply: ${reply !== undefined}`));
    server.push('420["question"]', '429007199254740991["question",1]', '42["statement"]');
    await pollUntil(player, () => server.received.length === 3);
    player.poll();
    expect(server.received.filter((frame) => String(frame).startsWith("4"))).toEqual([
      '430["answer"]',
      '439007199254740991[1,"answer"]',
    ]);
    expect(server.received).toContain("statement with reply: false");
  });
});

describe.each(BOTH)("%s: binary", (name, options) => {
  test("an event is `45<n>-…` and then exactly n packets of binary, in order, nothing between them", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, options);
    main.emit("files", [Uint8Array.of(1), { deep: [Uint8Array.of(2, 2)] }, "text", new Uint8Array(0)]);
    main.emit("text");
    main.emit_with_ack("asked", [Uint8Array.of(3)], () => {});
    expect(await taken(server, player, 7)).toEqual([
      `453-["files",${placeholder(0)},{"deep":[${placeholder(1)}]},"text",${placeholder(2)}]`,
      Uint8Array.of(1),
      Uint8Array.of(2, 2),
      new Uint8Array(0),
      '42["text"]',
      `451-0["asked",${placeholder(0)}]`,
      Uint8Array.of(3),
    ]);
  });

  test("it is received so, and answered by `46<n>-…`", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, options);
    main.on("question", (data, reply) => reply?.(data));
    server.push(`452-7["question",${placeholder(1)},${placeholder(0)}]`, Uint8Array.of(1), Uint8Array.of(2));
    expect(await taken(server, player, 3)).toEqual([
      `462-7[${placeholder(0)},${placeholder(1)}]`,
      Uint8Array.of(2),
      Uint8Array.of(1),
    ]);
  });

  test("an answer with binary comes whole", async () => {
    const server = await wireServer();
    const { player, main } = await connected(server, options);
    const answers: unknown[] = [];
    main.emit_with_ack("q", [], (response) => answers.push(response));
    await taken(server, player, 1);
    server.push(`461-0[{"file":${placeholder(0)}}]`, Uint8Array.of(9));
    await pollUntil(player, () => answers.length > 0);
    expect(answers).toEqual([[{ file: Uint8Array.of(9) }]]);
  });

  test("frames that come one by one, with pings between them, make one packet", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, options);
    const frames: Frame[] = [`452-["e",${placeholder(0)},${placeholder(1)}]`, Uint8Array.of(1), "2", Uint8Array.of(2)];
    for (const frame of frames) {
      server.push(frame);
      expect(told).toEqual([]);
      await pollUntil(player, () => name === "websocket" || server.poll !== null);
    }
    await pollUntil(player, () => told.length > 0);
    expect(told).toEqual(['/ e [{"0":1},{"0":2}]']);
  });

  test.each<[string, Frame[]]>([
    ["text while an attachment is awaited", [`451-["e",${placeholder(0)}]`, '42["too early"]']],
    [
      "another binary event while an attachment is awaited",
      [`451-["e",${placeholder(0)}]`, `451-["e",${placeholder(0)}]`],
    ],
    ["binary that nothing announced", [Uint8Array.of(1)]],
    ["one attachment too many", [`451-["e",${placeholder(0)}]`, Uint8Array.of(1), Uint8Array.of(2)]],
    ["a num that is too high", [`451-["e",${placeholder(1)}]`, Uint8Array.of(1)]],
    ["a num below 0", [`451-["e",${placeholder(-1)}]`, Uint8Array.of(1)]],
    ["a num that is no integer", [`451-["e",${placeholder(0.5)}]`, Uint8Array.of(1)]],
    ["a num that is text", ['451-["e",{"_placeholder":true,"num":"0"}]', Uint8Array.of(1)]],
    ["a num that comes twice", [`451-["e",${placeholder(0)},${placeholder(0)}]`, Uint8Array.of(1)]],
    ["no number of attachments", [`45-["e",${placeholder(0)}]`, Uint8Array.of(1)]],
    ["more attachments than max_attachments", [`4511-["e"]`]],
  ])("%s is a parse error, and the session is closed", async (_, frames) => {
    const server = await wireServer();
    const { player, told, main } = await connected(server, { ...options, reconnection: false });
    main.on("e", () => {});
    server.push(...frames);
    await pollUntil(player, () => player.get_connection_state() === SocketIOClient.STATE_DISCONNECTED);
    expect(told.at(-1)).toBe("disconnected(parse error)");
    await pollUntil(player, () =>
      name === "websocket" ? server.socket.closeCode !== null : server.received.includes("1"),
    );
  });
});

describe.each(BOTH)("%s: bad input", (name, options) => {
  test.each([
    "4",
    "4abc",
    "47[]",
    "42",
    "42{}",
    "42[]",
    "42abc[1]",
    '42["unclosed"',
    '42["connect"]',
    '42["disconnect"]',
    "42[{}]",
    '42/custom["no comma"]',
    '4201["leading zero"]',
    "43[]",
    "430{}",
    "44",
    "44[]",
  ])("%j is a parse error that quotes it, and the session is closed", async (packet) => {
    const server = await wireServer();
    const { player, told } = await connected(server, { ...options, reconnection: false });
    server.push('42["before"]', packet, '42["behind"]');
    await pollUntil(player, () => player.get_connection_state() === SocketIOClient.STATE_DISCONNECTED);
    expect(told).toEqual(["/ before []", "disconnected(parse error)"]);
    expect(player.get_last_error()).toContain(`got ${JSON.stringify(packet)}`);
    await pollUntil(player, () =>
      name === "websocket" ? server.socket.closeCode !== null : server.received.includes("1"),
    );
  });

  test("another session follows, and works", async () => {
    const server = await wireServer();
    const { player, told } = await connected(server, options);
    server.push("4abc");
    await pollUntil(player, () => server.received.includes("40"));
    server.push('40{"sid":"b"}', '42["on"]');
    await pollUntil(player, () => told.includes("/ on []"));
    expect(told).toEqual(["disconnected(parse error)", "connected(b)", "/ on []"]);
  });
});
