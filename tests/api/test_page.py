import gzip
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from feedline.api.application import build_api
from feedline.api.page import DOCS_POLICY, POLICY
from tests.api.world import World, problem

FILES = {
    "index.html": b"<!doctype html><title>Feedline</title>",
    "assets/main-abc123.js": b"console.log('live')\n" * 200,
    "assets/logo-def456.png": bytes(2000),
    "api-docs/index.html": b"<!doctype html><title>API</title>",
    "api-docs/start.js": b"start()",
    "manifest.webmanifest": b"{}",
    "favicon.svg": b"<svg/>",
    "fonts/odd.bin": b"?",
}
Built = Callable[[], httpx.AsyncClient]


@pytest.fixture
def built(world: World) -> Built:
    """The page as the build leaves it."""

    def build() -> httpx.AsyncClient:
        for name, content in FILES.items():
            path = world.services.page / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        world.api = build_api(world.services)
        client = world.client()
        client.headers["accept-encoding"] = "identity"
        return client

    return build


@pytest.mark.parametrize(
    "path", ["/", "/p/0194", "/u/ann", "/u/john.doe", "/settings", "/apiary", "/index.html"]
)
async def test_the_page_is_at_its_places(built: Built, path: str) -> None:
    answer = await built().get(path)
    assert answer.status_code == 200
    assert answer.content == FILES["index.html"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_the_policy_lets_nothing_foreign_run(built: Built) -> None:
    policy = (await built().get("/")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


async def test_assets_are_kept_for_ever(built: Built) -> None:
    answer = await built().get("/assets/main-abc123.js")
    assert answer.content == FILES["assets/main-abc123.js"]
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/favicon.svg", "image/svg+xml"),
        ("/assets/logo-def456.png", "image/png"),
        ("/fonts/odd.bin", "application/octet-stream"),
    ],
)
async def test_files_have_their_types(built: Built, path: str, content_type: str) -> None:
    answer = await built().get(path)
    assert answer.headers["content-type"] == content_type


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone.js",
        "/assets/",
        "/assets/sub/place",
        "/api-docs/gone",
        "/robots.txt",
        "/assets/..%2F..%2Fsecret",
        "/assets/%2e%2e/index.html",
        "//etc/passwd.txt",
        "/index.html%00.txt",
    ],
)
async def test_a_missing_file_is_not_the_page(built: Built, path: str) -> None:
    client = built()
    request = client.build_request("GET", "http://feed.test/")
    request.url = httpx.URL("http://feed.test", raw_path=path.encode())
    problem(await client.send(request), 404, "not_found")


@pytest.mark.parametrize("path", ["/api/p/1", "/ws", "/ws/1", "/healthz/1", "/metrics/1"])
async def test_the_servers_own_paths_are_never_the_page(built: Built, path: str) -> None:
    problem(await built().get(path), 404, "not_found")


async def test_a_socket_that_a_proxy_did_not_upgrade_is_told_so(built: Built) -> None:
    assert "upgrade" in problem(await built().get("/ws"), 404, "not_found")["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_the_page_is_only_read(built: Built, method: str) -> None:
    for path in ("/", "/assets/main-abc123.js", "/api/docs"):
        answer = await built().request(method, path)
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "GET, HEAD"


async def test_the_head_of_a_file_comes_without_it(built: Built) -> None:
    client = built()
    got, head = await client.get("/"), await client.head("/")
    assert head.content == b""
    assert head.headers == got.headers


@pytest.mark.parametrize("accepted", ["gzip", "br, gzip", "GZIP;q=0.5, *", "gzip; q=1"])
async def test_files_come_zipped_where_that_is_accepted(built: Built, accepted: str) -> None:
    headers = {"accept-encoding": accepted}
    async with built().stream("GET", "/assets/main-abc123.js", headers=headers) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert len(raw) == int(answer.headers["content-length"]) < 1000
    assert gzip.decompress(raw) == FILES["assets/main-abc123.js"]


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip; q=0.000", "xgzip"])
async def test_and_plain_where_not(built: Built, accepted: str) -> None:
    headers = {"accept-encoding": accepted}
    answer = await built().get("/assets/main-abc123.js", headers=headers)
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == FILES["assets/main-abc123.js"]


async def test_what_the_browser_has_is_not_sent_again(built: Built) -> None:
    client = built()
    first = await client.get("/")
    for known in (
        first.headers["etag"],
        f'"other", {first.headers["etag"]}',
        "*",
        f"W/{first.headers['etag']}",
    ):
        answer = await client.get("/", headers={"if-none-match": known})
        assert answer.status_code == 304, known
        assert answer.content == b""
        assert answer.headers["etag"] == first.headers["etag"]
        assert answer.headers["cache-control"] == "no-cache"
    assert (await client.get("/", headers={"if-none-match": '"other"'})).status_code == 200


async def test_each_encoding_has_its_own_tag(built: Built) -> None:
    client = built()
    path = "/assets/main-abc123.js"
    plain = await client.get(path)
    zipped = await client.get(path, headers={"accept-encoding": "gzip"})
    assert plain.headers["etag"] != zipped.headers["etag"]


async def test_the_viewer_of_the_documentation(built: Built) -> None:
    client = built()
    answer = await client.get("/api/docs")
    assert answer.content == FILES["api-docs/index.html"]
    assert answer.headers["content-security-policy"] == DOCS_POLICY
    assert "style-src 'self' 'unsafe-inline'" in DOCS_POLICY
    assert "script-src 'self';" in DOCS_POLICY
    assert (await client.get("/api-docs/start.js")).content == FILES["api-docs/start.js"]


@pytest.mark.parametrize("path", ["/", "/p/1", "/api/docs"])
async def test_a_page_that_is_not_built_says_how_to_build_it(world: World, path: str) -> None:
    answer = await world.client().get(path)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "not built" in answer.text
    assert "make" in answer.text


async def test_nothing_outside_the_folder_is_served(world: World, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("the secret")
    for path in ("/secret", "/../secret", "/%2e%2e/secret"):
        assert "the secret" not in (await world.client().get(path)).text
