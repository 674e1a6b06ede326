"""``python -m bench.chart results.json fanout.svg``: the fan-out as bars, the floor being 1."""

import argparse
import json
import sys
from collections.abc import Sequence
from html import escape
from math import log10
from pathlib import Path
from typing import Any

from bench.errors import BenchError

_WIDTH, _ROW, _LABEL, _TOP = 720, 30, 220, 44  # pixels
_BARS = _WIDTH - _LABEL - 70
_STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.bar { fill: #8b949e } .bar.feedline { fill: #2563eb } .bar.floor { fill: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .bar { fill: #6e7681 }
  .bar.feedline { fill: #58a6ff } .bar.floor { fill: #3d444d }
}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chart", description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("svg", type=Path)
    options = parser.parse_args(arguments)
    try:
        options.svg.write_text(draw(_ratios(json.loads(options.results.read_text()))))
    except (BenchError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def draw(ratios: dict[str, float]) -> str:
    """Bars on a logarithmic scale: the slowest needs many times what the fastest does."""
    most = max(*ratios.values(), 2)
    height = _TOP + _ROW * len(ratios) + 10
    title = "CPU of the server for each delivery; a bare loop of send() is 1 (logarithmic)"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text class="title" x="10" y="24">{escape(title)}</text>',
    ]
    for number, (name, ratio) in enumerate(sorted(ratios.items(), key=lambda item: item[1])):
        y = _TOP + number * _ROW
        # From half of the floor, so that the floor itself has a length.
        width = max(2.0, _BARS * log10(ratio * 2) / log10(most * 2))
        kind = f"bar {name}" if name in {"feedline", "floor"} else "bar"
        label = {"feedline": "Feedline", "floor": "bare C loop"}.get(name, name)
        parts += [
            f'<text x="{_LABEL - 10}" y="{y + 17}" text-anchor="end">{escape(label)}</text>',
            f'<rect class="{kind}" x="{_LABEL}" y="{y}" height="24" width="{width:.1f}"/>',
            f'<text x="{_LABEL + width + 8:.1f}" y="{y + 17}">{_shown(ratio)}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _ratios(content: dict[str, Any]) -> dict[str, float]:
    for result in content["results"]:
        if result["scenario"] == "fanout" and result["rows"]:
            found = {row["subject"]: row["figures"].get("ratio") for row in result["rows"]}
            return {name: ratio for name, ratio in found.items() if ratio}
    raise BenchError("the results have no fan-out: run `python -m bench fanout --peers --json`")


def _shown(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.1f}"


if __name__ == "__main__":
    sys.exit(main())
