"""Reading home feeds, one after the other on one connection."""

import http.client
import time

from bench.errors import BenchError
from bench.server import Server, User


def read_homes(server: Server, reader: User, count: int, path: str = "/api/feed") -> list[float]:
    """How long each of ``count`` GETs of a full page took, in milliseconds.

    Raises BenchError if one is not answered with 20 posts.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    times = []
    for _ in range(count):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Authorization": f"Bearer {reader.token}"})
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - began) * 1000)
        if answer.status != http.client.OK or body.count(b'"createdAt"') != 20:
            raise BenchError(f"a home feed was answered with {answer.status}: {body[:200]!r}")
    connection.close()
    return times
