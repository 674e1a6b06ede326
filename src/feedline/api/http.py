"""HTTP: one small ASGI application for each path, and the one place where errors are answered."""

import logging
from collections.abc import Iterable
from functools import partial
from time import perf_counter
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from feedline.api.bodies import ClientGone, decode_body, read_json
from feedline.api.freshness import newest_seen
from feedline.api.identity import Caller, Gate
from feedline.api.operation import Call, Operation
from feedline.api.ranges import FileAnswer, send_file
from feedline.api.services import Services
from feedline.errors import (
    BadRequest,
    MethodNotAllowed,
    PayloadTooLarge,
    Refusal,
    UnsupportedMediaType,
    ValidationFailed,
)
from feedline.wire.answers import Answer, send_answer
from feedline.wire.problems import INTERNAL, answer_to
from feedline.wire.queries import decode_query

logger = logging.getLogger("feedline.api")

_OF_CONTENT = (BadRequest, PayloadTooLarge, UnsupportedMediaType, ValidationFailed)


class Served:
    """An operation, ready to run: what each request would work out again is worked out here."""

    def __init__(self, operation: Operation, services: Services, gate: Gate) -> None:
        if operation.handler is None:
            raise ValueError(f"{operation.name} is served elsewhere.")
        self.operation = operation
        self._handler = operation.handler
        self._services = services
        self._gate = gate
        self._body_limit = services.settings.body_limit
        self._decoder = None if operation.body is None else msgspec.json.Decoder(operation.body)
        self.metrics = services.metrics.operation(operation.name)

    async def run(self, scope: Scope, receive: Receive) -> Answer | FileAnswer:
        """Parses, authenticates and handles a request. Raises Refusal."""
        operation = self.operation
        headers = dict(scope["headers"])
        if operation.signs_in:
            self._gate.refuse_foreign(headers)
        now = self._services.clock()
        caller = await self._gate.admit(headers, scope["method"], operation.auth, now)
        try:
            return await self._handle(scope, receive, headers, caller)
        except _OF_CONTENT:
            # Whose token is good no more hears that, and nothing of what was sent.
            await self._services.store.read(partial(caller.confirm, auth=operation.auth))
            raise

    async def _handle(
        self, scope: Scope, receive: Receive, headers: dict[bytes, bytes], caller: Caller
    ) -> Answer | FileAnswer:
        operation = self.operation
        client = scope.get("client")
        call: Call[Any, Any] = Call(
            caller=caller,
            params=scope.get("path_params", {}),
            headers=headers,
            address=client[0] if client else "",
            scheme=scope.get("scheme", "http"),
            body=None,
            query=operation.query and decode_query(operation.query, scope["query_string"]),
            method=scope["method"],
            receive=receive,
            seen=newest_seen(headers, self._services.known()) if operation.may_lag else None,
        )
        if self._decoder is not None:
            body = await read_json(receive, headers, self._body_limit)
            empty = b"{}" if operation.body_may_be_empty else b""
            call.body = decode_body(self._decoder, body or empty)
        return await self._handler(call)


class Endpoint:
    """A path: an ASGI application that answers each of its methods."""

    def __init__(self, operations: Iterable[Operation], services: Services, gate: Gate) -> None:
        self._served = {
            operation.method: Served(operation, services, gate) for operation in operations
        }
        if "GET" in self._served:
            self._served["HEAD"] = self._served["GET"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        served = self._served.get(scope["method"])
        if served is None:
            refused = answer_to(MethodNotAllowed(tuple(sorted(self._served))))
            await send_answer(send, refused, refused.status)
            return
        try:
            answer: Answer | FileAnswer = await served.run(scope, receive)
        except Refusal as refusal:
            logger.debug("refused", extra={"fields": {"code": refusal.code}})
            answer = answer_to(refusal)
        except ClientGone:
            return
        except Exception:
            logger.exception(
                "request failed", extra={"fields": {"operation": served.operation.name}}
            )
            answer = INTERNAL
        status = answer.status or served.operation.status
        if isinstance(answer, FileAnswer):
            await send_file(send, answer)
        else:
            await send_answer(send, answer, status, head=scope["method"] == "HEAD")
        served.metrics.answered(status, perf_counter() - started)
