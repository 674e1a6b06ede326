-- Experiments, as JSON; the one that runs is in live_policy too.
CREATE TABLE experiments (
    name TEXT PRIMARY KEY,
    started_at INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Sums over the people of a group of a variant, or over a bin; nothing that is about one of them.
CREATE TABLE experiment_tallies (
    experiment TEXT NOT NULL REFERENCES experiments (name) ON DELETE CASCADE,
    variant TEXT NOT NULL,
    measure TEXT NOT NULL,
    place INTEGER NOT NULL,
    count INTEGER NOT NULL,
    total REAL NOT NULL,
    squares REAL NOT NULL,
    PRIMARY KEY (experiment, variant, measure, place)
) STRICT, WITHOUT ROWID;

-- Bits that say which slots of a variant somebody was in: they are counted, and name nobody.
CREATE TABLE experiment_slots (
    experiment TEXT NOT NULL REFERENCES experiments (name) ON DELETE CASCADE,
    variant TEXT NOT NULL,
    bits BLOB NOT NULL,
    PRIMARY KEY (experiment, variant)
) STRICT;
