import pytest

from feedline.media.kinds import HEAD, M4A, MP3, MP4, OGG, PICTURE, WEBM, Kind, kind_of
from tests.media import samples


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF"])
def test_pictures_are_told_by_their_first_bytes(name: str) -> None:
    assert kind_of(samples.picture(name)[:HEAD]) is PICTURE


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (samples.MP4, MP4),
        (samples.M4A, M4A),
        (samples.WEBM, WEBM),
        (samples.OGG, OGG),
        (samples.MP3, MP3),
        (samples.BARE_MP3, MP3),
    ],
)
def test_films_and_sounds_are_too(data: bytes, kind: Kind) -> None:
    assert kind_of(data[:HEAD]) is kind


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"\0" * 100, b"%PDF-1.7", b"PK\3\4", b"MZ", b"BM" + b"\0" * 60, b"II*\0"),
        *(samples.SVG, samples.HTML, samples.HEIC, samples.MATROSKA),
        *(b"ID3", b"\xff\xff\xff\xff", b"\xff\xfe\0\0a", b"OggS" + b"\0" * 60, b"GIF88a"),
        *(b" " + samples.MP4, b"RIFF\0\0\0\0WAVE", b"\0\0\0\x18ftyp", b"\xff\xd8"),
    ],
)
def test_nothing_else_is_taken(data: bytes) -> None:
    assert kind_of(data[:HEAD]) is None


def test_any_beginning_of_a_file_can_be_asked_about() -> None:
    for data in (samples.MP4, samples.WEBM, samples.OGG, samples.MP3, samples.picture()):
        for length in range(64):
            kind_of(data[:length])
