"""Errors that callers and clients see: of requests, of sockets, of calls to a server."""

from dataclasses import dataclass
from typing import ClassVar

from feedline.errors.codes import CODES, CloseCode, CodeFacts


class FeedlineError(Exception):
    """The root of the tree."""


class Refusal(FeedlineError):
    """A request that is answered with a documented code and changes nothing."""

    code: ClassVar[str]

    @property
    def facts(self) -> CodeFacts:
        return CODES[self.code]


class BadRequest(Refusal):
    code = "bad_request"

    def __init__(self, problem: str) -> None:
        self.problem = problem

    def __str__(self) -> str:
        return self.problem


class Unauthenticated(Refusal):
    code = "unauthenticated"

    def __init__(self, reason: str = "Sign in first.") -> None:
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class Forbidden(Refusal):
    code = "forbidden"

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class NotFound(Refusal):
    code = "not_found"

    def __init__(self, what: str = "page") -> None:
        self.what = what

    def __str__(self) -> str:
        return f"There is no such {self.what}."


class MethodNotAllowed(Refusal):
    code = "method_not_allowed"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed

    def __str__(self) -> str:
        return f"This address answers {', '.join(self.allowed)} only."


class Misdirected(Refusal):
    """The installation has it, but nodes of another role serve it."""

    code = "misdirected"

    def __init__(self, role: str) -> None:
        self.role = role

    def __str__(self) -> str:
        return f"This node does not serve that. It is for nodes with the role {self.role}."


class Conflict(Refusal):
    code = "conflict"

    def __init__(self, path: str, value: str, problem: str = "is already taken.") -> None:
        self.path = path
        self.value = value
        self.problem = problem

    def __str__(self) -> str:
        return f"The {self.path} {self.value!r} {self.problem}"


class PayloadTooLarge(Refusal):
    code = "payload_too_large"

    def __init__(self, limit: int, what: str = "The body") -> None:
        self.limit = limit
        self.what = what

    def __str__(self) -> str:
        return f"{self.what} may be at most {self.limit} bytes."


class UnsupportedMediaType(Refusal):
    code = "unsupported_media_type"

    def __init__(
        self, advice: str = "Send the body as JSON, with Content-Type: application/json."
    ) -> None:
        self.advice = advice

    def __str__(self) -> str:
        return self.advice


class RangeNotSatisfiable(Refusal):
    code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        self.size = size

    def __str__(self) -> str:
        return f"The file has {self.size} bytes, and none of those."


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that is not valid: where it is, and what is wrong, in a sentence."""

    path: str
    message: str


class ValidationFailed(Refusal):
    code = "validation_failed"

    def __init__(self, *problems: FieldProblem) -> None:
        self.problems = problems

    def __str__(self) -> str:
        return " ".join(f"{p.path}: {p.message}" if p.path else p.message for p in self.problems)


class IdempotencyMismatch(Refusal):
    code = "idempotency_mismatch"

    def __str__(self) -> str:
        return "This Idempotency-Key was used for another body. Use a new key for a new post."


class RateLimited(Refusal):
    code = "rate_limited"

    def __init__(self, retry_after: int, what: str = "attempts") -> None:
        self.retry_after = retry_after  # seconds
        self.what = what

    def __str__(self) -> str:
        return f"Too many {self.what}. Try again in {self.retry_after} s."


class Unavailable(Refusal):
    code = "unavailable"

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        self.reason = reason
        self.retry_after = retry_after  # seconds

    def __str__(self) -> str:
        return f"{self.reason} Try again in a moment."


class OtherTransport(Refusal):
    """An experiment has somebody do without a transport; the next one is open."""

    code = "other_transport"

    def __str__(self) -> str:
        return "This transport is not for you now. Use the next one."


class RealtimeOff(Refusal):
    """An operator has switched live delivery off; everything else goes on."""

    code = "realtime_off"
    retry_after = 60  # seconds; who asks `GET /api/realtime` knows sooner

    def __str__(self) -> str:
        return "Live delivery is switched off. Load lists now and then instead."


class Refused(FeedlineError):
    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"The server refused with {self.status} {self.code}. {self.detail}".strip()


class Unreachable(FeedlineError):
    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        return f"The server at {self.url} can't be reached ({self.reason})."


class ProtocolViolation(FeedlineError):
    """A peer broke the WebSocket protocol; its connection is closed with ``close_code``."""

    def __init__(self, close_code: CloseCode, reason: str) -> None:
        self.close_code = close_code
        self.reason = reason

    def __str__(self) -> str:
        return self.reason
