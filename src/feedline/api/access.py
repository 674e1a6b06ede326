"""What is around every request: its id, and its line in the log."""

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feedline.api.application import ROUTE
from feedline.wire import request_id

logger = logging.getLogger("feedline.access")


class Access:
    """Names each request, answers with the name, and logs what became of it.

    The line has the route and never the path or the query: those may hold what people type, and
    tickets.
    """

    def __init__(self, app: ASGIApp, trusts: Callable[[str], bool]) -> None:
        """``trusts``: whether a peer is a proxy whose id of a request is taken."""
        self._app = app
        self._trusts = trusts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        name = self._name(scope)
        request_id.begin(name)
        header = (request_id.HEADER, name.encode())
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], header]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            if logger.isEnabledFor(logging.INFO):
                logger.info("answered", extra={"fields": _fields(scope, status, started)})

    def _name(self, scope: Scope) -> str:
        given = next((value for name, value in scope["headers"] if name == request_id.HEADER), None)
        if given is not None and not self._trusts(_address(scope)):
            given = None
        return request_id.request_id(given)


def _fields(scope: Scope, status: int, started: float) -> dict[str, Any]:
    """``status`` 0: nobody was there any more."""
    return {
        "method": scope["method"],
        "route": scope.get(ROUTE, "page"),
        "status": status,
        "ms": round((perf_counter() - started) * 1000, 1),
        "address": _address(scope),
    }


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""
