"""FastAPI with a JWT check and a durable SQLite insert (SQLAlchemy), events by python-socketio."""

import os
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

import jwt
import socketio
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sqlalchemy import create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from starlette.concurrency import run_in_threadpool

engine = create_engine(f"sqlite:///{os.environ['DATA']}/posts.db")


@event.listens_for(engine, "connect")
def durable(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA busy_timeout = 10000")


class Base(DeclarativeBase):
    pass


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[str] = mapped_column(primary_key=True)
    author: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    created: Mapped[str]


class Draft(BaseModel):
    title: str = Field(max_length=200)
    text: str = Field(max_length=10_000)


Base.metadata.create_all(engine)
sockets = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[])
app = FastAPI()
bearer = HTTPBearer()


def user_of(credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> str:
    try:
        claims = jwt.decode(credentials.credentials, os.environ["SECRET"], algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    return str(claims["sub"])


def insert(post: dict[str, str]) -> None:
    with Session(engine) as session:
        session.add(Post(**post))
        session.commit()


@app.post("/api/posts", status_code=201)
async def publish(draft: Draft, author: Annotated[str, Depends(user_of)]) -> dict[str, Any]:
    created = datetime.now(UTC).isoformat()
    post = {"id": str(uuid.uuid4()), "author": author, "created": created, **draft.model_dump()}
    await run_in_threadpool(insert, post)
    await sockets.emit("event", {"type": "post_created", "post": post})
    return {"post": post}


@app.post("/broadcast", status_code=204)
async def broadcast(request: Request) -> Response:
    await sockets.emit("event", (await request.body()).decode())
    return Response(status_code=204)


uvicorn.run(
    socketio.ASGIApp(sockets, app),
    host="127.0.0.1",
    port=int(os.environ["PORT"]),
    log_level="warning",
    access_log=False,
    backlog=4096,
    ws_per_message_deflate=False,
)
