"""Query strings as structs, and what is wrong with the fields of anything that is not valid."""

import re
from typing import TypeVar
from urllib.parse import parse_qsl

import msgspec

from feedline.errors import FieldProblem, ValidationFailed

T = TypeVar("T")

_SHOWN = 200  # characters of a message; it may quote a name of 256 KiB
_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `\$\.?(?P<place>.*)`)?", re.DOTALL)
_NAMED = re.compile(
    r"Object (?P<kind>missing required|contains unknown) field `(?P<name>.*)`", re.DOTALL
)


def decode_query(struct: type[T], query: bytes) -> T:
    """A query string as a struct; names that it does not know are nobody's business."""
    values = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    try:
        return msgspec.convert(values, struct, strict=False)
    except msgspec.ValidationError as error:
        raise ValidationFailed(field_problem(str(error))) from None


def field_problem(message: str) -> FieldProblem:
    """The sentence of msgspec about a field, taken apart into where and what."""
    parts = _MESSAGE.fullmatch(message)
    what, place = (parts["what"], parts["place"] or "") if parts else (message, "")
    named = _NAMED.fullmatch(what)
    if named:
        place = f"{place}.{named['name']}" if place else named["name"]
        what = (
            "This field is required"
            if named["kind"] == "missing required"
            else "There is no such field"
        )
    return FieldProblem(place[:_SHOWN], f"{what[:_SHOWN]}.")
