"""What a file is, told by its first bytes; what it was called or said to be counts for nothing."""

from dataclasses import dataclass
from typing import Literal

HEAD = 4096  # bytes that are looked at

_EBML = b"\x1a\x45\xdf\xa3"
_FILMS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V "}
)
_OGG_SOUNDS = (b"OpusHead", b"\x01vorbis", b"\x7fFLAC", b"Speex   ")


@dataclass(frozen=True, slots=True)
class Kind:
    """The type of a post's media, and the type by which browsers know it."""

    type: Literal["image", "video", "audio"]
    content_type: str


PICTURE = Kind("image", "")  # made anew, so its type is not that of what came
MP4 = Kind("video", "video/mp4")
WEBM = Kind("video", "video/webm")
MP3 = Kind("audio", "audio/mpeg")
M4A = Kind("audio", "audio/mp4")
OGG = Kind("audio", "audio/ogg")


def kind_of(head: bytes) -> Kind | None:
    """The kind of a file that begins like this; None for one that is not taken."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")):
        return PICTURE
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return PICTURE
    if head[4:8] == b"ftyp":
        return _kind_of_mp4(head[8:12])
    if head.startswith(_EBML):
        return WEBM if b"\x42\x82\x84webm" in head[:64] else None  # DocType, RFC 8794 11.2.5
    if head.startswith(b"OggS"):
        return OGG if head[28:].startswith(_OGG_SOUNDS) else None  # RFC 3533 section 6
    return MP3 if _is_mp3(head) else None


def _kind_of_mp4(brand: bytes) -> Kind | None:
    """By the major brand (ISO 14496-12 section 4.3)."""
    if brand in (b"M4A ", b"M4B "):
        return M4A
    return MP4 if brand in _FILMS else None


def _is_mp3(head: bytes) -> bool:
    """An ID3 tag, or a frame of MPEG audio layer III with a bit rate and a sample rate."""
    if head.startswith(b"ID3"):
        return len(head) >= 10 and head[3] in (2, 3, 4)
    return (
        len(head) >= 4
        and head[0] == 0xFF
        and head[1] & 0xE6 == 0xE2
        and head[1] & 0x18 != 0x08
        and head[2] & 0xF0 not in (0x00, 0xF0)
        and head[2] & 0x0C != 0x0C
    )
