"""The site also has the pages that are not in docs/, and the files that pages point to.

In the checkout they link to each other by their paths, which is what editors and forges follow.
Here each gets a place in the site, and its links are turned to where their targets are in it.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]

PAGES = {
    "README.md": "index.md",
    "README.ru.md": "README.ru.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "bench/README.md": "bench/README.md",
    "examples/react-page/README.md": "examples/react-page/README.md",
}
"""Where pages outside docs/ are in the site."""

LOOK = {"web/app/public/favicon.svg": "mark.svg", "docsite/site.css": "site.css"}

_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]*)(#[^)\s]*)?(?=\))")
_CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Adds what is not in docs/."""
    outside = {**PAGES, **LOOK}
    for source in [*PAGES, *(f"docs/{page.src_uri}" for page in files.documentation_pages())]:
        outside |= {target: target for target in _targets(source) if _is_file(target)}
    for source, place in outside.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Turns links to where their targets are in the site."""
    place = page.file.src_uri
    source = next((path for path, at in PAGES.items() if at == place), f"docs/{place}")
    folder, here = posixpath.dirname(source), posixpath.dirname(place)

    def turned(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, link[1]))
        return posixpath.relpath(_place(target), here or ".") + (link[2] or "")

    return _LINK.sub(turned, markdown)


def _targets(source: str) -> list[str]:
    """What a page links to, as paths in the checkout."""
    prose = _CODE.sub("", (ROOT / source).read_text())
    folder = posixpath.dirname(source)
    links = (posixpath.normpath(posixpath.join(folder, link[1])) for link in _LINK.finditer(prose))
    return [link for link in links if link not in PAGES]


def _is_file(target: str) -> bool:
    return not target.startswith(("docs/", "..")) and (ROOT / target).is_file()


def _place(target: str) -> str:
    return PAGES.get(target, target.removeprefix("docs/"))
