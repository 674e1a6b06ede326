"""Events as they are stored."""

import msgspec

from feedline.feed.events import AnyEvent, Unknown

_decoder = msgspec.json.Decoder(AnyEvent)
event_encoder = msgspec.json.Encoder()


def read_event(body: bytes) -> AnyEvent:
    """An event of the log; one that only a later version can read is Unknown."""
    try:
        event: AnyEvent = _decoder.decode(body)
    except msgspec.ValidationError:
        return Unknown(channel="", timestamp="")
    return event
