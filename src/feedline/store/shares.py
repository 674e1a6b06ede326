"""Shares: who gives up how much when there is too much of all."""

from collections.abc import Sequence
from itertools import pairwise


def level_of(sizes: Sequence[int], excess: int, share: int) -> int:
    """To which size the largest have to come down so that ``excess`` is gone.

    ``sizes`` begin with the largest. Nobody has to come below ``share``, so that may not do.
    """
    gone = 0
    for count, (size, following) in enumerate(pairwise([*sizes, 0]), 1):
        step = count * (size - following)
        if gone + step >= excess:
            return max(share, size + (gone - excess) // count)
        gone += step
    return share
