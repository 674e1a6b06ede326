"""``feedline`` with an error that quotes what somebody wrote, as errors do that nobody expected."""

from typing import Any

from feedline.cli import main
from feedline.feed import actions

BROKEN = "on the shelf"
"""The category of posts that break."""

_publish = actions.publish_post


def publish(tx: Any, author: Any, draft: Any, *more: Any, **named: Any) -> Any:
    if draft.category == BROKEN:
        raise KeyError(draft.text)
    return _publish(tx, author, draft, *more, **named)


actions.publish_post = publish

if __name__ == "__main__":
    main()
