"""python-socketio on uvicorn with the events of realtime-echo that the benchmarks use. PORT; REDIS_URL makes it a cluster."""

import os

import socketio
import uvicorn

redis = os.environ.get("REDIS_URL")
server = socketio.AsyncServer(async_mode="asgi", client_manager=socketio.AsyncRedisManager(redis) if redis else None)


@server.on("echo")
async def echo(_, *arguments):
    return arguments


@server.on("join")
async def join(sid, room):
    await server.enter_room(sid, room)


@server.on("publish")
async def publish(_, room, value):
    await server.emit("message", value, room=room)


uvicorn.run(socketio.ASGIApp(server), host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", http="httptools",
            ws="websockets", ws_per_message_deflate=False, log_level="warning", backlog=1024)
