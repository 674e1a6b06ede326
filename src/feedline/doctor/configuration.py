"""Settings that contradict each other, or that nobody reads."""

import difflib
import os
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from feedline.api.tokens import load_shared_secret
from feedline.config import Settings
from feedline.doctor.findings import Finding, Findings, Subject
from feedline.errors import (
    DatabaseAddressUnclear,
    IdentityUnclear,
    ReplicasUnclear,
    SecretUnsafe,
    StartupError,
)
from feedline.possible import impossible
from feedline.storage import Storage

_PREFIX = "FEEDLINE_"
_OF_COMMANDS = frozenset({"FEEDLINE_VERIFY_TOKEN"})
"""Variables that are no settings and that somebody reads: `feedline verify`."""
_SUBJECT = Subject("settings")


def check_configuration(settings: Settings) -> Findings:
    found = [
        *_unread(os.environ),
        *_contradictions(settings),
        *_identity(settings),
    ]
    changed = [field.name for field in fields(Settings) if _is_changed(settings, field.name)]
    said = f"Set: {', '.join(changed)}." if changed else "All are as they come."
    yield from found or [_SUBJECT.ok(said)]


def _is_changed(settings: Settings, name: str) -> bool:
    return bool(getattr(settings, name) != getattr(Settings(), name))


def _unread(environment: Iterable[str]) -> Findings:
    known = {f"{_PREFIX}{field.name.upper()}" for field in fields(Settings)}
    for name in sorted(environment):
        if name.startswith(_PREFIX) and name not in known | _OF_COMMANDS:
            near = difflib.get_close_matches(name, known, 1)
            advice = f"Did you mean {near[0]}?" if near else "Remove it, or look at docs/settings."
            yield _SUBJECT.warning(f"{name} is no setting, and nobody reads it.", advice)


def _contradictions(settings: Settings) -> Findings:
    yield from map(_refusal, impossible(settings))
    try:
        Storage(settings.data, settings.database, settings.database_replicas).new_store()
    except (DatabaseAddressUnclear, ReplicasUnclear) as error:
        yield _refusal(error)
    except StartupError:
        pass  # a package is missing, which the versions tell
    if settings.demo:
        yield _SUBJECT.warning(
            "Demo people have a password that everybody knows.",
            "Leave out --demo where strangers come, and begin with an empty data directory.",
        )


def _identity(settings: Settings) -> Findings:
    file, url = settings.identity_secret_file, settings.identity_jwks_url
    if settings.identity_issuer and not (settings.identity_audience and (file or url)):
        yield _refusal(IdentityUnclear())
    if file:
        try:
            load_shared_secret(Path(file))
        except SecretUnsafe as error:
            yield _SUBJECT.failure(f"The secret {error.path}: {error.problem}", error.advice)


def _refusal(error: StartupError) -> Finding:
    return _SUBJECT.failure("The server refuses to start with these.", str(error))
