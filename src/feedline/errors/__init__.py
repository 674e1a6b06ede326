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
        ├── SettingImpossible
        ├── ExtraMissing
        ├── DataDirectoryInUse
        ├── DataDirectoryUnusable
        ├── CopyIncomplete
        ├── CopyTargetTaken
        ├── BackupDamaged
        ├── BackupExists
        ├── FileUnusable
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

What callers see is in ``refusals.py``, what operators see in ``startup.py``, the tables are in
``codes.py``. Exceptions carry fields; the sentence for people is made in ``__str__``.
"""

from feedline.errors.codes import (
    CODES,
    CloseCode,
    CodeFacts,
)
from feedline.errors.refusals import (
    BadRequest,
    Conflict,
    FeedlineError,
    FieldProblem,
    Forbidden,
    IdempotencyMismatch,
    MethodNotAllowed,
    Misdirected,
    NotFound,
    OtherTransport,
    PayloadTooLarge,
    ProtocolViolation,
    RangeNotSatisfiable,
    RateLimited,
    RealtimeOff,
    Refusal,
    Refused,
    Unauthenticated,
    Unavailable,
    Unreachable,
    UnsupportedMediaType,
    ValidationFailed,
)
from feedline.errors.startup import (
    AccountClosed,
    BackupDamaged,
    BackupExists,
    BenchmarkBroken,
    BusUnusable,
    CopyIncomplete,
    CopyTargetTaken,
    DatabaseAddressUnclear,
    DatabaseInUse,
    DatabaseUnusable,
    DataDirectoryInUse,
    DataDirectoryUnusable,
    ExtraMissing,
    FileUnusable,
    IdentityUnclear,
    NoDatabase,
    NoSuchServiceToken,
    NoSuchUser,
    PortUnavailable,
    ReplicasUnclear,
    RestoreTargetTaken,
    RolesNeedDatabase,
    SchemaMismatch,
    SecretUnsafe,
    SettingImpossible,
    StartupError,
    TooFewFiles,
    VerificationBroken,
    WorkersNeedDatabase,
    added,
)

__all__ = [
    "CODES",
    "AccountClosed",
    "BackupDamaged",
    "BackupExists",
    "BadRequest",
    "BenchmarkBroken",
    "BusUnusable",
    "CloseCode",
    "CodeFacts",
    "Conflict",
    "CopyIncomplete",
    "CopyTargetTaken",
    "DataDirectoryInUse",
    "DataDirectoryUnusable",
    "DatabaseAddressUnclear",
    "DatabaseInUse",
    "DatabaseUnusable",
    "ExtraMissing",
    "FeedlineError",
    "FieldProblem",
    "FileUnusable",
    "Forbidden",
    "IdempotencyMismatch",
    "IdentityUnclear",
    "MethodNotAllowed",
    "Misdirected",
    "NoDatabase",
    "NoSuchServiceToken",
    "NoSuchUser",
    "NotFound",
    "OtherTransport",
    "PayloadTooLarge",
    "PortUnavailable",
    "ProtocolViolation",
    "RangeNotSatisfiable",
    "RateLimited",
    "RealtimeOff",
    "Refusal",
    "Refused",
    "ReplicasUnclear",
    "RestoreTargetTaken",
    "RolesNeedDatabase",
    "SchemaMismatch",
    "SecretUnsafe",
    "SettingImpossible",
    "StartupError",
    "TooFewFiles",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "UnsupportedMediaType",
    "ValidationFailed",
    "VerificationBroken",
    "WorkersNeedDatabase",
    "added",
]
