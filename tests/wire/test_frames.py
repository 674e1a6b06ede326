"""Frames out of bytes and messages out of frames: RFC 6455 sections 5, 7.4 and 8.1."""

import struct
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.errors import CloseCode, ProtocolViolation
from feedline.wire.frames import (
    Frame,
    FrameReader,
    MessageAssembler,
    Opcode,
    check_close,
    close_frame,
    frame,
    text_frame,
)
from tests.gateway import raw

LIMIT = 64

Parts = tuple[int, bytes, bool]


def feed(frames: Sequence[Parts], limit: int = LIMIT) -> list[str | bytes]:
    """The messages that a sequence of frames makes."""
    assembler = MessageAssembler(limit)
    answers = (assembler.add(opcode, payload, fin=fin) for opcode, payload, fin in frames)
    return [message for message in answers if message is not None]


def fragments(opcode: int, *payloads: bytes) -> list[Parts]:
    """The frames of one message that is sent in pieces."""
    last = len(payloads) - 1
    return [
        (opcode if index == 0 else Opcode.CONTINUATION, payload, index == last)
        for index, payload in enumerate(payloads)
    ]


def violation(frames: Sequence[Parts], limit: int = LIMIT) -> tuple[CloseCode, int]:
    """The close code with which a sequence of frames is refused, and at which frame."""
    assembler = MessageAssembler(limit)
    for index, (opcode, payload, fin) in enumerate(frames):
        try:
            assembler.add(opcode, payload, fin=fin)
        except ProtocolViolation as broken:
            return broken.close_code, index
    raise AssertionError("nothing was refused")


# ---- whole messages


@pytest.mark.parametrize(
    ("opcode", "payload", "message"),
    [
        (Opcode.TEXT, b"", ""),
        (Opcode.TEXT, b'{"type":"ping"}', '{"type":"ping"}'),
        (Opcode.TEXT, "κόσμε 😀".encode(), "κόσμε 😀"),
        (Opcode.TEXT, b"\x00\x7f", "\x00\x7f"),
        (Opcode.BINARY, b"", b""),
        (Opcode.BINARY, b"\xff\x00\xfe", b"\xff\x00\xfe"),
    ],
)
def test_a_single_frame_is_a_message(opcode: int, payload: bytes, message: str | bytes) -> None:
    assert feed([(opcode, payload, True)]) == [message]


def test_fragments_are_joined_and_the_next_message_starts_afresh() -> None:
    frames = [
        *fragments(Opcode.TEXT, b"Hel", b"", b"lo"),
        *fragments(Opcode.BINARY, b"", b"\xff", b""),
        *fragments(Opcode.TEXT, b"", b""),
        (Opcode.TEXT, b"!", True),
    ]
    assert feed(frames) == ["Hello", b"\xff", "", "!"]


@given(
    message=st.one_of(st.text(max_size=40), st.binary(max_size=40)),
    cuts=st.lists(st.integers(0, 200), max_size=8),
)
def test_a_message_cut_anywhere_comes_out_the_same(message: str | bytes, cuts: list[int]) -> None:
    payload = message.encode() if isinstance(message, str) else message
    opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
    places = sorted(min(cut, len(payload)) for cut in cuts)
    pieces = [payload[a:b] for a, b in zip([0, *places], [*places, len(payload)], strict=True)]
    after: Parts = (Opcode.TEXT, b"next", True)
    assert feed([*fragments(opcode, *pieces), after], limit=0) == [message, "next"]


@given(payload=st.binary(max_size=12), cuts=st.lists(st.integers(0, 12), max_size=4))
def test_text_is_taken_exactly_when_it_is_utf8(payload: bytes, cuts: list[int]) -> None:
    places = sorted(min(cut, len(payload)) for cut in cuts)
    pieces = [payload[a:b] for a, b in zip([0, *places], [*places, len(payload)], strict=True)]
    frames = fragments(Opcode.TEXT, *pieces)
    try:
        expected = payload.decode()
    except UnicodeDecodeError:
        assert violation(frames)[0] == CloseCode.INVALID_TEXT
    else:
        assert feed(frames) == [expected]


# ---- UTF-8 (section 8.1)

