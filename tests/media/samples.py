"""Files of every kind, as people send them."""

import struct
from io import BytesIO
from typing import Any

from PIL import Image

MP4 = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"film" * 500
M4A = b"\0\0\0\x18ftypM4A \0\0\2\0M4A mp42" + b"song" * 50
WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm" + b"film" * 50
OGG = b"OggS\0\2" + b"\0" * 22 + b"OpusHead" + b"song" * 50
MP3 = b"ID3\4\0\0\0\0\0\0" + b"song" * 50
BARE_MP3 = b"\xff\xfb\x90\x64" + b"song" * 50

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0heic"
MATROSKA = b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska"


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: Any) -> bytes:
    """A red picture with a blue corner at the top left."""
    image = Image.new("RGB", size, (255, 0, 0))
    image.paste((0, 0, 255), (0, 0, size[0] // 3, size[1] // 3))
    return encoded(image, kind, **options)


def animation(kind: str = "GIF", frames: int = 3, size: tuple[int, int] = (20, 10)) -> bytes:
    shades = [Image.new("RGB", size, (80 * number % 256, 0, 0)) for number in range(frames)]
    return encoded(
        shades[0], kind, save_all=True, append_images=shades[1:], duration=[100] * frames
    )


def gif_that_claims(width: int, height: int) -> bytes:
    """A small picture whose head says that it is of this size."""
    data = picture("GIF")
    return data[:6] + struct.pack("<HH", width, height) + data[10:]


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    into = BytesIO()
    image.save(into, kind, **options)
    return into.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image
