"""Every error of Feedline: one tree of exceptions and one table of codes.

The tree::

    FeedlineError
    ├── Refusal                 something a caller asked for is answered with a code
    │   ├── BadRequest          bad_request            400
    │   ├── Unauthenticated     unauthenticated        401
    │   ├── Forbidden           forbidden              403
    │   ├── NotFound            not_found              404
    │   ├── MethodNotAllowed    method_not_allowed     405
    │   ├── Conflict            conflict               409
    │   ├── PayloadTooLarge     payload_too_large      413
    │   ├── UnsupportedMediaType unsupported_media_type 415
    │   ├── RangeNotSatisfiable range_not_satisfiable  416
    │   ├── Misdirected         misdirected            421
    │   ├── OtherTransport      other_transport        421
    │   ├── ValidationFailed    validation_failed      422
    │   ├── IdempotencyMismatch idempotency_mismatch   422
    │   ├── RateLimited         rate_limited           429
    │   ├── RealtimeOff         realtime_off           503
    │   └── Unavailable         unavailable            503
    ├── Refused                 a server refused a call of the client, for good
    ├── Unreachable             a server could not be reached, however often it was tried
    ├── ProtocolViolation       a peer broke RFC 6455; carries the close code
    └── StartupError            the process cannot start; the sentence says what to do
        ├── SecretUnsafe
        ├── IdentityUnclear
        ├── ExtraMissing
        ├── DataDirectoryInUse
        ├── DataDirectoryUnusable
        ├── CopyIncomplete
        ├── CopyTargetTaken
        ├── BackupDamaged
        ├── BackupExists
        ├── DatabaseInUse
        ├── RestoreTargetTaken
        ├── DatabaseAddressUnclear
        ├── ReplicasUnclear
        ├── DatabaseUnusable
        ├── BusUnusable
        ├── WorkersNeedDatabase
        ├── RolesNeedDatabase
        ├── SchemaMismatch
        ├── PortUnavailable
        ├── NoDatabase
        ├── NoSuchUser
        ├── AccountClosed
        ├── NoSuchServiceToken
        ├── TooFewFiles
        ├── VerificationBroken
        └── BenchmarkBroken

Exceptions carry fields; the sentence for people is made in ``__str__``.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


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


class StartupError(FeedlineError):
    """The process cannot start. ``__str__`` says why and what to do."""


class SecretUnsafe(StartupError):
    def __init__(
        self,
        path: str,
        problem: str,
        advice: str = "Delete it to get a new one; everyone then signs in again.",
    ) -> None:
        self.path = path
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"The secret {self.path} can't be trusted: {self.problem} {self.advice}"


class IdentityUnclear(StartupError):
    def __str__(self) -> str:
        return (
            "To accept the tokens of another issuer, set --identity-audience, and "
            "--identity-secret-file or --identity-jwks-url."
        )


class ExtraMissing(StartupError):
    def __init__(self, extra: str, setting: str) -> None:
        self.extra = extra
        self.setting = setting

    def __str__(self) -> str:
        return f"For {self.setting} install feedline[{self.extra}]."


class DataDirectoryInUse(StartupError):
    def __init__(self, directory: str, pid: str) -> None:
        self.directory = directory
        self.pid = pid

    def __str__(self) -> str:
        holder = f" (process {self.pid})" if self.pid else ""
        return (
            f"The data directory {self.directory} is in use by another Feedline{holder}. "
            "Stop that one first, or choose another directory with --data."
        )


class DataDirectoryUnusable(StartupError):
    def __init__(self, directory: str, problem: str) -> None:
        self.directory = directory
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"Can't write to the data directory {self.directory}: {self.problem}. "
            "Choose another with --data."
        )


class DatabaseUnusable(StartupError):
    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"Can't use the database {self.path}: {self.problem}."


class BusUnusable(StartupError):
    def __init__(self, problem: str) -> None:
        self.problem = problem

    def __str__(self) -> str:
        return f"Can't use this bus: {self.problem}. See --bus."


class DatabaseAddressUnclear(StartupError):
    def __str__(self) -> str:
        return (
            "Can't use this --database: give the address of a PostgreSQL database "
            "(postgresql://user@host/name), or leave it out."
        )


class ReplicasUnclear(StartupError):
    def __str__(self) -> str:
        return (
            "Can't use these --database-replicas: give the addresses of servers that follow a "
            "PostgreSQL --database (postgresql://user@host/name), or leave them out."
        )


class WorkersNeedDatabase(StartupError):
    def __str__(self) -> str:
        return (
            "Several workers need a database that they can share: set --database to the address "
            "of a PostgreSQL one, or leave --workers at 1."
        )


class RolesNeedDatabase(StartupError):
    def __str__(self) -> str:
        return (
            "Nodes with roles need a database that they can share: set --database to the address "
            "of a PostgreSQL one, or leave --role at all."
        )


class CopyTargetTaken(StartupError):
    def __init__(self, target: str) -> None:
        self.target = target

    def __str__(self) -> str:
        return f"The database {self.target} is in use already. Copy into an empty one."


class CopyIncomplete(StartupError):
    def __init__(self, table: str, expected: int, found: int) -> None:
        self.table = table
        self.expected = expected
        self.found = found

    def __str__(self) -> str:
        return (
            f"Of {self.expected} rows of {self.table} {self.found} have arrived. "
            "Nothing was kept; the source is as it was."
        )


class BackupExists(StartupError):
    def __init__(self, path: str) -> None:
        self.path = path

    def __str__(self) -> str:
        return f"There is a file {self.path} already, and it is left as it is. Choose another name."


class BackupDamaged(StartupError):
    def __init__(self, problem: str) -> None:
        self.problem = problem

    def __str__(self) -> str:
        return f"This is no whole backup. {self.problem} Nothing was changed."


class RestoreTargetTaken(StartupError):
    def __init__(self, target: str) -> None:
        self.target = target

    def __str__(self) -> str:
        return (
            f"There is an installation in {self.target} already. Name an empty place, or put the "
            "backup in its stead with --replace."
        )


class DatabaseInUse(StartupError):
    def __init__(self, address: str, connections: int) -> None:
        self.address = address
        self.connections = connections

    def __str__(self) -> str:
        return (
            f"The database {self.address} is in use: it has {self.connections} other connections. "
            "Stop every node first."
        )


class SchemaMismatch(StartupError):
    """``oldest``: the oldest version whose Feedline may use the database, if that is told."""

    def __init__(self, found: int, known: int, oldest: int | None = None) -> None:
        self.found = found
        self.known = known
        self.oldest = oldest

    def __str__(self) -> str:
        if self.found > self.known:
            needs = "" if self.oldest is None else f", and using it needs {self.oldest}"
            return (
                f"The database has schema version {self.found}, this Feedline knows {self.known}"
                f"{needs}. Install the newer Feedline that wrote it, or `feedline restore` a "
                "backup from before the upgrade."
            )
        return (
            f"The database has schema version {self.found}, this Feedline needs {self.known}. "
            "Run `feedline migrate` first."
        )


class PortUnavailable(StartupError):
    def __init__(self, host: str, port: int, problem: str) -> None:
        self.host = host
        self.port = port
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"Can't listen on port {self.port} of {self.host}: {self.problem}. "
            "Choose another with --port or --host."
        )


class NoDatabase(StartupError):
    def __init__(self, directory: str) -> None:
        self.directory = directory

    def __str__(self) -> str:
        return (
            f"There is no Feedline in {self.directory}. Name its directory with --data, "
            "or start one there with `feedline serve`."
        )


class NoSuchUser(StartupError):
    def __init__(self, username: str) -> None:
        self.username = username

    def __str__(self) -> str:
        return f"Nobody here is called {self.username!r}. People sign up on the page or by the API."


class AccountClosed(StartupError):
    def __init__(self, username: str) -> None:
        self.username = username

    def __str__(self) -> str:
        return f"The account of {self.username!r} is closed. `feedline user enable` opens it."


class NoSuchServiceToken(StartupError):
    def __init__(self, token_id: str) -> None:
        self.token_id = token_id

    def __str__(self) -> str:
        return f"There is no service token {self.token_id!r}. `feedline token list` names them."


class TooFewFiles(StartupError):
    """A benchmark of so many sockets needs more open files than are allowed."""

    def __init__(self, needed: int, allowed: int) -> None:
        self.needed = needed
        self.allowed = allowed

    def __str__(self) -> str:
        return (
            f"So many sockets need {self.needed:,} open files, and {self.allowed:,} are allowed. "
            f"Allow more with `ulimit -n {self.needed}`, or ask for fewer with --sockets."
        )


class VerificationBroken(StartupError):
    """A deployment could not be put to the test; nothing is said of what it holds."""

    def __init__(self, problem: str) -> None:
        self.problem = problem

    def __str__(self) -> str:
        return f"There is no verdict. {self.problem}"


class BenchmarkBroken(StartupError):
    """A benchmark without figures: something was lost or refused, or cannot be measured here."""

    def __init__(self, problem: str) -> None:
        self.problem = problem

    def __str__(self) -> str:
        return f"The benchmark has no result. {self.problem}"
