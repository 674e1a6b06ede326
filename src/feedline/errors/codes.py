"""What is answered when something is refused, and with what a WebSocket is closed."""

from dataclasses import dataclass
from enum import IntEnum


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What a code means on each transport, and whether asking again can help."""

    status: int
    title: str
    retry: bool


CODES: dict[str, CodeFacts] = {
    "bad_request": CodeFacts(400, "Bad request", retry=False),
    "unauthenticated": CodeFacts(401, "Not signed in", retry=False),
    "forbidden": CodeFacts(403, "Not allowed", retry=False),
    "not_found": CodeFacts(404, "Not found", retry=False),
    "method_not_allowed": CodeFacts(405, "Method not allowed", retry=False),
    "conflict": CodeFacts(409, "Already taken", retry=False),
    "payload_too_large": CodeFacts(413, "Too large", retry=False),
    "unsupported_media_type": CodeFacts(415, "Unsupported media type", retry=False),
    "range_not_satisfiable": CodeFacts(416, "Range not satisfiable", retry=False),
    "misdirected": CodeFacts(421, "Served by other nodes", retry=False),
    "other_transport": CodeFacts(421, "Not by this transport", retry=False),
    "validation_failed": CodeFacts(422, "Not valid", retry=False),
    "idempotency_mismatch": CodeFacts(422, "Idempotency key already used", retry=False),
    "rate_limited": CodeFacts(429, "Too many requests", retry=True),
    "internal": CodeFacts(500, "Internal error", retry=True),  # a fault of ours, not a Refusal
    "realtime_off": CodeFacts(503, "Live delivery is switched off", retry=True),
    "unavailable": CodeFacts(503, "Unavailable", retry=True),
}


class CloseCode(IntEnum):
    """Why a WebSocket was closed (RFC 6455 section 7.4.1; 4000-4999 are Feedline's own).

    4000-4007: do not come back without new credentials. 4008-4019: come back after a pause.
    """

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    INVALID_TEXT = 1007
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    RESTART = 1012
    UNAUTHENTICATED = 4001
    SESSION_ENDED = 4003
    TOO_MANY_MESSAGES = 4008
    TOO_SLOW = 4009
    TOO_MANY_CONNECTIONS = 4010
    REALTIME_OFF = 4011
    OTHER_TRANSPORT = 4020
