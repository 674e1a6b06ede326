"""Somebody at a browser: a context of their own, its tabs, and what went wrong in them."""

import contextlib
import itertools
import json
import re
from pathlib import Path
from typing import Any, Protocol

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError
from playwright.async_api import Error as PlaywrightError

from tests.browser.chromium import PATIENCE_MS
from tests.processes import Person, ServerProcess

PASSWORD = "correct horse"
COOKIE = "feedline_session"

_numbers = itertools.count(1)


class Visitor:
    """A person, or a stranger, with a browser that nobody else uses."""

    def __init__(self, url: str, context: BrowserContext, person: Person | None) -> None:
        self.url = url
        self.context = context
        self._person = person
        self.console: list[str] = []
        self.telemetry: list[dict[str, Any]] = []
        self._complaints: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        self.expect_complaint(r"404 .*/api/posts/[0-9a-f-]{36}$")  # it went while it was asked for
        context.on("console", self._hear_console)
        context.on("weberror", self._hear_error)
        context.on("request", self._hear_request)
        if person is None:
            self.expect_complaint(r"401 .*/api/me$")  # how a stranger learns that they are one

    @property
    def person(self) -> Person:
        assert self._person is not None, "this visitor is a stranger"
        return self._person

    @property
    def name(self) -> str:
        return self.username if self._person else "stranger"

    @property
    def username(self) -> str:
        name: str = self.person.user["username"]
        return name

    async def open(self, path: str = "/") -> Page:
        """A new tab."""
        page = await self.context.new_page()
        await page.goto(self.url + path)
        return page

    async def hide(self) -> None:
        """Every page tells the server what it has gathered, as it does when somebody leaves."""
        for page in self.context.pages:
            with contextlib.suppress(PlaywrightError):
                await page.evaluate("window.dispatchEvent(new Event('pagehide'))")

    def expect_complaint(self, pattern: str) -> None:
        """The browser's console may say this; it is part of what is tested."""
        self._expected.append(re.compile(pattern))

    def complaints(self) -> list[str]:
        return [
            line
            for line in self._complaints
            if not any(pattern.search(line) for pattern in self._expected)
        ]

    async def leave_behind(self, folder: Path, name: str) -> None:
        """Keeps what this person saw last, and all that their browser said."""
        (folder / f"{name}-console.txt").write_text("".join(f"{line}\n" for line in self.console))
        for number, page in enumerate(self.context.pages, 1):
            with contextlib.suppress(PlaywrightError):
                await page.screenshot(path=folder / f"{name}-{number}.png", timeout=PATIENCE_MS)

    def _hear_console(self, message: ConsoleMessage) -> None:
        self.console.append(f"{message.type}: {message.text} {message.location['url']}")
        if message.type in ("error", "warning"):
            self._complaints.append(f"{message.text} {message.location['url']}")

    def _hear_request(self, request: Request) -> None:
        if request.url.endswith("/api/telemetry"):
            self.telemetry.append(json.loads(request.post_data or "{}"))

    def _hear_error(self, error: WebError) -> None:
        self.console.append(f"not caught: {error.error}")
        self._complaints.append(str(error.error))


class Visit(Protocol):
    async def __call__(self, name: str | None = None, **options: Any) -> Visitor:
        """Brings a signed-in person of a name that begins so, or else a stranger."""


class Visitors:
    """Everybody who is here during one test."""

    def __init__(self, browser: Browser, server: ServerProcess) -> None:
        self._browser = browser
        self._server = server
        self._here: list[Visitor] = []

    async def arrive(self, name: str | None = None, **options: Any) -> Visitor:
        person = name and await Person.register(self._server, f"{name}{next(_numbers)}")
        url = options.pop("url", self._server.url)
        # Nothing waits for an animation, but where that is what is tested.
        settings = {"locale": "en-US", "reduced_motion": "reduce", **options}
        context = await self._browser.new_context(**settings)
        context.set_default_timeout(PATIENCE_MS)
        if person:
            await context.add_cookies([{"name": COOKIE, "value": person.token, "url": url}])
        visitor = Visitor(url, context, person or None)
        self._here.append(visitor)
        return visitor

    async def leave_behind(self, folder: Path) -> None:
        """Pictures of all windows, all consoles, and the server's log."""
        (folder / "server.log").write_text("".join(self._server.log))
        for number, visitor in enumerate(self._here, 1):
            await visitor.leave_behind(folder, f"{number}-{visitor.name}")

    async def leave(self) -> None:
        for visitor in self._here:
            await visitor.hide()
            await visitor.context.close()

    def telemetry(self) -> list[dict[str, Any]]:
        return [report for visitor in self._here for report in visitor.telemetry]

    def complaints(self) -> list[str]:
        return [line for visitor in self._here for line in visitor.complaints()]
