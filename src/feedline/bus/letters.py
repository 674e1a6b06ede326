"""What nodes send each other: bytes with a sender and a seal that only this installation can make.

A broker is a place where others may write too: another installation by mistake, or somebody who
got in. What does not carry the seal is not looked at any further.
"""

import hmac
import os
from enum import IntEnum
from hashlib import blake2b
from typing import NamedTuple

LARGEST = 1 << 20  # bytes of a body; of a longer one only the news that there is something is sent

_SEAL = 16  # bytes; 2**64 tries for one forged message (RFC 7693 section 2.1: any length up to 64)
_NODE = 8
_HEAD = _SEAL + _NODE + 1


class Kind(IntEnum):
    ENTRIES = 1
    NEWS = 2
    """There is something in the log; the entries are too many to be carried."""
    BEAT = 3
    NOTE = 4


_KINDS = frozenset(Kind)


class Letter(NamedTuple):
    sender: bytes
    kind: Kind
    body: bytes


class Letters:
    """Writes and reads the letters of one node."""

    def __init__(self, secret: bytes) -> None:
        self.node = os.urandom(_NODE)
        self._key = blake2b(secret, digest_size=32, person=b"feedline bus").digest()

    def write(self, kind: Kind, body: bytes = b"") -> bytes:
        content = self.node + bytes((kind,)) + body
        return self._seal(content) + content

    def read(self, data: bytes) -> Letter | None:
        """None if it is no letter of this installation."""
        if not _HEAD <= len(data) <= _HEAD + LARGEST:
            return None
        content = data[_SEAL:]
        if not hmac.compare_digest(data[:_SEAL], self._seal(content)):
            return None
        kind = content[_NODE]
        return Letter(content[:_NODE], Kind(kind), data[_HEAD:]) if kind in _KINDS else None

    def _seal(self, content: bytes) -> bytes:
        return blake2b(content, digest_size=_SEAL, key=self._key).digest()
