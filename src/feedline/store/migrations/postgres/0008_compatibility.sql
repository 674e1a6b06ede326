-- Breaks earlier versions: they don't look here, and refuse what is newer than they are anyway.

-- One row: the oldest schema version whose Feedline may use this database.
CREATE TABLE compatibility (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    oldest bigint NOT NULL
);
