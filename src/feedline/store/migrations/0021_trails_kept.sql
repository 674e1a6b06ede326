-- From when on it is known what connections went through: of everybody, and of those of whom more
-- was dropped than of others, since they had so much.
CREATE TABLE trails_kept (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    since INTEGER NOT NULL
) STRICT;

CREATE TABLE trails_thinned (
    user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
