"""The record of administrative actions: written with what it tells of, found again, and bounded."""

from functools import partial
from typing import Any

import pytest

from feedline.feed import actions, following, reactions
from feedline.feed.audit import Action, Actor, AuditQuery, AuditRow, Subject
from feedline.feed.auditing import record
from feedline.feed.comments import CommentDraft
from feedline.feed.instants import Place
from feedline.feed.people import UserRow
from feedline.feed.ports import ServiceToken
from feedline.store.base import Store, Transaction
from tests.store.opening import DAY, Clock, publish, register

SHOP = ServiceToken("1", "shop", 0)
ROOT = Actor("command", name="root")


async def audit(store: Store, **query: Any) -> list[AuditRow]:
    return await store.read(lambda reads: reads.audit(AuditQuery(**query)))


async def actions_of(store: Store, **query: str) -> list[str]:
    return [row.action for row in await audit(store, **query)]


def admin(tx: Transaction) -> UserRow:
    person = register(tx, "root")
    tx.set_role(person.id, "admin")
    known = tx.user(person.id)
    assert known is not None
    return known


async def test_a_record_says_who_did_what_to_whom(store: Store, clock: Clock) -> None:
    def command(tx: Transaction) -> UserRow:
        ann = register(tx, "ann")
        record(tx, ROOT, "admin.add", ann)
        record(tx, SHOP, "tier.grant", ann, tier="vip", n=1, share=0.5, is_new=True, note=None)
        record(tx, ann, "service.create", SHOP, name="x" * 1_000)
        record(tx, ann, "service.revoke")
        return ann

    ann = await store.write(command)
    *_, third, second, first = rows = await audit(store)
    assert {row.created_at for row in rows} == {clock.now}
    named = Subject("user", ann.id, "ann")
    assert (first.actor, first.action, first.subject) == (ROOT, "admin.add", named)
    assert second.actor == Actor("service", "1", "shop")
    assert second.details == {"tier": "vip", "n": 1, "share": 0.5, "is_new": True, "note": None}
    assert (third.actor, third.subject) == (Actor("user", ann.id, "ann"), Subject("service", "1"))
    assert third.details == {"name": "x" * 200}
    assert (rows[0].subject, rows[0].details) == (None, {})


async def test_a_record_is_kept_with_its_change_or_not_at_all(store: Store) -> None:
    def command(tx: Transaction) -> None:
        record(tx, ROOT, "admin.add", register(tx, "ann"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.write(command)
    assert await audit(store) == []


async def test_what_is_looked_for_is_found(store: Store, clock: Clock) -> None:
    names: list[Action] = ["admin.add", "admin.remove", "admin.add"]

    def command(tx: Transaction, name: Action) -> str:
        person = tx.user_by_name("ann") or register(tx, "ann")
        record(tx, person if name == "admin.remove" else ROOT, name, person)
        return person.id

    for name in names:
        ann = await store.write(partial(command, name=name))
        clock.now += 1
    newest_first = names[::-1]
    assert await actions_of(store) == newest_first
    assert await actions_of(store, action="admin.add") == ["admin.add"] * 2
    assert await actions_of(store, action="admin") == []
    assert await actions_of(store, actor=ann) == ["admin.remove"]
    assert await actions_of(store, actor="root") == ["admin.add"] * 2
    assert await actions_of(store, subject=ann) == newest_first
    assert await actions_of(store, subject="nobody") == []
    first, *_ = await audit(store)
    query = AuditQuery(before=Place(first.created_at, first.id), limit=1)
    page = await store.read(lambda reads: reads.audit(query))
    assert [row.action for row in page] == ["admin.remove"]


async def test_what_admins_and_programs_do_to_others_is_kept_and_nothing_else(store: Store) -> None:
    def command(tx: Transaction) -> None:
        ann, ben, root = register(tx, "ann"), register(tx, "ben"), admin(tx)
        for grantor in (ann, root, SHOP):
            following.grant_tier(tx, grantor, ann.id, ben.id, "basic")
            following.grant_tier(tx, grantor, ann.id, ben.id, "basic")  # changes nothing
            following.end_tier(tx, grantor, ann.id, ben.id)
        for deleting in (ann, root):
            post = publish(tx, ann, text="a text")
            for person in (ben, ann, root):
                draft = CommentDraft(text="a comment")
                comment, *_ = reactions.add_comment(tx, ben, post.id, draft, 100)
                reactions.delete_comment(tx, person, comment.id)
            actions.delete_post(tx, deleting, post.id)

    await store.write(command)
    rows = (await audit(store))[::-1]
    assert [(row.actor.name, row.action) for row in rows] == [
        ("root", "tier.grant"),
        ("root", "tier.end"),
        ("shop", "tier.grant"),
        ("shop", "tier.end"),
        ("root", "comment.delete"),
        ("root", "comment.delete"),
        ("root", "post.delete"),
    ]
    assert "a text" not in str(rows)
    assert "a comment" not in str(rows)
    assert rows[0].subject is not None
    assert rows[0].subject.name == "ben"


async def test_a_record_is_kept_for_its_time(store: Store, clock: Clock) -> None:
    for _ in range(3):
        await store.write(lambda tx: record(tx, ROOT, "admin.add"))
        clock.now += DAY
    assert await store.write(lambda tx: tx.forget_audit(clock.now, 1)) == 1
    assert await store.forget_audit(clock.now - 2 * DAY) == 0
    assert await store.forget_audit(clock.now - DAY) == 1
    assert len(await audit(store)) == 1
