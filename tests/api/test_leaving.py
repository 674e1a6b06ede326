"""One's own account over REST, taken along and deleted; and accounts as admins look after them."""

import io
import json
import zipfile
from typing import Any

import pytest

from feedline.feed import accounts
from feedline.feed.events import SessionRevoked
from feedline.leaving import remove_leavers
from tests.api.world import PASSWORD, World, login, problem
from tests.media.samples import picture

ME, EXPORT, PASSWORDS = "/api/me", "/api/me/export", "/api/me/password"


async def test_everything_that_one_has_comes_along(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    sent = await ann.client.post("/api/media", files={"file": ("a.png", picture())})
    media_id = sent.json()["mediaId"]
    for n in range(3):
        await ann.publish(text=f"mine {n}", tier="vip")
    with_file = await ann.publish(text="with a file", mediaId=media_id)
    his = await ben.publish(text="his")
    await ann.client.put(f"/api/posts/{his['id']}/like")
    await ann.client.post(f"/api/posts/{his['id']}/comments", json={"text": "a comment"})
    await ann.client.put(f"/api/users/{ben.id}/follow")
    await ben.client.put(f"/api/posts/{with_file['id']}/like")
    cat = await world.person("cat")
    report = {"kind": "user", "id": cat.id, "reason": "spam", "text": "a nuisance"}
    await ann.client.post("/api/reports", json=report)
    await ann.client.put(f"/api/users/{cat.id}/block")
    answer = await ann.client.get(EXPORT)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="feedline-ann.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        found: dict[str, Any] = {
            name: json.loads(archive.read(name))
            for name in archive.namelist()
            if name.endswith(".json")
        }
        files = [name for name in archive.namelist() if name.startswith("media/")]
        kept = (await ann.client.get(f"/api/media/{media_id}")).content
        assert [archive.read(name) for name in files] == [kept]
        assert files == [f"media/{media_id}.jpg"]
    assert found["profile.json"]["user"]["username"] == "ann"
    texts = [post["content"]["text"] for post in found["posts.json"]]
    assert texts == ["with a file", "mine 2", "mine 1", "mine 0"]
    assert found["comments.json"][0]["comment"]["text"] == "a comment"
    assert found["likes.json"] == [his["id"]]
    assert [creator["username"] for creator in found["following.json"]] == ["ben"]
    assert [one["kind"] for one in found["notifications.json"]] == ["like"]
    assert found["tiers.json"] == []
    [blocked] = found["blocks.json"]
    assert blocked["user"]["username"] == "cat"
    [report] = found["reports.json"]
    assert (report["subjectId"], report["text"]) == (cat.id, "a nuisance")
    assert "his" not in texts


async def test_a_file_that_is_gone_is_left_out(world: World) -> None:
    ann = await world.person("ann")
    for _ in range(2):
        sent = await ann.client.post("/api/media", files={"file": ("a.png", picture())})
    await world.services.files.remove(sent.json()["mediaId"])
    answer = await ann.client.get(EXPORT)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        [kept] = [info for info in archive.infolist() if info.filename.startswith("media/")]
        assert kept.file_size > 0


async def test_an_export_is_for_oneself_and_not_too_often(world: World) -> None:
    problem(await world.client().get(EXPORT), 401, "unauthenticated")
    ann, ben = await world.person("ann"), await world.person("ben")
    for _ in range(3):
        assert (await ann.client.get(EXPORT)).status_code == 200
    problem(await ann.client.get(EXPORT), 429, "rate_limited")
    assert (await ben.client.get(EXPORT)).status_code == 200


async def test_one_deletes_oneself_with_the_password(world: World) -> None:
    ann = await world.person("ann")
    post = await ann.publish(text="mine")
    wrong = await ann.client.request("DELETE", ME, json={"password": "wrong password"})
    problem(wrong, 403, "forbidden")
    assert (await ann.client.get(ME)).status_code == 200
    right = await ann.client.request("DELETE", ME, json={"password": PASSWORD})
    assert right.status_code == 204
    problem(await ann.client.get(ME), 401, "unauthenticated")
    problem(await login(world.client(), "ann"), 403, "forbidden")
    await remove_leavers(world.store)
    problem(await world.client().get(f"/api/posts/{post['id']}"), 404, "not_found")
    problem(await login(world.client(), "ann"), 401, "unauthenticated")


async def test_passwords_can_not_be_tried_for_ever(world: World) -> None:
    ann = await world.person("ann")
    answers = [
        await ann.client.request("DELETE", ME, json={"password": "wrong password"})
        for _ in range(world.services.settings.login_failures_per_account + 1)
    ]
    problem(answers[-1], 429, "rate_limited")


