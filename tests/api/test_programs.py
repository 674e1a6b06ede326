"""Tokens of other programs over REST: for admins alone, told once, and recorded."""

from tests.api.world import World, problem

TOKENS = "/api/admin/tokens"


async def test_an_admin_makes_a_token_and_takes_it_away(world: World) -> None:
    root = await world.admin()
    made = await root.client.post(TOKENS, json={"name": "shop"})
    assert made.status_code == 201
    token, program = made.json()["token"], made.json()["program"]
    listed = await root.client.get(TOKENS)
    assert listed.json() == {"programs": [program]}
    assert program["name"] == "shop"
    assert token not in listed.text
    headers = {"authorization": f"Bearer {token}"}
    assert (await world.client(headers=headers).get("/api/posts")).status_code == 200
    assert (await root.client.delete(f"{TOKENS}/{program['id']}")).status_code == 204
    problem(await world.client(headers=headers).get("/api/posts"), 401, "unauthenticated")
    problem(await root.client.delete(f"{TOKENS}/{program['id']}"), 404, "not_found")
    record = await root.client.get("/api/admin/audit")
    assert [entry["action"] for entry in record.json()["entries"]] == [
        "service.revoke",
        "service.create",
    ]
    assert token not in record.text
    for unfit in ("", " ", "two\nlines", "x" * 81):
        answer = await root.client.post(TOKENS, json={"name": unfit})
        problem(answer, 422, "validation_failed")


async def test_tokens_are_for_admins_alone(world: World) -> None:
    ann, shop = await world.person(), await world.program()
    for client in (ann.client, shop):
        problem(await client.get(TOKENS), 403, "forbidden")
        problem(await client.post(TOKENS, json={"name": "mine"}), 403, "forbidden")
        problem(await client.delete(f"{TOKENS}/shop"), 403, "forbidden")
    assert (await shop.get("/api/posts")).status_code == 200
    root = await world.admin()
    for name in ("", "x" * 81):
        problem(await root.client.post(TOKENS, json={"name": name}), 422, "validation_failed")
