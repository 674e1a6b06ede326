import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from feedline.api.passwords import Hasher
from feedline.errors import RateLimited, Unavailable


@pytest.fixture
def hasher() -> Iterator[Hasher]:
    hasher = Hasher(2, 1, CHEAPEST)
    yield hasher
    hasher.close()


def test_the_defaults_are_those_of_rfc_9106() -> None:
    hasher = Hasher(1, 1)
    assert hasher._nobody.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    hasher.close()


async def test_the_right_password_and_no_other(hasher: Hasher) -> None:
    stored = await hasher.hash("correct horse")
    assert await hasher.verify("correct horse", stored)
    assert not await hasher.verify("correct horse ", stored)
    assert not await hasher.verify("", stored)


async def test_equal_passwords_have_different_hashes(hasher: Hasher) -> None:
    assert await hasher.hash("correct horse") != await hasher.hash("correct horse")


@pytest.mark.parametrize("stored", [None, "", "nonsense", "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$x"])
async def test_without_a_hash_nothing_is_right(hasher: Hasher, stored: str | None) -> None:
    assert not await hasher.verify("correct horse", stored)


async def test_what_is_too_long_is_never_hashed_whole(hasher: Hasher) -> None:
    stored = PasswordHasher.from_parameters(CHEAPEST).hash("a" * 256)
    assert await hasher.verify("a" * 256, stored)
    assert not await hasher.verify("a" * 257, stored)
    assert not await hasher.verify("a" * 1_000_000, stored)


async def test_at_most_so_many_at_once_and_in_line(
    hasher: Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on, at_work, most = threading.Event(), [], []

    def matches(_stored: str, _password: str) -> bool:
        at_work.append(1)
        most.append(len(at_work))
        may_go_on.wait(10)
        at_work.pop()
        return True

    monkeypatch.setattr(hasher, "_matches", matches)
    tries = [asyncio.ensure_future(hasher.verify("password", "stored")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await hasher.verify("password", "stored")
    may_go_on.set()
    assert await asyncio.gather(*tries) == [True] * 3
    assert max(most) == 2
    assert await hasher.verify("password", "stored")


async def test_what_is_asked_before_the_work_may_refuse_it(
    hasher: Hasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hasher, "_matches", None)

    def refuse() -> None:
        raise RateLimited(1)

    for _ in range(5):
        with pytest.raises(RateLimited):
            await hasher.verify("password", "stored", before=refuse)


async def test_nought_is_no_bound() -> None:
    hasher = Hasher(0, 0, CHEAPEST)
    hashes = await asyncio.gather(*(hasher.hash("correct horse") for _ in range(20)))
    assert len(set(hashes)) == 20
    hasher.close()
