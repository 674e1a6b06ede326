-- What `feedline doctor` asks; newest_instant of SQLite, the others of PostgreSQL.

-- name: newest_instant
SELECT at FROM events ORDER BY seq DESC LIMIT 1;

-- name: settings
SELECT name, CASE WHEN name = 'synchronous_commit' THEN current_setting(name) ELSE setting END
FROM pg_settings
WHERE name IN (
    'fsync', 'full_page_writes', 'server_encoding', 'synchronous_commit',
    'synchronous_standby_names'
);

-- name: standbys
SELECT application_name, sync_state, extract(epoch FROM replay_lag)
FROM pg_stat_replication
ORDER BY application_name;

-- name: long_transactions
SELECT pid, extract(epoch FROM clock_timestamp() - xact_start)
FROM pg_stat_activity
WHERE datname = current_database()
    AND pid <> pg_backend_pid()
    AND clock_timestamp() - xact_start > make_interval(secs => %s)
ORDER BY xact_start
LIMIT 5;

-- name: clock
SELECT extract(epoch FROM clock_timestamp());

-- name: connections
SELECT
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int,
    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend');
