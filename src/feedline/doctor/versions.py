"""What runs: Python, and the packages that matter for what is configured."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

import apsw

from feedline import __version__
from feedline.config import Settings
from feedline.doctor.findings import Finding, Findings, Subject
from feedline.errors import added

# The write-ahead log of older ones could corrupt a database (https://www.sqlite.org/wal.html).
_SQLITE = (3, 51, 3)


def check_versions(settings: Settings) -> Findings:
    python = Subject("python")
    says = f"Feedline {__version__} on {platform.python_implementation()} {sys.version.split()[0]}"
    yield python.ok(f"{says}, {platform.system()} {platform.release()}.")
    yield _loop()
    if settings.database:
        yield _package("psycopg", "psycopg", "postgres", "--database")
    else:
        yield _sqlite(apsw.sqlite_lib_version())
    if settings.bus.startswith("redis"):
        yield _package("redis-py", "redis", "redis", "--bus")
    if settings.media_bucket:
        yield _package("obstore", "obstore", "s3", "--media-bucket")
    if settings.identity_jwks_url:
        yield _package("cryptography", "cryptography", "keys", "--identity-jwks-url")


def _loop() -> Finding:
    subject = Subject("packages")
    try:
        names = ("uvloop", "uvicorn", "httptools", "msgspec")
        found = ", ".join(f"{name} {version(name)}" for name in names)
    except PackageNotFoundError as error:
        return subject.failure(f"{error.name} is not installed.", "Install Feedline again.")
    return subject.ok(f"{found}.")


def _sqlite(bundled: str) -> Finding:
    subject = Subject("sqlite")
    if tuple(map(int, bundled.split("."))) < _SQLITE:
        needed = ".".join(map(str, _SQLITE))
        return subject.failure(
            f"SQLite {bundled} may corrupt a database that is written and read at once.",
            f"Install a newer apsw, which brings SQLite {needed} or later: pip install -U apsw.",
        )
    return subject.ok(f"SQLite {bundled}, by apsw {version('apsw')}.")


def _package(check: str, package: str, extra: str, setting: str) -> Finding:
    subject = Subject(check)
    try:
        return subject.ok(f"{package} {version(package)}.")
    except PackageNotFoundError:
        says = f"{setting} needs {package}, which is not installed."
        return subject.failure(says, f"In the checkout: {added(extra)}.")
