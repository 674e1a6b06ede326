"""All checks, in the order in which they are told."""

from collections.abc import Callable

from feedline.config import Settings
from feedline.doctor.bus import check_bus
from feedline.doctor.configuration import check_configuration
from feedline.doctor.database import check_database
from feedline.doctor.descriptors import check_descriptors
from feedline.doctor.disk import check_disk
from feedline.doctor.findings import Finding, Findings, Subject
from feedline.doctor.network import check_port, check_proxies
from feedline.doctor.page import check_page
from feedline.doctor.versions import check_versions

CHECKS: tuple[Callable[[Settings], Findings], ...] = (
    check_versions,
    check_configuration,
    check_page,
    check_descriptors,
    check_disk,
    check_database,
    check_bus,
    check_port,
    check_proxies,
)


def examine(settings: Settings) -> list[Finding]:
    """What all checks find. Nothing is changed, and no lock is taken that a server would want."""
    return [finding for check in CHECKS for finding in _found(check, settings)]


def is_healthy(findings: list[Finding]) -> bool:
    return all(finding.level != "failure" for finding in findings)


def _found(check: Callable[[Settings], Findings], settings: Settings) -> list[Finding]:
    try:
        return list(check(settings))
    except Exception as error:  # noqa: BLE001 - what breaks one check must not hide the others
        subject = Subject(check.__name__.removeprefix("check_"))
        return [subject.failure(f"The check broke: {error!r}.", "Please report this.")]
