"""The run as a picture: posts a second above, the slowest deliveries below, outages shaded."""

from collections.abc import Sequence
from html import escape
from math import ceil, log10

from feedline.verify.record import SLICES, Outcome

_WIDTH, _HEIGHT = 760, 400  # pixels
_LEFT, _END = 84, _WIDTH - 16
_POSTS = (60, 120)  # top and height
_LATENCY = (220, 130)
_LEAST_MS, _SHORT = 1.0, 0.05  # a scale has to begin somewhere; shorter outages are no pixel wide
_COLOURS = {"WebSocket": "ws", "SSE": "sse", "long-poll": "poll"}
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px }
.bar { fill: #8b949e } .axis { stroke: #d0d7de } .outage { fill: #cf222e; opacity: .15 }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round }
.ws { stroke: #2563eb } .sse { stroke: #1a7f37 } .poll { stroke: #9a6700 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .bar { fill: #6e7681 } .axis { stroke: #3d444d }
  .outage { fill: #ff7b72; opacity: .25 }
  .ws { stroke: #58a6ff } .sse { stroke: #3fb950 } .poll { stroke: #d29922 }
}
"""
_BLOCKS = " ▁▂▃▄▅▆▇█"


def draw(outcome: Outcome, title: str) -> str:
    """An SVG document."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text class="title" x="{_LEFT}" y="24">{escape(title)}</text>',
        *_outages(outcome),
        *_bars(outcome),
        *_lines(outcome),
        f'<text x="{_LEFT}" y="{_HEIGHT - 14}">0 s</text>',
        f'<text x="{_END}" y="{_HEIGHT - 14}" text-anchor="end">{outcome.seconds:.0f} s</text>',
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def sparkline(values: Sequence[float]) -> str:
    """One character a value, the highest being full."""
    most = max(values, default=0) or 1
    full = len(_BLOCKS) - 1
    return "".join(_BLOCKS[ceil(value / most * full)] for value in values)


def _x(part: float) -> float:
    return _LEFT + (_END - _LEFT) * part


def _axis(y: float) -> str:
    return f'<line class="axis" x1="{_LEFT}" x2="{_END}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _outages(outcome: Outcome) -> list[str]:
    top, bottom = _POSTS[0], sum(_LATENCY)
    shown = [outage for outage in outcome.outages if outage.seconds > _SHORT]
    spans = [(_x(o.since / outcome.seconds), _x(min(1, o.until / outcome.seconds))) for o in shown]
    return [
        f'<rect class="outage" x="{begin:.1f}" y="{top}" width="{max(1, end - begin):.1f}" '
        f'height="{bottom - top}"><title>{outage.who}: {outage.seconds:.1f} s</title></rect>'
        for outage, (begin, end) in zip(shown, spans, strict=True)
    ]


def _bars(outcome: Outcome) -> list[str]:
    top, height = _POSTS
    most = max(*(part.posts for part in outcome.slices), 1)
    rate = most * SLICES / outcome.seconds
    parts = [
        f'<text x="{_LEFT}" y="{top - 10}">posts acknowledged (most: {rate:.0f}/s)</text>',
        _axis(top + height),
    ]
    width = _x(1 / SLICES) - _x(0) - 1
    for number, part in enumerate(outcome.slices):
        tall = height * part.posts / most
        parts.append(
            f'<rect class="bar" x="{_x(number / SLICES):.1f}" y="{top + height - tall:.1f}" '
            f'width="{width:.1f}" height="{tall:.1f}"/>'
        )
    return parts


def _lines(outcome: Outcome) -> list[str]:
    """Latencies on a logarithmic scale: an outage is a thousand times what is usual."""
    top, height = _LATENCY
    highest = max((max(p.slowest.values()) for p in outcome.slices if p.slowest), default=1000.0)
    decades = ceil(log10(max(highest, 10.0)))

    def y(milliseconds: float) -> float:
        return top + height * (1 - log10(max(milliseconds, _LEAST_MS)) / decades)

    parts = [f'<text x="{_LEFT}" y="{top - 10}">slowest delivery:</text>']
    for decade in range(decades + 1):
        at, label = y(10.0**decade), f"{10**decade:,} ms"
        parts += [
            _axis(at),
            f'<text x="{_LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{label}</text>',
        ]
    for place, figures in enumerate(outcome.transports):
        name, kind = figures.transport, _COLOURS.get(figures.transport, "ws")
        points = [
            f"{_x((number + 0.5) / SLICES):.1f},{y(part.slowest[name]):.1f}"
            for number, part in enumerate(outcome.slices)
            if name in part.slowest
        ]
        at = _LEFT + 120 + place * 120
        parts += [
            f'<polyline class="{kind}" points="{" ".join(points)}"/>',
            f'<polyline class="{kind}" points="{at},{top - 15} {at + 20},{top - 15}"/>',
            f'<text x="{at + 26}" y="{top - 10}">{escape(name)}</text>',
        ]
    return parts
