"""Deleting somebody: nothing of theirs is left, and all of others stays, wherever it stops."""

import asyncio
import random
from functools import partial
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from feedline.errors import Unavailable
from feedline.feed import accounts, actions, blocking, leaving, reactions
from feedline.feed.audit import Actor, AuditQuery
from feedline.feed.comments import CommentDraft
from feedline.feed.events import PostDeleted
from feedline.feed.following import follow, grant_tier
from feedline.feed.media import file_names
from feedline.feed.media_row import MediaRow
from feedline.feed.people import ProfileChange, SessionRow, UserRow
from feedline.feed.ports import PostQuery, ServiceToken
from feedline.leaving import remove_leavers
from feedline.media.files import FolderFiles
from feedline.media.upkeep import clean_up
from feedline.storage import Storage
from feedline.store.base import Store, Transaction
from feedline.store.views import Views
from tests.keeping.conftest import PlaceOf
from tests.keeping.test_backup import each, location_of, running
from tests.store.opening import contents, publish, register, whole_log
from tests.store.test_copying import live

pytestmark = pytest.mark.system

SECRET = "xyzzy"
ROOT = Actor("command", name="root")
MINE = "m" * 36
SHOP = ServiceToken("shop", "shop", 0)

KEPT = ("events", "audit", "likes_owed")  # ids, and nothing else

WRONG_COUNTS = """
SELECT id FROM posts WHERE likes_count <> (SELECT count(*) FROM likes WHERE post_id = posts.id)
    OR comments_count <> (SELECT count(*) FROM comments WHERE post_id = posts.id)
UNION ALL SELECT id FROM users
    WHERE posts_count <> (SELECT count(*) FROM posts WHERE author_id = users.id)
    OR followers_count <> (SELECT count(*) FROM follows WHERE creator_id = users.id)
    OR following_count <> (SELECT count(*) FROM follows WHERE follower_id = users.id)
UNION ALL SELECT id FROM notifications AS n
    WHERE actors <> (SELECT count(*) FROM notification_actors WHERE notification_id = n.id)
"""


def settle(tx: Transaction, storage: Storage) -> UserRow:
    """Somebody with a bit of everything, among others; each text and name of theirs is secret."""
    people = live(tx, random.Random(3))
    me = register(tx, f"{SECRET}-username")
    me = actions.change_profile(tx, me, ProfileChange(name=f"{SECRET} name"))
    tx.add_session(SessionRow(id="mine", user_id=me.id, created_at=1, expires_at=2**40))
    tx.store_answer(me.id, "key", b"print", f"{SECRET} answer".encode)
    posts = tx.posts(PostQuery(limit=10))
    mine = [publish(tx, me, text=f"{SECRET} {n} " * 200, title=SECRET) for n in range(7)]
    for post, other in zip(posts, people * 2, strict=False):
        reactions.like_post(tx, me, post.id)
        grant_tier(tx, SHOP, post.creator.id, me.id, "vip")
        draft = CommentDraft(text=f"{SECRET} comment")
        reactions.add_comment(tx, me, post.id, draft, 100)
        reactions.like_post(tx, other, mine[0].id)
        reactions.add_comment(tx, other, mine[0].id, CommentDraft(text="hers"), 100)
    for other in people:
        follow(tx, me, other.id)
        follow(tx, other, me.id)
        grant_tier(tx, SHOP, me.id, other.id, "vip")
    blocking.block(tx, people[0], me.id, 0)
    blocking.block(tx, me, people[1].id, 0)
    tx.add_media(MediaRow(MINE, me.id, None, "image", "image/webp", 3, 2, None, tx.now))
    tx.finish_media(MINE)
    tx.keep_blurred(MINE, SECRET.encode())
    tx.attach_media(MINE, mine[0].id)
    for name in file_names(MINE):
        (storage.data / "media" / name).write_text(SECRET)
    return me


async def begin(store: Store, me: UserRow) -> None:
    await store.write(lambda tx: accounts.delete(tx, ROOT, tx.user(me.id) or me))


def bytes_of(storage: Storage) -> bytes:
    """Everything that is kept, as a thief would find it."""
    files = b"".join(
        path.read_bytes() for path in sorted(storage.data.rglob("*")) if path.is_file()
    )
    if storage.database:
        with psycopg.connect(storage.database) as server:
            tables = contents(storage.database)
            for table in tables:
                with server.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
                    files += b"".join(bytes(piece) for piece in copy)
    return files


def traces(storage: Storage) -> list[bytes]:
    found = bytes_of(storage)
    return [word for word in (SECRET.encode(), SECRET.encode().hex().encode()) if word in found]


