"""People who publish and do not give up: each post has a key, and is sent until acknowledged."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from feedline.verify.ledger import Sent
from tests.processes import Person
from tests.system.follower import place

PAUSE = 0.03  # seconds before the next try


@dataclass
class Ledger:
    """What was sent, and what was acknowledged: the answer's bytes, by key."""

    sent: dict[str, Sent] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    pause: float = 0.0
    """Seconds between two posts of one person."""
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    """Requests that ended without an answer."""
    repeated: int = 0
    """Answers that a retry found: the post was on disk, the first answer lost."""
    _written: asyncio.Event = field(default_factory=asyncio.Event)

    async def reach(self, count: int) -> None:
        """Waits until so many posts are acknowledged."""
        while len(self.answers) < count:
            self._written.clear()
            await self._written.wait()

    async def publish(self, person: Person, key: str) -> None:
        """Publishes one post, whatever it takes. Its text is its key."""
        self.sent[key] = Sent(time.monotonic())
        while key not in self.answers:
            try:
                answer = await person.http.post(
                    "/api/posts", json={"text": key}, headers={"Idempotency-Key": key}
                )
            except httpx.TransportError:
                self.broken += 1
                await asyncio.sleep(PAUSE)
                continue
            self.statuses[answer.status_code] += 1
            if answer.status_code == 201:
                self._take(key, answer)
            else:
                assert answer.status_code == 503, answer.text
                await asyncio.sleep(PAUSE)

    def _take(self, key: str, answer: httpx.Response) -> None:
        post, body = self.sent[key], json.loads(answer.content)
        post.acknowledged = time.monotonic()
        post.place, post.post_id = place(body["cursor"]), body["post"]["id"]
        post.repeated = answer.headers.get("idempotency-replayed") == "true"
        self.repeated += post.repeated
        self.answers[key] = answer.content
        self._written.set()

    async def keep_publishing(self, person: Person, end: asyncio.Event) -> None:
        """One post after another until the end; the last one is acknowledged too."""
        number = 0
        while not end.is_set():
            await self.publish(person, f"{person.user['username']}-{number}")
            number += 1
            await asyncio.sleep(self.pause)


async def posts(person: Person, **query: str) -> dict[str, Any]:
    """A page of posts, as soon as there is one to be had."""
    while (answer := await person.http.get("/api/posts", params=query)).status_code == 503:
        await asyncio.sleep(PAUSE)
    page: dict[str, Any] = answer.json()
    return page


async def all_texts(person: Person) -> list[str]:
    """What all posts of the installation say, oldest first, as REST has them."""
    texts: list[str] = []
    page: str | None = ""
    while page is not None:
        query = {"limit": "100", **({"page": page} if page else {})}
        answer = await posts(person, **query)
        texts += [post["content"]["text"] for post in answer["posts"]]
        page = answer["next"]
    return texts[::-1]
