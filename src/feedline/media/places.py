"""Where files are kept: in a bucket if there is one, else in a folder."""

from pathlib import Path

from feedline.errors import ExtraMissing
from feedline.media.files import Files, FolderFiles


def files_at(data: Path, bucket: str, endpoint: str) -> Files:
    """The files of an installation. Raises ExtraMissing."""
    if not bucket:
        return FolderFiles(data / "media")
    try:
        from feedline.media.s3 import S3Files
    except ModuleNotFoundError:
        raise ExtraMissing("s3", "--media-bucket") from None
    return S3Files(bucket, endpoint)
