"""How new an answer has to be."""

from typing import Any

import pytest

from feedline.api.freshness import newest_seen
from feedline.errors import ReplicasUnclear
from feedline.feed.cursor import Cursor
from feedline.storage import Storage
from tests.api.world import World

KNOWN = Cursor("cde9256c", 7)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (None, KNOWN),
        (b"cde9256c-6", KNOWN),
        (b"cde9256c-8", Cursor("cde9256c", 8)),
        (b"cde9256c-9, cde9256c-8,cde9256c-1", Cursor("cde9256c", 9)),
        (b"cde9256c-9,another0-8", None),
        (b"another0-8", None),
        (b"nonsense", None),
        (b"\xff", None),
        (b"", KNOWN),
        (b",", KNOWN),
        (b",cde9256c-8", Cursor("cde9256c", 8)),
    ],
)
def test_it_is_what_the_node_or_the_client_has_seen(
    given: bytes | None, wanted: Cursor | None
) -> None:
    headers = {} if given is None else {b"seen-cursor": given}
    assert newest_seen(headers, KNOWN) == wanted


async def test_only_what_may_lag_is_read_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Cursor | None] = []
    read = world.store.read

    async def noting(query: Any, seen: Cursor | None = None) -> Any:
        asked.append(seen)
        return await read(query, seen)

    ann = await world.person("ann")
    post = await ann.publish(text="one")
    monkeypatch.setattr(world.store, "read", noting)
    for path in ("feed", "posts", f"posts/{post['id']}", f"posts/{post['id']}/comments"):
        assert (await ann.client.get(f"/api/{path}")).status_code == 200
    for path in ("users", "users/ann"):
        assert (await ann.client.get(f"/api/{path}")).status_code == 200
    await ann.client.get("/api/feed", headers={"Seen-Cursor": "log-5"})
    await ann.client.get("/api/feed", headers={"Seen-Cursor": "another-5"})
    assert asked == [Cursor("log", 0)] * 6 + [Cursor("log", 5), None]
    asked.clear()
    for path in ("me", "notifications", "me/blocks"):
        assert (await ann.client.get(f"/api/{path}")).status_code == 200
    assert asked == [None] * 3


@pytest.mark.parametrize("database", ["", "postgresql://one/feedline"])
def test_replicas_are_of_a_database_of_postgresql(database: str) -> None:
    replicas = ("two/feedline",) if database else ("postgresql://two/feedline",)
    with pytest.raises(ReplicasUnclear):
        Storage(database=database, replicas=replicas).new_store()
