"""How new an answer has to be: as new as what this node, or whoever asks, knows of already."""

from feedline.api.identity import Headers
from feedline.feed.cursor import Cursor

_SEEN = b"seen-cursor"


def newest_seen(headers: Headers, known: Cursor) -> Cursor | None:
    """What a client says it has seen, or what is ``known`` here if that is newer.

    None if they can't be compared: the cursor is no cursor, or one of another log.
    """
    given = headers.get(_SEEN)
    if given is None:
        return known
    seen = Cursor.parse(given.decode("latin-1"))
    if seen is None or seen.epoch != known.epoch:
        return None
    return max(known, seen, key=lambda cursor: cursor.seq)
