"""Files in a bucket of S3, or of anything that speaks like it. Needs the extra ``s3``."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from feedline.errors import Unavailable
from feedline.media.files import CHUNK

_RETRIES = 3
_PATIENCE = timedelta(seconds=20)


class S3Files:
    """Files in a bucket. Region and credentials come from the usual ``AWS_*`` variables."""

    def __init__(self, bucket: str, endpoint: str = "") -> None:
        """``endpoint``: where the bucket is, if not at Amazon."""
        self._bucket = S3Store(
            bucket,
            config={"endpoint": endpoint} if endpoint else {},
            client_options={"allow_http": endpoint.startswith("http://")},
            retry_config={"max_retries": _RETRIES, "retry_timeout": _PATIENCE},
        )

    async def save(self, name: str, source: Path) -> None:
        with _reachable():
            await obstore.put_async(self._bucket, name, source)

    async def read(self, name: str, start: int, stop: int) -> AsyncGenerator[bytes]:
        with _reachable():
            options: obstore.GetOptions = {"range": (start, stop)}
            answer = await obstore.get_async(self._bucket, name, options=options)
            async for piece in answer.stream(min_chunk_size=CHUNK):
                yield bytes(piece)

    async def remove(self, name: str) -> None:
        with _reachable():
            await obstore.delete_async(self._bucket, name)


@contextmanager
def _reachable() -> Iterator[None]:
    """Raises Unavailable for what the storage answers that is no file and no lack of one."""
    try:
        yield
    except BaseError as failure:
        raise Unavailable("The storage of files can't be reached.") from failure
