"""The one table of settings. Flags, ``FEEDLINE_*`` variables and the docs are made from it.

A field's docstring is its help text. Limits: 0 turns a limit off.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Role = Literal["all", "api", "gateway"]
LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How an installation runs. Every field has a default that is fit for use."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for all."""

    port: int = 8000
    """Port to listen on."""

    data: Path = Path("data")
    """Directory of the database, the secret and the lock; made when missing."""

    database: str = ""
    """Address of a PostgreSQL database (postgresql://...); empty: SQLite in the directory."""

    database_replicas: tuple[str, ...] = ()
    """Servers that follow it (postgresql://...) and answer reads where they are new enough."""

    bus: str = ""
    """Bus between nodes, as redis://host:port; empty: the PostgreSQL database wakes them."""

    workers: int = 1
    """Processes that share the port; more than one needs a PostgreSQL database."""

    drain_seconds: float = 0
    """Seconds for which a node that gets SIGTERM serves on, with 503 for /readyz."""

    role: Role = "all"
    """What this node serves: api (REST and the page), gateway (sockets, streams, polls) or all."""

    demo: bool = False
    """Fill an empty installation with demo people and posts."""

    allowed_origins: tuple[str, ...] = ()
    """Further web origins (https://example.com) that may use the cookie; the own one always may."""

    trusted_proxies: tuple[str, ...] = ()
    """Addresses of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""

    token_hours: int = 24 * 7
    """Hours that a sign-in lasts without a refresh."""

    identity_issuer: str = ""
    """Another issuer whose JWTs sign people in: the iss of its tokens."""

    identity_audience: str = ""
    """What the aud of its tokens has to be."""

    identity_jwks_url: str = ""
    """Where the issuer's public keys are, for RS256, ES256 and EdDSA."""

    identity_secret_file: str = ""
    """File with the secret that the issuer shares, for HS256; 32 bytes or more."""

    body_limit: int = 256 * 1024
    """Largest JSON body, in bytes."""

    title_limit: int = 200
    """Longest title, in characters."""

    text_limit: int = 10_000
    """Longest text of a post, in characters."""

    tags_limit: int = 10
    """Most tags of one post."""

    tag_limit: int = 40
    """Longest tag or category, in characters."""

    comment_limit: int = 2_000
    """Longest comment, in characters."""

    blocks_limit: int = 1_000
    """Most people whom one person may block."""

    report_limit: int = 1_000
    """Longest text of a report to the admins, in characters."""

    reports: int = 20
    """Reports that one person may send in an hour."""

    login_failures_per_account: int = 10
    """Failed logins for one account in five minutes before it must wait."""

    login_failures_per_address: int = 100
    """Failed logins from one address in five minutes before it must wait."""

    parallel_hashes: int = 2
    """Password hashes computed at the same time; each takes 64 MiB for its time."""

    waiting_hashes: int = 200
    """Password hashes that may wait for their turn; more are refused with 503."""

    write_queue: int = 10_000
    """Writes that may wait for the database; more are refused with 503."""

    trail_hours: float = 24
    """Hours for which is kept what connections were sent; 0: not at all."""

    trail_rows: int = 1_000_000
    """Most rows of that; past it whoever has the most loses the oldest first; 0: no bound."""

    log_days: float = 7
    """Days for which the event log is kept, at the least."""

    log_events: int = 1_000_000
    """Newest events that are kept in the log whatever their age."""

    idempotency_hours: float = 24
    """Hours for which the answer to an Idempotency-Key is kept, at the least."""

    notification_days: float = 90
    """Days for which notifications are kept, read or not; 0: for ever."""

    notifications: int = 1_000
    """Newest notifications that one person keeps, beside those of new posts; 0: all."""

    audit_days: float = 365
    """Days for which the record of administrative actions is kept; 0: for ever."""

    media_limit: int = 50 * 1024 * 1024
    """Largest file that is sent, in bytes."""

    media_quota: int = 1024 * 1024 * 1024
    """Most room for the files of one person, in bytes."""

    media_uploads: int = 100
    """Files that one person may send in five minutes."""

    media_bucket: str = ""
    """Bucket of S3 for the files, instead of a folder in the data directory."""

    media_endpoint: str = ""
    """Address of what speaks like S3, if it is not Amazon's."""

    media_orphan_hours: float = 24
    """Hours after which a file that was not posted is removed."""

    picture_pixels: int = 40_000_000
    """Most pixels of a picture, over all its frames; unpacked, each takes four bytes."""

    parallel_pictures: int = 1
    """Pictures that are made anew at the same time."""

    waiting_pictures: int = 50
    """Pictures that may wait for their turn; more are refused with 503."""

    message_limit: int = 64 * 1024
    """Largest WebSocket message from a client, in bytes."""

    message_rate: int = 50
    """WebSocket messages a second from one connection, and its burst."""

    channel_limit: int = 1_000
    """Most channels of one connection."""

    connections: int = 15_000
    """Most sockets and streams of this server."""

    connections_per_address: int = 10_000
    """Most of them from one network address; many people may share one."""

    connections_per_user: int = 10_000
    """Most of them of one person."""

    connects_per_user: int = 100_000
    """Sockets and streams that one person may open in five minutes."""

    connects_per_address: int = 100_000
    """Sockets that an address may open in five minutes without credentials in the upgrade."""

    first_message_seconds: float = 10
    """Seconds that a socket has to authenticate and connect."""

    heartbeat_seconds: float = 25
    """Seconds of silence after which a heartbeat is sent."""

    comment_seconds: float = 15
    """Seconds of silence after which an SSE stream gets a comment, for proxies; 0: never."""

    backlog_limit: int = 256 * 1024
    """Most bytes that wait for one slow reader; past it the reader is caught up from the log."""

    stall_seconds: float = 10
    """Seconds without progress after which a reader with waiting bytes is closed."""

    join_seconds: float = 0.05
    """Seconds within which events for one busy audience are joined into one write; 0: never."""

    silence_seconds: float = 30
    """Seconds without a sign of life after which a peer is taken for dead; asked at half of it."""

    ring_events: int = 10_000
    """Newest events kept in memory for those who come back; older ones are read from the log."""

    ring_bytes: int = 64 * 1024 * 1024
    """Most memory that they may take, in bytes."""

    log_format: LogFormat = "text"
    """Log lines as text or as JSON."""

    log_level: LogLevel = "info"
    """The least that is logged: debug, info (each request and connection), warning or error."""

    telemetry: bool = True
    """Measure each event's way from its commit to its last socket."""

    slow_event_seconds: float = 1
    """Seconds from commit to last socket after which an event is logged as slow; 0: never."""

    poll_seconds: float = 1
    """Seconds between looks at the log for events whose announcement was lost."""
