"""Where a Redis or Valkey is: one server, or the master that Sentinels name.

``redis://[user:password@]host[:port][/db]``, ``rediss://`` with TLS, ``unix://path``, and
``redis+sentinel://[user:password@]host[:port],host[:port]/service[/db]`` (or ``rediss+sentinel``).
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from redis.asyncio import Redis, Sentinel
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff

from feedline.errors import BusUnusable

SOCKET_SECONDS = 3.0  # to connect, and for an answer
_SENTINEL_PORT = 26_379

# No retries in the client: whoever uses it goes on without the answer, and connects anew.
_OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": SOCKET_SECONDS,
    "socket_timeout": SOCKET_SECONDS,
    "retry": Retry(NoBackoff(), 0),
}


def client_maker(url: str) -> Callable[[], Redis]:
    """Makes a client for an address; connecting comes later. Raises BusUnusable."""
    if url.startswith(("redis+sentinel://", "rediss+sentinel://")):
        return _by_sentinels(url)
    try:
        Redis.from_url(url)
    except ValueError as error:
        raise BusUnusable(str(error)) from None
    return lambda: Redis.from_url(url, **_OPTIONS)


async def close_client(client: Redis) -> None:
    """Closes everything that a client has opened, also to Sentinels."""
    await client.aclose(close_connection_pool=True)
    if isinstance(client.connection_pool, SentinelConnectionPool):
        for sentinel in client.connection_pool.sentinel_manager.sentinels:
            await sentinel.aclose(close_connection_pool=True)


def _by_sentinels(url: str) -> Callable[[], Redis]:
    # Not by urlsplit: to newer Pythons a list of hosts is no host as soon as one is in brackets.
    scheme, _, rest = url.partition("://")
    place, _, path = rest.partition("/")
    credentials, _, hosts = place.rpartition("@")
    username, _, password = (unquote(part) for part in credentials.partition(":"))
    service, _, db = path.strip("/").partition("/")
    sentinels = [_host_and_port(host) for host in hosts.split(",") if host]
    if not service or not sentinels or (db and not db.isdecimal()):
        raise BusUnusable("a Sentinel address is redis+sentinel://host:port,host:port/service")
    options = {
        **_OPTIONS,
        "username": username or None,
        "password": password or None,
        "db": int(db or 0),
        "ssl": scheme.startswith("rediss"),
    }

    def connect() -> Redis:
        known: Any = Sentinel
        master: Redis = known(sentinels, sentinel_kwargs=_OPTIONS, **options).master_for(service)
        return master

    return connect


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":") if text[-1:] != "]" else (text, "", "")
    if not host:
        host, port = text, ""
    if port and not port.isdecimal():
        raise BusUnusable(f"{text!r} has no port that is a number")
    return host.strip("[]"), int(port or _SENTINEL_PORT)
