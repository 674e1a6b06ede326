"""A site with posts of its own, made live: the lines that did it end in "live".

uvicorn examples.django_site:application
"""

import asyncio  # live
import json
import os
from concurrent.futures import ThreadPoolExecutor  # live
from functools import partial  # live
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.db import connection, models, transaction
from django.db.models.signals import post_save  # live
from django.dispatch import receiver  # live
from django.http import HttpRequest, JsonResponse
from django.urls import path

from feedline.client import Client  # live

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SITE_DB"]}},
    ROOT_URLCONF=__name__,
    SECRET_KEY="an example",  # noqa: S106
    USE_TZ=True,
)
django.setup()


class Post(models.Model):
    author = models.CharField(max_length=40)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "site"

    def __str__(self) -> str:
        return self.text


background = ThreadPoolExecutor(1)  # live


def tell(row: dict[str, Any], author: str) -> None:  # live
    async def call() -> None:  # live
        async with Client(os.environ["FEED_URL"], os.environ["FEED_TOKEN"]) as feed:  # live
            await feed.notify_post_author(row, author)  # live

    asyncio.run(call())  # live


@receiver(post_save, sender=Post)  # live
def on_save(instance: Post, **_: Any) -> None:  # live
    row = {"id": instance.pk, "text": instance.text, "created_at": instance.created_at}  # live
    row["creator"] = {"id": instance.author, "nickname": instance.author}  # live
    job = partial(background.submit, tell, row, instance.author)  # live
    transaction.on_commit(job)  # live


def create_post(request: HttpRequest) -> JsonResponse:
    with transaction.atomic():
        post = Post.objects.create(
            author=request.headers["X-User"],  # whatever signs your people in
            text=json.loads(request.body)["text"],
        )
    return JsonResponse({"id": post.pk}, status=201)


urlpatterns = [path("posts", create_post)]
if not connection.introspection.table_names():
    with connection.schema_editor() as editor:
        editor.create_model(Post)
application = get_asgi_application()
