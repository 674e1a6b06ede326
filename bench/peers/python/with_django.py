"""Django Channels: one group, over the Redis protocol (Valkey), on uvicorn."""

import os
from typing import ClassVar

import django
import uvicorn
from django.conf import settings

settings.configure(
    SECRET_KEY=os.environ["SECRET"],
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                "hosts": [("127.0.0.1", int(os.environ["SECOND_PORT"]))],
                "capacity": 100_000,
            },
        }
    },
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Feed(AsyncWebsocketConsumer):
    groups: ClassVar = ["feed"]

    async def connect(self) -> None:
        await self.accept()
        await self.send("joined")

    async def post(self, event: dict[str, str]) -> None:
        await self.send(event["text"])


async def broadcast(request: HttpRequest) -> HttpResponse:
    await get_channel_layer().group_send("feed", {"type": "post", "text": request.body.decode()})
    return HttpResponse(status=204)


urlpatterns = [path("broadcast", broadcast)]
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter([path("ws", Feed.as_asgi())])}
)

uvicorn.run(
    application,
    host="127.0.0.1",
    port=int(os.environ["PORT"]),
    log_level="warning",
    access_log=False,
    backlog=4096,
    lifespan="off",
    ws_per_message_deflate=False,
)
