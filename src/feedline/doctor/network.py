"""The port, and who stands in front of it."""

import http.client
import json
import socket
from contextlib import suppress

from feedline.config import Settings
from feedline.doctor.findings import Finding, Findings, Subject

_SECONDS = 3.0
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - looked for
_PROXY_PORTS = (443, 80)

_PORT = Subject("port")
_PROXIES = Subject("proxies")


def check_port(settings: Settings) -> Findings:
    host = _EVERYWHERE.get(settings.host, settings.host)
    if settings.port and _is_open(host, settings.port):
        yield _who_answers(host, settings.port)
    else:
        yield _free(settings)


def _is_open(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), _SECONDS).close()
    except OSError:
        return False
    return True


def _who_answers(host: str, port: int) -> Finding:
    answer = http.client.HTTPConnection(host, port, timeout=_SECONDS)
    status = None
    with suppress(OSError, http.client.HTTPException, ValueError, AttributeError):
        answer.request("GET", "/readyz")
        status = json.loads(answer.getresponse().read(65_536)).get("status")
    answer.close()
    place = f"{host}:{port}"
    if status == "ready":
        return _PORT.ok(f"Feedline runs at {place} and is ready.")
    if status == "degraded":
        advice = "See what is said of the bus here."
        return _PORT.warning(f"Feedline runs at {place} without its bus.", advice)
    if isinstance(status, str):
        advice = "See what is said of the database here, and its log."
        return _PORT.failure(f"Feedline runs at {place} and says: {status}.", advice)
    return _PORT.failure(
        f"Something that is no Feedline has {place}.",
        "Stop it (`ss -ltnp` tells what it is), or choose another with --port.",
    )


def _free(settings: Settings) -> Finding:
    """Binds without listening, so nobody can knock meanwhile."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    place = f"{settings.host}:{settings.port}"
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except (OSError, OverflowError) as error:
        problem = getattr(error, "strerror", None) or "ports go from 0 to 65535"
        advice = "Choose an address of this machine with --host, and a port above 1023 with --port."
        return _PORT.failure(f"Can't listen on {place}: {problem}.", advice)
    return _PORT.ok(f"{place} is free.")


def check_proxies(settings: Settings) -> Findings:
    yield _judged(settings)
    if settings.trusted_proxies and settings.connections_per_address:
        yield _PROXIES.warning(
            f"All sockets come from the proxy's address, which may have "
            f"{settings.connections_per_address:,} of them.",
            "Set --connections-per-address 0, and let the proxy limit what one client may open.",
        )


def _judged(settings: Settings) -> Finding:
    if "*" in settings.trusted_proxies:
        return _PROXIES.warning(
            "Whoever reaches the port may claim any address.",
            "Name the proxies instead of *, unless nobody else can reach the port.",
        )
    if settings.trusted_proxies:
        return _PROXIES.ok(f"Believed: {', '.join(settings.trusted_proxies)}.")
    advice = (
        "If it is a proxy for Feedline, set --trusted-proxies to its address: without it, cookies "
        "are not Secure, and all clients share one count of failed logins."
    )
    if settings.host in _EVERYWHERE:
        return _PROXIES.warning("The port is open to the network without https.", _IN_FRONT)
    for port in _PROXY_PORTS:
        if _is_open("127.0.0.1", port):
            return _PROXIES.warning(f"Port {port} is served here; no proxy is trusted.", advice)
    return _PROXIES.ok("None is trusted, and none is seen on this machine.")


_IN_FRONT = (
    "Put a proxy with https in front (docs/deploying.md), name it in --trusted-proxies, and keep "
    "others from the port."
)
