"""The documentation as a site: it builds without a warning, and needs nothing from elsewhere."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

ROOT = Path(__file__).parents[1]
LOADED = {"script": "src", "link": "href", "img": "src", "iframe": "src"}
ONLY_NAMED = {"canonical", "prev", "next"}  # relations that load nothing

pytestmark = pytest.mark.system


class Links(HTMLParser):
    """What a page leads to, and what it loads."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.leads: list[str] = []
        self.loads: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.leads.append(given["href"])
        elif LOADED.get(tag, "") in given and given.get("rel") not in ONLY_NAMED:
            self.loads.append(given[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    config = ["--config-file", str(ROOT / "docsite/mkdocs.yml"), "--site-dir", str(folder)]
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", *config],
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return folder


def test_every_link_of_the_site_leads_to_a_file_in_it(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(list((ROOT / "docs").glob("*.md")))
    for page in pages:
        if page.name == "404.html":
            continue  # it may be shown for any address, so its links begin at the root
        links = Links(page)
        missing = [link for link in (*links.leads, *links.loads) if not _is_there(page, link)]
        assert missing == [], page.name


def _is_there(page: Path, link: str) -> bool:
    where = urlsplit(link)
    return bool(where.scheme) or (page.parent / unquote(where.path)).exists()


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        assert [link for link in Links(page).loads if urlsplit(link).netloc] == [], page.name


def test_the_readme_in_russian_says_the_same() -> None:
    """The same commands, headings of the same rank, and the same places to read on."""
    english, russian = (_shape((ROOT / name).read_text()) for name in ("README.md", "README.ru.md"))
    assert russian == english


def _shape(text: str) -> tuple[list[str], list[str], set[str]]:
    code = re.findall(r"^```.*?^```$", text, re.DOTALL | re.MULTILINE)
    ranks = [line.split()[0] for line in text.splitlines() if re.match(r"#+ ", line)]
    links = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)}
    return code, ranks, links - {"README.md", "README.ru.md"}
