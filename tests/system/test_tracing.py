"""Traces of a real server, at a receiver of OTLP."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.processes import Person, serving

pytestmark = pytest.mark.system


class Receiver:
    """Takes what is sent to it."""

    def __init__(self) -> None:
        taken = self.taken = list[ExportTraceServiceRequest]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                taken.append(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever)
    thread.start()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()
    thread.join()


async def test_a_post_is_one_trace_from_its_request_to_its_dispatch(
    tmp_path: Path, receiver: Receiver
) -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
    }
    async with serving(tmp_path / "data", environment=environment) as server:
        ann = await Person.register(server, "ann")
        async with ann.socket() as socket:
            await socket.send('{"type": "connect", "channels": ["public"]}')
            assert "connected" in str(await socket.recv())  # from here on it is told of posts
            await ann.publish("hidden in no span")
            while "post_created" not in str(await socket.recv()):
                pass
        assert await server.stop() == 0  # what is not sent yet is sent before the end
    resources = [part for request in receiver.taken for part in request.resource_spans]
    named = {(pair.key, pair.value.string_value) for pair in resources[0].resource.attributes}
    assert ("service.name", "feedline") in named
    spans = [span for part in resources for scope in part.scope_spans for span in scope.spans]
    (request,) = [span for span in spans if span.name == "POST /api/posts"]
    trace = {span.name for span in spans if span.trace_id == request.trace_id}
    assert trace == {"POST /api/posts", "commit", "publish", "dispatch"}
    assert b"hidden" not in b"".join(request.SerializeToString() for request in receiver.taken)
