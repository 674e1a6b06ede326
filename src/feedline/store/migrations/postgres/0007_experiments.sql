-- Experiments, as JSON; the one that runs is in live_policy too.
CREATE TABLE experiments (
    name text COLLATE "C" PRIMARY KEY,
    started_at bigint NOT NULL,
    body bytea NOT NULL
);

-- Sums over the people of a group of a variant, or over a bin; nothing that is about one of them.
CREATE TABLE experiment_tallies (
    experiment text COLLATE "C" NOT NULL REFERENCES experiments (name) ON DELETE CASCADE,
    variant text COLLATE "C" NOT NULL,
    measure text COLLATE "C" NOT NULL,
    place integer NOT NULL,
    count bigint NOT NULL,
    total double precision NOT NULL,
    squares double precision NOT NULL,
    PRIMARY KEY (experiment, variant, measure, place)
);

-- Bits that say which slots of a variant somebody was in: they are counted, and name nobody.
CREATE TABLE experiment_slots (
    experiment text COLLATE "C" NOT NULL REFERENCES experiments (name) ON DELETE CASCADE,
    variant text COLLATE "C" NOT NULL,
    bits bytea NOT NULL,
    PRIMARY KEY (experiment, variant)
);
