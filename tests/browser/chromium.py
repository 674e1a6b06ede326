"""Which Chromium the tests use, and how."""

import shutil

# The second and third group are Playwright's own choice, which this list takes the place of.
_FEATURES_OFF = [
    # The address bar's suggestions, pages of their own: more work for each window than our page.
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    # Requests that nobody asked for, to the world outside.
    *("AimEnabled", "NetworkTimeServiceQuerying", "OptimizationHints", "PreconnectToSearch"),
    # What stands between a click and the page that it opens.
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "HttpsUpgrades", "PaintHolding"),
]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_FEATURES_OFF)}",
]
# For a machine that is busy with other things; nothing that works comes near it.
PATIENCE_MS = 30_000

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str:
    """The system's browser, as `tests/ensure_programs.sh` looks for it."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    assert found is not None, "there is no Chromium: run tests/ensure_programs.sh"
    return found
