"""An author with posts for every tier, whose rights and posts change from moment to moment."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from feedline import administration
from feedline.feed.visibility import Tier
from feedline.storage import Storage
from tests.gateway.live import head
from tests.media.samples import picture
from tests.processes import Person, ServerProcess
from tests.secrecy.vault import EVERY_TIER, Kind, Vault
from tests.secrecy.viewers import Asker, Viewer

FILE_HEAD = b"ID3\4\0\0\0\0\0\0"  # of an MP3, which is kept as it is


@dataclass
class Staged:
    """A post, and the tokens of what it hides."""

    id: str
    draft: dict[str, Any]
    key: str
    tier: Tier | None
    tokens: list[str]
    file: str | None = None
    thumbnail: str | None = None
    comment_id: str = ""


@dataclass
class Stage:
    """Everything that the moments change."""

    server: ServerProcess
    author: Person
    vault: Vault
    viewers: list[Viewer]
    start: str
    posts: list[Staged] = field(default_factory=list)
    closing: list[Staged] = field(default_factory=list)
    opening: list[Staged] = field(default_factory=list)
    doomed: list[Staged] = field(default_factory=list)
    newest: list[Staged] = field(default_factory=list)

    @property
    def in_play(self) -> list[Staged]:
        """The posts that are asked for one by one: those of the start and those of this moment."""
        return [*self.posts[: 5 * len(EVERY_TIER)], *self.newest]

    def viewer(self, name: str) -> Viewer:
        return next(viewer for viewer in self.viewers if viewer.name == name)

    async def fill(self) -> None:
        """What is there before anything changes."""
        for tier in EVERY_TIER:
            await self.publish(tier, tier, await self.sound(tier))
            await self.publish(tier, tier, await self.picture(tier))
            self.closing.append(await self.publish(None, None, await self.sound(None)))
            self.opening.append(await self.publish(tier, tier, await self.sound(tier)))
            self.doomed.append(await self.publish(tier, tier, await self.sound(tier)))

    async def publish(
        self,
        tier: Tier | None,
        hidden: Tier | None,
        media: tuple[str, str, list[str]] | None = None,
    ) -> Staged:
        """A post for a tier, with a comment."""
        token, said = self.vault.hide("text", hidden), self.vault.hide("comment", hidden)
        draft = {"title": "Open", "text": token, "tags": ["t"], "category": "c", "tier": tier}
        if media is not None:
            draft["mediaId"] = media[0]
        key = f"key-{len(self.posts)}"
        answer = await self.author.http.post(
            "/api/posts", json=draft, headers={"Idempotency-Key": key}
        )
        assert answer.status_code == 201, answer.text
        post = answer.json()["post"]
        staged = Staged(post["id"], draft, key, tier, [token, said, *(media[2] if media else ())])
        staged.file, staged.thumbnail = post["media"]["url"], post["media"]["thumbnail"]
        staged.comment_id = await self._comment(staged, said)
        self.posts.append(staged)
        return staged

    async def _comment(self, staged: Staged, said: str) -> str:
        url = f"/api/posts/{staged.id}/comments"
        answer = await self.author.http.post(url, json={"text": said})
        assert answer.status_code == 201, answer.text
        comment_id: str = answer.json()["comment"]["id"]
        return comment_id

    async def sound(self, tier: Tier | None) -> tuple[str, str, list[str]]:
        token = self.vault.hide("file", tier)
        found = await self._send(FILE_HEAD + token.encode() + bytes(100))
        return found["mediaId"], found["url"], [token]

    async def picture(self, tier: Tier | None) -> tuple[str, str, list[str]]:
        """A picture can't hold a token, so that it is known by all of its bytes."""
        size = (60 + EVERY_TIER.index(tier), 40)
        found = await self._send(picture(size=size))
        kinds: tuple[tuple[Kind, str], ...] = (("file", "url"), ("thumbnail", "thumbnail"))
        for kind, name in kinds:
            body = (await self.author.http.get(found[name])).content
            self.vault.hide_bytes(kind, tier, body)
        return found["mediaId"], found["url"], []

    async def _send(self, data: bytes) -> dict[str, Any]:
        answer = await self.author.http.post("/api/media", files={"file": ("a", data)})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def publish_each(self) -> None:
        """A new post for each tier."""
        self.newest = [await self.publish(tier, tier) for tier in EVERY_TIER]
        await self._comment_on(*self.posts[: 5 * len(EVERY_TIER) : 5], *self.closing)

    async def _comment_on(self, *several: Staged) -> None:
        for staged in several:
            await self._comment(staged, self.vault.hide("comment", staged.tier))

    # ---- what changes

    async def hold(self, name: str, tier: Tier | None) -> None:
        viewer = self.viewer(name)
        assert viewer.person is not None
        path = f"/api/users/{self.author.id}/subscribers/{viewer.person.id}"
        if tier is None:
            assert (await self.author.http.delete(path)).status_code == 204
        else:
            answer = await self.author.http.put(path, json={"tier": tier})
            assert answer.status_code == 200
        viewer.held = tier

    async def nothing(self) -> None:
        """The first moment is that before a tier begins."""

    async def block(self, name: str) -> None:
        viewer = self.viewer(name)
        assert viewer.person is not None
        answer = await self.author.http.put(f"/api/users/{viewer.person.id}/block")
        assert answer.status_code == 200
        viewer.is_apart, viewer.follows = True, False

    async def begin(self) -> None:
        await self.hold("lapsing", "vip")
        await self.hold("lapsing afar", "premium")

    async def end(self) -> None:
        await self.hold("lapsing", None)
        await self.hold("lapsing afar", None)
        await self.hold("shrinking", "basic")
        await self.block("blocked")
        await self._comment_on(*self.posts[: 5 * len(EVERY_TIER) : 5])  # at once

    async def close(self) -> None:
        for tier, staged in zip(EVERY_TIER, self.closing, strict=True):
            await self._edit(staged, tier)

    async def open(self) -> None:
        for staged in self.opening:
            await self._edit(staged, None)

    async def delete(self) -> None:
        for staged in self.doomed:
            answer = await self.author.http.delete(f"/api/posts/{staged.id}")
            assert answer.status_code == 204
            for token in staged.tokens:
                self.vault.secrets[token].gone = True

    async def restart(self) -> None:
        for viewer in self.viewers:
            await viewer.asker.close()
        assert await self.server.stop() == 0
        await self.server.start()

    async def _edit(self, staged: Staged, tier: Tier | None) -> None:
        answer = await self.author.http.patch(f"/api/posts/{staged.id}", json={"tier": tier})
        assert answer.status_code == 200
        staged.tier = tier
        for token in staged.tokens:
            self.vault.secrets[token].tier = tier
        await self._comment_on(staged)  # at once


