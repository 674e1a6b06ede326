import pytest

from feedline.wire.request_id import begin, current, given_in, request_id, within


@pytest.mark.parametrize("given", [b"a", b"7f3d:1/x+y=z@q_r-s.t", b"x" * 64])
def test_what_is_in_order_is_taken(given: bytes) -> None:
    assert request_id(given) == given.decode()


@pytest.mark.parametrize(
    "given", [None, b"", b"x" * 65, b"two words", b"a\nb", b'a"', b"\xff", "ä".encode()]
)
def test_what_is_not_gets_one_of_ours(given: bytes | None) -> None:
    assert len({request_id(given) for _ in range(10)}) == 10
    assert given is None or request_id(given) != given.decode("latin-1")


@pytest.mark.parametrize(
    ("line", "given"),
    [
        (b"X-Request-ID: abc", b"abc"),
        (b"x-request-id:abc  ", b"abc"),
        (b"X-Request-ID:", b""),
        (b"X-My-X-Request-ID: abc", None),
        (b"X: X-Request-ID: abc", None),
    ],
)
def test_it_is_found_in_a_head(line: bytes, given: bytes | None) -> None:
    assert given_in(b"GET /ws HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n") == given


def test_the_context_knows_it() -> None:
    with within("outer"):
        begin("r1")
        with within("r2"):
            assert current() == "r2"
        assert current() == "r1"
