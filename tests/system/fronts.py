"""Real proxies in front of a real server, with the configurations in `deploy/`."""

import asyncio
import datetime as dt
import ipaddress
import os
import shutil
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ports import Port

DEPLOY = Path(__file__).parents[2] / "deploy"
PATIENCE = 40.0

_NGINX = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/feedline.conf;
}}
"""

_CADDY = """
{
    admin off
    auto_https disable_redirects
    grace_period 100ms
}
"""


@dataclass(frozen=True)
class Place:
    """Where a proxy is, and what is behind it."""

    folder: Path
    backend: int
    secure: Port = field(default_factory=Port)
    plain: Port = field(default_factory=Port)

    @property
    def port(self) -> int:
        return self.secure.number

    @property
    def plain_port(self) -> int:
        return self.plain.number

    def substituted(self, text: str, words: dict[str, str]) -> str:
        """A shipped configuration for here. Each of these words must be in it."""
        for old, new in words.items():
            assert old in text, old
            text = text.replace(old, new)
        return text


def nginx(place: Place) -> list[str]:
    words = {
        "127.0.0.1:8000": f"127.0.0.1:{place.backend}",
        "listen 80;": f"listen 127.0.0.1:{place.plain_port};",
        "listen 443 ": f"listen 127.0.0.1:{place.port} ",
        "/etc/letsencrypt/live/feed.example.com/fullchain.pem": str(place.folder / "cert.pem"),
        "/etc/letsencrypt/live/feed.example.com/privkey.pem": str(place.folder / "key.pem"),
    }
    shipped = (DEPLOY / "nginx/feedline.conf").read_text()
    (place.folder / "feedline.conf").write_text(place.substituted(shipped, words))
    main = place.folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    main.write_text(_NGINX.format(folder=place.folder, user=user))
    return [program("nginx"), "-p", str(place.folder), "-c", str(main)]


def caddy(place: Place) -> list[str]:
    words = {"127.0.0.1:8000": f"127.0.0.1:{place.backend}", "feed.example.com {": _site(place)}
    return _caddy(place, (DEPLOY / "caddy/Caddyfile").read_text(), words)


def compose_caddy(place: Place) -> list[str]:
    """That of compose, which asks for the addresses of its nodes; here it is told of one."""
    words = {
        "name node": "name localhost",
        "port 8000": f"port {place.backend}",
        "{$SITE} {": _site(place),
    }
    return _caddy(place, (DEPLOY / "compose/Caddyfile").read_text(), words)


def _site(place: Place) -> str:
    pair = f"{place.folder / 'cert.pem'} {place.folder / 'key.pem'}"
    return f"https://127.0.0.1:{place.port} {{\n\tbind 127.0.0.1\n\ttls {pair}"


def _caddy(place: Place, shipped: str, words: dict[str, str]) -> list[str]:
    file = place.folder / "Caddyfile"
    file.write_text(_CADDY + place.substituted(shipped, words))
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(file)]


KINDS: dict[str, Callable[[Place], list[str]]] = {
    "nginx": nginx,
    "caddy": caddy,
    "compose": compose_caddy,
}


def program(name: str) -> str:
    """Where a program is. Debian keeps some where only root looks."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        pytest.fail(f"These tests need {name}: `make test` installs it.")
    return found


class Front:
    """A proxy that runs, as browsers see it."""

    def __init__(self, place: Place, trust: ssl.SSLContext) -> None:
        self.host = f"127.0.0.1:{place.port}"
        self.url = f"https://{self.host}"
        self.plain_url = f"http://127.0.0.1:{place.plain_port}"
        self._trust = trust

    def client(self, source: str = "127.0.0.1", **named: Any) -> httpx.AsyncClient:
        """Somebody at an address of their own."""
        transport = httpx.AsyncHTTPTransport(verify=self._trust, local_address=source)
        return httpx.AsyncClient(base_url=self.url, transport=transport, timeout=30, **named)

    def socket(self, token: str, **named: Any) -> websockets.connect:
        headers = {"Authorization": f"Bearer {token}"}
        address = f"wss://{self.host}/ws"
        return websockets.connect(
            address, ssl=self._trust, proxy=None, additional_headers=headers, **named
        )


@asynccontextmanager
async def front(kind: str, folder: Path, backend: int) -> AsyncIterator[Front]:
    """A proxy for the time of a block; it answers when the block begins."""
    place = _prepared(folder, backend)
    trust = _certify(folder)
    process = await _started(KINDS[kind](place), folder)
    try:
        there = Front(place, trust)
        async with asyncio.timeout(PATIENCE), there.client() as client:
            while not await _answers(client):
                assert process.returncode is None, _said(folder).read_text()
                await asyncio.sleep(0.02)
        yield there
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _prepared(folder: Path, backend: int) -> Place:
    folder.mkdir()
    return Place(folder, backend)


async def _started(command: list[str], folder: Path) -> asyncio.subprocess.Process:
    environment = {**os.environ, "HOME": str(folder)}
    with _said(folder).open("wb") as log:
        return await asyncio.create_subprocess_exec(
            *command, stdout=log, stderr=log, env=environment
        )


def _said(folder: Path) -> Path:
    return folder / "said"


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/healthz")).status_code == 200
    except httpx.TransportError:
        return False


def _certify(folder: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1, and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(certificate.public_bytes(pem))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(pem, form, plain))
    return ssl.create_default_context(cafile=str(folder / "cert.pem"))
