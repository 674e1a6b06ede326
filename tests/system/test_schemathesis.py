"""The running server against its own description: every operation, with odd and random input."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.processes import Person, ServerProcess

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

# What a schema can't say: that a file id is somebody else's, or that a post must say something;
# and that a repeat with an Idempotency-Key gets the answer of then, also when the post is gone.
UNSAYABLE = "positive_data_acceptance,ensure_resource_availability"


async def test_no_answer_contradicts_the_description(server: ServerProcess, tmp_path: Path) -> None:
    ann = await Person.register(server, "ann")
    await ann.publish("something to find")
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        "run",
        f"{server.url}/api/openapi.json",
        *("--header", f"Authorization: Bearer {ann.token}"),
        *("--exclude-path", "/api/auth/logout"),  # it would sign the others out
        *("--exclude-path", "/api/stream"),  # it does not end
        *("--exclude-checks", UNSAYABLE),
        *("--max-examples", "15"),
        *("--seed", "1"),
        "--no-color",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=tmp_path,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), 280)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, output.decode()
