"""Every parser that faces the network, as a function of any bytes that raises nothing.

What a parser may raise, a refusal, is expected here; anything else is a bug. The property tests
beside this and the coverage-guided fuzzer of ``by_hand.py`` call the same functions.
"""

from collections.abc import Callable
from contextlib import suppress

import msgspec

from feedline.api.bodies import decode_body
from feedline.api.paging import PageQuery
from feedline.api.posts import PostsQuery
from feedline.api.tokens import Tokens
from feedline.errors import ProtocolViolation, Refusal, Unauthenticated
from feedline.feed.channels import owner_of
from feedline.feed.cursor import Cursor
from feedline.feed.drafts import Draft, DraftLimits, draft_problems
from feedline.feed.people import (
    ProfileChange,
    Registration,
    profile_problems,
    registration_problems,
)
from feedline.gateway.upgrade import NoUpgrade, acceptance, read_upgrade
from feedline.wire.credentials import bearer_token, cookie_token
from feedline.wire.frames import FrameReader, MessageAssembler, Opcode, check_close
from feedline.wire.messages import Connect, Error, NotAMessage, Subscribe, encode, parse
from feedline.wire.origin import origin_allowed
from feedline.wire.queries import decode_query
from feedline.wire.requests import PollQuery

_LIMITS = DraftLimits(title=200, text=10_000, tags=10, tag=40)
_DRAFTS = msgspec.json.Decoder(Draft)
_REGISTRATIONS = msgspec.json.Decoder(Registration)
_PROFILES = msgspec.json.Decoder(ProfileChange)
_TOKENS = Tokens(b"0123456789abcdef0123456789abcdef")
_MESSAGE_LIMIT = 1000


def upgrade(data: bytes) -> None:
    """The request of a handshake: the query, then a header a line.

    Its line has been parsed before, so that no control characters are in it.
    """
    query, *headers = data.replace(b"\r", b"").split(b"\n")
    lines = [b"GET /ws?" + query.replace(b" ", b"") + b" HTTP/1.1", *headers]
    if b"" in headers:
        lines = lines[: lines.index(b"", 1)]
    try:
        read = read_upgrade(b"\r\n".join([*lines, b"", b""]), ())
    except NoUpgrade as refusal:
        answer, head = refusal.response("r1"), f"HTTP/1.1 {refusal.status} ".encode()
    else:
        answer, head = acceptance(read.key, "r1"), b"HTTP/1.1 101 "
    assert answer.startswith(head)
    assert answer.count(b"\r\n\r\n") == 1


def frames(data: bytes) -> None:
    """What a client sends after the handshake, behind a byte that says how large the reads are."""
    step, data = data[0] + 1 if data else 1, data[1:]
    reader, assembler = FrameReader(_MESSAGE_LIMIT), MessageAssembler(_MESSAGE_LIMIT)
    with suppress(ProtocolViolation):
        for at in range(0, len(data), step):
            for opcode, payload, fin in reader.read(data[at : at + step]):
                _take(assembler, opcode, payload, fin=fin)


def _take(assembler: MessageAssembler, opcode: int, payload: bytes, *, fin: bool) -> None:
    if opcode == Opcode.CLOSE:
        code = check_close(payload)
        assert code is None or 1000 <= code < 5000
    elif opcode <= Opcode.BINARY:
        message = assembler.add(opcode, payload, fin=fin)
        assert message is None or len(message) <= _MESSAGE_LIMIT


def message(data: bytes) -> None:
    """A message, in text if it is UTF-8."""
    try:
        text: str | bytes = data.decode()
    except UnicodeDecodeError:
        text = data
    try:
        read = parse(text)
    except NotAMessage as problem:
        encode(Error(id=problem.id, code="bad_request", message=str(problem)))
        return
    channels = [read.channel] if isinstance(read, Subscribe) else []
    for channel in read.names if isinstance(read, Connect) else channels:
        owner_of(channel)


