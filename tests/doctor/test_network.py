"""What the doctor says of ports and proxies."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from feedline.doctor import network
from feedline.doctor.network import check_port, check_proxies
from tests.doctor.conftest import Found

Look = Callable[..., Found]


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def test_a_free_port_and_one_that_is_free_again(found: Look, taken: socket.socket) -> None:
    port = taken.getsockname()[1]
    taken.close()
    assert found(check_port, port=port).one("is free").level == "ok"
    with socket.create_server(("127.0.0.1", port)):
        pass  # looking did not keep it


def test_a_stranger_has_the_port(found: Look) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *said: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        finding = found(check_port, port=server.server_port).bad("failure", "no Feedline")
        server.shutdown()
        thread.join()
    assert "--port" in finding.advice


@pytest.mark.parametrize(
    "changed", [{"host": "192.0.2.1"}, {"port": 70_000}, {"host": "no.such.host.invalid"}]
)
def test_an_address_that_can_not_be_had(found: Look, changed: dict[str, object]) -> None:
    finding = found(check_port, **{"port": 0, **changed}).bad("failure", "Can't listen")
    assert "--host" in finding.advice


def test_a_port_open_to_all_without_a_proxy(found: Look) -> None:
    assert "deploying" in found(check_proxies, host="0.0.0.0").bad("warning", "https").advice


def test_a_proxy_that_is_not_trusted(
    found: Look, taken: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = taken.getsockname()[1]
    monkeypatch.setattr(network, "_PROXY_PORTS", (port,))
    finding = found(check_proxies).bad("warning", f"Port {port} is served")
    assert "--trusted-proxies" in finding.advice
    taken.close()
    assert found(check_proxies).levels == {"ok"}


def test_proxies_that_are_trusted(found: Look) -> None:
    named = {"trusted_proxies": ("10.0.0.1", "10.1.0.0/16"), "connections_per_address": 0}
    assert found(check_proxies, **named).levels == {"ok"}
    named["connections_per_address"] = 100
    found(check_proxies, **named).bad("warning", "100")


def test_everybody_is_no_proxy(found: Look) -> None:
    everybody = {"trusted_proxies": ("*",), "connections_per_address": 0}
    found(check_proxies, **everybody).bad("warning", "any address")
