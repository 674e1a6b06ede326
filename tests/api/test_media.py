"""Files over REST: who may send them, who may see them, and when they go."""

import asyncio
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from feedline.config import Settings
from feedline.feed.visibility import TIERS
from feedline.media.upkeep import clean_up
from tests.api.world import Person, World, paths, problem
from tests.media import samples
from tests.media.samples import opened, picture

DAY = 24 * 3_600_000


async def send(client: httpx.AsyncClient, data: bytes, name: str = "a") -> httpx.Response:
    return await client.post("/api/media", files={"file": (name, data)})


async def sent(person: Person, data: bytes | None = None) -> dict[str, Any]:
    answer = await send(person.client, picture() if data is None else data)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def kept(world: World) -> list[str]:
    return sorted(path.name for path in (world.services.settings.data / "media").iterdir())


def arriving(world: World) -> list[Path]:
    return list((world.services.settings.data / "arriving").iterdir())


async def clean(world: World) -> int:
    return await clean_up(world.store, world.services.files, world.clock.now - DAY)


# ---- sending


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_a_picture_is_taken_and_shown_in_a_post(world: World, kind: str) -> None:
    ann = await world.person()
    media = await sent(ann, picture(kind))
    address = f"/api/media/{media['mediaId']}"
    assert media == {
        "mediaId": media["mediaId"],
        "type": "image",
        "url": address,
        "thumbnail": f"{address}/thumbnail",
        "aspectRatio": 1.5,
    }
    post = await ann.publish(mediaId=media["mediaId"])
    media.pop("mediaId")
    assert post["media"] == media
    for url in (post["media"]["url"], post["media"]["thumbnail"]):
        answer = await world.client().get(url)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("image/")
        assert opened(answer.content).size == (60, 40)


@pytest.mark.parametrize(
    ("data", "kind", "content_type"),
    [
        (samples.MP4, "video", "video/mp4"),
        (samples.WEBM, "video", "video/webm"),
        (samples.MP3, "audio", "audio/mpeg"),
        (samples.M4A, "audio", "audio/mp4"),
        (samples.OGG, "audio", "audio/ogg"),
    ],
)
async def test_films_and_sounds_are_kept_as_they_are(
    world: World, data: bytes, kind: str, content_type: str
) -> None:
    ann = await world.person()
    media = await sent(ann, data)
    assert (media["type"], media["thumbnail"], media["aspectRatio"]) == (kind, None, None)
    answer = await ann.client.get(media["url"])
    assert (answer.content, answer.headers["content-type"]) == (data, content_type)
    problem(await ann.client.get(f"{media['url']}/thumbnail"), 404, "not_found")


async def test_no_browser_runs_anything_of_a_file(world: World) -> None:
    ann = await world.person()
    headers = (await ann.client.get((await sent(ann, samples.MP3))["url"])).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cache-control"] == "private, max-age=300"


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "a\0.png", "a.html", "\\..\\x", "é" * 200, "-rf", ""]
)
async def test_the_name_of_a_file_counts_for_nothing(world: World, name: str) -> None:
    ann = await world.person()
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="'
        + name.replace("\0", "%00").replace("\\", "\\\\").encode()
        + b'"\r\nContent-Type: text/html\r\n\r\n'
        + picture()
        + b"\r\n--b--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = await ann.client.post("/api/media", content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    media_id = answer.json()["mediaId"]
    assert kept(world) == [media_id, f"{media_id}.thumbnail"]


@pytest.mark.parametrize(
    "data", [b"", samples.SVG, samples.HTML, samples.HEIC, b"GIF89", b"PK\3\4"]
)
async def test_other_files_are_refused(world: World, data: bytes) -> None:
    ann = await world.person()
    problem(await send(ann.client, data, "a.png"), 415, "unsupported_media_type")
    assert not kept(world)
    assert not arriving(world)


