"""Programs of the workspace, and of what is written with the client."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from hatch_build import node_wheel

WEB = Path(__file__).parents[2] / "web"
_CLIENT = {
    "@feedline/client/headless": str(WEB / "client/src/headless.ts"),
    "@feedline/client": str(WEB / "client/src/index.ts"),
}


def node(
    *command: str | Path, cwd: Path = WEB, variables: Mapping[str, str] = MappingProxyType({})
) -> str:
    """What a program says that the Node of the build runs to its end."""
    path = f"{node_wheel() / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [node_wheel() / "bin/node", *command],
        cwd=cwd,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def built(source: Path, folder: Path) -> Path:
    """A program for Node that uses the client, in one piece with it."""
    options = {
        "input": str(source),
        "platform": "node",
        "resolve": {"alias": _CLIENT},
        "output": {"dir": str(folder)},
    }
    config = folder.with_suffix(".config.mjs")
    config.write_text(f"export default {json.dumps(options)};")
    node(WEB / "node_modules/rolldown/bin/cli.mjs", "--config", config)
    return folder / f"{source.stem}.js"
