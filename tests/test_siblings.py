"""Workers ask each other: who is there answers, and nobody waits for who is not."""

import asyncio
import os
import socket
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from feedline.siblings import Answers, Siblings

LONG = 30.0  # seconds; nobody waits for so long when things go well


def says(text: bytes) -> Answers:
    async def answer() -> bytes:
        return text

    return {b"what": answer}


async def test_each_of_them_is_asked(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        for number in range(3):
            await stack.enter_async_context(
                Siblings(tmp_path, number, 3).answering(says(b"%d" % number * 1_000_000))
            )
        found = await Siblings(tmp_path, 0, 3).ask(b"what", LONG)
    assert found == {number: b"%d" % number * 1_000_000 for number in range(3)}


async def test_who_is_not_there_and_who_has_ended_do_not_answer(tmp_path: Path) -> None:
    one, two = Siblings(tmp_path, 0, 3), Siblings(tmp_path, 1, 3)
    async with one.answering(says(b"1")):
        async with two.answering(says(b"2")):
            assert await one.ask(b"what", LONG) == {0: b"1", 1: b"2", 2: None}
        assert await one.ask(b"what", LONG) == {0: b"1", 1: None, 2: None}


async def test_nobody_waits_for_one_that_hangs(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stopped:
        stopped.bind(str(tmp_path / "1"))
        stopped.listen()
        async with Siblings(tmp_path, 0, 2).answering(says(b"1")):
            found = await Siblings(tmp_path, 0, 2).ask(b"what", 0.2)
    assert found[1] is None


async def test_a_new_worker_takes_the_place_of_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Siblings(tmp_path, 0, 1).answering(says(b"old")):
        monkeypatch.setattr(os, "getpid", lambda: 1)
        async with Siblings(tmp_path, 0, 1).answering(says(b"new")):
            assert await Siblings(tmp_path, 0, 1).ask(b"what", LONG) == {0: b"new"}


async def test_a_question_that_nobody_knows_has_no_answer(tmp_path: Path) -> None:
    siblings = Siblings(tmp_path, 0, 1)
    async with siblings.answering(says(b"1")):
        assert await siblings.ask(b"who", LONG) == {0: None}
        reader, writer = await asyncio.open_unix_connection(tmp_path / "0")
        writer.write(b"x" * 1_000_000)  # and no end of the line
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def test_the_folder_goes_with_the_last_if_the_supervisor_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "workers"
    folder.mkdir()
    async with Siblings(folder, 0, 1).answering(says(b"1")):
        pass
    assert folder.exists()
    async with Siblings(folder, 0, 1).answering(says(b"1")):
        monkeypatch.setattr(os, "getppid", lambda: 1)
    assert not folder.exists()
