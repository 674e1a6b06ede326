"""What the doctor says of versions, settings, the page, descriptors and the disk."""

import os
import resource
import shutil
from collections.abc import Callable
from importlib import resources
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from feedline.api.tokens import load_secret
from feedline.config import Settings
from feedline.doctor import descriptors, disk, versions
from feedline.doctor.configuration import check_configuration
from feedline.doctor.descriptors import check_descriptors
from feedline.doctor.disk import check_disk
from feedline.doctor.examination import _found, is_healthy
from feedline.doctor.findings import Findings
from feedline.doctor.page import check_page
from feedline.doctor.running import holder
from feedline.doctor.versions import check_versions
from feedline.store.lock import DataLock
from feedline.verify.plan import TOKEN_VARIABLE
from tests.doctor.conftest import Found

Look = Callable[..., Found]

# ---- versions


def test_versions_of_what_is_used(found: Look) -> None:
    plain = found(check_versions)
    assert plain.levels == {"ok"}
    plain.one("SQLite 3.")
    shared = found(check_versions, database="postgresql://x", bus="redis://x", media_bucket="b")
    assert {each.check for each in shared.all} >= {"psycopg", "redis-py", "obstore"}
    assert "sqlite" not in {each.check for each in shared.all}


def test_an_old_sqlite() -> None:
    finding = versions._sqlite("3.40.1")
    assert (finding.level, "apsw" in finding.advice) == ("failure", True)
    assert versions._sqlite("3.51.3").level == "ok"


def test_a_package_that_is_missing(found: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "psycopg":
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(versions, "version", version)
    finding = found(check_versions, database="postgresql://x").bad("failure", "psycopg")
    assert "-m pip install '.[postgres]'" in finding.advice


# ---- settings


def test_settings_as_they_come_and_changed(found: Look) -> None:
    assert found(check_configuration).one("as they come").level == "ok"
    assert found(check_configuration, port=1).one("Set: port").level == "ok"


def test_a_variable_with_a_slip(found: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDLINE_TRUSTED_PROXY", "10.0.0.1")
    finding = found(check_configuration).bad("warning", "FEEDLINE_TRUSTED_PROXY")
    assert "FEEDLINE_TRUSTED_PROXIES" in finding.advice


def test_a_variable_of_another_command_is_read_by_somebody(
    monkeypatch: pytest.MonkeyPatch, found: Look
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "a token")
    assert found(check_configuration).one("as they come").level == "ok"


@pytest.mark.parametrize(
    ("changed", "advice"),
    [
        ({"workers": 2}, "--database"),
        ({"database": "mysql://x"}, "postgresql://"),
        ({"database_replicas": ("postgresql://two",)}, "--database"),
        ({"identity_issuer": "https://x"}, "--identity-audience"),
        ({"identity_secret_file": "/nowhere/at-all"}, ""),
        ({"allowed_origins": ("https://example.com/",)}, "https://example.com"),
        ({"allowed_origins": ("example.com",)}, "https://example.com"),
        ({"trusted_proxies": ("nginx",)}, "10.0.0.0/8"),
        ({"message_rate": -1}, "Can't use '-1' as --message-rate. 0 is the least"),
        ({"workers": 0}, "1 is the least"),
        ({"role": "gateway"}, "--database"),
    ],
)
def test_settings_that_can_not_be(found: Look, changed: dict[str, object], advice: str) -> None:
    looked = found(check_configuration, **changed)
    assert looked.levels == {"failure"}
    assert advice in looked.bad("failure").advice


def test_the_demo_is_for_trying(found: Look) -> None:
    found(check_configuration, demo=True).bad("warning", "password")


# ---- the page


def test_a_page_that_was_not_built_or_in_part(
    found: Look, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    found(check_page).bad("failure", "not built")
    (tmp_path / "page/assets").mkdir(parents=True)
    (tmp_path / "page/index.html").write_text('<script src="/assets/a.js"></script>')
    found(check_page).bad("failure", "assets/a.js")
    (tmp_path / "page/assets/a.js").touch()
    assert found(check_page).levels == {"ok"}


# ---- descriptors


@pytest.mark.parametrize(
    ("limit", "connections", "level"),
    [
        (20_000, 15_000, "ok"),
        (resource.RLIM_INFINITY, 15_000, "ok"),
        (4_096, 15_000, "warning"),
        (4_096, 0, "warning"),
        (100, 10, "failure"),
    ],
)
def test_room_for_connections(limit: int, connections: int, level: str) -> None:
    finding = descriptors._judged(limit, connections, "It")
    assert finding.level == level
    assert ("LimitNOFILE" in finding.advice) == (level != "ok")


def test_the_limit_is_that_of_the_server_that_runs(found: Look, tmp_path: Path) -> None:
    assert found(check_descriptors, data=tmp_path).one("A server started from here")
    with DataLock(tmp_path):
        assert holder(tmp_path) == os.getpid()
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        found(check_descriptors, data=tmp_path).one(f"Process {os.getpid()}", f"{hard:,}")
    assert holder(tmp_path) is None


# ---- the disk


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


def test_a_directory_that_is_made_later(found: Look, tmp_path: Path) -> None:
    assert found(check_disk, data=tmp_path / "a/b").levels == {"ok"}
    assert not (tmp_path / "a").exists()


def test_a_directory_that_can_not_be(found: Look, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found(check_disk, data=tmp_path / "file").bad("failure", "no directory")
    found(check_disk, data=tmp_path / "file/data").bad("failure", "no directory")


def test_looking_leaves_nothing_behind(found: Look, data: Path) -> None:
    looked = found(check_disk, data=data)
    looked.one("GiB are free")
    looked.one("with a sync takes")
    assert "failure" not in looked.levels
    assert list(data.iterdir()) == []


def test_others_can_look_in(found: Look, data: Path) -> None:
    data.chmod(0o755)
    assert "chmod 700" in found(check_disk, data=data).bad("warning", "Others").advice


def test_little_room(found: Look, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(data)
    for free, level in ((10 * 1024**2, "failure"), (500 * 1024**2, "warning")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        found(check_disk, data=data).bad(level, "are free")


@pytest.mark.parametrize(
    ("kind", "level", "says"),
    [
        ("nfs4", "failure", "network file system"),
        ("tmpfs", "warning", "in memory"),
        ("overlay", "warning", "own layer"),
    ],
)
def test_a_file_system_of_the_wrong_kind(
    found: Look, data: Path, monkeypatch: pytest.MonkeyPatch, kind: str, level: str, says: str
) -> None:
    assert disk._kind(Path("/proc/self")) == "proc"
    monkeypatch.setattr(disk, "_kind", lambda _: kind)
    found(check_disk, data=data).bad(level, says)


def test_a_slow_disk(found: Look, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_timed_sync", lambda _: 0.05)
    found(check_disk, data=data).bad("warning", "50.0 ms")


def test_a_secret_that_others_can_read(found: Look, data: Path) -> None:
    load_secret(data)
    assert found(check_disk, data=data).one("for its owner alone", "It ").check == "secret"
    (data / "secret").chmod(0o644)
    found(check_disk, data=data).bad("failure", "secret", "others can read")


# ---- all of them


def test_a_check_that_breaks_is_a_finding() -> None:
    def check_moon(settings: Settings) -> Findings:
        raise ZeroDivisionError
        yield

    (finding,) = _found(check_moon, Settings())
    assert (finding.check, finding.level) == ("moon", "failure")
    assert not is_healthy([finding])
