-- One row at the most: who has live delivery, as JSON. Without it, everybody.
CREATE TABLE live_policy (
    one integer PRIMARY KEY CHECK (one = 1),
    body bytea NOT NULL
);
