"""Settings with which no server can do what is meant by them."""

import ipaddress
from collections.abc import Iterator
from dataclasses import fields

from feedline.config import Settings
from feedline.errors import (
    RolesNeedDatabase,
    SettingImpossible,
    StartupError,
    WorkersNeedDatabase,
)

_LEAST = {"workers": 1, "token_hours": 1, "parallel_pictures": 1}
"""Of all other numbers 0 is the least."""


def impossible(settings: Settings) -> Iterator[StartupError]:
    """What a server refuses to start with."""
    yield from _numbers(settings)
    yield from _origins(settings)
    yield from _proxies(settings)
    if settings.workers > 1 and not settings.database:
        yield WorkersNeedDatabase()
    if settings.role != "all" and not settings.database:
        yield RolesNeedDatabase()


def _numbers(settings: Settings) -> Iterator[StartupError]:
    for name in (field.name for field in fields(Settings)):
        value, least = getattr(settings, name), _LEAST.get(name, 0)
        if isinstance(value, int | float) and not isinstance(value, bool) and not value >= least:
            yield SettingImpossible(name, f"{value:g}", f"{least} is the least.")


def _origins(settings: Settings) -> Iterator[StartupError]:
    for origin in settings.allowed_origins:
        scheme, _, host = origin.partition("://")
        if scheme not in ("http", "https") or not host or "/" in host:
            yield SettingImpossible(
                "allowed_origins",
                origin,
                "An origin is a scheme and a host, with no path: https://example.com.",
            )


def _proxies(settings: Settings) -> Iterator[StartupError]:
    for proxy in settings.trusted_proxies:
        if proxy != "*" and not _is_network(proxy):
            yield SettingImpossible(
                "trusted_proxies",
                proxy,
                "Give an address or a network, as 10.0.0.0/8: what comes is compared with that.",
            )


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True
