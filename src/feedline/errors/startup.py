"""Errors that operators see: a server or a command can't do its work, and says what to do."""

import sys

from feedline.errors.refusals import FeedlineError


def added(extra: str) -> str:
    """The command that adds an extra to this installation, which comes from no registry."""
    return f"{sys.executable} -m pip install '.[{extra}]'"


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


class SettingImpossible(StartupError):
    """``advice``: a sentence that says what it has to be."""

    def __init__(self, setting: str, value: str, advice: str) -> None:
        self.setting = setting
        self.value = value
        self.advice = advice

    def __str__(self) -> str:
        return f"Can't use {self.value!r} as --{self.setting.replace('_', '-')}. {self.advice}"


class ExtraMissing(StartupError):
    def __init__(self, extra: str, setting: str) -> None:
        self.extra = extra
        self.setting = setting

    def __str__(self) -> str:
        return f"For {self.setting} more packages are needed. In the checkout: {added(self.extra)}."


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
            "Be the user whose it is, or choose another with --data."
        )


class DatabaseUnusable(StartupError):
    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        # A server may say more, on lines of its own, which `feedline doctor` answers better.
        problem = self.problem.partition("\n")[0].rstrip(".")
        return f"Can't use the database {self.path}: {problem}. `feedline doctor` says what to do."


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


class FileUnusable(StartupError):
    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return f"Can't use the file {self.path}: {self.problem}."


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
