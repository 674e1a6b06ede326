"""One tree of exceptions, one table of codes."""

from collections.abc import Iterator

import pytest

from feedline import errors
from feedline.errors import (
    CODES,
    AccountClosed,
    BackupDamaged,
    BackupExists,
    BadRequest,
    BenchmarkBroken,
    BusUnusable,
    CloseCode,
    Conflict,
    CopyIncomplete,
    CopyTargetTaken,
    DatabaseAddressUnclear,
    DatabaseInUse,
    DatabaseUnusable,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    ExtraMissing,
    FeedlineError,
    FieldProblem,
    FileUnusable,
    Forbidden,
    IdempotencyMismatch,
    IdentityUnclear,
    MethodNotAllowed,
    Misdirected,
    NoDatabase,
    NoSuchServiceToken,
    NoSuchUser,
    NotFound,
    OtherTransport,
    PayloadTooLarge,
    PortUnavailable,
    ProtocolViolation,
    RangeNotSatisfiable,
    RateLimited,
    RealtimeOff,
    Refusal,
    Refused,
    ReplicasUnclear,
    RestoreTargetTaken,
    RolesNeedDatabase,
    SchemaMismatch,
    SecretUnsafe,
    SettingImpossible,
    TooFewFiles,
    Unauthenticated,
    Unavailable,
    Unreachable,
    UnsupportedMediaType,
    ValidationFailed,
    VerificationBroken,
    WorkersNeedDatabase,
)

EACH: list[FeedlineError] = [
    BadRequest("This is not JSON."),
    Unauthenticated(),
    Forbidden("Only its author may change a post."),
    NotFound("post"),
    MethodNotAllowed(("GET", "POST")),
    Misdirected("gateway"),
    Conflict("username", "ann"),
    PayloadTooLarge(10),
    UnsupportedMediaType(),
    RangeNotSatisfiable(10),
    ValidationFailed(FieldProblem("title", "Too long."), FieldProblem("", "Empty.")),
    IdempotencyMismatch(),
    RateLimited(7),
    RealtimeOff(),
    OtherTransport(),
    Conflict("experiment", "refresh", "runs. Stop it first."),
    Unavailable("The database failed."),
    Refused(403, "forbidden", "This takes a service token."),
    Unreachable("http://127.0.0.1:8000", "ConnectError"),
    ProtocolViolation(CloseCode.PROTOCOL_ERROR, "Reserved bits must be zero."),
    SecretUnsafe("secret", "Others can read it."),
    IdentityUnclear(),
    SettingImpossible("message_rate", "-1", "0 is the least."),
    ExtraMissing("s3", "--media-bucket"),
    DataDirectoryInUse("data", "17"),
    DataDirectoryInUse("data", ""),
    DataDirectoryUnusable("data", "Read-only file system"),
    BusUnusable("no address"),
    CopyIncomplete("posts", 3, 2),
    AccountClosed("ann"),
    BackupDamaged("It has no manifest."),
    BackupExists("monday.tar"),
    FileUnusable("a.tar", "No such file or directory"),
    DatabaseInUse("feedline@db:5432", 2),
    RestoreTargetTaken("data"),
    CopyTargetTaken("feed@localhost:5432"),
    WorkersNeedDatabase(),
    RolesNeedDatabase(),
    DatabaseAddressUnclear(),
    ReplicasUnclear(),
    DatabaseUnusable("feedline.db", "file is not a database"),
    DatabaseUnusable("feed@db:5432", "connection refused\n\tIs the server running?"),
    SchemaMismatch(2, 1),
    SchemaMismatch(3, 1, 2),
    SchemaMismatch(1, 2),
    PortUnavailable("127.0.0.1", 80, "permission denied"),
    NoDatabase("data"),
    NoSuchUser("ann"),
    NoSuchServiceToken("1"),
    VerificationBroken("Nobody answers."),
    TooFewFiles(1_200, 1_024),
    BenchmarkBroken("The server ended."),
]


def descendants(kind: type[FeedlineError]) -> Iterator[type[FeedlineError]]:
    for child in kind.__subclasses__():
        yield child
        yield from descendants(child)


def leaves() -> set[type[FeedlineError]]:
    return {kind for kind in descendants(FeedlineError) if not kind.__subclasses__()}


def test_there_is_an_example_of_each_error() -> None:
    assert {type(error) for error in EACH} == leaves()


@pytest.mark.parametrize("error", EACH, ids=lambda error: type(error).__name__)
def test_an_error_is_told_in_sentences(error: FeedlineError) -> None:
    said = str(error)
    assert said
    assert said[0].isupper() or said.startswith("title: ")
    assert said.endswith(".")
    assert "\n" not in said
    assert "None" not in said


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = errors.__doc__ or ""
    for kind in descendants(FeedlineError):
        assert kind.__name__ in drawn


def test_each_refusal_has_a_code_of_its_own_and_each_code_a_refusal() -> None:
    codes = [kind.code for kind in descendants(Refusal) if issubclass(kind, Refusal)]
    assert sorted(codes) == sorted(set(CODES) - {"internal"})


def test_the_facts_of_a_refusal_are_those_of_its_code() -> None:
    for error in EACH:
        if isinstance(error, Refusal):
            assert error.facts is CODES[error.code]
            line = f"{error.code} "
            assert line in (errors.__doc__ or "")
            assert str(error.facts.status) in next(
                row for row in (errors.__doc__ or "").splitlines() if line in f"{row} "
            )


def test_asking_again_helps_where_time_does() -> None:
    again = {code for code, facts in CODES.items() if facts.retry}
    assert again == {"rate_limited", "internal", "realtime_off", "unavailable"}
