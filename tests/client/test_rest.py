"""What a call by HTTP carries."""

import httpx

from feedline.client.rest import Page, Rest


async def test_no_answer_is_to_be_older_than_what_came_before() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            seen.append(request.headers.get("seen-cursor"))
            return httpx.Response(200, json={"posts": [], "next": None, "cursor": "list"})
        return httpx.Response(201, json={"cursor": request.url.path.removeprefix("/")})

    rest = Rest("http://feed.test", "token", attempts=1, timeout=5)
    await rest.close()
    rest._http = httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="http://feed.test"
    )
    await rest.get("/api/feed", {}, Page)
    for number in range(4):
        await rest.post(f"/{number}", {}, dict[str, str])
    rest.reached = "event"
    await rest.get("/api/feed", {}, Page)
    await rest.close()
    assert seen == [None, "0, 1, 2, 3, event"]
