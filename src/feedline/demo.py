"""Demo people and what they do, for an installation that has none."""

import asyncio
import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec
from PIL import Image, ImageDraw

from feedline.api.passwords import Hasher
from feedline.feed import actions, following, reactions
from feedline.feed.comments import CommentDraft
from feedline.feed.drafts import Draft, DraftLimits
from feedline.feed.instants import Millis
from feedline.feed.media import file_names
from feedline.feed.media_row import MediaRow
from feedline.feed.people import Registration, UserRow
from feedline.feed.ports import PostQuery
from feedline.feed.visibility import Tier
from feedline.media.files import Files
from feedline.media.pictures import Picture, Pictures
from feedline.store.base import Snapshot, Store, Transaction

_BETWEEN_POSTS: Millis = 37 * 60_000
_BETWEEN_REACTIONS: Millis = 60_000
_SIZE = (960, 600)  # of a picture


class DemoPicture(msgspec.Struct):
    """A landscape: two colours of the sky, and hills of one colour in front of it."""

    above: str
    below: str
    hills: str


class DemoPost(msgspec.Struct):
    author: str
    text: str
    title: str | None = None
    tags: list[str] = []
    tier: Tier | None = None
    picture: DemoPicture | None = None
    likes: list[str] = []
    comments: list[tuple[str, str]] = []
    """Who wrote what, oldest first."""


class Demo(msgspec.Struct):
    """The people, by username, whom they follow, and what they posted, newest first.

    ``tiers``: by creator, who holds which tier.
    """

    password: str
    people: dict[str, str]
    follows: dict[str, list[str]]
    tiers: dict[str, dict[str, Tier]]
    posts: list[DemoPost]


def load() -> Demo:
    return msgspec.convert(tomllib.loads((files("feedline") / "demo.toml").read_text()), Demo)


async def fill(store: Store, hasher: Hasher, kept: Files, pictures: Pictures, folder: Path) -> bool:
    """Adds the demo's people and posts if there are no posts yet; whether it did.

    ``folder``: where pictures are painted, to be taken from there.
    """
    if await store.read(_has_posts):
        return False
    demo = load()
    hashes = await asyncio.gather(*(hasher.hash(demo.password) for _ in demo.people))
    people = await store.write(
        lambda tx: _people(tx, demo, dict(zip(demo.people, hashes, strict=True)))
    )
    shown: dict[int, str] = {}
    for number, post in enumerate(demo.posts):
        if post.picture is not None:
            source = folder / f"demo-{number}"
            _paint(post.picture).save(source, "JPEG")
            made = await pictures.remake(source)
            source.unlink()
            shown[number] = await _keep(store, kept, demo, people[post.author], made)
    await store.write(lambda tx: _publish(tx, demo, people, shown))
    return True


def _has_posts(snapshot: Snapshot) -> bool:
    return bool(snapshot.posts(PostQuery(limit=1)))


def _go_back(tx: Transaction, demo: Demo) -> None:
    """To before the first post. Everything begins there, as ids never go back again.

    Nothing is of the future: the newest post is as old as what was said to it took.
    """
    newest = demo.posts[0]
    reactions = len(newest.likes) + len(newest.comments)
    tx.now -= len(demo.posts) * _BETWEEN_POSTS + reactions * _BETWEEN_REACTIONS


def _people(tx: Transaction, demo: Demo, hashes: dict[str, str]) -> dict[str, UserRow]:
    _go_back(tx, demo)
    people = {username: _person(tx, demo, username, hashes[username]) for username in demo.people}
    for username, creators in demo.follows.items():
        for creator in creators:
            following.follow(tx, people[username], people[creator].id)
    for creator, holders in demo.tiers.items():
        for username, tier in holders.items():
            ids = people[creator].id, people[username].id
            following.grant_tier(tx, people[creator], *ids, tier)
    return people


def _person(tx: Transaction, demo: Demo, username: str, password_hash: str) -> UserRow:
    known = tx.user_by_name(username)
    if known is not None:
        return known
    newcomer = Registration(username=username, password=demo.password, name=demo.people[username])
    return actions.register(tx, newcomer, password_hash)


def _publish(
    tx: Transaction, demo: Demo, people: dict[str, UserRow], shown: dict[int, str]
) -> None:
    """Publishes the posts as if over the last hours."""
    _go_back(tx, demo)
    for number, post in reversed(list(enumerate(demo.posts))):
        tx.now += _BETWEEN_POSTS
        draft = Draft(
            title=post.title,
            text=post.text.strip(),
            tags=post.tags,
            tier=post.tier,
            media_id=shown.get(number, msgspec.UNSET),
        )
        published, _ = actions.publish_post(tx, people[post.author], draft, DraftLimits(), None)
        _react(tx, post, published.id, people)


def _react(tx: Transaction, post: DemoPost, post_id: str, people: dict[str, UserRow]) -> None:
    at = tx.now
    for username in post.likes:
        tx.now += _BETWEEN_REACTIONS
        reactions.like_post(tx, people[username], post_id)
    for username, text in post.comments:
        tx.now += _BETWEEN_REACTIONS
        reactions.add_comment(tx, people[username], post_id, CommentDraft(text=text), 0)
    tx.now = at


def _paint(picture: DemoPicture) -> Image.Image:
    """Small to ship: a few colours say it all."""
    sky = Image.linear_gradient("L").resize(_SIZE)
    image = Image.composite(
        Image.new("RGB", _SIZE, picture.below), Image.new("RGB", _SIZE, picture.above), sky
    )
    draw = ImageDraw.Draw(image)
    width, height = _SIZE
    for place, (left, top) in enumerate(((-200, 330), (280, 400), (620, 300))):
        draw.ellipse((left, top + place * 40, left + width, top + 2 * height), fill=picture.hills)
    draw.ellipse((680, 90, 780, 190), fill="#fff6e0")
    return image


async def _keep(store: Store, kept: Files, demo: Demo, owner: UserRow, made: Picture) -> str:
    """Keeps a picture as if its owner had sent it; its id."""

    def note(tx: Transaction) -> str:
        _go_back(tx, demo)
        row = MediaRow(
            id=tx.new_id(),
            owner_id=owner.id,
            post_id=None,
            type="image",
            content_type=made.content_type,
            size=made.path.stat().st_size,
            thumbnail_size=made.thumbnail.stat().st_size,
            aspect_ratio=made.aspect_ratio,
            created_at=tx.now,
        )
        tx.add_media(row)
        return row.id

    media_id = await store.write(note)
    for name, path in zip(file_names(media_id), (made.path, made.thumbnail), strict=True):
        await kept.save(name, path)
    await store.write(lambda tx: tx.finish_media(media_id))
    return media_id
