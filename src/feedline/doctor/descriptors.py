"""Open files: each socket is one."""

import re
import resource
from pathlib import Path

from feedline.config import Settings
from feedline.doctor.findings import Finding, Findings, Subject
from feedline.doctor.running import holder

_OWN = 100  # of the process itself: the database, the log, files on their way
_BACKLOG = 4096  # what the server asks for
_LEAST = 256
_ADVICE = (
    "Raise it: LimitNOFILE= in a systemd unit, ulimits in compose, `ulimit -Hn` in a shell. "
    "Or set --connections to what fits."
)


def check_descriptors(settings: Settings) -> Findings:
    pid = holder(settings.data)
    limit = (pid and _limit_of(pid)) or resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    whose = f"Process {pid}" if pid else "A server started from here"
    yield _judged(limit, settings.connections, whose)
    yield _queue()


def _judged(limit: int, connections: int, whose: str) -> Finding:
    subject = Subject("descriptors")
    if limit == resource.RLIM_INFINITY:
        return subject.ok(f"{whose} may open any number of files.")
    room = max(0, limit - _OWN)
    says = f"{whose} may open {limit:,} files: room for {room:,} connections"
    if limit < _LEAST:
        return subject.failure(f"{says}, which is next to none.", _ADVICE)
    if not connections:
        return subject.warning(f"{says}, and no limit on them is set.", f"{_ADVICE}")
    if room < connections:
        return subject.warning(f"{says}, not for the {connections:,} of --connections.", _ADVICE)
    return subject.ok(f"{says}, and --connections asks for {connections:,}.")


def _limit_of(pid: int) -> int | None:
    """The hard limit of another process, if it may be seen."""
    try:
        text = Path(f"/proc/{pid}/limits").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(r"^Max open files\s+\S+\s+(\d+|unlimited)", text, re.MULTILINE)
    if not found:
        return None
    return resource.RLIM_INFINITY if found[1] == "unlimited" else int(found[1])


def _queue() -> Finding:
    """How many connections may knock at once, as after a restart."""
    subject = Subject("queue")
    try:
        most = int(Path("/proc/sys/net/core/somaxconn").read_text(encoding="ascii"))
    except OSError:
        return subject.ok("The kernel does not say how many connections may wait.")
    if most < _BACKLOG:
        return subject.warning(
            f"{most:,} connections may wait to be taken; after a restart more will knock.",
            f"sysctl net.core.somaxconn={_BACKLOG}.",
        )
    return subject.ok(f"{min(most, _BACKLOG):,} connections may wait to be taken.")
