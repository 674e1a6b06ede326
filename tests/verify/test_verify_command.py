"""``feedline verify`` against real servers, honest ones and others, as a shell sees it."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from feedline.keeping.people import people
from feedline.storage import Storage
from tests.processes import Person, ServerProcess, serving
from tests.verify.saboteur import WRONGS, sabotaging

pytestmark = pytest.mark.system

SHORT = ("--seconds", "2", "--authors", "2", "--readers", "3", "--rate", "10")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ServerProcess]:
    async with serving(tmp_path / "data") as server:
        yield server


async def verify(*options: str, **environment: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error, in one line each."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "feedline", "verify", *options),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "120", **environment},
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, " ".join(out.decode().split()), " ".join(err.decode().split())


async def all_posts(url: str) -> list[dict[str, Any]]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as client:
        posts: list[dict[str, Any]] = (await client.get("/api/posts?limit=100")).json()["posts"]
    return posts


async def test_a_server_that_keeps_everything_is_good(
    server: ServerProcess, tmp_path: Path
) -> None:
    chart = tmp_path / "run.svg"
    status, out, err = await verify(server.url, *SHORT, "--report", str(chart))
    assert status == 0, out + err
    assert "Pull a plug" in err
    assert re.search(r"Of \d+ acknowledged posts none was lost, doubled or out of order", out)
    for words in ("WebSocket 1", "SSE 1", "long-poll 1", "lost 0", "doubled 0", "out of order 0"):
        assert words in out
    assert ET.parse(chart).getroot().tag.endswith("svg")
    async with asyncio.timeout(60):  # what it made is left to the deletion of accounts
        while await all_posts(server.url):
            await asyncio.sleep(0.05)
        while await asyncio.to_thread(people, Storage(server.data), "verify-", 10):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("wrong", WRONGS)
async def test_a_post_that_a_saboteur_spoils_is_found(server: ServerProcess, wrong: str) -> None:
    async with sabotaging(server.port, WRONGS[wrong]) as url:
        status, out, _ = await verify(url, *SHORT)
    assert status == 1
    assert f"1 times {wrong}" in out
    assert "in reader 1 (WebSocket)" in out


async def test_a_person_publishes_and_reads_as_themselves(server: ServerProcess) -> None:
    ann = await Person.register(server, "ann")
    await ann.publish("was there before")
    options = (*SHORT, "--keep", "--json")
    status, out, err = await verify(server.url, *options, FEEDLINE_VERIFY_TOKEN=ann.token)
    outcome = json.loads(out)
    assert status == 0, err
    assert outcome["good"]
    posts = await all_posts(server.url)
    assert len(posts) == outcome["verdict"]["acknowledged"] + 1
    assert {post["creator"]["username"] for post in posts} == {"ann"}
    assert [figures["transport"] for figures in outcome["transports"]] == [
        "WebSocket",
        "SSE",
        "long-poll",
    ]
    await ann.http.aclose()


async def test_without_a_verdict_it_says_why(server: ServerProcess) -> None:
    for options, words in (
        ((), "Say where it is"),
        (("feed.example.com",), "is no address"),
        ((server.url, "--token", "nonsense"), "GET /api/me was answered with 401"),
        ((server.url, "--seconds", "3600", "--rate", "1000"), "can't be kept track of"),
    ):
        status, out, err = await verify(*options)
        assert status == 1
        assert out == ""
        assert words in err


async def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "httpx.py").write_text("raise ModuleNotFoundError('httpx')")
    status, _, err = await verify("http://127.0.0.1:1", PYTHONPATH=str(tmp_path))
    assert status == 1
    assert "pip install '.[client]'" in err
