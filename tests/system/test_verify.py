"""``feedline verify`` against three nodes, one of which is killed, and so is the bus."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import httpx
import pytest

from tests.conftest import Figures
from tests.system.cluster import Cluster, cluster

pytestmark = pytest.mark.system

SECONDS = 12
PATIENCE = 100.0


async def _posts(nodes: Cluster, count: int, verify: Process) -> None:
    """Waits until so many posts are there, or all of them are gone again; one node tells."""
    async with httpx.AsyncClient(base_url=nodes.nodes[0].url, timeout=15) as client:
        while verify.returncode is None:
            if len((await client.get("/api/posts?limit=100")).json()["posts"]) >= count:
                return
            await asyncio.sleep(0.05)


@pytest.mark.timeout(150)
async def test_a_node_and_the_bus_are_killed_and_the_verdict_is_good(
    tmp_path: Path, figures: Figures
) -> None:
    async with cluster(tmp_path, 3) as nodes:
        urls = [node.url for node in nodes.nodes]
        options = ("--seconds", str(SECONDS), "--authors", "6", "--readers", "9", "--rate", "30")
        command = (sys.executable, "-m", "feedline", "verify", *urls, *options)
        verify = await asyncio.create_subprocess_exec(
            *command,
            *("--report", str(tmp_path / "run.svg")),
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, "TERM": "dumb", "COLUMNS": "100"},
        )
        async with asyncio.timeout(PATIENCE):
            await _posts(nodes, 30, verify)
            await nodes.nodes[1].kill()
            await _posts(nodes, 60, verify)
            await nodes.bus.kill()
            await nodes.nodes[1].start()
            await _posts(nodes, 90, verify)
            await nodes.bus.start()
            out, err = await verify.communicate()
    figures(f"feedline verify {' '.join((*urls, *options))}\n{out.decode()}")
    assert verify.returncode == 0, (out + err).decode()
    said = " ".join(out.decode().split())
    assert "none was lost, doubled or out of order" in said
    assert "requests that had to be repeated 0 " not in said, "nothing was found in the way"
    assert (tmp_path / "run.svg").stat().st_size > 1000
