"""Traces: what spans there are of a request and of what it wrote, and when there are none."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.contextvars import get_contextvars

from feedline.telemetry import traces
from feedline.telemetry.stages import Stages
from feedline.telemetry.traces import is_wanted, tracing_of
from feedline.telemetry.tracing import TracedStages, Tracing
from tests.telemetry.test_stages import NOW, Event

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Bench:
    """A tracer whose spans stay in memory, and stages on it."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracing = Tracing(provider)
        self.stages: TracedStages = self.tracing.stages(Stages())
        self.trace = ""

    async def write(self, *, method: str = "POST", **headers: str) -> Any:
        """A request that asks for a write; what the store has of it."""
        accepted: list[Any] = []

        async def app(scope: Any, _receive: Any, send: Any) -> None:
            scope["route"] = "/api/posts"
            accepted.append(self.stages.accepted())
            self.trace = get_contextvars()["trace"]
            await send({"type": "http.response.start", "status": 201})

        async def send(_: Any) -> None:
            pass

        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"method": method, "path": "/secret", "headers": pairs}
        await self.tracing.requests(app, "route")(scope, send, send)  # type: ignore[arg-type]
        return accepted[0]

    def land(self, seq: int) -> None:
        event = Event(seq, first=NOW, last=NOW + 0.2, sockets=3)
        self.stages.dispatched(event)
        self.stages.landed(event)

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._exporter.get_finished_spans()}


async def test_a_request_is_followed_to_the_last_socket_in_one_trace() -> None:
    bench = Bench()
    write = await bench.write(traceparent=PARENT)
    bench.stages.committed([write], 7, 7, NOW)
    bench.land(7)
    spans = bench.spans
    order = ["POST /api/posts", "commit", "publish", "dispatch"]
    assert list(spans) == order
    assert {f"{span.context.trace_id:x}" for span in spans.values()} == {PARENT[4:35]}
    assert bench.trace == PARENT[3:35]
    parents = [span.parent.span_id for span in spans.values() if span.parent]
    above = [span.context.span_id for span in spans.values()]
    assert parents == [int(PARENT[36:52], 16), *above[:-1]]
    dispatch = spans["dispatch"]
    assert dispatch.start_time is not None
    assert dispatch.end_time is not None
    assert dispatch.end_time - dispatch.start_time == pytest.approx(200_000_000, abs=1_000)
    assert dispatch.attributes == {"feedline.seq": 7, "feedline.sockets": 3}
    assert spans[order[0]].attributes == {
        "http.response.status_code": 201,
        "http.request.method": "POST",
        "http.route": "/api/posts",
    }


async def test_events_of_a_shared_commit_are_linked_to_all_its_writes() -> None:
    bench = Bench()
    writes = [await bench.write() for _ in range(3)]
    bench.stages.committed(writes, 7, 9, NOW)
    bench.land(8)
    publish = bench.spans["publish"]
    assert publish.parent is None
    assert len({link.context.trace_id for link in publish.links}) == 3


async def test_what_nobody_asked_for_by_http_and_what_others_committed_is_not_traced() -> None:
    bench = Bench()
    bench.stages.committed([bench.stages.accepted()], 7, 7, NOW)
    bench.land(7)
    bench.land(8)
    assert bench.spans == {}


async def test_what_never_lands_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedline.telemetry.tracing.MOST_EVENTS", 2)
    bench = Bench()
    bench.stages.committed([await bench.write()], 1, 5, NOW)
    bench.land(3)
    assert "publish" not in bench.spans
    bench.land(4)
    assert "publish" in bench.spans


async def test_an_error_is_not_quoted() -> None:
    bench = Bench()

    async def app(*_: Any) -> None:
        raise KeyError("what somebody wrote")

    scope = {"method": "GET", "headers": []}
    with pytest.raises(KeyError):
        await bench.tracing.requests(app, "route")(scope, None, None)  # type: ignore[arg-type]
    (span,) = bench.spans.values()
    assert (span.name, span.events) == ("GET page", ())
    assert "what somebody wrote" not in span.to_json()


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://a", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_environment_says_whether_there_are_traces(
    environment: Mapping[str, str], wanted: bool
) -> None:
    assert is_wanted(environment) is wanted


def test_without_the_extra_there_are_none_and_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "feedline.telemetry.tracing", None)
    assert tracing_of({traces.EXPORTER: "otlp"}) is None
    assert "pip install '.[otel]'" in caplog.text


@pytest.mark.system
def test_nothing_of_it_is_loaded_unless_it_is_wanted() -> None:
    said = "import sys, feedline.cli; print([m for m in sys.modules if 'opentelemetry' in m])"
    ran = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
