"""Spans of connections: how each was opened, and how it ended; none lasts as long as they do."""

import re

from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Tracer
from opentelemetry.trace.propagation import set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

MOST = 20_000  # connections of which it is known by what span they were opened
SWITCHING = 101
_PROPAGATED = re.compile(rb"\r\n(traceparent|tracestate):[ \t]*([^\r\n]*)", re.IGNORECASE)
_propagator = TraceContextTextMapPropagator()


class Openings:
    """A span from the request until the connection is served, and a point below it at its end.

    Who asked for a WebSocket with a ``traceparent`` finds both in that trace.
    """

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._opening: dict[str, Span] = {}
        self._open: dict[str, SpanContext] = {}

    def begun(self, request: str, head: bytes) -> None:
        carried = {
            name.decode().lower(): value.decode("latin-1").strip()
            for name, value in _PROPAGATED.findall(head)
        }
        span = self._tracer.start_span(
            "GET /ws",
            _propagator.extract(carried),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": "GET", "http.route": "/ws"},
        )
        if len(self._opening) >= MOST:
            self._opening.pop(next(iter(self._opening))).end()
        self._opening[request] = span

    def refused(self, request: str, status: int) -> None:
        self._answer(request, status)

    def opened(self, request: str) -> None:
        """Of a WebSocket, that is; a stream has begun when its answer has (``streams``)."""
        span = self._answer(request, SWITCHING)
        if span is not None:
            self.streams(request, span)

    def streams(self, request: str, span: Span) -> None:
        """A connection is open by a span."""
        context = span.get_span_context()
        if not context.trace_flags.sampled:
            return
        if len(self._open) >= MOST:
            del self._open[next(iter(self._open))]
        self._open[request] = context

    def ended(self, request: str, transport: str, code: int | None, reason: str) -> None:
        opened = self._open.pop(request, None)
        span = self._opening.pop(request, None)
        if opened is not None:
            above = set_span_in_context(NonRecordingSpan(opened))
            span = self._tracer.start_span(f"close {transport}", above)
        elif span is not None:  # it was let in, and never served
            span.set_attribute("http.response.status_code", SWITCHING)
        else:
            return
        if code is not None:
            span.set_attribute("feedline.close_code", code)
        span.set_attribute("feedline.close_reason", reason)
        span.end()

    def _answer(self, request: str, status: int) -> Span | None:
        span = self._opening.pop(request, None)
        if span is not None:
            span.set_attribute("http.response.status_code", status)
            span.end()
        return span
