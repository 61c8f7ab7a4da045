"""The control API and the runtime on one loopback port: requests to an endpoint are passed on.

Clients keep their URL while the model behind it changes.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localaws.environment import ACCOUNT
from localaws.sagemaker.control import Control
from localaws.sagemaker.errors import ServiceError
from localaws.sagemaker.fleet import Fleet, ModelProcess

_JSON = "application/x-amz-json-1.1"
# InvokeEndpoint waits for a container for a minute.
_ANSWER_SECONDS = 60.0
_SHUTDOWN_SECONDS = 5
_PASSED_ON = ("content-type", "accept")
_GIVEN_BACK = ("content-type", "x-amzn-invoked-production-variant", "x-amzn-errortype")


def make_app(control: Control, fleet: Fleet) -> Starlette:
    """The ASGI application."""

    async def operate(request: Request) -> Response:
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            asked = json.loads(await request.body() or b"{}")
            found = await run_in_threadpool(control.call, operation, asked)
        except ServiceError as error:
            refusal = {"__type": error.code, "message": str(error)}
            return JSONResponse(refusal, status_code=400, media_type=_JSON)
        return JSONResponse(found, media_type=_JSON)

    async def invoke(request: Request) -> Response:
        name = request.path_params["name"]
        serving = fleet.serving(name)
        if serving is None:
            message = f"Endpoint {name} of account {ACCOUNT} not found."
            return _runtime_error(400, "ValidationError", message)
        try:
            try:
                answer = await _passed_on(request, serving)
            except httpx.ConnectError:
                # Another model took over since, and this one has ended.
                answer = await _passed_on(request, fleet.serving(name) or serving)
        except httpx.TransportError as error:
            return _runtime_error(503, "ServiceUnavailable", f"{name}: {error!r}")
        given = {key: value for key in _GIVEN_BACK if (value := answer.headers.get(key))}
        return Response(answer.content, answer.status_code, given)

    return Starlette(
        routes=[
            Route("/", operate, methods=["POST"]),
            Route("/endpoints/{name}/invocations", invoke, methods=["POST"]),
        ],
        lifespan=_with_client,
    )


async def _passed_on(request: Request, serving: ModelProcess) -> httpx.Response:
    headers = {key: value for key in _PASSED_ON if (value := request.headers.get(key))}
    client: httpx.AsyncClient = request.app.state.client
    return await client.post(
        f"{serving.url}{request.url.path}", content=await request.body(), headers=headers
    )


@asynccontextmanager
async def _with_client(app: Starlette) -> AsyncIterator[None]:
    async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client:
        app.state.client = client
        yield


def _runtime_error(status: int, code: str, message: str) -> Response:
    return JSONResponse(
        {"Message": message}, status_code=status, headers={"x-amzn-ErrorType": code}
    )


class Server:
    """The application on a socket that is bound already, served by a thread."""

    def __init__(self, app: Starlette, listener: socket.socket) -> None:
        self._listener = listener
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="sagemaker", daemon=True
        )

    def start(self) -> None:
        """Begin to serve; who connects from now on is answered."""
        self._listener.listen()
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests in hand and end; nothing when it was not started."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