NOT_UTF8 = {
    "a byte that never occurs": b"\xff",
    "a continuation byte alone": b"\x80",
    "an overlong slash, two bytes": b"\xc0\xaf",
    "an overlong slash, three bytes": b"\xe0\x80\xaf",
    "an overlong slash, four bytes": b"\xf0\x80\x80\xaf",
    "an overlong zero": b"\xc0\x80",
    "the first surrogate": b"\xed\xa0\x80",
    "the last surrogate": b"\xed\xbf\xbf",
    "a pair of surrogates": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond U+10FFFF": b"\xf4\x90\x80\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "a code point that breaks off": b"\xe2\x82 ",
}


@pytest.mark.parametrize("bad", NOT_UTF8.values(), ids=NOT_UTF8.keys())
def test_text_that_is_not_utf8_is_refused(bad: bytes) -> None:
    assert violation([(Opcode.TEXT, b"a" + bad, True)]) == (CloseCode.INVALID_TEXT, 0)


@pytest.mark.parametrize("bad", NOT_UTF8.values(), ids=NOT_UTF8.keys())
def test_bad_text_is_found_in_the_fragment_that_has_it(bad: bytes) -> None:
    frames = [
        (int(Opcode.TEXT), b"fine", False),
        (int(Opcode.CONTINUATION), bad, False),
        (int(Opcode.CONTINUATION), b"never looked at", True),
    ]
    assert violation(frames) == (CloseCode.INVALID_TEXT, 1)


@pytest.mark.parametrize("character", ["é", "€", "😀", "\U0010ffff", "\ud7ff", "\ue000"])
def test_a_code_point_may_be_split_between_fragments(character: str) -> None:
    pieces = [bytes([byte]) for byte in character.encode()]
    assert feed(fragments(Opcode.TEXT, *pieces)) == [character]
    assert feed(fragments(Opcode.TEXT, *(p for piece in pieces for p in (piece, b"")))) == [
        character
    ]


def test_a_code_point_that_the_message_does_not_finish_is_refused() -> None:
    assert violation(fragments(Opcode.TEXT, b"a\xe2", b"\x82")) == (CloseCode.INVALID_TEXT, 1)
    assert violation(fragments(Opcode.TEXT, b"a\xe2\x82", b"")) == (CloseCode.INVALID_TEXT, 1)
    assert violation([(Opcode.TEXT, b"\xe2\x82", True)]) == (CloseCode.INVALID_TEXT, 0)


def test_a_surrogate_is_refused_however_it_is_cut() -> None:
    frames = [(int(Opcode.TEXT), b"\xed", False), (int(Opcode.CONTINUATION), b"\xa0\x80", False)]
    assert violation(frames) == (CloseCode.INVALID_TEXT, 1)
    assert violation(fragments(Opcode.TEXT, b"\xed", b"\xa0", b"\x80")) == (
        CloseCode.INVALID_TEXT,
        2,
    )


def test_binary_messages_need_not_be_utf8() -> None:
    assert feed(fragments(Opcode.BINARY, b"\xed", b"\xa0\xff")) == [b"\xed\xa0\xff"]


# ---- order of fragments (section 5.4)


@pytest.mark.parametrize(
    "frames",
    [
        [(Opcode.CONTINUATION, b"", True)],
        [(Opcode.CONTINUATION, b"x", False)],
        [(Opcode.TEXT, b"x", True), (Opcode.CONTINUATION, b"y", True)],
        [*fragments(Opcode.TEXT, b"x", b"y"), (Opcode.CONTINUATION, b"z", True)],
        [(Opcode.TEXT, b"x", False), (Opcode.TEXT, b"y", True)],
        [(Opcode.TEXT, b"", False), (Opcode.BINARY, b"y", False)],
        [(Opcode.BINARY, b"x", False), (Opcode.CONTINUATION, b"", False), (Opcode.TEXT, b"", True)],
    ],
)
def test_fragments_out_of_place_are_refused(frames: list[Parts]) -> None:
    assert violation(frames) == (CloseCode.PROTOCOL_ERROR, len(frames) - 1)


# ---- sizes


def test_a_message_may_be_as_large_as_the_limit_but_not_larger() -> None:
    assert feed([(Opcode.TEXT, b"x" * LIMIT, True)]) == ["x" * LIMIT]
    assert violation([(Opcode.TEXT, b"x" * (LIMIT + 1), True)]) == (CloseCode.MESSAGE_TOO_BIG, 0)
    assert violation([(Opcode.TEXT, b"x" * (LIMIT + 1), False)]) == (CloseCode.MESSAGE_TOO_BIG, 0)


