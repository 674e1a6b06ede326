"""Starting again: what is kept, and what a server refuses to start with."""

import asyncio
import os
import signal
import socket
import sqlite3
import stat
import sys
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from feedline.__main__ import INTERRUPTED
from tests.processes import Person, ServerProcess, serving
from tests.system.follower import Follower, place
from tests.system.writer import Ledger, all_texts

pytestmark = pytest.mark.system

PATIENCE = 60.0  # seconds for a process that is to end by itself


class Ended(NamedTuple):
    status: int
    said: str


async def try_to_serve(data: Path, port: str = "0") -> Ended:
    """A server that is expected to refuse; what it said, on one line."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "feedline", "serve", f"--port={port}", "--data", str(data)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "1000"},
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return Ended(process.returncode, " ".join(said.decode().split()))


def put(path: Path, content: str, mode: int) -> Path:
    """A file where a server will look for one."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    path.chmod(mode)
    return path


async def end(server: ServerProcess, how: str) -> None:
    if how == "killed":
        await server.kill()
    else:
        assert await server.stop() == 0


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    return tmp_path / "data"


# ---- what is kept


@pytest.mark.parametrize("how", ["killed", "stopped"])
async def test_a_restart_keeps_everything(server: ServerProcess, how: str) -> None:
    ann = await Person.register(server, "ann")
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    body = b'{"title":"T","text":"t\\u00e9xt","tags":["b","a"]}'
    first = await ann.http.post("/api/posts", content=body, headers=headers)
    listed = await ann.http.get("/api/posts")
    me = await ann.http.get("/api/me")
    follower = Follower(ann, ["public"], listed.json()["cursor"])

    await end(server, how)
    await server.start()

    again = await ann.http.post("/api/posts", content=body, headers=headers)
    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (await ann.http.get("/api/posts")).content == listed.content  # epoch and place too
    assert (await ann.http.get("/api/me")).content == me.content
    other = await ann.http.post("/api/posts", content=b'{"text":"other"}', headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    following = asyncio.create_task(follower.follow())
    await ann.publish("after the restart")
    async with asyncio.timeout(30):
        await follower.reach((await ann.http.get("/api/posts")).json()["cursor"])
    following.cancel()
    assert follower.texts() == ["after the restart"]
    assert follower.resyncs == 0
    await ann.http.aclose()


async def test_a_sign_out_is_not_forgotten(server: ServerProcess) -> None:
    ann = await Person.register(server, "ann")
    assert (await ann.http.post("/api/auth/logout")).status_code == 204
    await server.kill()
    await server.start()
    assert (await ann.http.get("/api/me")).status_code == 401
    await ann.http.aclose()


async def test_stopping_loses_nothing_that_was_acknowledged(server: ServerProcess) -> None:
    """SIGTERM in the middle of writing: every request is answered or never begun."""
    ledger, stop = Ledger(), asyncio.Event()
    people = [await Person.register(server, f"author{n}") for n in range(4)]
    begin = (await people[0].http.get("/api/posts")).json()["cursor"]
    follower = Follower(people[0], ["public"], begin)
    following = asyncio.create_task(follower.follow())
    writing = [asyncio.create_task(ledger.keep_publishing(p, stop)) for p in people]
    for _ in range(3):
        await ledger.reach(len(ledger.answers) + 40)
        assert await server.stop() == 0
        await server.start()
    stop.set()
    await asyncio.gather(*writing)
    last = (await people[0].http.get("/api/posts")).json()["cursor"]
    async with asyncio.timeout(30):
        await follower.reach(last)
    following.cancel()
    assert follower.texts() == await all_texts(people[0])
    assert sorted(follower.texts()) == sorted(ledger.answers)
    assert follower.places() == list(range(place(begin) + 1, place(last) + 1))
    for person in people:
        await person.http.aclose()


async def test_a_new_installation_is_private(server: ServerProcess) -> None:
    secret = server.data / "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert len(bytes.fromhex(secret.read_text())) >= 32


async def test_ctrl_c_in_the_moment_of_opening_stops_it(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "feedline", "serve", "--port=0", "--data", str(tmp_path / "data")),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "1000"},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            assert process.stderr is not None
            while b"is open at" not in await process.stderr.readline():
                pass
            process.send_signal(signal.SIGINT)
            _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode in (0, INTERRUPTED)
    assert b"Traceback" not in said


# ---- what a server refuses to start with


async def test_one_directory_has_one_server(server: ServerProcess) -> None:
    status, said = await try_to_serve(server.data)
    assert status == 1
    assert f"in use by another Feedline (process {server.pid})" in said
    assert "Traceback" not in said
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        assert (await client.get("/healthz")).status_code == 200
    await server.kill()  # the kernel gives the directory free, whatever the lock file says
    await server.start()


async def test_a_port_that_is_taken(installed: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, said = await try_to_serve(installed, str(port))
    assert status == 1
    assert f"Can't listen on port {port} of 127.0.0.1" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("port", ["65536", "-1"])
async def test_a_port_that_is_none(installed: Path, port: str) -> None:
    status, said = await try_to_serve(installed, port)
    assert status != 0
    assert port in said
    assert "Traceback" not in said


async def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for data in (tmp_path / "file", tmp_path / "file" / "data"):
        status, said = await try_to_serve(data)
        assert status == 1
        assert f"Can't write to the data directory {data}" in said
        assert "Traceback" not in said


async def test_a_directory_that_may_not_be_written() -> None:
    data = Path("/proc/feedline")  # where not even root can make one
    status, said = await try_to_serve(data)
    assert status == 1
    assert f"Can't write to the data directory {data}" in said


@pytest.mark.parametrize(
    ("content", "mode", "problem"),
    [
        ("ab" * 32, 0o644, "others can read it"),
        ("ab" * 32, 0o620, "others can read it"),
        ("no hexadecimal", 0o600, "it is not hexadecimal"),
        ("", 0o600, "fewer than"),
        ("abcd", 0o600, "fewer than"),
        ("é" * 64, 0o600, "it is not hexadecimal"),
    ],
)
async def test_a_secret_that_cannot_be_trusted(
    installed: Path, content: str, mode: int, problem: str
) -> None:
    secret = put(installed / "secret", content, mode)
    status, said = await try_to_serve(installed)
    assert status == 1
    assert str(secret) in said
    assert problem in said
    assert "Traceback" not in said
    assert secret.read_text() == content


async def test_a_file_that_is_no_database(installed: Path) -> None:
    put(installed / "feedline.db", "a text of some length, which is no database" * 9, 0o600)
    status, said = await try_to_serve(installed)
    assert status == 1
    assert "Can't use the database" in said
    assert "Traceback" not in said


async def test_a_database_of_a_later_version(installed: Path) -> None:
    async with serving(installed) as server:
        await server.stop()
    with sqlite3.connect(installed / "feedline.db") as database:
        database.execute("PRAGMA user_version = 999")
        database.execute("UPDATE compatibility SET oldest = 999")
    database.close()
    status, said = await try_to_serve(installed)
    assert status == 1
    assert "has schema version 999" in said
    assert "Traceback" not in said
