"""One scrape of several workers: the metrics of each, told apart by the label ``worker``."""

from collections.abc import Iterator, Mapping

from feedline.telemetry.catalog import listed

_UP = "feedline_worker_up"


def merged(found: Mapping[int, bytes | None]) -> bytes:
    """Puts texts for Prometheus together; None is a worker that did not answer.

    All samples of a metric stand together, as the format wants it.
    """
    blocks: dict[str, list[str]] = {}
    for worker, text in found.items():
        for head, samples in _blocks((text or b"").decode()):
            blocks.setdefault(head, []).extend(_labelled(line, worker) for line in samples)
    lines = [line for head, samples in blocks.items() for line in (head, *samples)]
    return "\n".join([*lines, *_up(found), ""]).encode()


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each metric's two lines of comment, and its samples."""
    for part in text.split("# HELP ")[1:]:
        help_, type_, *samples = part.splitlines()
        yield f"# HELP {help_}\n{type_}", samples


def _labelled(sample: str, worker: int) -> str:
    name, brace, rest = sample.partition("{")
    if brace:
        return f'{name}{{worker="{worker}",{rest}'
    name, _, value = sample.partition(" ")
    return f'{name}{{worker="{worker}"}} {value}'


def _up(found: Mapping[int, bytes | None]) -> Iterator[str]:
    known = listed(_UP)
    yield f"# HELP {_UP} {known.meaning}"
    yield f"# TYPE {_UP} {known.kind}"
    for worker, text in found.items():
        yield f'{_UP}{{worker="{worker}"}} {float(text is not None)}'
