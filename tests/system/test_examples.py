"""The examples: sites with posts of their own, made live in a few lines, as a reader sees them."""

import asyncio
import json
import os
import re
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import websockets

from feedline import administration
from feedline.storage import Storage
from tests.processes import Person, ServerProcess, serving

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
MOST_LINES = 30
START_SECONDS = 30


@pytest.fixture
def shared_secret(tmp_path: Path) -> Path:
    path = tmp_path / "shared-secret"
    path.write_text(secrets.token_hex())
    return path


@pytest.fixture
async def server(tmp_path: Path, shared_secret: Path) -> AsyncIterator[ServerProcess]:
    settings = {"ISSUER": "site", "AUDIENCE": "feed", "SECRET_FILE": str(shared_secret)}
    environment = {f"FEEDLINE_IDENTITY_{name}": value for name, value in settings.items()}
    async with serving(tmp_path / "data", environment=environment) as server:
        yield server


@asynccontextmanager
async def site(server: ServerProcess, application: str, **more: str) -> AsyncIterator[str]:
    """An example as its own process; its address."""
    storage = Storage(server.data)
    token = await asyncio.to_thread(administration.create_service_token, storage, "site")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uvicorn", f"examples.{application}", "--port", "0"),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "FEED_URL": server.url, "FEED_TOKEN": token, **more},
    )
    assert process.stderr is not None
    try:
        yield await asyncio.wait_for(_address(process.stderr), START_SECONDS)
    finally:
        process.terminate()
        await process.communicate()


async def _address(said: asyncio.StreamReader) -> str:
    async for line in said:
        found = re.search(r"running on (http://\S+)", line.decode())
        if found:
            return found[1]
    raise AssertionError("the example did not start")


def live_lines(name: str) -> int:
    text = (ROOT / "examples" / name).read_text()
    return sum(line.endswith("# live") for line in text.splitlines())


async def next_post(socket: websockets.ClientConnection) -> dict[str, object]:
    while True:
        message = json.loads(await asyncio.wait_for(socket.recv(), START_SECONDS))
        if message["type"] == "post_created":
            post: dict[str, object] = message["post"]
            return post


@pytest.mark.parametrize("name", ["fastapi_site.py", "django_site.py"])
def test_an_example_is_made_live_in_a_few_lines(name: str) -> None:
    assert 0 < live_lines(name) < MOST_LINES


async def test_a_fastapi_site_is_live_for_its_own_people(
    server: ServerProcess, shared_secret: Path
) -> None:
    async with (
        site(server, "fastapi_site:app", FEED_SECRET_FILE=str(shared_secret)) as url,
        httpx.AsyncClient(base_url=url, headers={"X-User": "zoe"}, timeout=30) as zoe,
    ):
        token = (await zoe.get("/feed-token")).json()
        async with websockets.connect(
            server.ws_url, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None
        ) as socket:
            await socket.send('{"type": "connect", "channels": ["feed:zoe"]}')
            assert json.loads(await socket.recv())["userId"] == "zoe"
            assert (await zoe.post("/posts", json={"text": "Hello"})).status_code == 201
            post = await next_post(socket)
        assert post["id"] == "1"
        assert post["creator"] == {
            "id": "zoe",
            "username": "zoe",
            "name": "zoe",
            "avatar": None,
            "isVerified": False,
        }
        assert len((await zoe.get("/posts")).json()) == 1


async def test_a_django_site_is_live_for_everybody(server: ServerProcess, tmp_path: Path) -> None:
    ann = await Person.register(server, "ann")
    async with (
        site(server, "django_site:application", SITE_DB=str(tmp_path / "site.db")) as url,
        httpx.AsyncClient(base_url=url, headers={"X-User": "zoe"}, timeout=30) as zoe,
        ann.socket() as socket,
    ):
        await socket.send('{"type": "connect", "channels": ["public"]}')
        assert json.loads(await socket.recv())["type"] == "connected"
        assert (await zoe.post("/posts", json={"text": "Hello"})).status_code == 201
        post = await next_post(socket)
    assert post["id"] == "1"
    assert post["content"]["text"] == "Hello"  # type: ignore[index]


async def test_a_site_goes_on_while_the_feed_is_down(
    server: ServerProcess, shared_secret: Path
) -> None:
    async with (
        site(server, "fastapi_site:app", FEED_SECRET_FILE=str(shared_secret)) as url,
        httpx.AsyncClient(base_url=url, headers={"X-User": "zoe"}, timeout=30) as zoe,
    ):
        await server.kill()
        assert (await zoe.post("/posts", json={"text": "Hello"})).status_code == 201
        assert len((await zoe.get("/posts")).json()) == 1
