"""``python -m tests.simulation SEED [LAST]``: runs one seed again, or many."""

import logging
import sys

from tests.simulation.story import tell


def main() -> None:
    logging.basicConfig(level=logging.ERROR, format="%(name)s %(message)s")
    first = int(sys.argv[1])
    for seed in range(first, int(sys.argv[2]) + 1 if len(sys.argv) > 2 else first + 1):
        print(seed, tell(seed))  # noqa: T201


if __name__ == "__main__":
    main()
