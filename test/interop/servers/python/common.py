"""What the asyncio and the threading server share: settings, the dynamic namespaces, the tick counter."""

import math
import os
import re
import threading

PORT = int(os.environ["PORT"])
MAX_PAYLOAD = int(os.environ.get("MAX_PAYLOAD", "2000000"))


def seconds(name):
    # python-engineio puts int(ping_interval) * 1000 in the handshake: anything but whole seconds would be announced wrongly.
    return math.ceil(int(os.environ.get(name, "2000")) / 1000)


class Namespaces:
    """Stands for the list of namespaces to accept beside those that have handlers: there is no pattern for them."""

    def __contains__(self, namespace):
        return re.fullmatch(r"/dyn-\d+", namespace) is not None


OPTIONS = {
    "cors_allowed_origins": "*",
    "ping_interval": seconds("PING_INTERVAL"),
    "ping_timeout": seconds("PING_TIMEOUT"),
    "max_http_buffer_size": MAX_PAYLOAD,
    "namespaces": Namespaces(),
    # By default events of the connect handler leave before the CONNECT packet; 1 asks for the order of the JS server.
    "always_connect": os.environ.get("ALWAYS_CONNECT") == "1",
}


class Ticks:
    """Counts `tick` and `tick-binary` of one socket, and looks at their order."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.count = 0
        self.binaries = 0
        self.ordered = True

    def add(self, i, binary):
        self.ordered = self.ordered and i == self.count
        self.count += 1
        if binary:
            self.binaries += 1

    def report(self):
        result = {"count": self.count, "binaries": self.binaries, "ordered": self.ordered}
        self.reset()
        return result


def exit_with_stdin():
    def wait():
        while os.read(0, 4096):
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()
