"""What an open connection that is subscribed and quiet holds in memory."""

import time
from dataclasses import replace

from bench.load import Audience
from bench.machine import resident_kib
from bench.results import Row
from bench.rig import Rig

TITLE = "resident memory of the server for each subscribed, quiet socket"

_WARM_UP_CONNECTIONS = 50  # load what the first connections load, once
_SETTLE_SECONDS = 2.0


def run(rig: Rig) -> list[Row]:
    connections = rig.scale.connections
    with rig.server() as server:
        reader = server.register("reader")
        warm_up = Audience(
            connections=_WARM_UP_CONNECTIONS, token=reader.token, channels=["public"]
        )
        with rig.sockets(server, warm_up):
            pass
        rig.step("memory: settling")
        time.sleep(_SETTLE_SECONDS)
        before = resident_kib(server.pid)
        with rig.sockets(server, replace(warm_up, connections=connections)):
            rig.step("memory: settling")
            time.sleep(_SETTLE_SECONDS)
            after = resident_kib(server.pid)
    figures = {
        "connections": connections,
        "before_MiB": before / 1024,
        "after_MiB": after / 1024,
        "KiB_per_connection": (after - before) / connections,
    }
    return [Row("feedline", "", figures)]
