"""The deployment as its clients find it: addresses of which any may fail at any moment."""

import asyncio
import time
from typing import Any

import httpx

from feedline.client.pauses import pause
from feedline.errors import VerificationBroken
from feedline.verify.record import Record

LONGEST_PAUSE = 1.0  # seconds before the next try; a deployment that is back is to be noticed soon
_PATIENCE = 10.0  # seconds for an answer, after which its connection counts as cut
_FINAL = frozenset({400, 401, 403, 405, 413, 415, 422})  # asking again will not help


class Route:
    """The addresses in turn: whoever finds one failing goes on to the next."""

    def __init__(self, urls: list[str], first: int) -> None:
        self._urls = urls
        self._number = first
        self._failures = 0

    @property
    def url(self) -> str:
        return self._urls[self._number % len(self._urls)]

    def succeed(self) -> None:
        self._failures = 0

    async def fail(self) -> None:
        """Waits a little, with chance in it, before the next address is tried."""
        self._number += 1
        wait = min(pause(self._failures), LONGEST_PAUSE)
        self._failures += 1
        await asyncio.sleep(wait)


class Caller:
    """Requests that are repeated until they are answered for good."""

    def __init__(self, http: httpx.AsyncClient, route: Route, record: Record, token: str) -> None:
        self._http = http
        self._route = route
        self._record = record
        self.failures = 0
        self._headers = {"authorization": f"Bearer {token}"} if token else {}

    async def call(
        self, method: str, path: str, *, until: float, key: str = "", **request: Any
    ) -> httpx.Response:
        """An answer that is good, or 404 to a deletion.

        Raises VerificationBroken if it is refused, TimeoutError if it has none at ``until``.
        """
        headers = self._headers | ({"idempotency-key": key} if key else {})
        while True:
            try:
                answer = await self._http.request(
                    method,
                    f"{self._route.url}{path}",
                    headers=headers,
                    **request,
                    timeout=_PATIENCE,
                )
            except httpx.TransportError:
                pass
            else:
                if answer.is_success or (method == "DELETE" and answer.status_code == 404):
                    self._route.succeed()
                    return answer
                if answer.status_code in _FINAL:
                    raise VerificationBroken(
                        f"{method} {path} was answered with {answer.status_code}."
                    )
            self.failures += 1
            self._record.failures += 1
            if time.monotonic() > until:
                raise TimeoutError
            await self._route.fail()