def cursor(data: bytes) -> None:
    read = Cursor.parse(data.decode("latin-1"))
    assert read is None or Cursor.parse(str(read)) == read


def query(data: bytes) -> None:
    """A query string, and the ``page`` in it."""
    with suppress(Refusal):
        page = decode_query(PageQuery, data)
        assert 1 <= page.limit <= 100
        assert page.before is None or page.before.created_at < 10**15
    with suppress(Refusal):
        decode_query(PostsQuery, data)
    with suppress(Refusal):
        asked = decode_query(PollQuery, data)
        assert 0 <= asked.wait <= 60
        assert all(asked.names)


def page(data: bytes) -> None:
    query(b"page=" + data)


def cookies(data: bytes) -> None:
    token = cookie_token(data)
    assert token is None or (token and ";" not in token)
    if token is not None:
        _nobody(token)


def authorization(data: bytes) -> None:
    with suppress(Unauthenticated):
        _nobody(bearer_token(data))


def _nobody(token: str) -> None:
    """No token that was made up is anybody's."""
    with suppress(Unauthenticated):
        raise AssertionError(_TOKENS.read(token, 0))


def origin(data: bytes) -> None:
    """An origin and a host, with a line between them."""
    said, _, host = data.decode("latin-1").partition("\n")
    if origin_allowed(said, host, ("https://feed.example",)):
        name = said.lower().partition("://")[2]
        assert name.startswith(("feed.example", host.lower().partition(":")[0]))


def body(data: bytes) -> None:
    """The JSON of a request."""
    with suppress(Refusal):
        draft_problems(decode_body(_DRAFTS, data), _LIMITS)
    with suppress(Refusal):
        registration_problems(decode_body(_REGISTRATIONS, data))
    with suppress(Refusal):
        profile_problems(decode_body(_PROFILES, data))


PARSERS: dict[str, Callable[[bytes], None]] = {
    parser.__name__: parser
    for parser in (
        upgrade,
        frames,
        message,
        cursor,
        query,
        page,
        cookies,
        authorization,
        origin,
        body,
    )
}

SEEDS: dict[str, tuple[bytes, ...]] = {
    "upgrade": (
        b"\n".join(
            (
                b"ticket=abc",
                b"Host: a",
                b"Sec-WebSocket-Version: 13",
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                b"Origin: http://a",
                b"Cookie: feedline_session=x",
            )
        ),
    ),
    "frames": (
        b"\xff\x81\x857\xfa!=\x7f\x9fMQX",
        b"\x03\x01\x83\0\0\0\0Hel\x80\x82\0\0\0\0lo",
        b"\x00\x88\x82\0\0\0\0\x03\xe8\x89\x80\0\0\0\0",
        b"\x0f\x82\xfe\x00\x7e\1\2\3\4" + bytes(126),
    ),
    "message": (
        b'{"type":"connect","token":"t","channels":["public"],"cursor":"e-1"}',
        b'{"type":"subscribe","id":1,"channel":"post:x","cursor":"e-1"}',
        b'{"type":"ping","id":"x"}',
    ),
    "cursor": (b"0194a-17",),
    "query": (b"limit=20&page=AAAAAAAAAAAAAAAAAAAAAA&tag=a&creator=b",),
    "page": (b"AAAAAAAAAAAAAAAAAAAAAA", b"\n", b"AAAAAAAAAAAAAAAAAAAAAA\n"),
    "cookies": (b"a=b; feedline_session=x.y.z; c=d",),
    "authorization": (b"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.x",),
    "origin": (
        b"https://feed.example:443\nfeed.example",
        b"http://[::1]:8000\n[::1]:8000",
        b"http://a[::1]:80\n[::1]:80",
    ),
    "body": (
        b'{"title":"a","text":"b","category":null,"tags":["c"],"tier":"basic"}',
        b'{"username":"ann","password":"correct horse","name":"Ann"}',
    ),
}
