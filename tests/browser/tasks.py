"""The longest task of a page, by the processor time that it took: other programs do not count."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Page


class Longest:
    """Known when the block has ended, in milliseconds."""

    ms = 0.0


@asynccontextmanager
async def longest_task(page: Page) -> AsyncIterator[Longest]:
    """Watches the main threads of the browser's pages for the time of a block."""
    browser = page.context.browser
    assert browser is not None
    longest = Longest()
    await browser.start_tracing(page=page, categories=["toplevel"])
    try:
        yield longest
    finally:
        trace = await browser.stop_tracing()
        longest.ms = await asyncio.to_thread(_longest_of, json.loads(trace)["traceEvents"])


def _longest_of(events: list[dict[str, Any]]) -> float:
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks: list[float] = [
        event["tdur"] / 1_000
        for event in events
        # One that was not over when the watch began or ended has no duration.
        if event["name"] == "ThreadControllerImpl::RunTask" and "tdur" in event
        if (event["pid"], event["tid"]) in main
    ]
    assert tasks, "the browser told of no task"
    return max(tasks)