async def wrong_counts(store: Store) -> list[Any]:
    return await store.read(lambda reads: list(cast("Views", reads)._run(WRONG_COUNTS, ())))


@each
async def test_nothing_is_left_of_who_is_deleted(place: PlaceOf, database: str) -> None:
    storage = place("data", database)
    async with running(storage) as store:
        me = await store.write(partial(settle, storage=storage))
        assert traces(storage)
        assert await wrong_counts(store) == []
        mine = await store.read(lambda reads: reads.posts(PostQuery(creator=me.id, limit=100)))
        before = contents(location_of(storage))
        await begin(store, me)
        assert await remove_leavers(store) == 1
        assert await clean_up(store, FolderFiles(storage.data / "media"), 0) == 1
        assert traces(storage) == []
        assert await wrong_counts(store) == []
        after = contents(location_of(storage))
        assert len(after["posts"]) == len(before["posts"]) - len(mine)
        assert len(after["users"]) == len(before["users"]) - 1
        log = await whole_log(store)
        gone = [entry.event.post_id for entry in log if isinstance(entry.event, PostDeleted)]
        assert {row.id for row in mine} <= set(gone)
        record = await store.read(lambda reads: reads.audit(AuditQuery(subject=me.id)))
        assert [row.action for row in record if row.action.startswith("user")] == ["user.delete"]
        assert [table for table in after if table not in KEPT and me.id in str(after[table])] == []
        again = await store.write(lambda tx: register(tx, f"{SECRET}-username"))
        assert again.id != me.id
        assert await remove_leavers(store) == 0


class Fragile:
    """A store that fails after some writes."""

    def __init__(self, store: Store, writes: int) -> None:
        self._store = store
        self._writes = writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def write(self, command: Any) -> Any:
        if not self._writes:
            raise Unavailable("It fails.")
        self._writes -= 1
        return await self._store.write(command)


async def test_wherever_it_is_interrupted_it_goes_on(
    place: PlaceOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "SOME", 3)
    monkeypatch.setattr("feedline.leaving._PATIENCE", 1)
    storage = place("data", "sqlite")
    async with running(storage) as store:
        me = await store.write(partial(settle, storage=storage))
        await begin(store, me)
        interrupted = 0
        for writes in range(100):
            try:
                await remove_leavers(cast("Store", Fragile(store, writes)))
                break
            except Unavailable:
                interrupted += 1
                assert await wrong_counts(store) == []
        assert interrupted > 5
        await clean_up(store, FolderFiles(storage.data / "media"), 0)
        assert traces(storage) == []
        assert await wrong_counts(store) == []


async def test_others_write_between_the_steps(
    place: PlaceOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "SOME", 1)
    storage = place("data", "sqlite")
    async with running(storage) as store:
        me = await store.write(partial(settle, storage=storage))
        await begin(store, me)
        going = asyncio.create_task(remove_leavers(store))
        author = await store.write(lambda tx: register(tx, "writer"))
        written = 0
        while not going.done():
            await store.write(lambda tx: publish(tx, author, text="meanwhile"))
            written += 1
        assert await going == 1
        assert written > 10


async def test_two_nodes_that_delete_the_same_person_do_not_disturb_each_other(
    place: PlaceOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "SOME", 2)
    storage = place("data", "postgres")
    async with running(storage) as store, running(storage) as other:
        me = await store.write(partial(settle, storage=storage))
        await begin(store, me)
        await asyncio.gather(remove_leavers(store), remove_leavers(other))
        assert await wrong_counts(store) == []
        assert await store.read(lambda reads: reads.user(me.id)) is None


async def test_who_is_shut_out_is_nobody_until_let_in_again(place: PlaceOf, tmp_path: Path) -> None:
    storage = place("data", "sqlite")
    async with running(storage) as store:
        me = await store.write(partial(settle, storage=storage))

        def session(tx: Transaction, act: Any) -> list[bool]:
            act(tx, ROOT, tx.user(me.id))
            new = tx.new_id()
            tx.add_session(SessionRow(id=new, user_id=me.id, created_at=1, expires_at=2**50))
            return [tx.signed_in(id_, tx.now) is not None for id_ in ("mine", new)]

        def act(name: Any) -> Any:
            return store.write(partial(session, act=name))

        assert await act(accounts.disable) == [False, False]
        assert await act(accounts.enable) == [False, True]
        await begin(store, me)
        assert await act(accounts.enable) == [False, False]  # there is no way back from that
