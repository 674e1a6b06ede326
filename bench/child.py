"""A child process that is pinned to a core, speaks JSON lines and never outlives this one."""

import json
import os
import select
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from bench.errors import ChildError
from bench.machine import pinned

_END_SECONDS = 20.0  # for a server to close its sockets and files


class Child:
    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        core: int | None,
        log: Path,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self._log = log
        self._pending = b""
        with pinned(core), log.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def say(self, line: str) -> None:
        """Send one command."""
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(line.encode() + b"\n")
            pipe.flush()
        except BrokenPipeError:
            raise self.failure("ended") from None

    def hang_up(self) -> None:
        """End its standard input: the load programs finish and report."""
        pipe = self._process.stdin
        assert pipe is not None
        pipe.close()

    def hear(self, event: str, *, timeout: float) -> dict[str, Any]:
        """The next line that the child prints, which has to be ``event``."""
        line = self._line(timeout)
        answer: dict[str, Any] = json.loads(line)
        if answer.pop("event") != event:
            raise self.failure(f"said {line.decode()!r} where {event!r} was expected")
        return answer

    def _line(self, timeout: float) -> bytes:
        pipe = self._process.stdout
        assert pipe is not None
        deadline = time.monotonic() + timeout
        while b"\n" not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([pipe], [], [], left)[0]:
                raise self.failure(f"said nothing for {timeout:.0f} s")
            chunk = os.read(pipe.fileno(), 65536)
            if not chunk:
                raise self.failure("ended")
            self._pending += chunk
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def failure(self, problem: str) -> ChildError:
        last = self._log.read_text(errors="replace").splitlines()[-15:]
        return ChildError(self.name, problem, "\n".join(last))

    def close(self) -> None:
        """Ask it to end (SIGTERM) and wait; kill it only when it does not."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
