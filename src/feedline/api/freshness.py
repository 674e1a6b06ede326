"""How new an answer has to be: as new as what this node, or whoever asks, knows of already."""

from feedline.api.identity import Headers
from feedline.feed.cursor import Cursor

_SEEN = b"seen-cursor"


def newest_seen(headers: Headers, known: Cursor) -> Cursor | None:
    """What a client says it has seen, or what is ``known`` here if that is newer.

    To a client cursors are opaque: it names several if it can't tell which is the newest. A list
    may have empty elements (RFC 9110 section 5.6.1). None if they can't be compared: one is no
    cursor, or one of another log.
    """
    named = headers.get(_SEEN)
    if named is None:
        return known
    newest = known
    for given in filter(None, map(str.strip, named.decode("latin-1").split(","))):
        seen = Cursor.parse(given)
        if seen is None or seen.epoch != known.epoch:
            return None
        newest = max(newest, seen, key=lambda cursor: cursor.seq)
    return newest
