"""Events as they are stored."""

import msgspec

from feedline.feed.events import AnyEvent

event_decoder = msgspec.json.Decoder(AnyEvent)
event_encoder = msgspec.json.Encoder()
