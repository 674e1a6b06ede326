"""Problems: every refusal as ``application/problem+json`` (RFC 9457)."""

import msgspec

from feedline.errors import (
    CODES,
    Conflict,
    FieldProblem,
    MethodNotAllowed,
    RangeNotSatisfiable,
    RateLimited,
    RealtimeOff,
    Refusal,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)
from feedline.wire.answers import Answer, encode

PROBLEM_TYPE = b"application/problem+json"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is wrong with a request."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[FieldProblem, ...] = ()
    checks: dict[str, str] = {}


def answer_to(refusal: Refusal, checks: dict[str, str] | None = None) -> Answer:
    """The answer that tells a refusal, with the headers that belong to its code."""
    problem = problem_of(refusal.code, str(refusal), _errors(refusal), checks or {})
    return Answer(encode(problem), _headers(refusal), problem.status, PROBLEM_TYPE)


def problem_of(
    code: str,
    detail: str,
    errors: tuple[FieldProblem, ...] = (),
    checks: dict[str, str] | None = None,
) -> Problem:
    facts = CODES[code]
    return Problem(
        type=f"urn:feedline:problem:{code}",
        title=facts.title,
        status=facts.status,
        detail=detail,
        code=code,
        errors=errors,
        checks=checks or {},
    )


def _errors(refusal: Refusal) -> tuple[FieldProblem, ...]:
    match refusal:
        case ValidationFailed(problems=problems):
            return problems
        case Conflict(path=path):
            return (FieldProblem(path, str(refusal)),)
        case _:
            return ()


def _headers(refusal: Refusal) -> tuple[tuple[bytes, bytes], ...]:
    match refusal:
        case Unauthenticated():
            return ((b"www-authenticate", b"Bearer"),)
        case MethodNotAllowed(allowed=allowed):
            return ((b"allow", ", ".join(allowed).encode()),)
        case RangeNotSatisfiable(size=size):
            return ((b"content-range", f"bytes */{size}".encode()),)
        case (
            RateLimited(retry_after=seconds)
            | RealtimeOff(retry_after=seconds)
            | Unavailable(retry_after=seconds)
        ):
            return ((b"retry-after", str(seconds).encode()),)
        case _:
            return ()


INTERNAL = Answer(
    encode(problem_of("internal", "Something went wrong here. It is in the server's log.")),
    (),
    CODES["internal"].status,
    PROBLEM_TYPE,
)
