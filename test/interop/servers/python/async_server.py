"""The contract on python-socketio's AsyncServer; MODE is aiohttp or asgi (uvicorn, its WebSocket library in WS)."""

import os

import socketio

from common import MAX_PAYLOAD, OPTIONS, PORT, Ticks, exit_with_stdin

MODE = os.environ.get("MODE", "aiohttp")
sio = socketio.AsyncServer(async_mode=MODE, **OPTIONS)
ticks = {}


def register(ns):
    """Handlers of one namespace; `*` is every dynamic one, and its handlers get the namespace as first argument."""

    def on(event):
        def wrap(handler):
            if ns == "*":

                @sio.on(event, namespace="*")
                async def dynamic(namespace, sid, *args):
                    return await handler(namespace, sid, *args)
            else:

                @sio.on(event, namespace=ns)
                async def static(sid, *args):
                    return await handler(ns, sid, *args)

        return wrap

    @on("connect")
    async def connect(namespace, sid, _environ, auth=None):
        if namespace == "/secured" and (not isinstance(auth, dict) or auth.get("token") != "letmein"):
            raise socketio.exceptions.ConnectionRefusedError("not authorized", {"code": 401})
        ticks[sid] = Ticks()
        await sio.emit("auth", auth or {}, to=sid, namespace=namespace)

    @on("disconnect")
    async def disconnect(_namespace, sid, _reason):
        ticks.pop(sid, None)

    @on("message")
    async def message(namespace, sid, *args):
        await sio.emit("message-back", args, to=sid, namespace=namespace)

    @on("message-with-ack")
    async def message_with_ack(_namespace, _sid, *args):
        return args

    @on("ask")
    async def ask(namespace, sid, value):
        async def answered(*args):
            await sio.emit("answer", args, to=sid, namespace=namespace)

        await sio.emit("question", value, to=sid, namespace=namespace, callback=answered)

    @on("burst")
    async def burst(namespace, sid, n):
        for i in range(n):
            await sio.emit("item", i, to=sid, namespace=namespace)

    @on("burst-binary")
    async def burst_binary(namespace, sid, n):
        for i in range(n):
            await sio.emit("blob", (i, bytes([i % 256]) * 16), to=sid, namespace=namespace)

    @on("tick")
    async def tick(_namespace, sid, i):
        ticks[sid].add(i, False)

    @on("tick-binary")
    async def tick_binary(_namespace, sid, i, data):
        ticks[sid].add(i, isinstance(data, bytes))

    @on("report")
    async def report(_namespace, sid):
        return ticks[sid].report()

    @on("kick")
    async def kick(namespace, sid):
        await sio.disconnect(sid, namespace=namespace)

    @on("kick-close")
    async def kick_close(namespace, sid):
        # In the background: it waits until the client has fetched everything, and with polling this is inside its POST.
        sio.start_background_task(sio.eio.disconnect, sio.manager.eio_sid_from_sid(sid, namespace))

    @on("size")
    async def size(_namespace, _sid, x):
        return len(x)


for name in ("/", "/custom", "/secured", "*"):
    register(name)
exit_with_stdin()

if MODE == "aiohttp":
    import asyncio
    import signal

    from aiohttp import web

    app = web.Application(client_max_size=MAX_PAYLOAD)
    sio.attach(app)

    async def main():
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", PORT, backlog=1024, shutdown_timeout=0.1).start()
        print("listening", flush=True)
        await asyncio.Event().wait()

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    asyncio.run(main())
else:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets=None):
            await super().startup(sockets)
            print("listening", flush=True)

        def handle_exit(self, sig, frame):
            os._exit(0)  # a graceful exit waits for clients that poll

    Server(
        uvicorn.Config(
            socketio.ASGIApp(sio),
            host="127.0.0.1",
            port=PORT,
            ws=os.environ.get("WS", "websockets"),
            ws_max_size=MAX_PAYLOAD,
            backlog=1024,
            log_level="error",
        )
    ).run()
