"""An answer's head goes out with its body, in one write."""

import asyncio

from feedline.gateway.http import AnswerTransport


class Wire(asyncio.Transport):
    """Writes down each write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def answering(wire: Wire) -> AnswerTransport:
    return AnswerTransport(wire, asyncio.get_running_loop())


async def test_head_and_body_are_one_write() -> None:
    wire = Wire()
    answer = answering(wire)
    answer.write(b"head ")
    answer.write(b"body ")
    answer.write(b"more")
    assert wire.writes == [b"head body ", b"more"]


async def test_a_head_that_nothing_follows_goes_by_itself() -> None:
    wire = Wire()
    answer = answering(wire)
    answer.write(b"100 continue")
    await asyncio.sleep(0)
    answer.write(b"head ")
    answer.write(b"body")
    assert wire.writes == [b"100 continue", b"head ", b"body"]


async def test_closing_sends_what_waits() -> None:
    wire = Wire()
    answer = answering(wire)
    answer.write(b"head")
    answer.close()
    await asyncio.sleep(0)
    assert (wire.writes, answer.is_closing()) == ([b"head"], True)
