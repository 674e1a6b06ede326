"""One server for one data directory."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from feedline.errors import DataDirectoryInUse, DataDirectoryUnusable
from feedline.store.lock import DataLock

HOLD = """
import sys
from pathlib import Path
from feedline.store.lock import DataLock

with DataLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(directory: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a directory until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.system
def test_a_second_process_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        for _ in range(2):
            with pytest.raises(DataDirectoryInUse) as caught, DataLock(tmp_path):
                pass
            assert str(caught.value) == (
                f"The data directory {tmp_path} is in use by another Feedline "
                f"(process {first.pid}). Stop that one first, or choose another directory "
                "with --data."
            )
        os.kill(first.pid, signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
        with DataLock(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_directory_can_be_held_again_after_a_clean_end(tmp_path: Path) -> None:
    for _ in range(2):
        with DataLock(tmp_path), pytest.raises(DataDirectoryInUse), DataLock(tmp_path):
            pass


def test_other_directories_are_free(tmp_path: Path) -> None:
    with DataLock(tmp_path / "one"), DataLock(tmp_path / "two"):
        pass


def test_a_missing_directory_is_made(tmp_path: Path) -> None:
    directory = tmp_path / "a" / "b"
    with DataLock(directory):
        assert directory.is_dir()


def test_what_can_be_no_directory_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataDirectoryUnusable, match="data directory"), DataLock(tmp_path / "file"):
        pass


def test_a_lock_file_that_a_crash_left_behind_locks_nothing(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("123456789 and more than a process id\n")
    with DataLock(tmp_path):
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
