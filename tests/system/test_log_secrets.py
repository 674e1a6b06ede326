"""What is logged holds nothing secret: a real server at its most talkative, and all that it said.

Each place where somebody may put a secret gets one of its own. Then everything is searched for all
of them, as they are and as they may have been encoded.
"""

import asyncio
import contextlib
import json
import os
import re
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import websockets

from tests.processes import Person, ServerProcess, serving
from tests.system.quoting import BROKEN

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

QUOTING = ("tests.system.quoting",)
PATIENCE = 60.0
OPTIONS = (
    *("--log-level", "debug", "--trusted-proxies", "127.0.0.1"),
    *("--login-failures-per-account", "2"),
)
TRACED = {"X-Request-ID": "of-the-proxy"}


def forms(secret: str) -> Iterator[str]:
    """A secret as it may stand in a line; its letters and digits are the same in a URL."""
    raw = secret.encode()
    yield secret
    yield raw.hex()
    for shift in range(3):  # in base64 it depends on what is before it
        whole = b64encode(bytes(shift) + raw).decode()
        inner = whole[(8 * shift + 5) // 6 : 8 * (shift + len(raw)) // 6]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


class Planted:
    """Every secret, by where it was put."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def new(self, place: str) -> str:
        return self.keep(place, f"{os.urandom(10).hex()}{len(self.places)}")

    def keep(self, place: str, secret: str) -> str:
        assert len(secret) >= 16, "one that is shorter might be found by chance"
        self.places[place] = secret
        return secret

    def told_in(self, text: str) -> list[str]:
        """The places whose secrets are in a text."""
        folded = text.casefold()
        return [
            place
            for place, secret in self.places.items()
            if any(form.casefold() in folded for form in forms(secret))
        ]


@pytest.mark.parametrize("encode", list(range(8)))
def test_a_secret_is_found_in_each_form(encode: int) -> None:
    planted = Planted()
    planted.new("other")
    secret = planted.new("text")
    spread = [b64encode(f"{'.' * shift}{secret}...".encode()).decode() for shift in range(3)]
    said = [
        secret,
        secret.upper(),
        secret.encode().hex(),
        f"a%20{secret}%2F",
        f'{{"a":"{secret}"}}',
    ]
    assert planted.told_in(f"line key={[*said, *spread][encode]} more") == ["text"]


@pytest.mark.parametrize("form", ["text", "json"])
async def test_nothing_that_is_secret_is_logged(form: str, tmp_path: Path) -> None:
    planted = Planted()
    options = (*OPTIONS, "--log-format", form)
    async with serving(tmp_path / "data", *options, program=QUOTING) as server:
        ann = await sign_in(server, planted)
        await fail_to_sign_in(server, planted)
        await write(ann, planted)
        await ask_wrongly(ann, planted)
        await listen(server, ann, planted)
        said = await run_commands(server, ann, planted) if form == "json" else ""
        assert await server.stop() == 0
    log = "".join(server.log)
    assert_it_was_talkative(log, form)
    assert planted.told_in(log) == []
    assert planted.told_in(said) == []


async def sign_in(server: ServerProcess, planted: Planted) -> Person:
    password = planted.new("password")
    body = {"username": "ann", "password": password, "name": planted.new("name")}
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as browser:
        signed_up = await browser.post("/api/auth/register", json=body)
        assert signed_up.status_code == 201, signed_up.text
        planted.keep("JWT", signed_up.json()["token"].split(".")[2])
        planted.keep("cookie", browser.cookies["feedline_session"].split(".")[2])
        me = await browser.get("/api/me", headers=TRACED)
        assert (me.status_code, me.headers["x-request-id"]) == (200, "of-the-proxy")
        signed_in = await browser.post("/api/auth/login", json=body)
        assert signed_in.status_code == 422, "the name is none of its fields"
        del body["name"]
        signed_in = await browser.post("/api/auth/login", json=body)
        assert signed_in.status_code == 200
    token = planted.keep("second JWT", signed_in.json()["token"])
    planted.keep("its signature", token.split(".")[2])
    return Person(server, token, signed_in.json()["user"])


async def fail_to_sign_in(server: ServerProcess, planted: Planted) -> None:
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as stranger:
        for number in range(3):  # until it is throttled, which is logged
            wrong = {"username": "ann", "password": planted.new(f"wrong password {number}")}
            answer = await stranger.post("/api/auth/login", json=wrong)
        assert answer.status_code == 429
        confused = {"username": planted.new("password as a name"), "password": "wrong horse"}
        assert (await stranger.post("/api/auth/login", json=confused)).status_code == 401
        for place in ("Bearer", "Basic"):
            header = {"Authorization": f"{place} {planted.new(place)}"}
            assert (await stranger.get("/api/me", headers=header)).status_code == 401
        cookie = {"Cookie": f"feedline_session={planted.new('wrong cookie')}"}
        assert (await stranger.get("/api/me", headers=cookie)).status_code == 401


async def write(ann: Person, planted: Planted) -> None:
    new = planted.new
    post = {"title": new("title"), "text": new("text"), "tags": [new("tag")], "category": new("c")}
    key = {"Idempotency-Key": new("key")}
    published = await ann.http.post("/api/posts", json=post, headers=key)
    assert published.status_code == 201, published.text
    path = f"/api/posts/{published.json()['post']['id']}"
    commented = await ann.http.post(f"{path}/comments", json={"text": new("comment")})
    assert commented.status_code == 201
    assert (await ann.http.patch(path, json={"text": new("edit")})).status_code == 200
    file = {"file": (f"{new('file name')}.txt", new("file").encode(), f"x/{new('file type')}")}
    assert (await ann.http.post("/api/media", files=file)).status_code == 415
    broken = {"text": new("text that broke it"), "category": BROKEN}
    assert (await ann.http.post("/api/posts", json=broken)).status_code == 500


async def ask_wrongly(ann: Person, planted: Planted) -> None:
    new, http = planted.new, ann.http
    asked: list[tuple[int, httpx.Response]] = [
        (404, await http.get(f"/api/posts/{new('id')}")),
        (404, await http.get(f"/api/users/{new('username')}")),
        (404, await http.get(f"/api/{new('path')}")),
        (200, await http.get(f"/api/posts?tag={new('query')}&x={new('unknown query')}")),
        (422, await http.post("/api/posts", json={"text": "a", new("field"): new("value")})),
        (400, await http.post("/api/posts", content=f'{{"text": "{new("no JSON")}', headers=JSON)),
        (415, await http.post("/api/posts", content=new("no type").encode())),
        (413, await http.post("/api/posts", json={"text": new("too much") * 20_000})),
        (405, await http.put(f"/api/posts?{new('wrong method')}")),
        (200, await http.get("/", headers={"User-Agent": new("agent"), "X-Own": new("header")})),
        (200, await http.get(f"/{new('page')}", headers={"Referer": f"http://a/{new('referer')}"})),
        (200, await http.get("/healthz", headers={"X-Request-ID": f"{new('bad id')} x"})),
    ]
    assert [(wanted, answer.status_code) for wanted, answer in asked] == [
        (wanted, wanted) for wanted, _ in asked
    ]


JSON = {"content-type": "application/json"}


async def listen(server: ServerProcess, ann: Person, planted: Planted) -> None:
    tickets = [await _ticket(ann, planted) for _ in range(3)]
    ways: list[tuple[str, dict[str, str]]] = [
        ("", {**ann.headers, "X-Request-ID": "of-a-socket"}),
        (f"?ticket={tickets[0]}", {}),
        (f"?ticket={tickets[0]}", {}),  # used up
        (f"?ticket={planted.new('wrong ticket')}", {}),
        ("", {"Authorization": f"Bearer {planted.new('wrong token')}"}),
    ]
    for query, headers in ways:
        url = server.ws_url + query
        async with websockets.connect(url, additional_headers=headers, proxy=None) as socket:
            assert socket.response is not None
            name = socket.response.headers["x-request-id"]
            assert name == headers.get("X-Request-ID", name)
            with contextlib.suppress(websockets.ConnectionClosed):
                channels = [f"post:{planted.new(name)}"]
                await socket.send(json.dumps({"type": "connect", "channels": channels}))
                await socket.send(json.dumps({"type": planted.new(f"kind {name}")}))
                await socket.send(planted.new(f"no message {name}"))
                await socket.recv()  # all that was sent is taken before the end
    async with ann.http.stream("GET", f"/api/stream?ticket={tickets[1]}&channels=public") as live:
        assert live.status_code == 200
    polled = await ann.http.get(f"/api/events?ticket={tickets[2]}&cursor={planted.new('cursor')}")
    assert polled.status_code == 200
    refused = await ann.http.get(
        f"/ws?ticket={planted.new('of a refused socket')}",
        headers={"Connection": "Upgrade", "Upgrade": "websocket", "X-Request-ID": "of-no-socket"},
    )
    assert (refused.status_code, refused.headers["x-request-id"]) == (426, "of-no-socket")


async def _ticket(ann: Person, planted: Planted) -> str:
    answer = await ann.http.post("/api/auth/ticket")
    return planted.keep(f"ticket {len(planted.places)}", answer.json()["ticket"])


async def run_commands(server: ServerProcess, ann: Person, planted: Planted) -> str:
    """What the commands of an operator say of it, but for the token that one of them prints."""
    data = ("--data", str(server.data))
    token = (await _command("token", "create", "shop", *data)).strip()
    planted.keep("service token", token)
    notice = {"postId": planted.new("post of a shop"), "likesCount": 1}
    header = {"Authorization": f"Bearer {token}"}
    answer = await ann.http.post("/api/notify/post-likes", json=notice, headers=header)
    assert answer.status_code == 404
    planted.keep("secret of the signature", _secret(server.data))
    run = ("--seconds", "0.5", "--authors", "1", "--readers", "3", "--rate", "10")
    return "".join(
        [
            await _command("backup", str(server.data.parent / "backup"), "--verify", *data),
            await _command("verify", server.url, *run, FEEDLINE_VERIFY_TOKEN=ann.token),
        ]
    )


def _secret(data: Path) -> str:
    return next(path for path in data.iterdir() if "secret" in path.name).read_bytes().hex()


async def _command(*words: str, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "feedline", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "200", **environment},
    )
    said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, said.decode()
    return said.decode()


def assert_it_was_talkative(log: str, form: str) -> None:
    """A log that says nothing would hold no secret either."""
    said = log.replace('": "', "=").replace('": ', "=")
    for words in ("login throttled", "request failed", "KeyError", "refused", "Traceback"):
        assert words in said, words
    for route in ("/api/posts/{id}", "/api/auth/login", "/api/media", "/api/stream", "page"):
        assert f"route={route}" in said, route
    for name in ("of-the-proxy", "of-a-socket", "of-no-socket"):
        assert re.search(f"request={name}\\b", said), name
    if form == "json":
        lines = [json.loads(line) for line in log.splitlines()]
        assert {line["level"] for line in lines} >= {"DEBUG", "INFO", "WARNING", "ERROR"}
