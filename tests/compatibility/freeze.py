"""Keeps the client of a version as one file, for the tests of later versions.

python -m tests.compatibility.freeze COMMIT, in a clone with its history.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from hatch_build import node_wheel

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENTRIES = {
    "Feedline": "index",
    "headlessPlatform": "headless",
    "Comments": "comments",
    "Notifications": "notifications",
    "People": "people",
}


def freeze(commit: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        packed = subprocess.run(
            ["git", "archive", commit, "web/client", "web/tsconfig.base.json"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        subprocess.run(["tar", "-x"], input=packed.stdout, cwd=tree, check=True)
        lines = [f'export {{ {n} }} from "./web/client/src/{f}";' for n, f in ENTRIES.items()]
        (tree / "entry.ts").write_text("\n".join(lines))
        output = {"file": str(HERE / "client.mjs"), "minify": True, "codeSplitting": False}
        options = {"input": str(tree / "entry.ts"), "platform": "node", "output": output}
        config = tree / "rolldown.config.mjs"
        config.write_text(f"export default {json.dumps(options)};")
        node = node_wheel() / "bin/node"
        rolldown = ROOT / "web/node_modules/rolldown/bin/cli.mjs"
        environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
        command = [str(node), str(rolldown), "--config", str(config)]
        subprocess.run(command, cwd=ROOT / "web", env=environment, check=True)


if __name__ == "__main__":
    freeze(sys.argv[1])
