"""The container contract over HTTP, and the process that keeps it."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from price_model.inference import LARGEST_BODY_BYTES
from price_model.serve import main, make_app

from catalog.price_model import CONTENT_TYPE

Make = Callable[..., Any]

ROOT = Path(__file__).parents[3]
JSON_LINES = {"content-type": CONTENT_TYPE}


@pytest.fixture
def call(make_model: Make) -> Make:
    """An HTTP call of the application, without a network."""

    def answer(method: str, path: str, **request: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(make_app(make_model()))
            async with httpx.AsyncClient(transport=transport, base_url="http://model") as client:
                return await client.request(method, path, **request)

        return asyncio.run(ask())

    return answer


def test_ping_names_the_model(call: Make, make_model: Make) -> None:
    answer = call("GET", "/ping")
    assert (answer.status_code, answer.json()) == (200, {"model_version": make_model().version})


@pytest.mark.parametrize("path", ["/invocations", "/endpoints/price-model/invocations"])
def test_a_request_of_two_lines_has_two_answers(
    path: str, call: Make, make_candidate: Make
) -> None:
    body = "\n".join(json.dumps(make_candidate(product_id=name)) for name in ("a", "b"))
    answer = call("POST", path, content=body, headers=JSON_LINES)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == CONTENT_TYPE
    assert answer.headers["x-amzn-invoked-production-variant"] == "AllTraffic"
    assert [json.loads(line)["product_id"] for line in answer.text.splitlines()] == ["a", "b"]


@pytest.mark.parametrize(
    ("content", "headers", "status", "reason"),
    [
        (b"{}", {"content-type": "text/csv"}, 415, "content type 'text/csv'"),
        (b"{}", {}, 415, "content type ''"),
        (b"{", JSON_LINES, 400, "line 1: Invalid JSON"),
        (b"{}", JSON_LINES, 400, "line 1: product_id: Field required"),
        (b"x" * (LARGEST_BODY_BYTES + 1), JSON_LINES, 413, "above the limit of 6291456 bytes"),
    ],
)
def test_a_refused_request_says_why(
    content: bytes, headers: dict[str, str], status: int, reason: str, call: Make
) -> None:
    answer = call("POST", "/invocations", content=content, headers=headers)
    assert answer.status_code == status
    assert reason in answer.text


def test_an_answer_type_that_we_lack_is_refused(call: Make, make_candidate: Make) -> None:
    headers = {**JSON_LINES, "accept": "text/csv"}
    answer = call("POST", "/invocations", content=json.dumps(make_candidate()), headers=headers)
    assert answer.status_code == 406


def test_other_methods_and_paths_are_refused(call: Make) -> None:
    assert call("GET", "/invocations").status_code == 405
    assert call("POST", "/elsewhere").status_code == 404


def test_without_artefact_the_server_says_so_and_ends(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert main(["--model-dir", str(tmp_path)]) == 1
    assert "no artefact in" in caplog.text


@pytest.fixture
def address(tmp_path: Path, make_model: Make) -> Iterator[str]:
    """A server process on a free port, ended by SIGTERM, which it must obey with 0."""
    (tmp_path / "model.tar.gz").write_bytes(make_model().archive())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "price_model.serve", "serve"]
    with subprocess.Popen(
        [*command, "--port", str(port), "--model-dir", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'sagemaker'}"},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=6)) as client:
            assert client.get(f"{address}/ping").status_code == 200
        yield address
        server.send_signal(signal.SIGTERM)
        _, noise = server.communicate(timeout=20)
    assert server.returncode == 0
    assert noise.splitlines() == [f"price_model: version {make_model().version} on {address}"]


def test_the_aws_client_reaches_the_process(address: str, make_candidate: Make) -> None:
    runtime = boto3.client(
        "sagemaker-runtime",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="000000000000",
        aws_secret_access_key="local",
        config=Config(retries={"max_attempts": 0}),
    )
    asked = {"EndpointName": "price-model", "ContentType": CONTENT_TYPE}
    answer = runtime.invoke_endpoint(Body=json.dumps(make_candidate()), **asked)
    assert json.loads(answer["Body"].read())["price_cents"] == 1_000.0
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        runtime.invoke_endpoint(Body=b"{", **asked)
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert response["OriginalStatusCode"] == 400
    assert response["OriginalMessage"].startswith("line 1: Invalid JSON")
    runtime.close()
