"""The page: files of the built web application, held in memory, and its deep links."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.types import Receive, Scope, Send

from feedline.api.identity import SAFE_METHODS, Headers
from feedline.errors import MethodNotAllowed, NotFound, Refusal
from feedline.wire.answers import Answer, Header, send_answer
from feedline.wire.problems import answer_to

NOT_BUILT = Answer(
    b"The page is not built. Run `make serve` in a checkout, or install the feedline package, "
    b"and start again. The API works without it.\n",
    status=503,
    media_type=b"text/plain; charset=utf-8",
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data: blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; media-src 'self' blob:; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# The viewer of the API's documentation styles itself from its script.
DOCS_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")

_PAGE = "/index.html"
_DOCS = "/api-docs/index.html"
_SERVER_PATHS = frozenset({"api", "ws", "healthz", "readyz", "metrics"})
_NO_UPGRADE = "page without an upgrade to WebSocket; a proxy in front has to pass it on"
_FOLDERS = ("/assets/", "/api-docs/")  # of files only: nothing in them is a place in the page
_PROFILES = "/u/"  # a username may have a dot, so it may look like the name of a file
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".map": "application/json",
}
_PACKED = frozenset({".png", ".woff2"})  # gzip gains nothing on these
_WORTH_ZIPPING = 1024  # bytes; less fits one packet anyway


@dataclass(frozen=True, slots=True)
class _Form:
    """A file in one encoding, with the validator of that encoding (RFC 9110 section 8.8.3)."""

    body: bytes
    etag: bytes
    headers: tuple[Header, ...]


@dataclass(frozen=True, slots=True)
class _File:
    plain: _Form
    zipped: _Form | None


class Page:
    """An ASGI application for every path that is not the server's own."""

    def __init__(self, folder: Path) -> None:
        paths = [path for path in folder.rglob("*") if path.is_file()]
        self._files = {
            _address(path, folder): _load(path, _address(path, folder)) for path in paths
        }

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        if path == "/ws":
            await _refuse(send, NotFound(_NO_UPGRADE))
        elif path.split("/", 2)[1] in _SERVER_PATHS:
            await _refuse(send, NotFound())
        else:
            await self.serve(self._meant(path), scope, send)

    async def serve(self, address: str, scope: Scope, send: Send) -> None:
        """Answers with a file: whole, zipped if that is accepted, or 304 if it is known."""
        if scope["method"] not in SAFE_METHODS:
            await _refuse(send, MethodNotAllowed(("GET", "HEAD")))
            return
        file = self._files.get(address)
        if file is not None:
            await _send_file(send, file, dict(scope["headers"]), head=scope["method"] == "HEAD")
        elif address in (_PAGE, _DOCS):
            await send_answer(send, NOT_BUILT, NOT_BUILT.status, head=scope["method"] == "HEAD")
        else:
            await _refuse(send, NotFound("file"))

    def _meant(self, path: str) -> str:
        """The file for a path: its own, or the page, which finds the place of a deep link."""
        is_file_name = "." in path.rpartition("/")[2] and not path.startswith(_PROFILES)
        if path in self._files or is_file_name or path.startswith(_FOLDERS):
            return path
        return _PAGE


class Docs:
    """An ASGI application for the viewer of the API's documentation."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        await self._page.serve(_DOCS, scope, send)


async def _refuse(send: Send, refusal: Refusal) -> None:
    await send_answer(send, answer_to(refusal), refusal.facts.status)


async def _send_file(send: Send, file: _File, headers: Headers, *, head: bool) -> None:
    form = file.plain
    if file.zipped is not None and _takes_gzip(headers.get(b"accept-encoding", b"")):
        form = file.zipped
    # RFC 9110 section 13.1.2: compared weakly, so a proxy may have weakened it.
    known = [
        tag.strip().removeprefix(b"W/") for tag in headers.get(b"if-none-match", b"").split(b",")
    ]
    status, body = (304, b"") if form.etag in known or b"*" in known else (200, form.body)
    length = [(b"content-length", str(len(body)).encode())] if status == 200 else []
    start = {"type": "http.response.start", "status": status, "headers": [*form.headers, *length]}
    await send(start)
    await send({"type": "http.response.body", "body": b"" if head else body})


def _takes_gzip(accepted: bytes) -> bool:
    """Whether an Accept-Encoding header (RFC 9110 section 12.5.3) asks for gzip."""
    for coding in accepted.lower().split(b","):
        name, _, weight = coding.replace(b" ", b"").partition(b";q=")
        if name == b"gzip":
            return weight.strip(b"0.") != b"" or not weight
    return False


def _address(path: Path, folder: Path) -> str:
    return f"/{path.relative_to(folder).as_posix()}"


def _load(path: Path, address: str) -> _File:
    body = path.read_bytes()
    headers = _headers(path.suffix, address)
    zipped = gzip.compress(body, mtime=0) if path.suffix not in _PACKED else body
    if len(body) < _WORTH_ZIPPING or len(zipped) >= len(body):
        return _File(_form(body, headers), None)
    headers = (*headers, (b"vary", b"Accept-Encoding"))
    return _File(_form(body, headers), _form(zipped, (*headers, (b"content-encoding", b"gzip"))))


def _form(body: bytes, headers: tuple[Header, ...]) -> _Form:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
    return _Form(body, etag, (*headers, (b"etag", etag)))


def _headers(suffix: str, address: str) -> tuple[Header, ...]:
    # The names of assets hold a hash of their content.
    forever = address.startswith("/assets/")
    headers = [
        ("content-type", _TYPES.get(suffix, "application/octet-stream")),
        ("cache-control", "public, max-age=31536000, immutable" if forever else "no-cache"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ]
    if suffix == ".html":
        policy = DOCS_POLICY if address.startswith("/api-docs/") else POLICY
        headers += [
            ("content-security-policy", policy),
            ("cross-origin-opener-policy", "same-origin"),
        ]
    return tuple((name.encode(), value.encode()) for name, value in headers)
