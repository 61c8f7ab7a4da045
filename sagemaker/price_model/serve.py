"""The model behind HTTP: the container contract of a SageMaker endpoint.

`GET /ping` and `POST /invocations` are what SageMaker calls in the container. Beside them,
`POST /endpoints/{name}/invocations` is what a client calls on AWS, so that the `sagemaker-runtime`
client of boto3 can be pointed at this process; there an error of the container reaches the caller
as it does on AWS, a 424 `ModelError` that carries the container's status and message.

Run as `python -m price_model.serve [--host H] [--port P] [--model-dir DIR]`, or in the image as
`serve`. Source: SageMaker developer guide, "Use your own inference code"; API of InvokeEndpoint.
"""

from __future__ import annotations

import argparse
import logging
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from price_model.artefact import Artefact
from price_model.errors import ArtefactError, RequestError
from price_model.inference import (
    LARGEST_BODY_BYTES,
    input_fn,
    model_fn,
    output_fn,
    predict_fn,
)

VARIANT = {"x-Amzn-Invoked-Production-Variant": "AllTraffic"}
# SageMaker kills a container 30 s after the SIGTERM.
SHUTDOWN_SECONDS = 25
# Longer than the pauses between two batches, so that callers keep their connection.
KEEP_ALIVE_SECONDS = 75
logger = logging.getLogger("price_model")


def make_app(model: Artefact) -> Starlette:
    """The ASGI application that serves `model`."""

    async def answer(request: Request) -> Response:
        body = await read_body(request)
        types = (request.headers.get("content-type", ""), request.headers.get("accept", ""))
        return await run_in_threadpool(_transform, model, body, *types)

    async def ping(_: Request) -> Response:
        return JSONResponse({"model_version": model.version})

    return Starlette(
        routes=[
            Route("/ping", ping, methods=["GET"]),
            Route("/invocations", _as_container(answer), methods=["POST"]),
            Route("/endpoints/{name}/invocations", _as_endpoint(answer), methods=["POST"]),
        ]
    )


async def read_body(request: Request) -> bytes:
    """The body, read no further than the limit.

    Raises:
        RequestError: 413 when it is larger.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY_BYTES:
            raise RequestError(413, f"body: above the limit of {LARGEST_BODY_BYTES} bytes")
    return bytes(body)


def _transform(model: Artefact, body: bytes, content_type: str, accept: str) -> Response:
    answers = predict_fn(input_fn(body, content_type), model)
    content, media_type = output_fn(answers, accept)
    return Response(content, headers={**VARIANT, "content-type": media_type})


Handler = Callable[[Request], Awaitable[Response]]


def _as_container(answer: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            return await answer(request)
        except RequestError as error:
            return PlainTextResponse(str(error), status_code=error.status)

    return handle


def _as_endpoint(answer: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            return await answer(request)
        except RequestError as error:
            return _model_error(error)

    return handle


def _model_error(error: RequestError) -> Response:
    message = f"Received client error ({error.status}) from primary with message {str(error)!r}."
    content = {
        "Message": message,
        "OriginalStatusCode": error.status,
        "OriginalMessage": str(error),
        "LogStreamArn": "",
    }
    return JSONResponse(content, status_code=424, headers={"x-amzn-ErrorType": "ModelError"})


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 1 when there is no artefact to serve."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s")
    try:
        model = model_fn(str(options.model_dir))
    except ArtefactError as error:
        logger.error(error)
        return 1
    signal.signal(signal.SIGTERM, _stop)
    logger.info("version %s on http://%s:%d", model.version, options.host, options.port)
    uvicorn.run(
        make_app(model),
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return 0


def _stop(*_: object) -> None:
    """Exit with 0; uvicorn hands the signal on to this when it has finished its requests."""
    raise SystemExit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="price_model.serve", description="Serve the price model.")
    parser.add_argument("serve", nargs="?", choices=["serve"], help="what SageMaker passes")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--model-dir", type=Path, default=Path("/opt/ml/model"))
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
