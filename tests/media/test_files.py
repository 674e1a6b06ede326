"""Files in a folder and in a bucket: the same from outside."""

import socket
import urllib.request
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import pytest

from feedline.errors import Unavailable
from feedline.keeping import user_commands
from feedline.media import s3
from feedline.media.files import Files, FolderFiles
from feedline.media.s3 import S3Files
from feedline.storage import Storage

DATA = bytes(range(256)) * 40_000  # more than S3 takes in one part


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of a server with a bucket called films."""
    from moto.server import ThreadedMotoServer  # slow to import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    urllib.request.urlopen(urllib.request.Request(f"{url}/films", method="PUT")).close()
    yield url
    server.stop()


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.system)])
def files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    if request.param == "folder":
        return FolderFiles(tmp_path / "kept")
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return S3Files("films", request.getfixturevalue("bucket"))


def put(tmp_path: Path, data: bytes) -> Path:
    source = tmp_path / "source"
    source.write_bytes(data)
    return source


async def whole(pieces: AsyncGenerator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_what_was_saved_can_be_read_in_any_part(files: Files, tmp_path: Path) -> None:
    await files.save("a", put(tmp_path, DATA))
    for start, stop in ((0, len(DATA)), (0, 1), (len(DATA) - 1, len(DATA)), (255, 700_001)):
        assert await whole(files.read("a", start, stop)) == DATA[start:stop]


async def test_a_large_file_comes_in_pieces(files: Files, tmp_path: Path) -> None:
    await files.save("a", put(tmp_path, DATA))
    first = await anext(files.read("a", 0, len(DATA)))
    assert 0 < len(first) < len(DATA)


async def test_a_file_that_is_not_there(files: Files) -> None:
    with pytest.raises(FileNotFoundError):
        await anext(files.read("none", 0, 10))


async def test_what_was_removed_is_gone_and_can_be_removed_again(
    files: Files, tmp_path: Path
) -> None:
    await files.save("a", put(tmp_path, b"film"))
    for _ in range(2):
        await files.remove("a")
    with pytest.raises(FileNotFoundError):
        await anext(files.read("a", 0, 4))


async def test_a_storage_that_is_away_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "_RETRIES", 0)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "test")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    files = S3Files("films", f"http://127.0.0.1:{port}")
    with pytest.raises(Unavailable):
        await files.save("a", put(tmp_path, b"film"))
    with pytest.raises(Unavailable):
        await anext(files.read("a", 0, 4))
    with pytest.raises(Unavailable):
        await files.remove("a")


def test_somebody_is_exported_with_the_files_of_the_bucket_if_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Files] = []
    monkeypatch.setattr(user_commands, "export_to", lambda *args: taken.append(args[-1]))
    target, storage = tmp_path / "ann.zip", Storage(data=tmp_path)
    user_commands.export("ann", target, storage=storage)
    address = "http://[::1]:1"
    user_commands.export(
        "ann", target, media_bucket="films", media_endpoint=address, storage=storage
    )
    assert [type(files) for files in taken] == [FolderFiles, S3Files]
