"""The watch over long tasks sees one."""

import pytest

from tests.browser.tasks import longest_task
from tests.browser.visitor import Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BUSY = """() => new Promise((resolve) => setTimeout(() => {
  let sum = 0;
  for (let number = 0; number < 4e7; number += 1) sum = (sum + number * number) % 1000003;
  resolve(sum);
}))"""


async def test_a_task_counts_by_the_time_that_it_takes(visit: Visit) -> None:
    page = await (await visit("ann")).open()
    async with longest_task(page) as idle:
        await page.evaluate("new Promise((resolve) => setTimeout(resolve))")
    async with longest_task(page) as busy:
        await page.evaluate(BUSY)
    assert busy.ms > 100
    assert idle.ms < busy.ms