async def test_a_picture_that_is_broken_or_too_large_is_refused(world: World) -> None:
    ann = await world.person()
    for data, said in (
        (picture()[:100], "This picture is broken."),
        (samples.gif_that_claims(9_000, 9_000), "Use at most 40000000 pixels."),
    ):
        refusal = problem(await send(ann.client, data), 422, "validation_failed")
        assert refusal["errors"] == [{"path": "file", "message": said}]
    assert not kept(world)
    assert not arriving(world)


async def test_what_is_behind_a_picture_does_not_come_along(world: World) -> None:
    ann = await world.person()
    media = await sent(ann, picture() + samples.HTML)
    assert b"script" not in (await ann.client.get(media["url"])).content


async def test_only_people_may_send_files(world: World) -> None:
    problem(await send(world.client(), picture()), 401, "unauthenticated")
    problem(await send(await world.program(), picture()), 403, "forbidden")
    browser = await world.browser()
    browser.headers["origin"] = "https://evil.test"
    problem(await send(browser, picture()), 403, "forbidden")
    assert not kept(world)


async def test_json_is_no_file(world: World) -> None:
    ann = await world.person()
    answer = await ann.client.post("/api/media", json={"file": "x"})
    assert "multipart" in problem(answer, 415, "unsupported_media_type")["detail"]


