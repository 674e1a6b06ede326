"""Limits of an installation: as the domain checks them, and written into the schemas of bodies."""

from typing import Any

from feedline.config import Settings
from feedline.feed.drafts import DraftLimits
from feedline.feed.people import (
    AVATAR_LIMIT,
    NAME,
    NAME_LIMIT,
    PASSWORD_LONGEST,
    PASSWORD_SHORTEST,
    USERNAME,
)
from feedline.feed.visibility import TIERS

Json = dict[str, Any]

_TEXT = r"^[^\u0000]*$"
_TAG = r"^[^\u0000]*[^\u0000\s][^\u0000]*$"


def draft_limits(settings: Settings) -> DraftLimits:
    return DraftLimits(
        title=settings.title_limit,
        text=settings.text_limit,
        tags=settings.tags_limit,
        tag=settings.tag_limit,
    )


def with_limits(schemas: dict[str, Json], settings: Settings) -> dict[str, Json]:
    """The schemas, those of bodies with the sizes and forms that an installation accepts."""
    limits: dict[str, dict[str, Json]] = {
        "Draft": _draft(settings),
        "CommentDraft": {
            "text": {
                "pattern": _TAG,
                "minLength": 1,
                **_longest("maxLength", settings.comment_limit),
            }
        },
        "Registration": {
            "username": {"pattern": f"^{USERNAME.pattern}$"},
            "password": {"minLength": PASSWORD_SHORTEST, "maxLength": PASSWORD_LONGEST},
            "name": {"pattern": f"^{NAME.pattern}$", "maxLength": NAME_LIMIT},
        },
        "PasswordChange": {
            "newPassword": {"minLength": PASSWORD_SHORTEST, "maxLength": PASSWORD_LONGEST}
        },
        "ProfileChange": {
            "name": {"pattern": f"^{NAME.pattern}$", "maxLength": NAME_LIMIT},
            "avatar": {"pattern": "^(https://[!-~]+)?$", "maxLength": AVATAR_LIMIT},
        },
    }
    return {
        name: _limited(schema, limits[name]) if name in limits else schema
        for name, schema in schemas.items()
    }


def _draft(settings: Settings) -> dict[str, Json]:
    tag = {"type": "string", "pattern": _TAG, **_longest("maxLength", settings.tag_limit)}
    return {
        "title": {"pattern": _TEXT, **_longest("maxLength", settings.title_limit)},
        "text": {"pattern": _TEXT, **_longest("maxLength", settings.text_limit)},
        "category": {"pattern": _TEXT, **_longest("maxLength", settings.tag_limit)},
        "tags": {"items": tag, **_longest("maxItems", settings.tags_limit)},
        "tier": {"enum": list(TIERS)},
    }


def _longest(keyword: str, limit: int) -> Json:
    return {keyword: limit} if limit else {}


def _limited(schema: Json, limits: dict[str, Json]) -> Json:
    properties = {
        name: _with_keywords(part, limits.get(name, {}))
        for name, part in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _with_keywords(part: Json, keywords: Json) -> Json:
    """Keywords go to the alternative that isn't null, where there are two."""
    if "anyOf" not in part:
        return {**part, **keywords}
    alternatives = [
        one if one == {"type": "null"} else {**one, **keywords} for one in part["anyOf"]
    ]
    return {**part, "anyOf": alternatives}
