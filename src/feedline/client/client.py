"""The client of one server."""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

import msgspec

from feedline.client.live import Live, Told
from feedline.client.rest import Page, Rest
from feedline.errors import FeedlineError
from feedline.feed.people import Wire
from feedline.feed.posts import Post

Row = Mapping[str, Any]
Id = str | int

logger = logging.getLogger("feedline.client")


class _Published(Wire, frozen=True):
    post: Post


class Client:
    """Talks to the server at ``url`` with a token: a person's, or that of a service.

    To be used as an async context manager, and by as many tasks at once as you like. Calls are
    repeated up to ``attempts`` times while the server can't be reached; whatever happens, a post
    is published once.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        attempts: int = 5,
        timeout: float = 10.0,
        patience: float = 3.0,
    ) -> None:
        """``timeout``: seconds for one attempt. ``patience``: seconds that telling may take."""
        self._url = url
        self._token = token
        self._patience = patience
        self._rest = Rest(url, token, attempts=attempts, timeout=timeout)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._rest.close()

    async def publish(self, draft: Row, *, key: str | None = None) -> Post:
        """Publishes a post, once for each ``key``, which is made if none is given.

        ``draft``: title, text, category, tags, mediaId, tier; one of them says something. Raises
        Refused or Unreachable.
        """
        headers = {"idempotency-key": key or secrets.token_urlsafe(16)}
        return (await self._rest.post("/api/posts", draft, _Published, headers)).post

    async def posts(self, **query: str | int) -> Page:
        """A page of everybody's posts: ``creator``, ``category``, ``tag``, ``limit``, ``page``."""
        return await self._rest.get("/api/posts", _texts(query), Page)

    async def feed(self, **query: str | int) -> Page:
        """A page of the home feed: ``limit``, ``page``. Raises Refused or Unreachable."""
        return await self._rest.get("/api/feed", _texts(query), Page)

    async def events(self, *channels: str, cursor: str | None = None) -> AsyncGenerator[Told]:
        """Everything that happens on some channels after a cursor, or from now on.

        In order, each event once, over any number of lost connections. A Resync says that some
        can't be told any more: load again what you show. Raises Refused.
        """
        async with aclosing(Live(self._url, self._token, channels, cursor).told()) as all_told:
            async for told in all_told:
                self._rest.reached = told.cursor
                yield told

    # ---- bring your own posts, with a service token

    async def notify_post_author(self, post: Row, author_id: Id) -> bool:
        """Tells of a post of your own database; False if that failed, which it never raises."""
        return await self._tell("post-author", {"post": post, "authorId": author_id})

    async def notify_new_post(self, post: Row, subscriber_ids: Iterable[Id] | None = None) -> bool:
        """The same for those who follow its creator, or these."""
        ids = None if subscriber_ids is None else list(subscriber_ids)
        return await self._tell("new-post", {"post": post, "subscriberIds": ids})

    async def update_post_likes(
        self,
        post_id: Id,
        likes_count: int,
        user_id: Id | None = None,
        *,
        is_liked: bool | None = None,
    ) -> bool:
        """Tells how many likes a post has, and whose like it was, or was taken back."""
        body = {
            "postId": post_id,
            "likesCount": likes_count,
            "userId": user_id,
            "isLiked": is_liked,
        }
        return await self._tell("post-likes", body)

    async def _tell(self, what: str, body: Row) -> bool:
        try:
            async with asyncio.timeout(self._patience):
                await self._rest.post(f"/api/notify/{what}", body, msgspec.Raw)
        except Exception as error:  # noqa: BLE001 - the caller's own work is done, whatever it was
            # What is none of ours may quote the row, so only its type is told.
            why = error if isinstance(error, FeedlineError) else type(error).__name__
            logger.warning("not told: %s. %s", what, why)
            return False
        return True


def _texts(query: Mapping[str, str | int]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items()}