async def set_stage(server: ServerProcess) -> Stage:
    """The author, everybody who may look, and what there is to see."""
    author = await Person.register(server, "author")
    stage = Stage(server, author, Vault(), [], await head(author))
    stage.viewers.append(
        Viewer(
            "author",
            author.http,
            Asker(server, author.headers),
            author,
            follows=True,
            is_author=True,
        )
    )
    names = ["plain", "basic", "premium", "vip", "ended", "lapsing", "shrinking", "admin"]
    for name in [*names, "blocked", "stranger afar", "vip afar", "lapsing afar"]:
        person = await Person.register(server, name.replace(" ", "-"))
        asker = Asker(server, person.headers)
        viewer = Viewer(name, person.http, asker, person, follows="afar" not in name)
        stage.viewers.append(viewer)
        if viewer.follows:
            await person.http.put(f"/api/users/{author.id}/follow")
    tiers: dict[str, Tier] = {"basic": "basic", "premium": "premium", "vip": "vip"}
    tiers |= {"ended": "vip", "shrinking": "vip", "blocked": "vip", "vip afar": "vip"}
    for name, tier in tiers.items():
        await stage.hold(name, tier)
    await stage.hold("ended", None)
    storage = Storage(server.data)
    await asyncio.to_thread(administration.add_admin, storage, "admin")
    token = await asyncio.to_thread(administration.create_service_token, storage, "shop")
    for name, headers in {"stranger": {}, "service": {"authorization": f"Bearer {token}"}}.items():
        client = httpx.AsyncClient(base_url=server.url, headers=headers, timeout=15)
        server.clients.append(client)
        stage.viewers.append(Viewer(name, client, Asker(server, headers)))
    await stage.fill()
    return stage
