"""What nodes of another role serve: whoever asks here is told so (RFC 9110 section 15.5.20)."""

import asyncio
from typing import Any, cast

from starlette.types import Receive, Scope, Send

from feedline.errors import Misdirected
from feedline.gateway.entrance import refuse
from feedline.gateway.upgrade import NoUpgrade
from feedline.wire.request_id import request_id


class Elsewhere:
    """The ASGI application of what is not served here but by nodes of a ``role``."""

    def __init__(self, role: str) -> None:
        self._role = role

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await refuse(send, Misdirected(self._role))


class NoSockets:
    """uvicorn's ``ws`` setting where there are none."""

    def __call__(self, **_: Any) -> "RefusedUpgrade":
        return RefusedUpgrade()


class RefusedUpgrade(asyncio.Protocol):
    """Takes over a connection that asked for a WebSocket, to answer it and end."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it

    def data_received(self, _data: bytes) -> None:
        problem = Misdirected("gateway")
        refusal = NoUpgrade(problem.facts.status, problem.code, str(problem))
        self._transport.write(refusal.response(request_id(None)))
        self._transport.close()
