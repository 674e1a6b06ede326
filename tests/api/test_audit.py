"""The record of administrative actions over REST: for admins alone, page by page."""

from feedline.feed.audit import Actor
from feedline.feed.auditing import record
from feedline.store.base import Transaction
from tests.api.world import World, problem

AUDIT = "/api/admin/audit"


async def test_the_record_is_for_admins_alone(world: World) -> None:
    ann, root = await world.person(), await world.admin()
    problem(await world.client().get(AUDIT), 401, "unauthenticated")
    problem(await ann.client.get(AUDIT), 403, "forbidden")
    problem(await (await world.program()).get(AUDIT), 403, "forbidden")
    assert (await root.client.get(AUDIT)).json() == {"entries": [], "next": None}


async def test_an_admin_reads_what_was_done(world: World) -> None:
    ann, root = await world.person(), await world.admin()
    post = await ann.publish(text="secret")
    assert (await root.client.delete(f"/api/posts/{post['id']}")).status_code == 204
    answer = await root.client.get(AUDIT)
    (entry,) = answer.json()["entries"]
    assert len(entry.pop("id")) == 36
    assert entry == {
        "at": "2026-01-22T10:00:00.000Z",
        "actor": {"kind": "user", "id": root.id, "name": "root"},
        "action": "post.delete",
        "subject": {"kind": "post", "id": post["id"], "name": None},
        "details": {"authorId": ann.id},
    }
    assert "secret" not in answer.text


async def test_the_record_comes_in_pages_and_parts(world: World) -> None:
    ann, root = await world.person(), await world.admin()

    def command(tx: Transaction) -> None:
        for name in ("sys", "cron", "sys"):
            record(tx, Actor("command", name=name), "admin.add", tx.user_by_name("ann"))

    await world.store.write(command)
    seen, page = [], ""
    while page is not None:
        answer = (await root.client.get(AUDIT, params={"limit": 2, "page": page})).json()
        seen += answer["entries"]
        page = answer["next"]
    assert [entry["actor"]["name"] for entry in seen] == ["sys", "cron", "sys"]
    assert len({entry["id"] for entry in seen}) == 3
    for params, expected in (
        ({"by": "cron"}, 1),
        ({"on": "ANN"}, 3),
        ({"on": ann.id, "by": "sys"}, 2),
        ({"on": "root"}, 0),
        ({"action": "admin.remove"}, 0),
    ):
        found = (await root.client.get(AUDIT, params=params)).json()["entries"]
        assert len(found) == expected, params
