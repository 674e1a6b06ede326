-- From when on it is known what connections went through: of everybody, and of those of whom more
-- was dropped than of others, since they had so much.
CREATE TABLE trails_kept (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    since bigint NOT NULL
);

CREATE TABLE trails_thinned (
    user_id text COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    since bigint NOT NULL
);
