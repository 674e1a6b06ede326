"""Pictures are made anew: what comes out has only pixels of what came in, and not too many."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from PIL import Image, ImageFilter, ImageOps, ImageSequence

from feedline.errors import FieldProblem, Unavailable, ValidationFailed

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_FRAMES = 500
SIDE = 2_560  # pixels of the longer side: a large screen
THUMBNAIL_SIDE = 480  # a column of the page
THUMBNAIL_TYPE = "image/webp"
BLURRED_SIDE = 20
_BLUR = 1.5  # pixels, of those few
_QUALITY = 85
_THUMBNAIL_QUALITY = 75


Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was made anew, its thumbnail, and its width divided by its height."""

    path: Path
    thumbnail: Path
    content_type: str
    aspect_ratio: float


class Pictures:
    """Makes pictures on threads of its own, so many at a time while so many wait."""

    def __init__(self, parallel: int, waiting: int, pixels: int) -> None:
        self._most = parallel + waiting if waiting else None
        self._pixels = pixels
        self._inside = 0
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix="pictures")

    async def remake(self, source: Path) -> Picture:
        """Makes a picture beside ``source``. Raises ValidationFailed, or Unavailable."""
        return await self._in_turn(partial(remade, source, self._pixels))

    async def blur(self, thumbnail: bytes) -> bytes:
        """The colours of a thumbnail, with nothing to make out. Raises Unavailable."""
        return await self._in_turn(partial(blurred, thumbnail))

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    async def _in_turn(self, make: Callable[[], Made]) -> Made:
        if self._most is not None and self._inside >= self._most:
            raise Unavailable("Too many pictures are being sent at this moment.")
        self._inside += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, make)
        finally:
            self._inside -= 1


def remade(source: Path, pixels: int) -> Picture:
    """A picture of at most so many pixels, over all its frames, without anything but pixels."""
    try:
        with Image.open(source, formats=FORMATS) as image:
            _require_size(image, pixels)
            return _remade(image, source)
    except ValidationFailed:
        raise
    except Exception as error:  # whatever a decoder says of hostile bytes, it means the same
        raise _refused("This picture is broken.") from error


def blurred(thumbnail: bytes) -> bytes:
    """So few pixels, each mixed with its neighbours, that no word and no face is left in them."""
    with Image.open(BytesIO(thumbnail), formats=("WEBP",)) as image:
        small = image.convert("RGB")
    small.thumbnail((BLURRED_SIDE, BLURRED_SIDE))
    into = BytesIO()
    small.filter(ImageFilter.GaussianBlur(_BLUR)).save(into, "WEBP", quality=_THUMBNAIL_QUALITY)
    return into.getvalue()


def _require_size(image: Image.Image, pixels: int) -> None:
    """Asks the head of the file alone, before anything of it is unpacked."""
    area = image.width * image.height
    if pixels and area > pixels:
        raise _refused(f"Use at most {pixels} pixels.")
    frames = getattr(image, "n_frames", 1)
    if frames > MOST_FRAMES or (pixels and area * frames > pixels):
        raise _refused(f"Use at most {MOST_FRAMES} frames, with {pixels} pixels in all.")


def _remade(image: Image.Image, source: Path) -> Picture:
    photo = image.format == "JPEG"
    image.draft("RGB", (SIDE, SIDE))  # a JPEG is unpacked no larger than it is used
    durations = []
    frames = []
    for frame in ImageSequence.Iterator(image):
        frames.append(_plain(frame, SIDE))
        durations.append(int(frame.info.get("duration", 0)))
    path, thumbnail = source.with_suffix(".made"), source.with_suffix(".thumbnail")
    first = frames[0]
    if photo:
        first.save(path, "JPEG", quality=_QUALITY, progressive=True)
    elif len(frames) == 1:
        first.save(path, "WEBP", quality=_QUALITY)
    else:
        first.save(
            path, "WEBP", quality=_QUALITY, save_all=True, append_images=frames[1:],
            duration=durations, loop=0,
        )  # fmt: skip
    _plain(first, THUMBNAIL_SIDE).save(thumbnail, "WEBP", quality=_THUMBNAIL_QUALITY)
    content_type = "image/jpeg" if photo else "image/webp"
    return Picture(path, thumbnail, content_type, round(first.width / first.height, 4))


def _plain(frame: Image.Image, side: int) -> Image.Image:
    """A frame the right way up (Exif 2.3 section 4.6.4), without colour tables and metadata."""
    upright = ImageOps.exif_transpose(frame)
    plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    plain.thumbnail((side, side))
    plain.info = {}
    return plain


def _refused(message: str) -> ValidationFailed:
    return ValidationFailed(FieldProblem("file", message))
