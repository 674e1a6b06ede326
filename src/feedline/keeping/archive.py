"""A backup as one file: a tar of the database, the secret and the files, and what they must be."""

import hashlib
import os
import re
import secrets
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec

from feedline.errors import BackupDamaged, BackupExists, FileUnusable

Report = Callable[[str, int, int], None]
"""Told of what is being done, of how much was, and of how much there is."""

DATABASE, SECRET, MANIFEST, MEDIA = "feedline.db", "secret", "manifest.json", "media/"
FORMAT = 1
_CHUNK = 1 << 20  # bytes
_NAME = re.compile(r"feedline\.db|secret|manifest\.json|media/[\w-]+(\.thumbnail)?")


class Kept(msgspec.Struct, frozen=True):
    """A file of the archive: how long it is, and its SHA-256."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an archive holds, in full: nothing else is in it, and nothing of it is missing."""

    format: int = FORMAT
    feedline: str
    schema_version: int
    database: str
    """`sqlite` or `postgresql`: where it comes from; what is in the archive is SQLite's."""
    taken_at: str
    epoch: str
    head: int
    counts: dict[str, int]
    files: dict[str, Kept]
    missing: list[str]
    """Files of which the database knew, and that were not in the folder any more."""
    bucket: str = ""
    """The bucket of the files, where they are not in a folder: they are not in here then."""


class Archive:
    """An archive that is being written."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.files: dict[str, Kept] = {}

    def add(self, name: str, path: Path) -> None:
        """Raises FileNotFoundError before anything of it is in the archive."""
        with path.open("rb") as file:
            self._add(name, file, os.fstat(file.fileno()).st_size)

    def add_bytes(self, name: str, data: bytes) -> None:
        self._add(name, BytesIO(data), len(data))

    def _add(self, name: str, file: IO[bytes], size: int) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        source = _Hashed(file)
        self._tar.addfile(member, source)
        self.files[name] = Kept(size, source.digest.hexdigest())


class _Hashed(BytesIO):
    """A file that is read once, and hashed on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._file.read(-1 if size is None else size)
        self.digest.update(data)
        return data


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """Raises FileUnusable for what the disk says of a file that somebody named."""
    try:
        yield
    except OSError as error:
        raise FileUnusable(str(path), error.strerror or str(error)) from error


@contextmanager
def writing(target: Path) -> Iterator[Archive]:
    """A new archive, whole and readable by its owner alone, or none. Raises BackupExists."""
    draft = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Archive(tar)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, target)
        except FileExistsError:
            raise BackupExists(str(target)) from None
        sync_folder(target.parent)
    finally:
        draft.unlink()


def unpack(archive: Path, folder: Path, report: Report, *, with_media: bool) -> Manifest:
    """Takes an archive apart into a folder. Raises BackupDamaged unless it is as it was made.

    Without media those are read and compared, and not written.
    """
    try:
        with tarfile.open(archive, "r:") as tar:
            found, manifest = _take_out(tar, archive.stat().st_size, folder, report, with_media)
    except FileNotFoundError:
        raise BackupDamaged(f"There is no file {archive}.") from None
    except IsADirectoryError:
        raise BackupDamaged(f"{archive} is a directory.") from None
    except (tarfile.TarError, msgspec.DecodeError, EOFError) as failure:
        raise BackupDamaged(f"It can't be read ({failure}).") from failure
    if manifest.format != FORMAT:
        raise BackupDamaged(f"It has format {manifest.format}: a newer Feedline wrote it.")
    for name in manifest.files.keys() | found.keys():
        if manifest.files.get(name) != found.get(name):
            raise BackupDamaged(f"{name} is not what was put into it.")
    return manifest


def _take_out(
    tar: tarfile.TarFile,
    size: int,
    folder: Path,
    report: Report,
    with_media: bool,
) -> tuple[dict[str, Kept], Manifest]:
    found: dict[str, Kept] = {}
    (folder / MEDIA).mkdir(0o700)
    for member in tar:
        file = tar.extractfile(member) if member.isreg() else None
        if file is None or not _NAME.fullmatch(member.name) or member.name in found:
            raise BackupDamaged(f"There is something else in it: {member.name!r}.")
        is_written = with_media or not member.name.startswith(MEDIA)
        found[member.name] = _copied(file, folder / member.name if is_written else None)
        report("Reading the backup", member.offset_data + member.size, size)
    if found.pop(MANIFEST, None) is None:
        raise BackupDamaged("It has no manifest: its end is missing.")
    manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    return found, manifest


def _copied(source: IO[bytes], target: Path | None) -> Kept:
    """Reads a file to its end, and writes it to another one if there is one."""
    digest, size = hashlib.sha256(), 0
    with open(target or os.devnull, "wb", opener=_for_owner) as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        if target is not None:
            file.flush()
            os.fsync(file.fileno())
    return Kept(size, digest.hexdigest())


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
