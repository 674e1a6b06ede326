"""A client for other programs: publish, tell of posts, read feeds, and follow what happens.

Needs the extra ``client``: ``pip install './feedline[client]'``.
"""

from feedline.client.client import Client
from feedline.client.rest import Page
from feedline.wire.messages import Resync

__all__ = ["Client", "Page", "Resync"]
