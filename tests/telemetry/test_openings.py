"""Spans of connections: they end when the connection is open, and its end is one of its own."""

from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, Sampler
from structlog.contextvars import bind_contextvars

from feedline.telemetry import openings as module
from feedline.telemetry.tracing import Tracing

TRACE, ABOVE = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEAD = f"GET /ws HTTP/1.1\r\nHost: x\r\nTraceParent: 00-{TRACE}-{ABOVE}-01\r\n\r\n".encode()


class Bench:
    def __init__(self, sampler: Sampler = ALWAYS_ON) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracing = Tracing(provider)
        self.openings = self.tracing.openings

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    async def stream(self) -> list[str]:
        """A request for a stream; the names of the spans that had ended when it had begun."""
        found: list[str] = []

        async def app(scope: Any, _receive: Any, send: Any) -> None:
            bind_contextvars(request="r")
            scope["route"] = "/api/stream"
            headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            found.extend(span.name for span in self.spans)

        async def send(_: Any) -> None:
            pass

        scope = {"method": "GET", "headers": []}
        await self.tracing.requests(app, "route")(scope, send, send)  # type: ignore[arg-type]
        return found


def test_a_socket_is_a_span_until_it_is_open_and_another_when_it_ends() -> None:
    bench = Bench()
    bench.openings.begun("r", HEAD)
    assert bench.spans == []
    bench.openings.opened("r")
    assert [span.name for span in bench.spans] == ["GET /ws"]
    bench.openings.ended("r", "ws", 4009, "too slow")
    opening, end = bench.spans
    assert opening.parent is not None
    assert (f"{opening.context.trace_id:x}", f"{opening.parent.span_id:x}") == (TRACE[1:], ABOVE)
    assert opening.attributes == {
        "http.request.method": "GET",
        "http.route": "/ws",
        "http.response.status_code": 101,
    }
    assert end.name == "close ws"
    assert end.parent == opening.context
    assert end.attributes == {
        "feedline.close_code": 4009,
        "feedline.close_reason": "too slow",
    }


def test_a_socket_that_is_never_served_says_why_in_its_only_span() -> None:
    bench = Bench()
    bench.openings.begun("r", b"GET /ws HTTP/1.1\r\n\r\n")
    bench.openings.ended("r", "ws", 4001, "not authenticated")
    bench.openings.begun("s", HEAD)
    bench.openings.refused("s", 403)
    bench.openings.ended("s", "ws", None, "")  # nothing is known of it any more
    closed, refused = bench.spans
    assert closed.parent is None
    assert closed.attributes is not None
    assert closed.attributes["feedline.close_code"] == 4001
    assert refused.attributes is not None
    assert refused.attributes["http.response.status_code"] == 403


async def test_a_stream_is_a_span_until_its_answer_begins() -> None:
    bench = Bench()
    assert await bench.stream() == ["GET /api/stream"]
    bench.openings.ended("r", "sse", None, "")
    opening, end = bench.spans
    assert opening.attributes is not None
    assert opening.attributes["http.response.status_code"] == 200
    assert (end.name, end.parent) == ("close sse", opening.context)


async def test_what_is_not_sampled_is_not_remembered() -> None:
    bench = Bench(ALWAYS_OFF)
    bench.openings.begun("r", b"")
    bench.openings.opened("r")
    await bench.stream()
    assert (bench.openings._opening, bench.openings._open) == ({}, {})


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    bench = Bench()
    for number in range(5):
        bench.openings.begun(f"r{number}", HEAD)
    assert len(bench.spans) == 3, "those that are forgotten have ended"
    for number in range(5, 10):
        bench.openings.begun(f"r{number}", HEAD)
        bench.openings.opened(f"r{number}")
    assert len(bench.openings._opening) <= 2
    assert len(bench.openings._open) == 2
