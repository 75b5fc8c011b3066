"""The contract on python-socketio's threading mode: werkzeug's HTTP server and simple-websocket."""

import os
import signal

import socketio
from werkzeug.serving import WSGIRequestHandler, make_server

from common import OPTIONS, PORT, Ticks, exit_with_stdin

# Without async_handlers=False every event runs in a thread of its own, in no order, and attachments of two emits mix.
sio = socketio.Server(async_mode="threading", async_handlers=False, **OPTIONS)
ticks = {}


def register(ns):
    """Handlers of one namespace; `*` is every dynamic one, and its handlers get the namespace as first argument."""

    def on(event):
        def wrap(handler):
            if ns == "*":
                sio.on(event, handler, namespace="*")
            else:
                sio.on(event, lambda sid, *args: handler(ns, sid, *args), namespace=ns)

        return wrap

    @on("connect")
    def connect(namespace, sid, _environ, auth=None):
        if namespace == "/secured" and (not isinstance(auth, dict) or auth.get("token") != "letmein"):
            raise socketio.exceptions.ConnectionRefusedError("not authorized", {"code": 401})
        ticks[sid] = Ticks()
        sio.emit("auth", auth or {}, to=sid, namespace=namespace)

    @on("disconnect")
    def disconnect(_namespace, sid, _reason):
        ticks.pop(sid, None)

    @on("message")
    def message(namespace, sid, *args):
        sio.emit("message-back", args, to=sid, namespace=namespace)

    @on("message-with-ack")
    def message_with_ack(_namespace, _sid, *args):
        return args

    @on("ask")
    def ask(namespace, sid, value):
        def answered(*args):
            sio.emit("answer", args, to=sid, namespace=namespace)

        sio.emit("question", value, to=sid, namespace=namespace, callback=answered)

    @on("burst")
    def burst(namespace, sid, n):
        for i in range(n):
            sio.emit("item", i, to=sid, namespace=namespace)

    @on("burst-binary")
    def burst_binary(namespace, sid, n):
        for i in range(n):
            sio.emit("blob", (i, bytes([i % 256]) * 16), to=sid, namespace=namespace)

    @on("tick")
    def tick(_namespace, sid, i):
        ticks[sid].add(i, False)

    @on("tick-binary")
    def tick_binary(_namespace, sid, i, data):
        ticks[sid].add(i, isinstance(data, bytes))

    @on("report")
    def report(_namespace, sid):
        return ticks[sid].report()

    @on("kick")
    def kick(namespace, sid):
        sio.disconnect(sid, namespace=namespace)

    @on("kick-close")
    def kick_close(namespace, sid):
        # In the background: it waits until the client has fetched everything, and with polling this is inside its POST.
        sio.start_background_task(sio.eio.disconnect, sio.manager.eio_sid_from_sid(sid, namespace))

    @on("size")
    def size(_namespace, _sid, x):
        return len(x)


for name in ("/", "/custom", "/secured", "*"):
    register(name)
exit_with_stdin()


class Quiet(WSGIRequestHandler):
    def log(self, *_args):
        pass


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
signal.signal(signal.SIGINT, lambda *_: os._exit(0))
server = make_server("127.0.0.1", PORT, socketio.WSGIApp(sio), threaded=True, request_handler=Quiet)
print("listening", flush=True)
server.serve_forever()
