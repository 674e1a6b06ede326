"""Demo people and posts, for an installation that has none."""

import asyncio
import tomllib
from importlib.resources import files

import msgspec

from feedline.api.passwords import Hasher
from feedline.feed import actions
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.instants import Millis
from feedline.feed.people import Registration, UserRow
from feedline.feed.ports import PostQuery
from feedline.store.base import Snapshot, Store, Transaction

_BETWEEN_POSTS: Millis = 37 * 60_000


class DemoPost(msgspec.Struct):
    author: str
    text: str
    title: str | None = None
    tags: list[str] = []


class Demo(msgspec.Struct):
    """The people, by username, and what they posted, newest first."""

    password: str
    people: dict[str, str]
    posts: list[DemoPost]


def load() -> Demo:
    return msgspec.convert(tomllib.loads((files("feedline") / "demo.toml").read_text()), Demo)


async def fill(store: Store, hasher: Hasher) -> bool:
    """Adds the demo's people and posts if there are no posts yet; whether it did."""
    if await store.read(_has_posts):
        return False
    demo = load()
    hashes = await asyncio.gather(*(hasher.hash(demo.password) for _ in demo.people))
    await store.write(lambda tx: _publish(tx, demo, dict(zip(demo.people, hashes, strict=True))))
    return True


def _has_posts(snapshot: Snapshot) -> bool:
    return bool(snapshot.posts(PostQuery(limit=1)))


def _publish(tx: Transaction, demo: Demo, hashes: dict[str, str]) -> None:
    """Publishes the posts as if over the last hours."""
    tx.now -= len(demo.posts) * _BETWEEN_POSTS
    authors = {username: _person(tx, demo, username, hashes[username]) for username in demo.people}
    for post in reversed(demo.posts):
        tx.now += _BETWEEN_POSTS
        draft = Draft(title=post.title, text=post.text.strip(), tags=post.tags)
        actions.publish_post(tx, authors[post.author], draft, DraftLimits(), None)


def _person(tx: Transaction, demo: Demo, username: str, password_hash: str) -> UserRow:
    known = tx.user_by_name(username)
    if known is not None:
        return known
    newcomer = Registration(username=username, password=demo.password, name=demo.people[username])
    return actions.register(tx, newcomer, password_hash)
