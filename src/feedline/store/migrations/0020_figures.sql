-- What each node counted in each minute of the last day, as JSON.
CREATE TABLE figures (
    minute INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (minute, node_id)
) STRICT, WITHOUT ROWID;
