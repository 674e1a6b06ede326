"""Traces with OpenTelemetry: a request, the commit of what it wrote, and its way to the sockets.

Imported only where traces are wanted. A span has no more in it than a line of the log.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from time import monotonic_ns, time_ns
from typing import Any, NamedTuple

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from structlog.contextvars import bind_contextvars, get_contextvars

from feedline.telemetry.openings import Openings
from feedline.telemetry.stages import Flight, Stages

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_EVENTS = 10_000  # that are followed at the same time
MOST_LINKS = 32  # to the writes that shared a commit with an event
_PROPAGATED = (b"traceparent", b"tracestate")
_propagator = TraceContextTextMapPropagator()


class Write(NamedTuple):
    """A write that was accepted, and the span of who asked for it."""

    accepted: float
    span: SpanContext


class Tracing:
    """Makes spans. Their times are those that were taken anyway."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("feedline")
        self.openings = Openings(self._tracer)

    def end(self) -> None:
        """Sends what was not sent yet; may take some seconds."""
        self._provider.shutdown()

    def requests(self, app: App, route: str) -> App:
        """An application with a span around each request; ``route``: where its scope has that.

        That of an answer that streams events ends when it begins.
        """

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            with self._tracer.start_as_current_span(
                scope["method"],
                _propagator.extract(_carried(scope)),
                kind=SpanKind.SERVER,
                record_exception=False,  # its words may quote what somebody wrote
                set_status_on_exception=False,
                end_on_exit=False,
            ) as span:
                bind_contextvars(trace=format_trace_id(span.get_span_context().trace_id))

                async def tell(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        span.set_attribute("http.response.status_code", message["status"])
                        if _streams(message):
                            _name(span, scope["method"], scope.get(route, "page"))
                            span.end()
                            self.openings.streams(str(get_contextvars().get("request", "")), span)
                    await send(message)

                try:
                    await app(scope, receive, tell)
                finally:
                    if span.is_recording():  # or else it has ended
                        _name(span, scope["method"], scope.get(route, "page"))
                        span.end()

        return traced

    def stages(self, stages: Stages) -> "TracedStages":
        """Stages that are traced as well."""
        return TracedStages(stages, self)

    def span(
        self,
        name: str,
        times: tuple[float, float],
        parent: SpanContext | None,
        links: Sequence[SpanContext] = (),
        **attributes: int,
    ) -> SpanContext:
        """A span that has ended, on the monotonic clock."""
        ahead = time_ns() - monotonic_ns()
        start, end = (int(seconds * 1e9) + ahead for seconds in times)
        span = self._tracer.start_span(
            name,
            None if parent is None else set_span_in_context(NonRecordingSpan(parent)),
            links=[Link(context) for context in links],
            attributes={f"feedline.{key}": value for key, value in attributes.items()},
            start_time=start,
        )
        span.end(end)
        return span.get_span_context()


class TracedStages:
    """Stages that make spans too: of each write, and of the events in its commit."""

    def __init__(self, stages: Stages, tracing: Tracing) -> None:
        self.dispatched = stages.dispatched
        self.sent = stages.sent
        self.applied = stages.applied
        self.landed = stages.landed
        stages.on_landed.append(self._landed)
        self._stages = stages
        self._tracing = tracing
        self._commits: dict[int, list[SpanContext]] = {}

    def accepted(self) -> Write:
        return Write(self._stages.accepted(), get_current_span().get_span_context())

    def committed(self, writes: Sequence[Write], first: int, last: int, at: float) -> None:
        self._stages.committed([write.accepted for write in writes], first, last, at)
        commits = [
            self._tracing.span("commit", (write.accepted, at), write.span, writes=len(writes))
            for write in writes
            if write.span.trace_flags.sampled
        ]
        if commits and last:
            self._commits.update(dict.fromkeys(range(first, last + 1), commits))
            while len(self._commits) > MOST_EVENTS:
                del self._commits[next(iter(self._commits))]

    def _landed(self, flight: Flight) -> None:
        """Which of the writes of a commit an event is of is not told; one alone is its parent."""
        commits = self._commits.pop(flight.seq, None)
        if commits is None:
            return
        parent, links = (commits[0], []) if len(commits) == 1 else (None, commits[:MOST_LINKS])
        times = (flight.committed, flight.dispatched)
        published = self._tracing.span("publish", times, parent, links, seq=flight.seq)
        times = (flight.dispatched, max(flight.last, flight.dispatched))
        self._tracing.span("dispatch", times, published, seq=flight.seq, sockets=flight.sockets)


def exporting(environment: Mapping[str, str]) -> Tracing:
    """Traces by OTLP over HTTP; all but the name of the service is read by the SDK itself."""
    named = "OTEL_SERVICE_NAME" in environment or SERVICE_NAME in environment.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    provider = TracerProvider(
        resource=Resource.create({} if named else {SERVICE_NAME: "feedline"}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider)


def _carried(scope: Scope) -> dict[str, str]:
    return {
        name.decode(): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in _PROPAGATED
    }


def _streams(start: Message) -> bool:
    """Whether an answer begins that lasts as long as a connection."""
    return any(
        name == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in start.get("headers", ())
    )


def _name(span: Span, method: str, route: str) -> None:
    span.update_name(f"{method} {route}")
    span.set_attribute("http.request.method", method)
    span.set_attribute("http.route", route)
