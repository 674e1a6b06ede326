"""Reports: sent once, counted, answered by admins, and written down."""

from pathlib import Path
from typing import Any

import pytest

from feedline.config import Settings
from tests.api.test_blocking import block, comment, publish
from tests.api.test_following import profile
from tests.api.world import Person, World, problem
from tests.feed.strategies import new_id


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, report_limit=20, reports=3)


async def report(
    person: Person, kind: str, id_: str, reason: str = "spam", **more: Any
) -> dict[str, Any]:
    body = {"kind": kind, "id": id_, "reason": reason, **more}
    answer = await person.client.post("/api/reports", json=body)
    assert answer.status_code == 201, answer.text
    sent: dict[str, Any] = answer.json()
    return sent


async def queue(admin: Person, query: str = "") -> list[dict[str, Any]]:
    answer = await admin.client.get(f"/api/admin/reports{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["reports"]
    return found


async def resolve(admin: Person, report_id: str, action: str) -> dict[str, Any]:
    answer = await admin.client.post(f"/api/admin/reports/{report_id}", json={"action": action})
    assert answer.status_code == 200, answer.text
    resolved: dict[str, Any] = answer.json()["report"]
    return resolved


async def recorded(admin: Person) -> list[tuple[str, dict[str, Any]]]:
    entries = (await admin.client.get("/api/admin/audit")).json()["entries"]
    return [(entry["action"], entry["details"]) for entry in entries]


async def test_admins_see_what_was_reported_and_by_whom(world: World) -> None:
    ann, ben, root = await world.person("ann"), await world.person("ben"), await world.admin()
    post_id = await publish(ann, "buy this", title="Now")
    comment_id = await comment(ann, post_id, "and that")
    await report(ben, "post", post_id, text=" look ")
    await report(ben, "comment", comment_id, "abuse")
    await report(ben, "user", ann.id, "impersonation")
    person, said, posted = await queue(root)
    assert (posted["excerpt"], posted["text"], posted["reason"]) == (
        "Now\nbuy this",
        "look",
        "spam",
    )
    assert (said["excerpt"], said["postId"]) == ("and that", post_id)
    assert (person["excerpt"], person["postId"], person["subjectId"]) == (None, None, ann.id)
    for each in (person, said, posted):
        assert (each["reporter"]["id"], each["person"]["id"]) == (ben.id, ann.id)
        assert (each["state"], each["count"]) == ("open", 1)


async def test_reporting_again_changes_nothing(world: World) -> None:
    ann, ben, root = await world.person("ann"), await world.person("ben"), await world.admin()
    post_id = await publish(ann, "buy this")
    first = await report(ben, "post", post_id)
    assert await report(ben, "post", post_id, "abuse") == first
    assert len(await queue(root)) == 1


async def test_so_many_in_an_hour(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    ids = [await publish(ann, f"post {number}") for number in range(4)]
    for post_id in ids[:3]:
        await report(ben, "post", post_id)
    body = {"kind": "post", "id": ids[3], "reason": "spam"}
    problem(await ben.client.post("/api/reports", json=body), 429, "rate_limited")
    await report(ben, "post", ids[0])
    world.clock.forward(seconds=3_601)
    await report(ben, "post", ids[3])


async def test_what_is_not_there_for_somebody_they_cannot_report(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    post_id = await publish(ann, "hidden")
    comment_id = await comment(ann, post_id, "hidden")
    locked = await publish(ann, "for some", tier="vip")
    secret = await comment(ann, locked, "for some")
    await block(ben, ann)
    await report(ben, "post", post_id)  # whom one has blocked one may report
    await block(ann, ben)
    for kind, id_ in (
        *(("post", new_id()), ("comment", new_id()), ("user", new_id())),
        *(("comment", comment_id), ("comment", secret), ("user", ann.id)),
    ):
        body = {"kind": kind, "id": id_, "reason": "spam"}
        problem(await ben.client.post("/api/reports", json=body), 404, "not_found")


async def test_a_report_is_about_somebody_else_and_says_why_in_a_few_words(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    post_id = await publish(ann, "mine")
    about = {"kind": "post", "id": post_id}
    for person, body in (
        (ann, {**about, "reason": "spam"}),
        (ben, {**about, "reason": "dislike"}),
        (ben, {**about, "reason": "spam", "text": "a" * 21}),
        (ben, {**about, "reason": "spam", "text": "\0"}),
    ):
        problem(await person.client.post("/api/reports", json=body), 422, "validation_failed")
    problem(await world.client().post("/api/reports", json=body), 401, "unauthenticated")


@pytest.mark.parametrize("kind", ["post", "comment"])
async def test_deleting_answers_all_reports_of_the_same_thing(world: World, kind: str) -> None:
    ann, root = await world.person("ann"), await world.admin()
    post_id = await publish(ann, "buy this")
    subject = {"post": post_id, "comment": await comment(ann, post_id, "and that")}[kind]
    for name in ("ben", "cat"):
        await report(await world.person(name), kind, subject)
    newest, oldest = await queue(root)
    assert newest["count"] == oldest["count"] == 2
    resolved = await resolve(root, oldest["id"], "delete")
    assert (resolved["state"], resolved["count"], resolved["excerpt"]) == ("deleted", 0, None)
    assert await queue(root) == []
    assert {each["state"] for each in await queue(root, "?state=settled")} == {"deleted"}
    assert await recorded(root) == [
        ("report.resolve", {"resolution": "delete", "reason": "spam"}),
        (f"{kind}.delete", {"authorId": ann.id}),
    ]
    assert await resolve(root, newest["id"], "dismiss") | {"count": 0} == {
        **newest,
        "state": "deleted",
        "count": 0,
        "excerpt": None,
        "postId": None,
    }


async def test_disabling_shuts_the_author_out(world: World) -> None:
    ann, ben, root = await world.person("ann"), await world.person("ben"), await world.admin()
    await report(ben, "post", await publish(ann, "buy this"))
    (found,) = await queue(root)
    assert (await resolve(root, found["id"], "disable"))["state"] == "disabled"
    problem(await ann.client.get("/api/me"), 401, "unauthenticated")


async def test_dismissing_leaves_everything_and_is_final(world: World) -> None:
    ann, ben, root = await world.person("ann"), await world.person("ben"), await world.admin()
    await report(ben, "user", ann.id)
    (found,) = await queue(root)
    path = f"/api/admin/reports/{found['id']}"
    problem(await root.client.post(path, json={"action": "delete"}), 422, "validation_failed")
    await resolve(root, found["id"], "dismiss")
    assert (await profile(ben, ann))["username"] == "ann"
    await report(ben, "user", ann.id)
    assert await queue(root) == []


async def test_the_queue_is_for_admins_in_pages(world: World) -> None:
    ann, ben, root = await world.person("ann"), await world.person("ben"), await world.admin()
    for number in range(3):
        await report(ben, "post", await publish(ann, f"post {number}"))
    answer = (await root.client.get("/api/admin/reports?limit=2")).json()
    assert [each["excerpt"] for each in answer["reports"]] == ["post 2", "post 1"]
    (last,) = await queue(root, f"?page={answer['next']}")
    assert last["excerpt"] == "post 0"
    for person in (ann, ben):
        problem(await person.client.get("/api/admin/reports"), 403, "forbidden")
        path = f"/api/admin/reports/{last['id']}"
        problem(await person.client.post(path, json={"action": "dismiss"}), 403, "forbidden")
    path = f"/api/admin/reports/{new_id()}"
    problem(await root.client.post(path, json={"action": "dismiss"}), 404, "not_found")
