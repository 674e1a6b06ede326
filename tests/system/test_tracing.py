"""Traces of a real server, at a receiver of OTLP."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.gateway.events import live_stream
from tests.gateway.live import opened
from tests.processes import Person, serving

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

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


async def test_a_post_is_one_trace_and_connections_are_short_spans(
    tmp_path: Path, receiver: Receiver
) -> None:
    environment = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
    }
    async with serving(tmp_path / "data", environment=environment) as server:
        ann = await Person.register(server, "ann")
        credentials = {"Authorization": f"Bearer {ann.token}"}
        async with opened(server, traceparent=PARENT, **credentials) as connection:
            socket = connection.socket
            await socket.send('{"type": "connect", "channels": ["public"]}')
            assert "connected" in str(await socket.recv())  # from here on it is told of posts
            await ann.publish("hidden in no span")
            while "post_created" not in str(await socket.recv()):
                pass
        async with live_stream(ann, "public"):
            pass
        await ann.http.get("/api/events", params={"channels": "public"})
        async with opened(server, Authorization="Bearer none") as refused:
            assert await refused.closed() == 4001
        assert await server.stop() == 0  # what is not sent yet is sent before the end
    resources = [part for request in receiver.taken for part in request.resource_spans]
    named = {(pair.key, pair.value.string_value) for pair in resources[0].resource.attributes}
    assert ("service.name", "feedline") in named
    spans = [span for part in resources for scope in part.scope_spans for span in scope.spans]
    (request,) = [span for span in spans if span.name == "POST /api/posts"]
    trace = {span.name for span in spans if span.trace_id == request.trace_id}
    assert trace == {"POST /api/posts", "commit", "publish", "dispatch"}
    socket_opened, refused_span = (span for span in spans if span.name == "GET /ws")
    (socket_closed,) = [span for span in spans if span.name == "close ws"]
    assert {socket_opened.trace_id.hex(), socket_closed.trace_id.hex()} == {PARENT[3:35]}
    assert socket_closed.parent_span_id == socket_opened.span_id
    assert socket_opened.end_time_unix_nano <= socket_closed.start_time_unix_nano
    codes = {pair.key: pair.value.int_value for pair in refused_span.attributes}
    assert codes["feedline.close_code"] == 4001
    (stream_opened,) = [span for span in spans if span.name == "GET /api/stream"]
    (stream_closed,) = [span for span in spans if span.name == "close sse"]
    assert stream_closed.parent_span_id == stream_opened.span_id
    assert stream_opened.end_time_unix_nano <= stream_closed.start_time_unix_nano
    assert "GET /api/events" in {span.name for span in spans}
    assert b"hidden" not in b"".join(request.SerializeToString() for request in receiver.taken)
