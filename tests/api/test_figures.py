"""How the installation fares, over REST: for admins alone, whatever the span."""

import pytest

from tests.api.world import World, problem

FIGURES = "/api/admin/figures"


@pytest.mark.parametrize("span", ["live", "hour", "day"])
async def test_figures_are_for_admins_alone(world: World, span: str) -> None:
    ann, root = await world.person(), await world.admin()
    asked = {"span": span}
    problem(await world.client().get(FIGURES, params=asked), 401, "unauthenticated")
    problem(await (await world.program()).get(FIGURES, params=asked), 403, "forbidden")
    answer = await root.client.get(FIGURES, params=asked)
    assert answer.json()["span"] == span
    # Also when what an admin has seen a moment ago is still at hand.
    problem(await ann.client.get(FIGURES, params=asked), 403, "forbidden")


async def test_there_are_no_other_spans(world: World) -> None:
    root = await world.admin()
    answer = await root.client.get(FIGURES, params={"span": "year"})
    problem(answer, 422, "validation_failed")
