"""What an open connection that is subscribed and quiet holds in memory."""

import time
from dataclasses import replace

from bench.load import Audience, people_file
from bench.machine import resident_kib
from bench.population import Follows, Population
from bench.results import Row
from bench.rig import Rig
from bench.server import Server

TITLE = "resident memory of the server for each subscribed, quiet socket"

_WARM_UP_CONNECTIONS = 50  # load what the first connections load, once
_SETTLE_SECONDS = 2.0


_FOLLOWS = 200
_CREATORS = 5_000
_READS = 200  # of home feeds: the database's caches are as full as they get


def run(rig: Rig) -> list[Row]:
    with rig.server() as server:
        reader = server.register("reader")
        audience = Audience(
            connections=rig.scale.connections, token=reader.token, channels=["public"]
        )
        public = _measure(rig, server, audience, "all are one person's, on public")
    return [public, _with_follows(rig)]


def _with_follows(rig: Rig) -> Row:
    """Each socket is that of another person, who follows some out of many."""
    readers = rig.scale.connections
    follows = Follows(
        reader=_CREATORS, readers=readers, creator=0, creators=_CREATORS, follows=_FOLLOWS
    )
    population = Population(people=_CREATORS + readers, follows=[follows])
    rig.step(f"memory: making {readers:,} people who follow {_FOLLOWS} each")
    with rig.server(population) as server:
        users = list(population.users(server.data, range(_CREATORS, _CREATORS + readers)))
        for user in users[:_READS]:
            server.call("GET", "/api/feed", token=user.token)
        people = people_file(rig.folder / "readers", users)
        audience = Audience(connections=readers, people=people, channels=["feed:{me}"])
        return _measure(rig, server, audience, f"each follows {_FOLLOWS}, on its feed")


def _measure(rig: Rig, server: Server, audience: Audience, case: str) -> Row:
    connections = audience.connections
    with rig.sockets(server, replace(audience, connections=_WARM_UP_CONNECTIONS)):
        pass
    rig.step("memory: settling")
    time.sleep(_SETTLE_SECONDS)
    before = resident_kib(server.pid)
    with rig.sockets(server, audience):
        rig.step("memory: settling")
        time.sleep(_SETTLE_SECONDS)
        after = resident_kib(server.pid)
    figures = {
        "connections": connections,
        "before_MiB": before / 1024,
        "after_MiB": after / 1024,
        "KiB_per_connection": (after - before) / connections,
    }
    return Row("feedline", case, figures)
