"""Who gets what, for everybody on every path at every moment: nothing but what is theirs.

Each locked text, comment and file holds a secret, and every byte that the server sends, whole
answers and whole connections, is searched for all of them. A path that should show something is
searched as well: a path on which nothing comes would prove nothing.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conftest import Figures
from tests.gateway.live import PATIENCE, head
from tests.processes import serving
from tests.secrecy import paths
from tests.secrecy.paths import OF_FOLLOWERS, OF_PEOPLE, PATHS, SHOWN
from tests.secrecy.stage import Stage, set_stage
from tests.secrecy.vault import EVERY_TIER
from tests.secrecy.viewers import Ear, Viewer

pytestmark = [pytest.mark.system, pytest.mark.timeout(400)]

SETTINGS = {
    "FEEDLINE_HEARTBEAT_SECONDS": "0.2",
    "FEEDLINE_MESSAGE_RATE": "0",
    "FEEDLINE_RING_EVENTS": "100",  # so that the log is read as well
}
MOMENTS = {
    "before": Stage.nothing,
    "while held": Stage.begin,
    "after its end": Stage.end,
    "after an edit that closes": Stage.close,
    "after an edit that opens": Stage.open,
    "after deletion": Stage.delete,
    "after a restart": Stage.nothing,  # what was begun before it ends with it
}


def allowed(stage: Stage, viewer: Viewer) -> set[str]:
    """What somebody may have now."""
    if viewer.is_apart:
        return set()
    hidden = stage.vault.secrets.items()
    own = viewer.is_author
    return {token for token, secret in hidden if secret.is_for(viewer.held, own=own)}


class Verdict:
    """What was found in each cell of the matrix."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.cells = 0
        self.open_cells = 0
        self.size = 0
        self.leaks: list[tuple[str, ...]] = []
        self.missing: list[tuple[str, ...]] = []

    def judge(self, moment: str, viewer: Viewer, may: set[str]) -> None:
        """Looks through all that a viewer received at a moment, and begins anew."""
        for path in PATHS:
            received = bytes(viewer.received.pop(path, b""))
            self.size += len(received)
            self._judge_path(moment, viewer, path, self._stage.vault.found_in(received), may)
        assert not viewer.received

    def _judge_path(
        self, moment: str, viewer: Viewer, path: str, found: set[str], may: set[str]
    ) -> None:
        secrets = self._stage.vault.secrets
        if path == "repeat" and viewer.is_author:  # the first answer, byte for byte, for ever
            may = may | {token for token in found if secrets[token].gone}
        for tier in EVERY_TIER:
            self.cells += 1
            told = {token for token in found if secrets[token].tier == tier}
            cell = (moment, viewer.name, path, str(tier))
            self.leaks += [(*cell, secrets[token].kind) for token in told - may]
            kinds = {secrets[token].kind for token in told & may}
            if self._has_to_show(viewer, path, tier, may):
                self.open_cells += 1
                if SHOWN[path] not in kinds:
                    self.missing.append(cell)

    def _has_to_show(self, viewer: Viewer, path: str, tier: str | None, may: set[str]) -> bool:
        if path not in SHOWN or (viewer.person is None and path in OF_PEOPLE):
            return False
        if path in OF_FOLLOWERS and not viewer.follows:
            return False
        secrets = self._stage.vault.secrets
        return any(secrets[token].tier == tier for token in may)


class Audience:
    """The open connections of everybody."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._ears: list[Ear] = []
        self._tasks: list[asyncio.Task[None]] = []

    def listen(self, sounds: Iterable[paths.Sound]) -> None:
        for ear, pieces in sounds:
            self._ears.append(ear)
            self._tasks.append(asyncio.create_task(ear.listen(pieces)))

    async def told(self) -> None:
        """Waits until each was told everything up to now."""
        place = int((await head(self._stage.author)).rpartition("-")[2])
        async with asyncio.timeout(6 * PATIENCE):  # there are a hundred of them
            people = [ear for ear in self._ears if ear.viewer.person is not None]
            while any(ear.place < place and not ear.is_over for ear in people):
                await asyncio.sleep(0.02)

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def live_through(stage: Stage, verdict: Verdict, moments: list[str]) -> None:
    """Moments on the same connections."""
    audience, cursor = Audience(stage), await head(stage.author)
    for viewer in stage.viewers:
        audience.listen(paths.open_ears(stage, viewer, cursor))
    for moment in moments:
        await change(stage, verdict, audience, moment)
        await stage.publish_each()
        await asyncio.gather(*(paths.walk(stage, viewer) for viewer in stage.viewers))
        await audience.told()
        for viewer in stage.viewers:
            verdict.judge(moment, viewer, allowed(stage, viewer))
    await audience.leave()


async def change(stage: Stage, verdict: Verdict, audience: Audience, moment: str) -> None:
    """What makes a moment, on open connections: it brings what one might see before or may now."""
    before = {viewer.name: allowed(stage, viewer) for viewer in stage.viewers}
    await MOMENTS[moment](stage)
    cursor = await head(stage.author)
    audience.listen(paths.open_post_ear(stage, viewer, cursor) for viewer in stage.viewers)
    await audience.told()
    for viewer in stage.viewers:
        may = before[viewer.name] | allowed(stage, viewer)
        for path, received in viewer.received.items():
            found = stage.vault.found_in(bytes(received))
            verdict.leaks += [("into", moment, viewer.name, path) for _ in found - may]
        viewer.received.clear()


async def test_nobody_receives_what_is_not_theirs(tmp_path: Path, figures: Figures) -> None:
    async with serving(tmp_path / "data", environment=SETTINGS) as server:
        stage = await set_stage(server)
        verdict = Verdict(stage)
        *before, last = MOMENTS
        await live_through(stage, verdict, before)
        await stage.restart()
        await live_through(stage, verdict, [last])
        tokens = {token.encode() for token in stage.vault.secrets}
        logged = stage.vault.found_in("".join(server.log).encode())
        for viewer in stage.viewers:
            await viewer.asker.close()
    figures(
        f"{len(stage.viewers)} viewers x {len(PATHS)} paths x {len(MOMENTS)} moments"
        f" x {len(EVERY_TIER)} tiers: {verdict.cells} cells, {verdict.size / 1e6:.1f} MB"
        f" searched for {len(tokens)} secrets: {len(verdict.leaks)} leaks;"
        f" {verdict.open_cells} cells show what they have to but {len(verdict.missing)}"
    )
    assert verdict.leaks == []
    assert verdict.missing == []
    assert logged == set()
