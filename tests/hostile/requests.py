"""HTTP requests that nobody sends with good intentions, and how each may be answered."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.gateway.raw import KEY, request

CUT = 0  # the connection is ended without an answer


class Request(NamedTuple):
    name: str
    data: bytes
    allowed: frozenset[int]
    """Statuses of the first answer."""


REFUSED = frozenset({400})
HOST = b"Host: 127.0.0.1\r\n"
UPGRADE = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
JSON = b"Content-Type: application/json\r\n"
KIB = 1024


def get(target: bytes = b"/readyz", *headers: bytes) -> bytes:
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"".join(headers) + b"\r\n"


def post(*headers: bytes, body: bytes = b"", target: bytes = b"/api/auth/login") -> bytes:
    return b"POST " + target + b" HTTP/1.1\r\n" + HOST + b"".join(headers) + b"\r\n" + body


def length(size: int | str) -> bytes:
    return f"Content-Length: {size}\r\n".encode()


def login(body: bytes) -> bytes:
    return post(JSON, length(len(body)), body=body)


def requests() -> Iterator[Request]:
    """All of them; names are unique."""
    for table in (_lines(), _heads(), _lengths(), _smuggled(), _bodies(), _upgrades()):
        for name, (data, *allowed) in table.items():
            yield Request(name, data, frozenset(allowed) or REFUSED)


Table = dict[str, tuple[bytes, *tuple[int, ...]]]


def _lines() -> Table:
    return {
        "no request": (b"\x00" * 1000,),
        "nothing but noise": (bytes(range(128, 256)) * 100,),
        "TLS to a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,),
        "HTTP/2 with prior knowledge": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",),
        "SSH": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n",),
        "a method of 10 KiB": (b"G" * 10 * KIB + b" / HTTP/1.1\r\n\r\n",),
        "a method in lower case": (b"get /readyz HTTP/1.1\r\n\r\n",),
        "HTTP/9.9": (b"GET /readyz HTTP/9.9\r\n" + HOST + b"\r\n",),
        "no version": (b"GET /readyz\r\n\r\n", 200, 400, CUT),
        "a target with spaces": (b"GET /a b c HTTP/1.1\r\n" + HOST + b"\r\n",),
        "a target that is not ASCII": (get(b"/\xff\xfe"), 400, 404),
        "a target with a zero byte": (get(b"/\x00"),),
        "a target with an encoded zero byte": (get(b"/%00"), 200, 400, 404),
        "a target that is broken in percents": (get(b"/%ff%zz%"), 200, 400, 404),
        "a target out of the folder": (get(b"/../../../../etc/passwd"), 200, 404, 400),
        "the same, encoded": (get(b"/assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd"), 200, 404, 400),
        "a target with backslashes": (get(rb"/assets\..\..\secret"), 200, 404, 400),
        "no target": (b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",),
        "a target of another host": (get(b"http://evil.example/readyz"), 200, 400, 404),
        "a port to connect to": (
            b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n" + HOST + b"\r\n",
            400,
            404,
            405,
            CUT,
        ),
        "a query of 20 KiB": (get(b"/api/posts?limit=" + b"9" * 20 * KIB), 422),
        "a query with zero bytes": (get(b"/api/posts?page=%00%00&limit=%00"), 422),
        "a query of 5,000 fields": (get(b"/api/posts?" + b"a=&" * 5000), 200, 400, 422),
        "a page that is none": (get(b"/api/posts?page=" + b"_" * 22), 200, 422),
        "a page that nearly is one": (get(b"/api/posts?page=" + b"A" * 21 + b"%0A"), 422),
        "a page of one newline": (get(b"/api/posts?page=%0A"), 422),
        "a page and a newline": (get(b"/api/posts?page=" + b"A" * 22 + b"%0A"), 422),
        "a limit of minus one": (get(b"/api/posts?limit=-1"), 422),
        "a limit beyond 64 bits": (get(b"/api/posts?limit=" + b"9" * 30), 422),
        "an id with quotes": (get(b"/api/posts/'%20or%201=1%20--"), 404),
    }


def _heads() -> Table:
    return {
        "a header without a colon": (get(b"/readyz", b"Host\r\n"),),
        "a header with a space before the colon": (get(b"/readyz", b"X-A : b\r\n"),),
        "a header that goes on in the next line": (get(b"/readyz", b"X-A: b\r\n c\r\n"), 200, 400),
        "a header with a zero byte": (get(b"/readyz", b"X-A: \x00\r\n"),),
        "a header with a bare return": (get(b"/readyz", b"X-A: b\rX-B: c\r\n"),),
        "a header of 33 KiB": (get(b"/readyz", b"X-A: " + b"b" * 33 * KIB + b"\r\n"), 200, 400),
        "a header of 1 MiB": (get(b"/readyz", b"X-A: " + b"b" * 1024 * KIB + b"\r\n"), 400, CUT),
        "a header name of 1 MiB": (get(b"/readyz", b"X" * 1024 * KIB + b": a\r\n"), 400, CUT),
        "100,000 headers": (get(b"/readyz", b"X-A: b\r\n" * 100_000), 400, CUT),
        "2,000 cookies": (get(b"/api/me", b"Cookie: " + b"a=b; " * 2000 + b"\r\n"), 401),
        "a cookie of noise": (get(b"/api/me", b"Cookie: feedline_session=\xff\xfe=;;=\r\n"), 401),
        "credentials of noise": (get(b"/api/me", b"Authorization: Bearer \xff\xfe\xfd\r\n"), 401),
        "credentials of 20 KiB": (
            get(b"/api/me", b"Authorization: Bearer " + b"a." * 10 * KIB + b"\r\n"),
            401,
        ),
        "credentials without a scheme": (get(b"/api/me", b"Authorization: \r\n"), 401),
        "a token that says that it needs no signature": (
            get(b"/api/me", b"Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.\r\n"),
            401,
        ),
        "an origin of noise": (
            post(JSON, b"Origin: http://[::1\xff\r\n", length(2), body=b"{}"),
            403,
        ),
        "an origin with a port that is none": (
            post(JSON, b"Origin: http://127.0.0.1:99999999\r\n", length(2), body=b"{}"),
            403,
        ),
        "an expectation that nobody has": (
            get(b"/readyz", b"Expect: the unexpected\r\n"),
            200,
            417,
        ),
    }


def _lengths() -> Table:
    return {
        "a length below zero": (post(JSON, length(-1), body=b"{}"),),
        "a length beyond 64 bits": (post(JSON, length(2**64), body=b"{}"),),
        "a length of 300 digits": (post(JSON, length("9" * 300), body=b"{}"),),
        "a length of a terabyte": (post(JSON, length(2**40), body=b"{}"), 413),
        "a length in hexadecimal": (post(JSON, length("0x2"), body=b"{}"),),
        "a length with a sign": (post(JSON, length("+2"), body=b"{}"),),
        "a length with an underscore": (post(JSON, length("1_0"), body=b"{}"),),
        "an empty length": (post(JSON, length(""), body=b"{}"),),
        "a list of lengths": (post(JSON, length("2, 2"), body=b"{}"),),
    }


def _smuggled() -> Table:
    chunked = b"Transfer-Encoding: chunked\r\n"
    second = get(b"/api/me")
    return {
        "a length and chunks": (post(JSON, length(4), chunked, body=b"0\r\n\r\n" + second),),
        "chunks and a length": (post(JSON, chunked, length(4), body=b"0\r\n\r\n" + second),),
        "two lengths": (post(JSON, length(2), length(20), body=b"{}" + second),),
        "two lengths that agree": (post(JSON, length(2), length(2), body=b"{}" + second), 400, 422),
        "chunked twice": (post(JSON, chunked, chunked, body=b"0\r\n\r\n" + second), 400, 501),
        "chunked, but not at last": (
            post(JSON, b"Transfer-Encoding: chunked, identity\r\n", body=b"0\r\n\r\n" + second),
            400,
            501,
        ),
        "an encoding that nobody knows": (
            post(JSON, b"Transfer-Encoding: xchunked\r\n", body=b"0\r\n\r\n" + second),
            400,
            501,
        ),
        "chunked behind a tab": (
            post(JSON, b"Transfer-Encoding:\tchunked\r\n", length(4), body=b"0\r\n\r\n"),
        ),
        "chunked behind a vertical tab": (
            post(JSON, b"Transfer-Encoding: \x0bchunked\r\n", length(4), body=b"0\r\n\r\n"),
        ),
        "chunked in HTTP/1.0": (
            b"POST /api/auth/login HTTP/1.0\r\n" + JSON + chunked + b"\r\n0\r\n\r\n",
            400,
        ),
        "a chunk with a size that is none": (post(JSON, chunked, body=b"zz\r\n{}\r\n0\r\n\r\n"),),
        "a chunk with a size below zero": (post(JSON, chunked, body=b"-1\r\n{}\r\n0\r\n\r\n"),),
        "a chunk with a size beyond 64 bits": (post(JSON, chunked, body=b"F" * 17 + b"\r\n"),),
        "a chunk that is longer than it says": (post(JSON, chunked, body=b"1\r\n{}\r\n0\r\n\r\n"),),
        "a chunk size that ends in a bare newline": (post(JSON, chunked, body=b"2\n{}\n0\n\n"),),
        "chunks of one byte over the limit": (
            post(JSON, chunked, body=b"1\r\n \r\n" * 300 * KIB + b"0\r\n\r\n"),
            413,
        ),
    }


def _bodies() -> Table:
    return {
        "nothing": (login(b""), 400),
        "no JSON": (login(b"\x00\x01\x02"), 400),
        "half a JSON": (login(b'{"username": "an'), 400),
        "JSON that is not UTF-8": (login(b'{"username": "\xff\xfe", "password": "x"}'), 400),
        "half a surrogate": (login(rb'{"username": "\ud800", "password": "x"}'), 400, 401, 422),
        "lists 100,000 deep": (login(b"[" * 100_000 + b"]" * 100_000), 400, 422),
        "objects 40,000 deep": (login(b'{"a":' * 40_000 + b"1" + b"}" * 40_000), 400, 422),
        "lists in a field that is known": (
            login(b'{"username":' + b"[" * 60_000 + b"]" * 60_000 + b"}"),
            400,
            422,
        ),
        "20,000 fields": (
            login(b"{" + b",".join(b'"a%d":1' % number for number in range(20_000)) + b"}"),
            422,
        ),
        "one field 20,000 times": (login(b"{" + b",".join([b'"username":1'] * 20_000) + b"}"), 422),
        "a number of 200,000 digits": (login(b'{"username":' + b"9" * 200_000 + b"}"), 400, 422),
        "a number beyond every exponent": (login(b'{"username":1e999999999}'), 400, 422),
        "a body over the limit": (login(b" " * 257 * KIB), 413),
        "another type": (post(b"Content-Type: text/xml\r\n", length(4), body=b"<a/>"), 415),
        "a type of noise": (post(b"Content-Type: \xff;;;\r\n", length(2), body=b"{}"), 415),
        "a password of 200 KiB": (
            login(b'{"username":"ann","password":"' + b"x" * 200 * KIB + b'"}'),
            401,
            422,
        ),
    }


def _upgrades() -> Table:
    key = b"Sec-WebSocket-Key: " + KEY.encode() + b"\r\n"

    def upgrade(*headers: bytes, target: bytes = b"/ws") -> bytes:
        return get(target, UPGRADE, *headers)

    return {
        "an upgrade with a body": (upgrade(key, length(5)) + b"hello", 101, 400),
        "an upgrade with a body in chunks": (
            upgrade(key, b"Transfer-Encoding: chunked\r\n") + b"5\r\nhello\r\n0\r\n\r\n",
            101,
            400,
        ),
        "an upgrade with a length and chunks": (
            upgrade(key, length(5), b"Transfer-Encoding: chunked\r\n") + b"hello",
        ),
        "an upgrade by POST": (request("POST", Content_Length="0"), 405),
        "an upgrade in HTTP/1.0": (
            upgrade(key).replace(b"HTTP/1.1", b"HTTP/1.0"),
            400,
            404,
            426,
            101,
        ),
        "an upgrade to something else": (
            request(Upgrade="h2c", HTTP2_Settings="AAMAAABkAAQAAP__"),
            400,
            404,
            426,
            405,
        ),
        "an upgrade without a key": (upgrade(),),
        "an upgrade with two keys": (upgrade(key, b"Sec-WebSocket-Key: eA==\r\n"), 101, 400),
        "an upgrade with a key of noise": (upgrade(b"Sec-WebSocket-Key: \xff\xfe\r\n"),),
        "an upgrade with a key of 20 KiB": (
            upgrade(b"Sec-WebSocket-Key: " + b"A" * 20 * KIB + b"\r\n"),
        ),
        "an upgrade without a host": (upgrade(key).replace(HOST, b""),),
        "an upgrade at another address": (upgrade(key, target=b"/ws/../ws"), 404),
        "an upgrade with an encoded address": (upgrade(key, target=b"/%77s"), 404, 101),
        "an upgrade with a query of noise": (
            upgrade(key, target=b"/ws?ticket=%ff%00%zz&&&=&"),
            101,
        ),
        "an upgrade with 4,000 tickets": (
            upgrade(key, target=b"/ws?" + b"ticket=&" * 3000),
            101,
            400,
        ),
        "an upgrade with a ticket of 20 KiB": (
            upgrade(key, target=b"/ws?ticket=" + b"x" * 20 * KIB),
            101,
        ),
        "an upgrade with a cookie of noise": (
            upgrade(key, b"Cookie: \xff=\xfe; feedline_session=\x80\r\n"),
            101,
        ),
        "an upgrade with 500 extensions": (
            upgrade(key, b"Sec-WebSocket-Extensions: " + b"permessage-deflate, " * 500 + b"\r\n"),
            101,
        ),
        "an upgrade with an origin of noise": (
            upgrade(key, b"Cookie: feedline_session=x\r\n", b"Origin: http://[\xff\r\n"),
            403,
        ),
        "an upgrade with a host of noise": (
            get(
                b"/ws", UPGRADE, key, b"Cookie: feedline_session=x\r\n", b"Origin: http://a\r\n"
            ).replace(HOST, b"Host: [\xff:x\r\n"),
            403,
            400,
        ),
    }
