"""The command line, as a shell sees it."""

import asyncio
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from feedline import __version__
from feedline.__main__ import INTERRUPTED, main
from feedline.config import Settings
from feedline.demo import Demo, load
from feedline.store.queries import load_migrations
from tests.forkserver import run
from tests.processes import Person, ServerProcess, serving

pytestmark = pytest.mark.system

SECONDS = 30


class Ran:
    """A command that has ended."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        surroundings = {**os.environ, "TERM": "dumb", "COLUMNS": "120", **environment}
        done = run(("feedline", *arguments), surroundings, seconds=SECONDS)
        self.status = done.returncode
        self.out = done.stdout
        self.error = " ".join(done.stderr.split())

    def refused(self, *words: str) -> bool:
        """Whether it said these words on stderr, nothing on stdout, and failed."""
        assert "Traceback" not in self.error
        for word in words:
            assert word in self.error
        return self.status != 0 and not self.out


# ---- help


def test_the_help_names_the_commands_and_how_to_begin() -> None:
    ran = Ran("--help")
    assert ran.status == 0
    assert not ran.error
    for word in ("serve", "migrate", "user", "version", "feedline serve --demo", "FEEDLINE_PORT"):
        assert word in ran.out


def test_the_help_comes_without_being_asked_for_too() -> None:
    assert Ran().out == Ran("--help").out


def test_the_help_of_serve_explains_every_setting() -> None:
    ran = Ran("serve", "--help")
    assert ran.status == 0
    assert "The first start makes the data directory" in ran.out
    for name in Settings.__dataclass_fields__:
        assert f"FEEDLINE_{name.upper()}" in ran.out
    assert "127.0.0.1" in ran.out


def test_the_help_of_token_shows_how_to_use_one() -> None:
    ran = Ran("user", "token", "--help")
    assert ran.status == 0
    assert "curl" in ran.out
    assert "--data" in ran.out


def test_the_version_comes_alone() -> None:
    assert Ran("version").out == f"{__version__}\n"
    assert Ran("--version").out == f"{__version__}\n"


# ---- what is refused


def test_an_unknown_command() -> None:
    assert Ran("fly").refused("fly", "admin")


def test_an_unknown_option() -> None:
    assert Ran("serve", "--prot", "80").refused("--prot")


def test_an_option_of_the_wrong_type() -> None:
    assert Ran("serve", "--port", "eighty").refused("--port", "eighty")


def test_an_option_that_nobody_can_mean(tmp_path: Path) -> None:
    ran = Ran("serve", "--data", str(tmp_path / "x"), "--allowed-origins", "example.com")
    assert ran.refused("--allowed-origins", "https://example.com")
    assert not (tmp_path / "x").exists()


def test_a_variable_of_the_wrong_type() -> None:
    assert Ran("serve", FEEDLINE_PORT="eighty").refused("FEEDLINE_PORT", "eighty")


@pytest.mark.parametrize(
    "command",
    [
        ["migrate"],
        ["realtime", "off"],
        ["realtime", "status"],
        ["experiment", "create", "calm", "--set", "maxPendingPosts=20"],
        ["experiment", "report"],
        ["user", "token", "ann"],
        ["admin", "add", "ann"],
        ["audit"],
        ["backup", "copy.tar"],
        ["token", "create"],
        ["token", "list"],
        ["token", "revoke", "1"],
    ],
)
def test_a_directory_without_an_installation(tmp_path: Path, command: list[str]) -> None:
    ran = Ran(*command, "--data", str(tmp_path / "nothing"))
    assert ran.refused("There is no Feedline in", "nothing", "--data")
    assert ran.status == 1
    assert not (tmp_path / "nothing").exists()


def test_an_interruption_is_no_error_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("feedline.cli.main", interrupted)
    with pytest.raises(SystemExit, match=str(INTERRUPTED)):
        main()


# ---- with an installation


async def test_a_token_for_somebody_while_the_server_runs(server: ServerProcess) -> None:
    ann = await Person.register(server, "ann")
    await ann.http.aclose()
    data = ("--data", str(server.data))
    ran = Ran("user", "token", "ann", *data)
    assert (ran.status, ran.error) == (0, "")
    token = ran.out.removesuffix("\n")
    assert token.split() == [token]
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
        me = await client.get("/api/me")
        assert me.json()["user"]["username"] == "ann"
        assert (await client.post("/api/posts", json={"text": "by curl"})).status_code == 201
        assert (await client.post("/api/auth/logout")).status_code == 204
        assert (await client.get("/api/me")).status_code == 401
    unknown = Ran("user", "token", "nobody", *data)
    assert unknown.refused("Nobody here is called 'nobody'")
    assert unknown.status == 1
    by_variable = Ran("user", "token", "ann", FEEDLINE_DATA=str(server.data))
    assert by_variable.status == 0


async def test_an_admin_may_delete_what_others_wrote(server: ServerProcess) -> None:
    ann, bob = await Person.register(server, "ann"), await Person.register(server, "bob")
    data = ("--data", str(server.data))
    post = (await ann.publish("mine"))["post"]
    address = f"/api/posts/{post['id']}"
    assert (await bob.http.delete(address)).status_code == 403
    assert Ran("admin", "add", "bob", *data).status == 0
    assert (await bob.http.delete(address)).status_code == 204
    assert Ran("admin", "add", "nobody", *data).refused("Nobody here is called 'nobody'")
    assert Ran("admin", "remove", "bob", *data).status == 0
    assert (await bob.http.get("/api/admin/audit")).status_code == 403
    done = json.loads(Ran("audit", "--json", *data).out)
    assert [entry["action"] for entry in done] == ["admin.remove", "post.delete", "admin.add"]
    assert [entry["actor"]["kind"] for entry in done] == ["command", "user", "command"]
    shown = Ran("audit", "--on", "bob", "--limit", "1", *data).out
    assert "admin.remove" in shown
    assert "admin.add" not in shown
    assert "Nothing was done" in Ran("audit", "--action", "no.such", *data).out
    for person in (ann, bob):
        await person.http.aclose()


async def test_a_service_token_comes_alone_and_ends_at_once(server: ServerProcess) -> None:
    data = ("--data", str(server.data))
    ran = Ran("token", "create", "shop", *data)
    assert (ran.status, ran.error) == (0, "")
    token = ran.out.removesuffix("\n")
    assert token.split() == [token]
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
        assert (await client.get("/api/posts")).status_code == 200
        listed = Ran("token", "list", *data).out
        token_id, _, name = listed.split()
        assert (name, token in listed) == ("shop", False)
        assert Ran("token", "revoke", token_id, *data).status == 0
        assert (await client.get("/api/posts")).status_code == 401
    assert Ran("token", "list", *data).out == ""
    assert Ran("token", "revoke", token_id, *data).refused("no service token", token_id)
    for unfit in ("two\nlines", "x" * 81):
        assert Ran("token", "create", unfit, *data).refused("name")


async def test_migrating_what_is_up_to_date_changes_nothing(server: ServerProcess) -> None:
    await server.stop()
    ran = Ran("migrate", "--data", str(server.data))
    assert ran.status == 0
    assert f"schema version {len(load_migrations())}" in ran.out
    await server.start()


async def test_settings_come_from_the_environment_and_options_win(tmp_path: Path) -> None:
    environment = {"FEEDLINE_TEXT_LIMIT": "20", "FEEDLINE_TITLE_LIMIT": "5"}
    options = ("--title-limit", "30")
    async with serving(tmp_path / "data", *options, environment=environment) as server:
        ann = await Person.register(server, "ann")
        assert (await ann.http.post("/api/posts", json={"text": "x" * 21})).status_code == 422
        assert (await ann.http.post("/api/posts", json={"title": "x" * 30})).status_code == 201
        assert (await ann.http.post("/api/posts", json={"title": "x" * 31})).status_code == 422
        await ann.http.aclose()


async def test_the_demo_fills_an_empty_installation_once(tmp_path: Path) -> None:
    demo = load()
    async with serving(tmp_path / "data", "--demo") as server:
        said = " ".join(server.log)
        doctor = ("doctor", "--data", str(server.data), "--port", str(server.port), "--json")
        found = json.loads((await asyncio.to_thread(Ran, *doctor)).out)
        levels = {one["check"]: one["level"] for one in found["findings"]}
        assert levels["clock"] == "ok"  # nothing is of the future
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            first = (await client.get("/api/posts", params={"limit": 100})).json()
            assert len(first["posts"]) == len(demo.posts)
            for name in demo.people:
                assert name in said
                login = {"username": name, "password": demo.password}
                assert (await client.post("/api/auth/login", json=login)).status_code == 200
            await _check_demo(client, demo, first["posts"])
            client.cookies.clear()
            await server.stop()
            await server.start()
            assert (await client.get("/api/posts", params={"limit": 100})).json() == first


async def _check_demo(client: httpx.AsyncClient, demo: Demo, posts: list[dict[str, Any]]) -> None:
    """Everything that there is to see is there, some of it locked; signed in as the last person."""
    for told, post in zip(demo.posts, posts, strict=True):
        assert post["access"]["tier"] == told.tier
        counts = (post["engagement"]["likesCount"], post["engagement"]["commentsCount"])
        assert counts == (len(told.likes), len(told.comments))
        shown = post["media"]["thumbnail"]
        assert (shown is not None) == (told.picture is not None)
        assert shown is None or (await client.get(shown)).status_code == 200
    assert len({post["createdAt"] for post in posts}) == len(posts)
    assert {post["access"]["isLocked"] for post in posts} == {True, False}
    login = {"username": "ann", "password": demo.password}
    assert (await client.post("/api/auth/login", json=login)).status_code == 200
    user = (await client.get("/api/users/ann")).json()["user"]
    assert (user["followersCount"], user["followingCount"]) == (3, 3)
    assert (await client.get("/api/notifications")).json()["unreadCount"] > 3
    holders = (await client.get(f"/api/users/{user['id']}/subscribers")).json()["subscribers"]
    assert len(holders) == len(demo.tiers["ann"])


async def test_the_demo_leaves_an_installation_in_use_alone(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        await ann.publish("mine")
        await ann.http.aclose()
        await server.stop()
    async with (
        serving(tmp_path / "data", "--demo") as server,
        httpx.AsyncClient(base_url=server.url, timeout=30) as client,
    ):
        posts = (await client.get("/api/posts")).json()["posts"]
        assert [post["content"]["text"] for post in posts] == ["mine"]


async def test_the_address_is_said_once_it_is_open(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server:
        said = " ".join(" ".join(server.log).split())
        assert f"is open at http://127.0.0.1:{server.port}" in said
        assert f"Data in {tmp_path / 'data'}" in said


async def test_accounts_are_looked_after_while_the_server_runs(
    server: ServerProcess, tmp_path: Path
) -> None:
    ann, ben = await Person.register(server, "ann"), await Person.register(server, "ben")
    data = ("--data", str(server.data))
    post = (await ann.publish("hers"))["post"]
    async with ann.socket() as socket, ben.socket() as reader:
        for one in (socket, reader):
            await one.send(json.dumps({"type": "connect", "channels": ["public"]}))
            assert json.loads(await one.recv())["type"] == "connected"
        assert Ran("user", "disable", "ann", *data).status == 0
        await asyncio.wait_for(socket.wait_closed(), 30)  # the server looks once a second
        assert socket.close_code == 4003
        login = {"username": "ann", "password": "correct horse"}
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            assert (await client.post("/api/auth/login", json=login)).status_code == 403
            assert Ran("user", "token", "ann", *data).refused("closed", "user enable")
            assert Ran("user", "enable", "ann", *data).status == 0
            assert (await client.post("/api/auth/login", json=login)).status_code == 200
            made = Ran("user", "password", "ann", *data).out.strip()
            assert (await client.post("/api/auth/login", json=login)).status_code == 401
            login["password"] = made
            assert (await client.post("/api/auth/login", json=login)).status_code == 200
            assert Ran("user", "rename", "ann", "Ann the First", *data).status == 0
            (shown,) = json.loads(Ran("user", "show", "ann", "--json", *data).out)
            assert (shown["name"], shown["state"], shown["sessions"]) == (
                "Ann the First",
                "active",
                1,
            )
            assert Ran("user", "sign-out", "ann", *data).status == 0
            assert (await client.get("/api/me")).status_code == 401
        listed = json.loads(Ran("user", "list", "--json", *data).out)
        assert [one["username"] for one in listed] == ["ben", "ann"]
        assert "Ann the First" in Ran("user", "list", "A", *data).out
        assert Ran("user", "export", "ann", str(tmp_path / "ann.zip"), *data).status == 0
        with zipfile.ZipFile(tmp_path / "ann.zip") as archive:
            assert b"hers" in archive.read("posts.json")
        assert Ran("user", "export", "ann", str(tmp_path / "ann.zip"), *data).refused("already")
        nowhere = str(tmp_path / "nowhere" / "a file")
        assert Ran("user", "export", "ann", nowhere, *data).refused("nowhere", "No such file")
        assert Ran("backup", nowhere, *data).refused("nowhere", "No such file")
        assert Ran("restore", nowhere, "--check").refused("nowhere", "No such file")
        assert Ran("restore", str(tmp_path), "--data", nowhere).refused("is a directory")
        assert "--yes" in Ran("user", "delete", "ann", *data).out
        assert Ran("user", "delete", "ann", "--yes", *data).status == 0
        async with asyncio.timeout(30):
            while (event := json.loads(await reader.recv()))["type"] != "post_deleted":
                pass
        assert event["postId"] == post["id"]
    assert (await ben.http.get("/api/users/ann")).status_code == 404
    assert Ran("user", "show", "ann", *data).refused("Nobody here is called 'ann'")
    done = [entry["action"] for entry in json.loads(Ran("audit", "--json", *data).out)]
    assert done[0] == "user.delete"
    assert set(done) >= {"user.disable", "user.enable", "user.password", "user.export"}