def test_the_fragments_of_a_message_count_together_and_in_bytes() -> None:
    half = "é".encode() * (LIMIT // 4)
    assert feed(fragments(Opcode.TEXT, half, half)) == ["é" * (LIMIT // 2)]
    assert violation(fragments(Opcode.TEXT, half, half, b"x")) == (CloseCode.MESSAGE_TOO_BIG, 2)


def test_the_size_of_one_message_does_not_count_for_the_next() -> None:
    whole = fragments(Opcode.BINARY, b"x" * LIMIT, b"")
    assert feed([*whole, *whole, *whole]) == [b"x" * LIMIT] * 3


def test_a_limit_of_0_is_none() -> None:
    assert feed([(Opcode.BINARY, b"x" * 100_000, True)], limit=0) == [b"x" * 100_000]


def test_empty_fragments_without_end_cost_nothing() -> None:
    assembler = MessageAssembler(LIMIT)
    assembler.add(Opcode.TEXT, b"", fin=False)
    for _ in range(1000):
        assert assembler.add(Opcode.CONTINUATION, b"", fin=False) is None
    assert not assembler._parts
    assert assembler.add(Opcode.CONTINUATION, b"x", fin=True) == "x"


# ---- frames out of bytes (section 5.2)

SIZES = [0, 1, 2, 3, 4, 5, 125, 126, 127, 300, 0xFFFF, 0x10000, 70_000]


def read(*reads: bytes, limit: int = 0) -> list[Frame]:
    """The frames in what arrives."""
    reader = FrameReader(limit)
    return [found for data in reads for found in reader.read(data)]


def cut(stream: bytes, sizes: Sequence[int]) -> list[bytes]:
    """A stream in reads of such sizes, and the rest."""
    places = [0, *(sum(sizes[: n + 1]) for n in range(len(sizes))), len(stream)]
    return [stream[a:b] for a, b in pairwise(places)]


@given(
    sent=st.lists(
        st.tuples(
            st.sampled_from([Opcode.TEXT, Opcode.BINARY, Opcode.CONTINUATION]),
            st.sampled_from(SIZES),
            st.booleans(),
        ),
        max_size=6,
    ),
    reads=st.lists(st.integers(1, 400), max_size=60),
    more=st.integers(0, 20),
)
def test_frames_are_read_the_same_however_they_arrive(
    sent: list[tuple[Opcode, int, bool]], reads: list[int], more: int
) -> None:
    frames = [Frame(opcode, bytes(n % 251 for n in range(size)), fin) for opcode, size, fin in sent]
    stream = b"".join(raw.frame(each.opcode, each.payload, fin=each.fin) for each in frames)
    assert read(stream) == frames
    begun = raw.frame(Opcode.TEXT, b"x" * 300)[:more]
    assert read(*cut(stream + begun, reads)) == frames
    assert read(*cut(stream, reads), begun) == frames


@pytest.mark.parametrize("opcode", Opcode)
@pytest.mark.parametrize("size", [0, 1, 125])
def test_every_opcode_comes_out_as_it_was_sent(opcode: Opcode, size: int) -> None:
    assert read(raw.frame(opcode, b"\xff" * size)) == [(opcode, b"\xff" * size, True)]


def test_a_frame_comes_byte_by_byte_and_nothing_before_its_end() -> None:
    reader, stream = FrameReader(0), raw.frame(Opcode.TEXT, b"x" * 200)
    for byte in stream[:-1]:
        assert list(reader.read(bytes([byte]))) == []
    assert list(reader.read(stream[-1:])) == [(Opcode.TEXT, b"x" * 200, True)]
    assert reader._rest is None  # or thousands who are quiet would each keep something


def begins(first: int, second: int, more: bytes = b"") -> bytes:
    return bytes((first, second)) + more


NO_FRAME = {
    "reserved bit 1": begins(0xC1, 0x80),
    "reserved bit 2": begins(0xA1, 0x80),
    "reserved bit 3": begins(0x91, 0x80),
    **{f"opcode {code:#x}": begins(0x80 | code, 0x80) for code in (3, 4, 5, 6, 7, *range(11, 16))},
    "no mask": begins(0x81, 0x02),
    "a ping without a mask": begins(0x89, 0x00),
    "a ping in fragments": begins(0x09, 0x80),
    "a ping of 126 bytes": begins(0x89, 0xFE),
    "a close of 64 bits": begins(0x88, 0xFF),
    "16 bits where 7 do": begins(0x81, 0xFE, b"\x00\x7d"),
    "64 bits where 16 do": begins(0x81, 0xFF, struct.pack("!Q", 0xFFFF)),
    "64 bits with the highest set": begins(0x81, 0xFF, struct.pack("!Q", 2**63)),
}


@pytest.mark.parametrize("head", NO_FRAME.values(), ids=NO_FRAME.keys())
@pytest.mark.parametrize("limit", [0, LIMIT])
def test_what_is_no_frame_is_refused_as_soon_as_it_shows(head: bytes, limit: int) -> None:
    reader = FrameReader(limit)
    for byte in head[:-1]:
        assert list(reader.read(bytes([byte]))) == []
    with pytest.raises(ProtocolViolation) as broken:
        list(reader.read(head[-1:]))
    assert broken.value.close_code == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("head", NO_FRAME.values(), ids=NO_FRAME.keys())
def test_what_came_before_a_broken_frame_is_heard(head: bytes) -> None:
    frames = FrameReader(0).read(raw.frame(Opcode.TEXT, b"first") + head)
    assert next(frames).payload == b"first"
    with pytest.raises(ProtocolViolation):
        next(frames)


@pytest.mark.parametrize("limit", [5, 125, 126, 1000, 0xFFFF, 0x10000])
def test_a_frame_over_the_limit_is_refused_by_its_head(limit: int) -> None:
    fits = raw.frame(Opcode.BINARY, b"x" * limit)
    assert [len(found.payload) for found in read(fits, limit=limit)] == [limit]
    head = raw.frame(Opcode.BINARY, b"x" * (limit + 1))[: -limit - 5]
    with pytest.raises(ProtocolViolation) as broken:
        read(head, limit=limit)
    assert broken.value.close_code == CloseCode.MESSAGE_TOO_BIG


def test_a_control_frame_does_not_count_as_a_message() -> None:
    assert read(raw.frame(Opcode.PING, b"x" * 125), limit=5) == [(Opcode.PING, b"x" * 125, True)]


# ---- frames into bytes


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (0xFFFF, b"\x81\x7e\xff\xff"),
        (0x10000, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_text_frame_has_the_shortest_length(size: int, head: bytes) -> None:
    assert text_frame(b"x" * size) == head + b"x" * size


def test_frames_of_other_kinds() -> None:
    assert frame(Opcode.PONG, b"x") == b"\x8a\x01x"
    assert close_frame(1000, "") == b"\x88\x02\x03\xe8"
    assert close_frame(4001, "ü") == b"\x88\x04\x0f\xa1" + "ü".encode()


# ---- close frames (sections 5.5.1 and 7.4)


def test_a_close_frame_may_be_empty() -> None:
    assert check_close(b"") is None


@pytest.mark.parametrize(
    "code", [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4003, 4999]
)
def test_codes_that_may_be_sent(code: int) -> None:
    assert check_close(code.to_bytes(2, "big")) == code
    assert check_close(code.to_bytes(2, "big") + "Grüße".encode()) == code


@pytest.mark.parametrize(
    "code", [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]
)
def test_codes_that_must_not_be_sent(code: int) -> None:
    with pytest.raises(ProtocolViolation) as broken:
        check_close(code.to_bytes(2, "big"))
    assert broken.value.close_code == CloseCode.PROTOCOL_ERROR


def test_half_a_close_code_is_refused() -> None:
    with pytest.raises(ProtocolViolation) as broken:
        check_close(b"\x03")
    assert broken.value.close_code == CloseCode.PROTOCOL_ERROR


@pytest.mark.parametrize("bad", NOT_UTF8.values(), ids=NOT_UTF8.keys())
def test_the_reason_of_a_close_must_be_utf8(bad: bytes) -> None:
    with pytest.raises(ProtocolViolation) as broken:
        check_close(b"\x03\xe8bye" + bad)
    assert broken.value.close_code == CloseCode.INVALID_TEXT
