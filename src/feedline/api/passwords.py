"""Passwords: Argon2id hashes (RFC 9106), computed off the event loop, a few at a time."""

import asyncio
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from feedline.errors import Unavailable
from feedline.feed.people import PASSWORD_LONGEST

T = TypeVar("T")


class Hasher:
    """Hashes and checks passwords; at most ``parallel`` at once and ``waiting`` in line.

    0 stands for the number of processors, and for no bound. The time that a check takes
    does not tell whether there is such a person.
    """

    def __init__(
        self, parallel: int, waiting: int, profile: Parameters = RFC_9106_LOW_MEMORY
    ) -> None:
        parallel = parallel or os.cpu_count() or 1
        self._argon2 = PasswordHasher.from_parameters(profile)
        self._nobody = self._argon2.hash(secrets.token_hex())
        self._most = parallel + waiting if waiting else None
        self._inside = 0
        self._turns = asyncio.Semaphore(parallel)
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix="passwords")

    async def hash(self, password: str) -> str:
        """The hash to store. Raises Unavailable when too many wait."""
        return await self._in_turn(lambda: self._argon2.hash(password))

    async def verify(
        self, password: str, stored: str | None, before: Callable[[], None] = lambda: None
    ) -> bool:
        """Whether a password is the one of a stored hash (None: of nobody; takes as long).

        ``before`` is called when the turn has come, just before the work; it may raise.
        Raises Unavailable when too many wait.
        """
        # What is longer is nobody's password, and hashing megabytes would help only an attacker.
        too_long = len(password) > PASSWORD_LONGEST

        def check() -> bool:
            known = stored if stored and not too_long else self._nobody
            return self._matches(known, password[:PASSWORD_LONGEST]) and known is stored

        return await self._in_turn(check, before)

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    async def _in_turn(self, work: Callable[[], T], before: Callable[[], None] = lambda: None) -> T:
        if self._most is not None and self._inside >= self._most:
            raise Unavailable("Too many people are signing in at this moment.")
        self._inside += 1
        try:
            async with self._turns:
                before()
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._argon2.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
