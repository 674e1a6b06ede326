"""What nobody may get without its tier: a token in each text and comment, and each file."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Literal

from feedline.feed.visibility import TIERS, Tier

Kind = Literal["text", "comment", "file", "thumbnail"]

EVERY_TIER: tuple[Tier | None, ...] = (None, "basic", "premium", "vip")
_TOKEN = re.compile(rb"secret-[0-9a-f]{16}")


@dataclass
class Secret:
    """Something that is only for a tier. ``gone``: for nobody any more."""

    kind: Kind
    tier: Tier | None
    gone: bool = False

    def is_for(self, held: Tier | None, *, own: bool) -> bool:
        """Whether somebody may have it now: the rule, written down a second time."""
        if self.gone:
            return False
        if own or self.tier is None:
            return True
        return held is not None and TIERS.index(held) >= TIERS.index(self.tier)


@dataclass
class Vault:
    """All secrets, by token. What can't hold a token is known by its bytes."""

    secrets: dict[str, Secret] = field(default_factory=dict)
    _files: dict[bytes, str] = field(default_factory=dict)

    def hide(self, kind: Kind, tier: Tier | None) -> str:
        token = f"secret-{secrets.token_hex(8)}"
        self.secrets[token] = Secret(kind, tier)
        return token

    def hide_bytes(self, kind: Kind, tier: Tier | None, body: bytes) -> None:
        self._files[body] = self.hide(kind, tier)

    def found_in(self, received: bytes) -> set[str]:
        """The tokens of the secrets that some bytes tell."""
        told = {token.decode() for token in _TOKEN.findall(received)}
        return told | {token for body, token in self._files.items() if body in received}