class TestLimits:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, media_limit=3_000, media_quota=5_000, media_uploads=4)

    async def test_a_file_may_be_so_large(self, world: World) -> None:
        ann = await world.person()
        problem(await send(ann.client, samples.MP4 + bytes(3_000)), 413, "payload_too_large")
        problem(await send(ann.client, samples.MP4 + bytes(30_000)), 413, "payload_too_large")
        assert not arriving(world)

    async def test_all_files_of_a_person_may_take_so_much_room(self, world: World) -> None:
        ann, ben = await world.person("ann"), await world.person("ben")
        data = samples.MP4 + bytes(2_500 - len(samples.MP4))
        first = await sent(ann, data)
        await sent(ann, data)
        problem(await send(ann.client, samples.MP3), 413, "payload_too_large")
        await sent(ben, data)
        post = await ann.publish(mediaId=first["mediaId"])
        await ann.client.delete(f"/api/posts/{post['id']}")
        await sent(ann, samples.MP3)

    async def test_files_sent_at_once_share_the_room(self, world: World) -> None:
        ann = await world.person()
        data = samples.MP4 + bytes(2_500 - len(samples.MP4))
        answers = await asyncio.gather(*(send(ann.client, data) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 413, 413]
        assert len(kept(world)) == 2

    async def test_so_many_files_in_five_minutes(self, world: World) -> None:
        ann = await world.person()
        for _ in range(4):
            await send(ann.client, samples.MP3)
        answer = await send(ann.client, samples.MP3)
        problem(answer, 429, "rate_limited")
        world.clock.forward(seconds=int(answer.headers["retry-after"]))
        await sent(ann, samples.MP3)


# ---- parts of it


async def test_a_player_gets_the_part_that_it_asks_for(world: World) -> None:
    ann = await world.person()
    url = (await sent(ann, samples.MP4))["url"]
    whole = await ann.client.get(url)
    assert (whole.status_code, whole.headers["accept-ranges"]) == (200, "bytes")
    size, etag = len(samples.MP4), whole.headers["etag"]
    part = await ann.client.get(url, headers={"range": "bytes=4-7", "if-range": etag})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["content-range"] == f"bytes 4-7/{size}"
    assert part.headers["content-length"] == "4"
    beyond = await ann.client.get(url, headers={"range": f"bytes={size}-"})
    problem(beyond, 416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{size}"
    held = await ann.client.get(url, headers={"if-none-match": etag})
    assert (held.status_code, held.content, held.headers["etag"]) == (304, b"", etag)
    head = await ann.client.head(url, headers={"range": "bytes=4-7"})
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(size)


async def test_a_large_file_comes_whole_and_in_any_part(world: World) -> None:
    ann = await world.person()
    data = samples.MP4 + bytes(range(256)) * 3_000
    url = (await sent(ann, data))["url"]
    assert (await ann.client.get(url)).content == data
    part = await ann.client.get(url, headers={"range": "bytes=262000-700000"})
    assert part.content == data[262_000:700_001]


# ---- who may see it


async def statuses(world: World, url: str, *people: Person | None) -> list[int]:
    """What each gets, asking for the file and its thumbnail in both ways."""
    clients = [world.client() if person is None else person.client for person in people]
    asked = product(clients, (url, f"{url}/thumbnail"), ("GET", "HEAD"))
    return [(await client.request(method, path)).status_code for client, path, method in asked]


@pytest.mark.parametrize("tier", [None, *TIERS])
async def test_a_file_is_for_those_who_may_see_its_post(world: World, tier: str | None) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    media = await sent(ann)
    assert await statuses(world, media["url"], ann) == [200] * 4
    assert await statuses(world, media["url"], ben, None) == [404] * 8
    post = await ann.publish(mediaId=media["mediaId"], tier=tier)
    others = 200 if tier is None else 404
    assert await statuses(world, media["url"], ann) == [200] * 4
    assert await statuses(world, media["url"], ben, None) == [others] * 8
    seen = (await ben.client.get(f"/api/posts/{post['id']}")).json()["post"]["media"]
    assert (seen["type"], seen["aspectRatio"]) == ("image", 1.5)
    blurred = f"/api/posts/{post['id']}/blurred"
    assert seen["url"] == (media["url"] if tier is None else None)
    assert seen["thumbnail"] == (media["thumbnail"] if tier is None else blurred)
    await ann.client.patch(f"/api/posts/{post['id']}", json={"tier": "vip"})
    assert await statuses(world, media["url"], ben, None) == [404] * 8
    await ann.client.delete(f"/api/posts/{post['id']}")
    assert await statuses(world, media["url"], ann, ben, None) == [404] * 12


@pytest.mark.parametrize("wanted", TIERS)
@pytest.mark.parametrize("held", TIERS)
async def test_a_tier_opens_the_files_of_its_posts_until_it_ends(
    world: World, wanted: str, held: str
) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    media = await sent(ann)
    await ann.publish(mediaId=media["mediaId"], tier=wanted)
    grant = f"/api/users/{ann.id}/subscribers/{ben.id}"
    assert (await ann.client.put(grant, json={"tier": held})).status_code == 200
    seen = 200 if TIERS.index(held) >= TIERS.index(wanted) else 404
    assert await statuses(world, media["url"], ben) == [seen] * 4
    assert await statuses(world, media["url"], None) == [404] * 4
    assert (await ann.client.delete(grant)).status_code == 204
    assert await statuses(world, media["url"], ben) == [404] * 4


async def test_of_a_locked_picture_everybody_sees_the_colours(world: World) -> None:
    ann = await world.person("ann")
    image = Image.effect_noise((800, 400), 200).convert("RGB")
    image.paste((255, 0, 0), (400, 0, 800, 400))
    media = await sent(ann, samples.encoded(image, "PNG"))
    post = await ann.publish(mediaId=media["mediaId"], tier="vip")
    locked = (await world.client().get(f"/api/posts/{post['id']}")).json()["post"]
    assert media["mediaId"] not in str(locked)
    url = locked["media"]["thumbnail"]
    for _ in range(2):  # made, and kept
        answer = await world.client().get(url)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/webp"
        assert answer.headers["cache-control"] == "private, max-age=300"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert media["mediaId"] not in str(answer.headers)
        small = opened(answer.content).convert("RGB")
        assert small.size == (20, 10)
        red, green, blue = small.getpixel((17, 5))  # type: ignore[misc]
        assert (red > 200, green < 60, blue < 60) == (True, True, True)
    assert kept(world) == [media["mediaId"], f"{media['mediaId']}.thumbnail"]
    head = await world.client().head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(answer.content))
    await ann.client.delete(f"/api/posts/{post['id']}")
    problem(await world.client().get(url), 404, "not_found")


async def test_a_locked_post_without_a_picture_of_ours_shows_none(world: World) -> None:
    ann = await world.person("ann")
    film = await ann.publish(mediaId=(await sent(ann, samples.MP4))["mediaId"], tier="vip")
    locked = (await world.client().get(f"/api/posts/{film['id']}")).json()["post"]
    assert locked["media"] == {"type": "video", "url": None, "thumbnail": None, "aspectRatio": None}
    for post_id in (film["id"], (await ann.publish())["id"], "x"):
        problem(await world.client().get(f"/api/posts/{post_id}/blurred"), 404, "not_found")


async def test_the_colours_of_a_picture_that_the_disk_has_lost(world: World) -> None:
    ann = await world.person("ann")
    post = await ann.publish(mediaId=(await sent(ann))["mediaId"], tier="vip")
    for path in (world.services.settings.data / "media").iterdir():
        path.unlink()
    problem(await world.client().get(f"/api/posts/{post['id']}/blurred"), 404, "not_found")


async def test_a_browser_sees_it_by_its_cookie(world: World) -> None:
    browser = await world.browser()
    media = (await send(browser, picture())).json()
    assert (await browser.get(media["url"])).status_code == 200
    browser.cookies.clear()
    problem(await browser.get(media["url"]), 404, "not_found")


@pytest.mark.parametrize("name", ["x", "..%2Flock", "0198f3a2-7d00-7000-8000-000000000001", "%00"])
async def test_a_file_that_is_not_there(world: World, name: str) -> None:
    problem(await world.client().get(f"/api/media/{name}"), 404, "not_found")


async def test_a_file_that_the_disk_has_lost_is_not_found(world: World) -> None:
    ann = await world.person()
    media = await sent(ann)
    for path in (world.services.settings.data / "media").iterdir():
        path.unlink()
    problem(await ann.client.get(media["url"]), 404, "not_found")


# ---- posting it


async def test_a_file_is_posted_once_by_whoever_sent_it(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    media_id = (await sent(ann))["mediaId"]
    for person, wanted in ((ben, media_id), (ann, "x"), (ann, "")):
        answer = await person.client.post("/api/posts", json={"text": "a", "mediaId": wanted})
        assert paths(problem(answer, 422, "validation_failed")) == ["mediaId"]
    post = await ann.publish(mediaId=media_id)
    answer = await ann.client.post("/api/posts", json={"mediaId": media_id})
    assert paths(problem(answer, 422, "validation_failed")) == ["mediaId"]
    again = await ann.client.patch(f"/api/posts/{post['id']}", json={"mediaId": media_id})
    assert again.json()["post"] == post


async def test_a_repeat_with_the_same_key_is_the_same_post(world: World) -> None:
    ann = await world.person()
    body = {"mediaId": (await sent(ann))["mediaId"]}
    headers = {"idempotency-key": "k"}
    first = await ann.client.post("/api/posts", json=body, headers=headers)
    again = await ann.client.post("/api/posts", json=body, headers=headers)
    assert (first.status_code, first.content) == (201, again.content)


async def test_a_file_can_be_changed_for_another_or_taken_away(world: World) -> None:
    ann = await world.person()
    old, new = await sent(ann), await sent(ann, samples.MP3)
    post = await ann.publish(text="words", mediaId=old["mediaId"])
    address = f"/api/posts/{post['id']}"
    changed = (await ann.client.patch(address, json={"mediaId": new["mediaId"]})).json()["post"]
    assert changed["media"]["type"] == "audio"
    problem(await ann.client.get(old["url"]), 404, "not_found")
    assert await clean(world) == 1
    assert kept(world) == [new["mediaId"]]
    bare = (await ann.client.patch(address, json={"mediaId": None})).json()["post"]
    assert bare["media"] == {"type": "text", "url": None, "thumbnail": None, "aspectRatio": None}
    assert await clean(world) == 1
    assert not kept(world)


async def test_a_post_needs_its_file_if_it_has_nothing_else(world: World) -> None:
    ann = await world.person()
    post = await ann.publish(mediaId=(await sent(ann))["mediaId"])
    answer = await ann.client.patch(f"/api/posts/{post['id']}", json={"mediaId": None})
    problem(answer, 422, "validation_failed")
    assert (await ann.client.get(post["media"]["url"])).status_code == 200


# ---- as an avatar


async def wear(person: Person, avatar: str | None) -> httpx.Response:
    return await person.client.patch("/api/me", json={"avatar": avatar})


@pytest.mark.parametrize("part", ["url", "thumbnail"])
async def test_a_picture_that_one_sent_may_be_the_avatar(world: World, part: str) -> None:
    ann = await world.person("ann")
    media = await sent(ann)
    assert (await world.client().get(media["url"])).status_code == 404
    answer = await wear(ann, media[part])
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["avatar"] == media[part]
    world.clock.forward(seconds=2 * DAY // 1000)
    assert await clean(world) == 0
    assert await statuses(world, media["url"], ann, None) == [200] * 8
    answer = await ann.client.post("/api/posts", json={"mediaId": media["mediaId"]})
    assert paths(problem(answer, 422, "validation_failed")) == ["mediaId"]


@pytest.mark.parametrize("next_one", ["/api/media/", "https://a.test/b.png", None])
async def test_the_avatar_before_is_removed(world: World, next_one: str | None) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    old, new, other = await sent(ann), await sent(ann), await sent(ben)
    assert (await wear(ben, other["url"])).status_code == 200
    for avatar in (old["url"], old["thumbnail"], old["url"]):
        assert (await wear(ann, avatar)).status_code == 200
    assert await clean(world) == 0
    wanted = new["url"] if next_one == "/api/media/" else next_one
    assert (await wear(ann, wanted)).status_code == 200
    problem(await ann.client.get(old["url"]), 404, "not_found")
    assert await clean(world) == 1
    assert old["mediaId"] not in kept(world)
    assert (await world.client().get(other["url"])).status_code == 200


async def test_only_an_own_picture_that_is_in_no_post_may_be_the_avatar(world: World) -> None:
    ann, ben = await world.person("ann"), await world.person("ben")
    film, posted, other = await sent(ann, samples.MP4), await sent(ann), await sent(ben)
    await ann.publish(mediaId=posted["mediaId"], tier="vip")
    missing = "/api/media/0198f3a2-7d00-7000-8000-000000000001"
    for avatar in (film["url"], posted["url"], other["url"], missing, "/api/media/x", "/x.png"):
        answer = await wear(ann, avatar)
        assert paths(problem(answer, 422, "validation_failed")) == ["avatar"]
    assert (await world.client().get(posted["url"])).status_code == 404
    assert (await ann.client.get("/api/me")).json()["user"]["avatar"] is None


# ---- when it goes


async def test_files_of_deleted_posts_and_those_never_posted_are_removed(world: World) -> None:
    ann = await world.person()
    posted, deleted, orphan = [await sent(ann) for _ in range(3)]
    await ann.publish(mediaId=posted["mediaId"])
    post = await ann.publish(mediaId=deleted["mediaId"])
    await ann.client.delete(f"/api/posts/{post['id']}")
    assert await clean(world) == 1
    assert deleted["mediaId"] not in kept(world)
    world.clock.forward(seconds=DAY // 1000 + 1)
    assert await clean(world) == 1
    assert kept(world) == [posted["mediaId"], f"{posted['mediaId']}.thumbnail"]
    answer = await ann.client.post("/api/posts", json={"mediaId": orphan["mediaId"]})
    problem(answer, 422, "validation_failed")


async def test_a_file_that_was_not_kept_for_certain_is_nobodys(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await world.person()

    async def fail(name: str, source: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(world.services.files, "save", fail)
    assert (await send(ann.client, picture())).status_code == 500
    assert not arriving(world)
    world.clock.forward(seconds=DAY // 1000 + 1)
    assert await clean(world) == 1
    assert await clean(world) == 0
