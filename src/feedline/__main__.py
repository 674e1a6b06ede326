"""``feedline``, and ``python -m feedline``."""

import sys

INTERRUPTED = 130  # as shells say it of what Ctrl+C has ended


def main() -> None:
    """Runs the command line. Ctrl+C ends it without a traceback, also while it is imported."""
    try:
        from feedline.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
