-- Breaks earlier versions: they don't look here, and refuse what is newer than they are anyway.

-- One row: the oldest schema version whose Feedline may use this database.
CREATE TABLE compatibility (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    oldest INTEGER NOT NULL
) STRICT;
