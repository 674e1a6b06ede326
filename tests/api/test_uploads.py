"""Bodies with a file in them, cut and broken in every way."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedline.api.bodies import ClientGone
from feedline.api.uploads import FilePart, receive_file
from feedline.errors import (
    BadRequest,
    PayloadTooLarge,
    Refusal,
    UnsupportedMediaType,
    ValidationFailed,
)
from tests.feed.strategies import examples

TYPE = b'multipart/form-data; boundary="xYz"'
DATA = bytes(range(256)) * 20 + b"\r\n--xY\r\n"


def body(name: str = "file", data: bytes = DATA, more: bytes = b"") -> bytes:
    head = f'--xYz\r\nContent-Disposition: form-data; name="{name}"; filename="../../a.png"\r\n'
    return (
        head.encode() + b"Content-Type: text/html\r\n\r\n" + data + b"\r\n" + more + b"--xYz--\r\n"
    )


def receiver(*pieces: bytes, whole: bool = True) -> Any:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": piece, "more_body": True} for piece in pieces
    ]
    last = {"type": "http.request", "body": b""} if whole else {"type": "http.disconnect"}
    waiting = iter([*messages, last])

    async def receive() -> dict[str, Any]:
        return next(waiting)

    return receive


async def received(path: Path, *pieces: bytes, limit: int = 0, **headers: bytes) -> bytes:
    sent = {b"content-type": headers.get("kind", TYPE)}
    if "length" in headers:
        sent[b"content-length"] = headers["length"]
    size = await receive_file(receiver(*pieces), sent, path, limit)
    data = await asyncio.to_thread(path.read_bytes)
    assert size == len(data)
    return data


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
async def test_a_file_arrives_as_it_was_sent_in_pieces_of_any_size(
    tmp_path: Path, step: int
) -> None:
    sent = body()
    pieces = [sent[start : start + step] for start in range(0, len(sent), step)]
    assert await received(tmp_path / "a", *pieces) == DATA


async def test_a_large_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    whole = body(data=b"x" * 3_000_000)
    pieces = [whole[start : start + 65_536] for start in range(0, len(whole), 65_536)]
    assert len(await received(tmp_path / "a", *pieces)) == 3_000_000


async def test_what_follows_the_body_is_ignored(tmp_path: Path) -> None:
    assert await received(tmp_path / "a", body(), b"an epilogue") == DATA


@pytest.mark.parametrize("length", [1_000, 20_000])
async def test_a_file_may_be_so_large_and_no_larger(tmp_path: Path, length: int) -> None:
    sent = body(data=b"x" * length)
    assert len(await received(tmp_path / "a", sent, limit=length)) == length
    with pytest.raises(PayloadTooLarge):
        await received(tmp_path / "a", sent, limit=length - 1)


async def test_one_that_says_that_it_is_too_large_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(PayloadTooLarge):
        await received(tmp_path / "a", limit=1_000, length=b"999999")
    assert not (tmp_path / "a").exists()


async def test_one_that_does_not_say_so_is_read_no_further(tmp_path: Path) -> None:
    endless = [body()[:200], *(b"x" * 10_000 for _ in range(5))]
    with pytest.raises(PayloadTooLarge):
        await receive_file(receiver(*endless), {b"content-type": TYPE}, tmp_path / "a", 1_000)


@pytest.mark.parametrize("kind", [b"", b"application/json", b"multipart/mixed; boundary=x"])
async def test_another_type_of_body_is_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(UnsupportedMediaType):
        await received(tmp_path / "a", body(), kind=kind)


@pytest.mark.parametrize("kind", [b"multipart/form-data", b"multipart/form-data; boundary="])
async def test_a_body_without_a_boundary_is_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(BadRequest):
        await received(tmp_path / "a", body(), kind=kind)


SECOND = b'--xYz\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n'
OTHER = b'--xYz\r\nContent-Disposition: form-data; name="caption"\r\n\r\nx\r\n'


@pytest.mark.parametrize("sent", [body("picture"), body(more=SECOND), body(more=OTHER)])
async def test_exactly_one_part_called_file_is_taken(tmp_path: Path, sent: bytes) -> None:
    with pytest.raises(ValidationFailed):
        await received(tmp_path / "a", sent)


@pytest.mark.parametrize(
    "sent",
    [
        *(b"", b"nonsense", body()[:100], body()[:-10], b"--xYz\r\n\r\nx\r\n--xYz--\r\n"),
        b"--xYz\r\n" + b"A: " + b"a" * 10_000 + b"\r\n\r\nx\r\n--xYz--\r\n",
        b"--xYz\r\n" + b"A: a\r\n" * 100 + b"\r\nx\r\n--xYz--\r\n",
    ],
)
async def test_a_broken_body_is_refused(tmp_path: Path, sent: bytes) -> None:
    with pytest.raises(Refusal):
        await received(tmp_path / "a", sent)


async def test_who_goes_away_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(ClientGone):
        await receive_file(
            receiver(body()[:200], whole=False), {b"content-type": TYPE}, tmp_path / "a", 0
        )


@examples(300)
@given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=4))
def test_any_bytes_are_a_file_or_are_refused(noise: bytes, cuts: list[int]) -> None:
    sent = body(data=noise)
    for cut in cuts:
        sent = sent[:cut] + noise[:3] + sent[cut + 1 :]
    part = FilePart(TYPE)
    try:
        part.feed(sent)
        part.end()
    except Refusal:
        return
