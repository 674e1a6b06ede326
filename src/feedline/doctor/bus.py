"""The bus between nodes: whether it is there, and how long a message takes."""

import asyncio
import secrets
import time
from statistics import median
from typing import Any

from feedline.config import Settings
from feedline.doctor.findings import Finding, Findings, Subject
from feedline.errors import BusUnusable

_SECONDS = 3.0
_SLOW = 0.020
_ROUNDS = 5
_SUBJECT = Subject("bus")
_NEAR = {"", "localhost", "127.0.0.1", "::1"}


def check_bus(settings: Settings) -> Findings:
    if not settings.bus:
        yield _absent(settings)
        return
    if not settings.database:
        yield _SUBJECT.warning(
            "There is a bus and no database that nodes could share.",
            "Leave --bus out, or set --database to the PostgreSQL of all nodes.",
        )
    try:
        yield from asyncio.run(_examined(settings.bus))
    except ModuleNotFoundError:
        return  # the versions tell


def _absent(settings: Settings) -> Finding:
    if settings.database:
        return _SUBJECT.ok("Nodes tell each other over the database that there is something new.")
    return _SUBJECT.ok("None, and one node needs none.")


async def _examined(url: str) -> list[Finding]:
    from redis.exceptions import RedisError

    from feedline.bus.addresses import client_maker, close_client

    try:
        client: Any = client_maker(url)()
    except BusUnusable as error:
        return [_SUBJECT.failure("The server refuses to start with this bus.", str(error))]
    try:
        async with asyncio.timeout(3 * _SECONDS):
            about = await client.info("server")
            seconds = await _round_trip(client)
    except (RedisError, OSError, TimeoutError) as error:
        return [_away(url, str(error) or type(error).__name__)]
    finally:
        await close_client(client)
    return [_timed(about, seconds), *_open_to_see(url)]


async def _round_trip(client: Any) -> float:
    """Seconds from saying something to hearing it, on a channel of its own."""
    channel = f"feedline:doctor:{secrets.token_hex(8)}"
    async with client.pubsub(ignore_subscribe_messages=True) as hearing:
        await hearing.subscribe(channel)
        while hearing.subscribed and await hearing.get_message(timeout=0.1):
            pass
        return median([await _heard(client, hearing, channel) for _ in range(_ROUNDS)])


async def _heard(client: Any, hearing: Any, channel: str) -> float:
    began = time.perf_counter()
    await client.publish(channel, b"doctor")
    while await hearing.get_message(timeout=_SECONDS) is None:
        pass
    return time.perf_counter() - began


def _away(url: str, problem: str) -> Finding:
    where = _place(url).rpartition("@")[2] or url.partition("://")[2].partition("?")[0]
    return _SUBJECT.failure(
        f"{where} does not answer as a bus: {problem.rstrip('.')}.",
        "Start it, or correct the address and its password. Until then nodes serve, and hear of "
        "each other's posts from the log.",
    )


def _timed(about: dict[str, Any], seconds: float) -> Finding:
    name = "Valkey" if "valkey_version" in about else "Redis"
    version = about.get("valkey_version") or about.get("redis_version", "")
    says = f"{name} {version}; a message comes back within {seconds * 1000:.1f} ms"
    if seconds > _SLOW:
        return _SUBJECT.warning(f"{says}.", "Place it near the nodes; nothing else should load it.")
    return _SUBJECT.ok(f"{says}.")


def _place(url: str) -> str:
    """Who and where of an address: ``user:password@host:port``, or several hosts."""
    return url.partition("://")[2].partition("?")[0].partition("/")[0]


def _open_to_see(url: str) -> Findings:
    credentials, _, hosts = _place(url).rpartition("@")
    bracketed = hosts.startswith("[")
    host = hosts[1:].partition("]")[0] if bracketed else hosts.partition(":")[0]
    if url.startswith("redis") and ":" not in credentials and host not in _NEAR:
        yield _SUBJECT.warning(
            "No password is set, and texts of locked posts go over the bus.",
            "Give it a network of its own, and a password or TLS (rediss://).",
        )
