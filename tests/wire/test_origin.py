import pytest

from feedline.wire.origin import origin_allowed


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://feed.test", "feed.test"),
        ("https://feed.test", "feed.test"),
        ("http://feed.test:8000", "feed.test:8000"),
        ("https://FEED.test", "feed.TEST"),
        ("https://feed.test", "feed.test:443"),
        ("http://feed.test:80", "feed.test"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
    ],
)
def test_the_own_origin_is_allowed(origin: str, host: str) -> None:
    assert origin_allowed(origin, host, ())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", "feed.test"),
        ("null", "null"),
        ("", ""),
        ("feed.test", "feed.test"),
        ("http://", ""),
        ("http://evil.test", "feed.test"),
        ("http://feed.test.evil.test", "feed.test"),
        ("http://evilfeed.test", "feed.test"),
        ("http://feed.test@evil.test", "feed.test"),
        ("http://evil.test@feed.test", "feed.test"),
        ("http://feed.test/path", "feed.test"),
        ("http://feed.test:8001", "feed.test:8000"),
        ("http://feed.test:x", "feed.test"),
        ("http://[feed.test", "feed.test"),
        ("http://evil.test[::1]:8000", "[::1]:8000"),
        ("http://[::1]evil.test:8000", "[::1]:8000"),
        ("http://feed.test:80/path", "feed.test"),
        ("http://feed.test:80@feed.test", "feed.test"),
        ("http://feed.test", ""),
        ("http://feed.test:8000", "feed.test"),
        ("https://feed.test", "feed.test:80"),
        ("file://feed.test", "feed.test"),
    ],
)
def test_any_other_origin_is_not(origin: str, host: str) -> None:
    assert not origin_allowed(origin, host, ())


def test_further_origins_are_allowed_whole() -> None:
    allowed = ("https://app.example.com", "http://localhost:5173/")
    assert origin_allowed("https://app.example.com", "feed.test", allowed)
    assert origin_allowed("https://app.example.com:443", "feed.test", allowed)
    assert origin_allowed("http://localhost:5173", "feed.test", allowed)
    assert not origin_allowed("http://app.example.com", "feed.test", allowed)
    assert not origin_allowed("https://app.example.com:8443", "feed.test", allowed)
    assert not origin_allowed("https://example.com", "feed.test", allowed)


def test_an_allowed_origin_with_no_sense_in_it_allows_nobody() -> None:
    assert not origin_allowed("http://evil.test", "feed.test", ("", "*", "null", "http://"))
