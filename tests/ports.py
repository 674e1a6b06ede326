"""Loopback ports that stay one's own, also while nobody listens on them."""

import os
import socket
import weakref


class Port:
    """A port that the kernel gives to nobody else for as long as this object lives.

    A socket is bound to it that does not listen. Servers that set SO_REUSEADDR, as those here
    do, may listen beside it, stop and come back; who asks for any free port gets another.
    """

    def __init__(self) -> None:
        with socket.socket() as held:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            held.bind(("127.0.0.1", 0))
            self.number: int = held.getsockname()[1]
            weakref.finalize(self, os.close, held.detach())
