-- What each node counted in each minute of the last day, as JSON.
CREATE TABLE figures (
    minute bigint NOT NULL,
    node_id text COLLATE "C" NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (minute, node_id)
);
