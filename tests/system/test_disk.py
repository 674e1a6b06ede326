"""A disk that is full: refused, never acknowledged, and over when there is room again."""

import asyncio
import resource
from pathlib import Path

import pytest

from tests.processes import Person, ServerProcess, serving
from tests.system.follower import Follower, place
from tests.system.writer import all_texts

pytestmark = pytest.mark.system

ROOM = 40 * 1024  # bytes left on the disk: enough for a few posts, not for all
MANY = 200


def limit_files(server: ServerProcess, most: int) -> None:
    """Makes writes of a running server past ``most`` bytes of a file fail (EFBIG)."""
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (most, hard))


def fill_disk(server: ServerProcess) -> None:
    sizes = [file.stat().st_size for file in server.data.iterdir() if file.name.endswith("-wal")]
    limit_files(server, max(sizes) + ROOM)


def free_disk(server: ServerProcess) -> None:
    limit_files(server, resource.RLIM_INFINITY)


async def publish_until_refused(person: Person, acknowledged: list[str]) -> None:
    for number in range(MANY):
        text = f"{len(acknowledged)} {number} " + "x" * 1000
        answer = await person.http.post("/api/posts", json={"text": text})
        if answer.status_code != 201:
            assert answer.status_code == 503
            assert answer.json()["code"] == "unavailable"
            assert int(answer.headers["retry-after"]) >= 1
            return
        acknowledged.append(text)
    raise AssertionError("the disk did not become full")


async def test_a_full_disk_is_survived(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as server:
        ann, bob = await Person.register(server, "ann"), await Person.register(server, "bob")
        begin = (await ann.http.get("/api/posts")).json()["cursor"]
        follower = Follower(bob, ["public"], begin)
        following = asyncio.create_task(follower.follow())
        acknowledged: list[str] = []
        for _ in range(3):
            acknowledged.append((await ann.publish("before"))["post"]["content"]["text"])
            fill_disk(server)
            await publish_until_refused(ann, acknowledged)
            await _check_that_it_goes_on(ann, bob, acknowledged)
            free_disk(server)
            acknowledged.append((await ann.publish("after"))["post"]["content"]["text"])
            async with asyncio.timeout(30):
                await follower.reach((await ann.http.get("/api/posts")).json()["cursor"])
        assert follower.connections == 1, "the sockets did not stay"

        await server.kill()
        await server.start()
        assert await all_texts(ann) == acknowledged
        acknowledged.append((await ann.publish("at last"))["post"]["content"]["text"])
        last = (await ann.http.get("/api/posts")).json()["cursor"]
        async with asyncio.timeout(30):
            await follower.reach(last)
        following.cancel()
        assert follower.texts() == acknowledged
        assert follower.places() == list(range(place(begin) + 1, place(last) + 1))
        assert follower.resyncs == 0
        for person in (ann, bob):
            await person.http.aclose()


async def _check_that_it_goes_on(ann: Person, bob: Person, acknowledged: list[str]) -> None:
    """Everything but writing works as ever, and nothing half-written shows."""
    text = "refused " * 1200
    answers = await asyncio.gather(
        *(ann.http.post("/api/posts", json={"text": text}) for _ in range(5))
    )
    assert [answer.status_code for answer in answers] == [503] * 5
    for address in ("/healthz", "/api/me", "/api/feed", "/metrics"):
        assert (await bob.http.get(address)).status_code == 200
    assert await all_texts(ann) == acknowledged


@pytest.mark.parametrize("most", [0, 1, 4096])
async def test_a_disk_without_any_room(tmp_path: Path, most: int) -> None:
    async with serving(tmp_path / "data") as server:
        ann = await Person.register(server, "ann")
        await ann.publish("before")
        limit_files(server, most)
        for key in ("a", "b"):
            answer = await ann.http.post(
                "/api/posts", json={"text": key}, headers={"Idempotency-Key": key}
            )
            assert answer.status_code == 503
        assert (await ann.http.get("/api/me")).status_code == 200
        free_disk(server)
        for key in ("a", "b"):  # the key of a refused post is free
            assert (await ann.publish(key, key))["post"]["content"]["text"] == key
        await server.kill()
        await server.start()
        assert await all_texts(ann) == ["before", "a", "b"]
        await ann.http.aclose()
