"""The page that the server shows."""

import re
from importlib import resources

from feedline.config import Settings
from feedline.doctor.findings import Findings, Subject

_ADVICE = "Install Feedline again, which builds the page; in a checkout, run make serve."


def check_page(settings: Settings) -> Findings:  # noqa: ARG001 - all checks are called alike
    subject = Subject("page")
    folder = resources.files("feedline") / "page"
    index = folder / "index.html"
    if not index.is_file():
        yield subject.failure("The page was not built.", _ADVICE)
        return
    named = re.findall(r'(?:src|href)="/([^"]+\.(?:js|css))"', index.read_text(encoding="utf-8"))
    missing = [name for name in named if not (folder / name).is_file()]
    if missing:
        yield subject.failure(f"Parts of the page are missing: {', '.join(missing)}.", _ADVICE)
    else:
        yield subject.ok(f"Built; it begins with {len(named)} files.")
