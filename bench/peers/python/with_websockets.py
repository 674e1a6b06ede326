"""The `websockets` package on uvloop; a POST on a second port is broadcast to all."""

import asyncio
import os

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

HOST = "127.0.0.1"
PORT, TRIGGER_PORT = int(os.environ["PORT"]), int(os.environ["SECOND_PORT"])
sockets: set[ServerConnection] = set()


async def stay(socket: ServerConnection) -> None:
    sockets.add(socket)
    try:
        await socket.wait_closed()
    finally:
        sockets.discard(socket)


async def trigger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
    broadcast(sockets, (await reader.readexactly(length)).decode())
    writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def main() -> None:
    async with (
        serve(stay, HOST, PORT, compression=None, backlog=4096),
        await asyncio.start_server(trigger, HOST, TRIGGER_PORT),
    ):
        await asyncio.get_running_loop().create_future()


uvloop.run(main())
