"""How long a home feed takes in a large installation, and how long it takes to join one."""

import http.client
from collections.abc import Iterator, Sequence
from statistics import median
from urllib.parse import urlencode

import apsw

from bench.errors import BenchError
from bench.load import Audience
from bench.population import Follows, Population
from bench.reading import read_homes
from bench.results import Row
from bench.rig import Rig
from bench.server import Server, User
from feedline.store.queries import load_queries

TITLE = "GET /api/feed with many people and posts, and joining the channel of such a feed"

_MANY, _FEW = 5_000, 200  # people who are followed
_READS = 300
_JOINS = 20
_PAGES = 10  # of 100 posts, to a place far down in a feed
_QUERIES = ("home_floor", "home_among_newest", "home_creators", "home_of_creator")


def run(rig: Rig) -> list[Row]:
    population = _population(rig)
    rig.step(f"home: filling in {population.posts:,} posts of {population.people:,} people")
    with rig.server(population) as server:
        last = population.people
        few, many, silent = population.users(server.data, (last - 1, last - 2, last - 3))
        rows = [
            _read(rig, server, few, f"follows {_FEW}"),
            _read(rig, server, many, f"follows {_MANY:,}"),
            _read(rig, server, many, f"follows {_MANY:,}, {_PAGES * 100:,} posts down", _PAGES),
            _read(rig, server, silent, f"follows {_MANY:,} who are silent"),
            _join(rig, server, few, f"joining, follows {_FEW}"),
            _join(rig, server, many, f"joining, follows {_MANY:,}"),
        ]
        return [*rows, Row("plan", "", {}, notes=tuple(_plans(server)))]


def _population(rig: Rig) -> Population:
    people = rig.scale.people
    active = _MANY + _FEW  # where those begin who are followed and not silent
    return Population(
        people=people,
        posts=rig.scale.feed_posts,
        silent=_MANY,
        follows=(
            Follows(reader=people - 1, creator=active, creators=_FEW, follows=_FEW),
            Follows(reader=people - 2, creator=_MANY, creators=people - _MANY - 10, follows=_MANY),
            Follows(reader=people - 3, creator=0, creators=_MANY, follows=_MANY),
        ),
    )


def _read(rig: Rig, server: Server, reader: User, case: str, pages: int = 0) -> Row:
    rig.step(f"home: {case}")
    page = ""
    for _ in range(pages):
        page = _page(server, reader, page)
    times = read_homes(server, reader, _READS, f"/api/feed?{urlencode({'page': page})}")
    times.sort()
    figures = {"p50_ms": median(times), "p99_ms": times[_READS * 99 // 100], "max_ms": times[-1]}
    return Row("feedline", case, figures)


def _page(server: Server, reader: User, page: str) -> str:
    path = f"/api/feed?{urlencode({'limit': 100, 'page': page})}"
    status, answer = server.call("GET", path, token=reader.token)
    if status != http.client.OK or not answer["next"]:
        raise BenchError(f"a page of a home feed was answered with {status}")
    following: str = answer["next"]
    return following


def _join(rig: Rig, server: Server, reader: User, case: str) -> Row:
    """From connecting anew to ``caught_up``; what a person follows is forgotten in between."""
    rig.step(f"home: {case}")
    own = Audience(connections=1, token=reader.token, channels=[f"feed:{reader.id}"])
    cursor = server.call("GET", "/api/posts?limit=1", token=reader.token)[1]["cursor"]
    with rig.sockets(server, own) as sockets:
        times = sorted(sockets.resume(cursor, 1).seconds * 1000 for _ in range(_JOINS))
    return Row("feedline", case, {"p50_ms": median(times), "max_ms": times[-1]})


def _plans(server: Server) -> Iterator[str]:
    """How SQLite goes about it, step by step."""
    queries = load_queries("sqlite.sql")
    values = dict.fromkeys(("me", "time", "id", "limit", "floor", "depth", "creator"))
    path = server.data / "feedline.db"
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    for name in _QUERIES:
        steps: Sequence[tuple[object, ...]] = list(
            connection.execute(f"EXPLAIN QUERY PLAN {queries[name]}", values)
        )
        yield f"{name}: {'; '.join(str(step[3]) for step in steps)}"
    connection.close()
