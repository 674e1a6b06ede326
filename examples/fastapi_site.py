"""A site with posts of its own, made live: the lines that did it end in "live".

uvicorn examples.fastapi_site:app
"""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager  # live
from pathlib import Path
from typing import Annotated, Any

import jwt  # live
from fastapi import BackgroundTasks, FastAPI, Header
from pydantic import BaseModel

from feedline.client import Client  # live

User = Annotated[str, Header(alias="X-User")]  # whatever signs your people in


class NewPost(BaseModel):
    text: str


posts: list[dict[str, Any]] = []


@asynccontextmanager  # live
async def lifespan(app: FastAPI) -> AsyncIterator[None]:  # live
    async with Client(os.environ["FEED_URL"], os.environ["FEED_TOKEN"]) as app.state.feed:  # live
        yield  # live


app = FastAPI(lifespan=lifespan)  # live


@app.post("/posts", status_code=201)
async def create_post(new: NewPost, user: User, background: BackgroundTasks) -> dict[str, Any]:
    post = {"id": len(posts) + 1, "content": new.text, "created_at": int(time.time() * 1000)}
    posts.append(post)
    row = {**post, "creator": {"id": user, "nickname": user}}  # live
    background.add_task(app.state.feed.notify_post_author, row, user)  # live
    return post


@app.get("/posts")
async def list_posts() -> list[dict[str, Any]]:
    return posts


@app.get("/feed-token")  # live
def feed_token(user: User) -> str:  # live
    secret = Path(os.environ["FEED_SECRET_FILE"]).read_bytes().strip()  # live
    claims = {"sub": user, "iss": "site", "aud": "feed", "exp": int(time.time()) + 3600}  # live
    return jwt.encode(claims, secret, algorithm="HS256")  # live
