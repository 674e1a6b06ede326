"""Pictures, also such as nobody takes: what comes out is small, upright and says nothing more."""

import asyncio
import struct
import threading
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from feedline.errors import Unavailable, ValidationFailed
from feedline.media import pictures
from feedline.media.pictures import Picture, Pictures, blurred, remade
from tests.media.samples import MP4, animation, encoded, opened, picture

PIXELS = 1_000_000


def make(tmp_path: Path, data: bytes, pixels: int = PIXELS) -> Picture:
    source = tmp_path / "sent"
    source.write_bytes(data)
    return remade(source, pixels)


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/webp"), ("WEBP", "image/webp"), ("GIF", "image/webp")],
)
def test_a_picture_shows_the_same(tmp_path: Path, kind: str, content_type: str) -> None:
    made = make(tmp_path, picture(kind))
    image = opened(made.path.read_bytes())
    assert (made.content_type, made.aspect_ratio, image.size) == (content_type, 1.5, (60, 40))
    red, green, blue = image.convert("RGB").getpixel((50, 30))  # type: ignore[misc]
    assert (red > 200, green < 50, blue < 50) == (True, True, True)


def test_a_photo_that_lies_on_its_side_is_put_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by 90 degrees clockwise
    made = make(tmp_path, picture("JPEG", exif=exif))
    image = opened(made.path.read_bytes())
    assert (image.size, made.aspect_ratio) == ((40, 60), round(40 / 60, 4))
    corner = image.convert("RGB").getpixel((35, 5))
    assert corner[2] > 200  # type: ignore[index]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_pixels_comes_out(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET place"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    more: dict[str, Any] = {"xmp": b"<x>SECRET</x>"} if kind == "WEBP" else {}
    more |= {"comment": b"SECRET"} if kind == "JPEG" else {}
    sent = picture(kind, exif=exif, icc_profile=profile, **more)
    assert b"SECRET" in sent
    made = make(tmp_path, sent + b"SECRET <script>alert(1)</script>")
    for path in (made.path, made.thumbnail):
        data = path.read_bytes()
        assert b"SECRET" not in data
        image = opened(data)
        assert not image.getexif()
        assert not {"icc_profile", "xmp", "comment"} & set(image.info)


def test_a_large_picture_is_made_smaller_and_its_thumbnail_smaller_still(tmp_path: Path) -> None:
    made = make(tmp_path, picture("PNG", (4_000, 200)))
    assert opened(made.path.read_bytes()).size == (2_560, 128)
    assert opened(made.thumbnail.read_bytes()).size == (480, 24)
    assert made.aspect_ratio == 20


def test_nothing_can_be_made_out_on_a_blurred_picture(tmp_path: Path) -> None:
    """Stripes that a person would see are one colour, within what an eye can tell."""
    image = Image.new("RGB", (960, 640), (255, 255, 255))
    for left in range(0, 960, 24):
        image.paste((0, 0, 0), (left, 0, left + 12, 640))
    made = make(tmp_path, encoded(image, "PNG"))
    seen = opened(blurred(made.thumbnail.read_bytes()))
    assert seen.size == (20, 13)
    shades = seen.convert("L").getextrema()
    assert shades[1] - shades[0] < 30  # type: ignore[operator]


def test_what_can_be_seen_through_stays_so(tmp_path: Path) -> None:
    clear = encoded(Image.new("RGBA", (10, 10), (255, 0, 0, 0)), "PNG")
    made = make(tmp_path, clear)
    for path in (made.path, made.thumbnail):
        assert opened(path.read_bytes()).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_pictures_of_every_mode(tmp_path: Path, mode: str) -> None:
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = Image.new(mode, (12, 6))
    assert make(tmp_path, encoded(image, kind)).aspect_ratio == 2


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_what_moves_goes_on_moving(tmp_path: Path, kind: str) -> None:
    made = make(tmp_path, animation(kind))
    image = opened(made.path.read_bytes())
    assert getattr(image, "n_frames", 1) == 3
    assert made.content_type == "image/webp"
    assert getattr(opened(made.thumbnail.read_bytes()), "n_frames", 1) == 1


# ---- hostile


def png_of(width: int, height: int, data: bytes = b"") -> bytes:
    """The head of a PNG that claims to be so large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def refused(tmp_path: Path, data: bytes, pixels: int = PIXELS) -> str:
    with pytest.raises(ValidationFailed) as caught:
        make(tmp_path, data, pixels)
    [problem] = caught.value.problems
    assert problem.path == "file"
    return problem.message


@pytest.mark.parametrize("size", [(1_001, 1_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_not_unpacked(tmp_path: Path, size: tuple[int, int]) -> None:
    data = png_of(*size, zlib.compress(bytes(100_000)))
    assert refused(tmp_path, data) in {"Use at most 1000000 pixels.", "This picture is broken."}


def test_frames_count_as_pixels_too(tmp_path: Path) -> None:
    assert "frames" in refused(tmp_path, animation(frames=6), 1_000)


def test_many_frames_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_FRAMES", 5)
    assert "at most 5 frames" in refused(tmp_path, animation(frames=6))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_broken_picture_is_refused(tmp_path: Path, kind: str) -> None:
    whole = picture(kind, (200, 200))
    for data in (whole[: len(whole) // 2], whole[:20], whole[:12]):
        assert refused(tmp_path, data) == "This picture is broken."


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a" + b"\xff" * 20, MP4, b"BM" * 50])
def test_what_is_no_picture_is_refused(tmp_path: Path, data: bytes) -> None:
    assert refused(tmp_path, data) == "This picture is broken."


# ---- in turn


async def test_more_than_may_wait_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slowly(source: Path, pixels: int) -> Picture:
        go_on.wait(10)
        return Picture(source, source, "image/webp", 1)

    monkeypatch.setattr(pictures, "remade", slowly)
    turns = Pictures(parallel=1, waiting=1, pixels=0)
    inside = [asyncio.create_task(turns.remake(tmp_path)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await turns.remake(tmp_path)
    go_on.set()
    await asyncio.gather(*inside)
    await turns.remake(tmp_path)
    turns.close()
