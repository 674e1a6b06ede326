"""The opening handshake of a WebSocket (RFC 6455 section 4.2): who may begin one, and as whom."""

import base64
import binascii
import hashlib
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import parse_qs

import msgspec

from feedline.wire.answers import encode
from feedline.wire.credentials import cookie_token
from feedline.wire.origin import origin_allowed
from feedline.wire.problems import PROBLEM_TYPE, problem_of
from feedline.wire.request_id import HEADER

PATH = b"/ws"
_KEY_BYTES = 16
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


class Upgrade(msgspec.Struct, frozen=True):
    """A request for a WebSocket that is in order."""

    key: bytes
    authorization: bytes | None
    ticket: str | None
    cookie: str | None


class NoUpgrade(Exception):
    """The request is answered by HTTP instead."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return self.detail

    def response(self, request: str) -> bytes:
        """The whole answer, after which the connection is closed."""
        problem = problem_of(self.code, self.detail)
        body = encode(msgspec.structs.replace(problem, status=self.status))
        head = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"Content-Type: {PROBLEM_TYPE.decode()}",
            f"Content-Length: {len(body)}",
            "Cache-Control: no-store",
            "Connection: close",
            f"{HEADER.decode()}: {request}",
        ]
        if self.status == HTTPStatus.UPGRADE_REQUIRED:
            head.append("Sec-WebSocket-Version: 13")
        return "\r\n".join([*head, "", ""]).encode() + body


def read_upgrade(request: bytes, allowed_origins: Collection[str]) -> Upgrade:
    """Checks a request for a WebSocket. Raises NoUpgrade."""
    line, *rest = request.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    method, target, _ = line.split(b" ", 2)
    headers = _headers(rest)
    path, _, query = target.partition(b"?")
    if path != PATH:
        raise NoUpgrade(404, "not_found", "There is no WebSocket here; it is at /ws.")
    if method != b"GET":
        raise NoUpgrade(405, "method_not_allowed", "A WebSocket begins with GET.")
    if headers.get(b"sec-websocket-version") != b"13":
        raise NoUpgrade(426, "bad_request", "Use WebSocket version 13.")
    key = headers.get(b"sec-websocket-key", b"")
    if not _is_key(key) or not headers.get(b"host"):
        raise NoUpgrade(400, "bad_request", "This is no WebSocket handshake.")
    upgrade = Upgrade(
        key=key,
        authorization=headers.get(b"authorization"),
        ticket=parse_qs(query.decode("latin-1")).get("ticket", [None])[0],
        cookie=cookie_token(headers.get(b"cookie", b"")),
    )
    _refuse_foreign_cookie(upgrade, headers, allowed_origins)
    return upgrade


def acceptance(key: bytes, request: str) -> bytes:
    """The answer with which a connection becomes a WebSocket (RFC 6455 section 4.2.2)."""
    digest = hashlib.sha1(key + _GUID, usedforsecurity=False).digest()
    return b"".join(
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            b"Sec-WebSocket-Accept: %b\r\n" % base64.b64encode(digest),
            b"%b: %b\r\n\r\n" % (HEADER, request.encode()),
        )
    )


def _refuse_foreign_cookie(
    upgrade: Upgrade, headers: dict[bytes, bytes], allowed_origins: Collection[str]
) -> None:
    """A page of another origin must not open a socket as whoever is signed in here."""
    origin = headers.get(b"origin")
    by_cookie = upgrade.cookie and not upgrade.authorization and not upgrade.ticket
    if origin is None or not by_cookie:
        return
    host = headers[b"host"].decode("latin-1")
    if not origin_allowed(origin.decode("latin-1"), host, allowed_origins):
        raise NoUpgrade(403, "forbidden", "A page of another origin may not use this cookie.")


def _headers(lines: list[bytes]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        headers.setdefault(name.strip().lower(), value.strip())
    return headers


def _is_key(key: bytes) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == _KEY_BYTES
    except binascii.Error:
        return False