async def test_an_admin_shuts_somebody_out_and_in_again(world: World) -> None:
    ann, root = await world.person("ann"), await world.admin()
    address = f"/api/admin/users/{ann.id}"
    ticket = (await ann.client.post("/api/auth/ticket")).json()["ticket"]
    answer = await root.client.patch(address, json={"disabled": True})
    assert (answer.json()["user"]["state"], answer.json()["user"]["sessions"]) == ("disabled", 0)
    problem(await ann.client.get(ME), 401, "unauthenticated")
    problem(await ann.client.post("/api/posts", json={"text": "x"}), 401, "unauthenticated")
    problem(await world.client().get(f"/api/stream?ticket={ticket}"), 404, "not_found")
    problem(await login(world.client(), "ann"), 403, "forbidden")
    problem(await login(world.client(), "ann", "wrong password"), 401, "unauthenticated")
    await root.client.patch(address, json={"disabled": False})
    assert (await login(world.client(), "ann")).status_code == 200
    entries = (await root.client.get("/api/admin/audit")).json()["entries"]
    assert [entry["action"] for entry in entries] == ["user.enable", "user.disable"]


async def test_accounts_are_for_admins_and_not_their_own(world: World) -> None:
    ann, root = await world.person("ann"), await world.admin()
    await world.person("ben")
    listed = (await root.client.get("/api/admin/users")).json()["users"]
    assert [one["username"] for one in listed] == ["ben", "root", "ann"]
    listed = (await root.client.get("/api/admin/users?search=A")).json()["users"]
    assert [(one["username"], one["state"], one["sessions"]) for one in listed] == [
        ("ann", "active", 1)
    ]
    assert (await root.client.get("/api/admin/users?search=%25")).json()["users"] == []
    own = f"/api/admin/users/{root.id}"
    problem(await root.client.patch(own, json={"disabled": True}), 403, "forbidden")
    problem(await root.client.delete(own), 403, "forbidden")
    problem(await root.client.delete("/api/admin/users/nobody"), 404, "not_found")
    problem(await ann.client.get("/api/admin/users"), 403, "forbidden")
    problem(await ann.client.patch(own, json={"disabled": True}), 403, "forbidden")
    problem(await ann.client.delete(own), 403, "forbidden")
    assert (await root.client.delete(f"/api/admin/users/{ann.id}")).status_code == 204
    problem(await ann.client.get(ME), 401, "unauthenticated")


async def test_one_changes_the_password_and_other_sign_ins_end(world: World) -> None:
    ann = await world.person("ann")
    ben = await world.person("ben")
    other = (await login(world.client(), "ann")).json()["token"]
    body = {"password": PASSWORD, "newPassword": "battery staple"}
    for wrong, status, code in (
        ({"password": "wrong password"}, 403, "forbidden"),
        ({"newPassword": "short"}, 422, "validation_failed"),
        ({"newPassword": "x" * 2_000}, 422, "validation_failed"),
    ):
        problem(await ann.client.put(PASSWORDS, json={**body, **wrong}), status, code)
    elsewhere = world.client(headers={"authorization": f"Bearer {other}"})
    assert (await elsewhere.get(ME)).status_code == 200
    assert (await ann.client.put(PASSWORDS, json=body)).status_code == 204
    assert (await ann.client.get(ME)).status_code == 200
    problem(await elsewhere.get(ME), 401, "unauthenticated")
    problem(await login(world.client(), "ann"), 401, "unauthenticated")
    assert (await login(world.client(), "ann", "battery staple")).status_code == 200
    assert (await ben.client.get(ME)).status_code == 200
    problem(await ann.client.put(PASSWORDS, json=body), 403, "forbidden")
    problem(await world.client().put(PASSWORDS, json=body), 401, "unauthenticated")


async def test_the_sockets_of_other_sign_ins_are_told(world: World) -> None:
    ann = await world.person("ann")
    for _ in range(3):
        await login(world.client(), "ann")
    before = await world.head()
    body = {"password": PASSWORD, "newPassword": "battery staple"}
    assert (await ann.client.put(PASSWORDS, json=body)).status_code == 204
    page = await world.store.read(lambda reads: reads.log_page(before, 10))
    ended = [entry.event for entry in page.entries]
    assert all(isinstance(event, SessionRevoked) for event in ended)
    sessions = {event.session_id for event in ended if isinstance(event, SessionRevoked)}
    assert len(sessions) == 3
    assert world.identity(ann).session_id not in sessions


async def test_of_very_many_sign_ins_none_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_MANY", 3)
    ann = await world.person("ann")
    for _ in range(3):
        await login(world.client(), "ann")
    before = await world.head()
    body = {"password": PASSWORD, "newPassword": "battery staple"}
    assert (await ann.client.put(PASSWORDS, json=body)).status_code == 204
    assert await world.head() == before + 1
    problem(await ann.client.get(ME), 401, "unauthenticated")
