"""Whether there are traces: the environment of OpenTelemetry says so, and the extra is there."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from feedline.errors import added

if TYPE_CHECKING:
    from feedline.telemetry.tracing import Tracing

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
EXPORTER = "OTEL_TRACES_EXPORTER"

logger = logging.getLogger("feedline.telemetry")


def tracing_of(environment: Mapping[str, str]) -> "Tracing | None":
    """Traces to where the environment says, or None; without the extra that is warned of."""
    if not is_wanted(environment):
        return None
    try:
        from feedline.telemetry.tracing import exporting
    except ModuleNotFoundError as missing:
        logger.warning("no traces: %s is missing. In the checkout: %s", missing.name, added("otel"))
        return None
    return exporting(environment)


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether somebody named a place for traces and did not switch them off."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get(EXPORTER, "")
    return exporter == "otlp" or (not exporter and any(map(environment.get, ENDPOINTS)))
