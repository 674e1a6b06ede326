"""Calls by HTTP, repeated until they are answered for good."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from feedline.client.pauses import LONGEST, pause
from feedline.errors import Refused, Unreachable
from feedline.feed.people import Wire
from feedline.feed.posts import Post

T = TypeVar("T")

# Past a number of idle ones httpcore closes connections that it has just given to a request
# (encode/httpcore, issue 1110); httpx sets 20 unless told otherwise. The server closes idle ones
# after 5 s: whoever keeps them as long sends now and then on one that is being closed.
_LIMITS = httpx.Limits(max_connections=100, keepalive_expiry=2)
_ANSWERS = 4  # so many may come in another order than that in which they were given
_AGAIN = frozenset({429, 500, 502, 503, 504})


class Page(Wire, frozen=True):
    """A page of posts. ``next`` asks for the one after it; ``cursor`` is where to follow from."""

    posts: list[Post]
    next: str | None
    cursor: str


class _Placed(msgspec.Struct):
    cursor: str = ""


class _Problem(msgspec.Struct):
    code: str = "unknown"
    detail: str = ""


class Rest:
    """One server, with one token. Every call here may be repeated without harm."""

    def __init__(self, url: str, token: str, *, attempts: int, timeout: float) -> None:
        headers = {"authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(
            base_url=url, headers=headers, timeout=timeout, limits=_LIMITS
        )
        self._attempts = attempts
        self._seen: deque[str] = deque(maxlen=_ANSWERS)
        self.reached = ""
        """How far events came."""

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, query: Mapping[str, str], answer: type[T]) -> T:
        """No older than what came before, by whichever call."""
        seen = ", ".join(filter(None, (*self._seen, self.reached)))
        headers = {"seen-cursor": seen} if seen else {}
        found = await self._call("GET", path, params=query, headers=headers)
        return msgspec.json.decode(found, type=answer)

    async def post(
        self, path: str, body: object, answer: type[T], headers: Mapping[str, str] | None = None
    ) -> T:
        """``body`` may hold what rows do: times, UUIDs, decimals."""
        sent = {"content-type": "application/json", **(headers or {})}
        content = msgspec.json.encode(body)
        found = await self._call("POST", path, content=content, headers=sent)
        return msgspec.json.decode(found, type=answer)

    async def _call(self, method: str, path: str, **request: Any) -> bytes:
        """The body of a good answer. Raises Refused, or Unreachable after so many attempts."""
        wait, reason = 0.0, ""
        for attempt in range(self._attempts):
            if attempt:
                await asyncio.sleep(max(wait, pause(attempt - 1)))
            try:
                answer = await self._http.request(method, path, **request)
            except httpx.TransportError as error:
                wait, reason = 0.0, type(error).__name__
                continue
            if answer.is_success:
                self._note(answer.content)
                return answer.content
            if answer.status_code not in _AGAIN:
                raise _refusal(answer)
            wait, reason = _retry_after(answer), str(answer.status_code)
        raise Unreachable(str(self._http.base_url), reason)

    def _note(self, body: bytes) -> None:
        cursor = msgspec.json.decode(body, type=_Placed).cursor
        if cursor and cursor not in self._seen:
            self._seen.append(cursor)


def _refusal(answer: httpx.Response) -> Refused:
    try:
        problem = msgspec.json.decode(answer.content, type=_Problem)
    except msgspec.DecodeError:  # something in between answered
        problem = _Problem()
    return Refused(answer.status_code, problem.code, problem.detail)


def _retry_after(answer: httpx.Response) -> float:
    value = answer.headers.get("retry-after", "")
    return min(float(value), LONGEST) if value.isdigit() else 0.0
