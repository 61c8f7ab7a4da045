"""The template deployed to the emulator through the CloudFormation API, and the functions run."""

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from catalog.registry import DATABASE, LAKE_TABLES, STREAMS, TABLES
from infra.render import TEMPLATE
from localaws.clients import Clients
from localaws.deploy import deploy
from localaws.packaging import LAMBDA_DEPENDENCIES, build_lambda_zip

ROOT = TEMPLATE.parents[1]
EVENT = ROOT / "tests/events/price_candidates_inserts.json"
ROWS = ROOT / "tests/events/session_rows.json"
BUCKET = "artefacts-of-test-deployment"
STACK = "test-deployment"

pytestmark = pytest.mark.skipif(
    not (ROOT / LAMBDA_DEPENDENCIES).is_dir(), reason="needs `make setup`: the function's packages"
)


class Model(http.server.BaseHTTPRequestHandler):
    """Asks 1299.4 for everything."""

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
        body = b"".join(self.answer(json.loads(line)) for line in asked)
        self.send_response(200)
        self.send_header("Content-Type", "application/jsonlines")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, row: dict[str, Any]) -> bytes:
        answer = {
            "product_id": row["product_id"],
            "candidate_id": row["candidate_id"],
            "price_cents": 1299.4,
            "expected_units_per_click": 0.1,
            "expected_profit_per_click_cents": 55.0,
            "current_profit_per_click_cents": 41.2,
            "model_version": "m1",
        }
        return json.dumps(answer).encode() + b"\n"

    def log_message(self, *details: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def model_url() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def base(
    emulator: Clients, model_url: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The parameters of the deployment, its artefacts uploaded."""
    artefact = build_lambda_zip(ROOT, tmp_path_factory.mktemp("artefacts"))
    emulator["s3"].create_bucket(Bucket=BUCKET)
    emulator["s3"].put_object(
        Bucket=BUCKET, Key=artefact.key, Body=Path(artefact.path).read_bytes()
    )
    return {
        "ArtefactBucket": BUCKET,
        "PriceCandidatesScriptKey": "scripts/price_candidates.py",
        "ClickSessionsScriptKey": "scripts/click_sessions.py",
        "CtrAnomaliesScriptKey": "scripts/ctr_anomalies.py",
        "ClickArchiveScriptKey": "scripts/click_archive.py",
        "LakeMaintenanceScriptKey": "scripts/lake_maintenance.py",
        "PriceTrainingScriptKey": "scripts/price_training.py",
        "LakeLogStoreKey": "packages/lake_log_store.jar",
        "JobPackagesKey": "packages/job.zip",
        "LambdaKey": artefact.key,
        "SageMakerRuntimeEndpoint": model_url,
        "Window": "10 seconds",
        "MaxStep": "0.1",
    }


@pytest.fixture(scope="module")
def stack(emulator: Clients, base: dict[str, str]) -> Iterator[dict[str, str]]:
    """Physical ids by logical id."""
    cloudformation = emulator["cloudformation"]
    deploy(emulator, TEMPLATE, base, STACK)
    found = cloudformation.describe_stack_resources(StackName=STACK)["StackResources"]
    yield {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    for table in emulator["dynamodb"].list_tables()["TableNames"]:  # those that outlive the stack
        emulator["dynamodb"].delete_table(TableName=table)


def test_every_resource_without_a_condition_is_made(
    stack: dict[str, str], resources: dict[str, dict[str, Any]]
) -> None:
    assert set(stack) == {name for name, each in resources.items() if "Condition" not in each}


def test_streams_tables_and_their_descriptions_are_there(
    emulator: Clients, stack: dict[str, str]
) -> None:
    assert set(emulator["dynamodb"].list_tables()["TableNames"]) == {t.name for t in TABLES}
    found = emulator["glue"].get_tables(DatabaseName=DATABASE)["TableList"]
    assert {table["Name"] for table in found} == {
        each.name for each in (*STREAMS, *TABLES, *LAKE_TABLES)
    }
    for each in STREAMS:
        stream = emulator["kinesis"].describe_stream_summary(StreamName=each.name)
        arn = stream["StreamDescriptionSummary"]["StreamARN"]
        (table,) = (table for table in found if table["Name"] == each.name)
        assert table["StorageDescriptor"]["Parameters"]["streamARN"] == arn


def test_the_job_has_the_parameters_of_the_deployment(
    emulator: Clients, stack: dict[str, str]
) -> None:
    job = emulator["glue"].get_job(JobName="price_candidates")["Job"]
    assert job["Command"]["ScriptLocation"] == f"s3://{BUCKET}/scripts/price_candidates.py"
    assert job["DefaultArguments"]["--window"] == "10 seconds"
    assert job["DefaultArguments"]["--checkpoint-path"] == (
        f"s3://{BUCKET}/checkpoints/price_candidates/"
    )


def test_the_job_of_the_sessions_delivers_to_the_deployed_function(
    emulator: Clients, stack: dict[str, str]
) -> None:
    job = emulator["glue"].get_job(JobName="click_sessions")["Job"]
    arguments = job["DefaultArguments"]
    assert job["Command"]["ScriptLocation"] == f"s3://{BUCKET}/scripts/click_sessions.py"
    assert (arguments["--mode"], arguments["--gap"]) == ("live", "30 minutes")
    assert arguments["--checkpoint-path"] == f"s3://{BUCKET}/checkpoints/click_sessions/"
    function = emulator["lambda"].get_function_configuration(
        FunctionName=arguments["--lambda-function"]
    )
    assert function["FunctionName"] == "session_writer"


def test_the_job_of_click_through_rates_delivers_to_the_function_that_tells_of_them(
    emulator: Clients, stack: dict[str, str]
) -> None:
    job = emulator["glue"].get_job(JobName="ctr_anomalies")["Job"]
    arguments = job["DefaultArguments"]
    assert job["Command"]["ScriptLocation"] == f"s3://{BUCKET}/scripts/ctr_anomalies.py"
    assert arguments["--table"] == "browser_actions"
    function = emulator["lambda"].get_function_configuration(
        FunctionName=arguments["--lambda-function"]
    )
    assert function["FunctionName"] == "anomaly_notifier"
    variables = function["Environment"]["Variables"]
    assert variables["TOPIC_ARN"] == stack["AlertsTopic"]
    assert (variables["INCIDENTS_TABLE"], variables["COOL_DOWN_SECONDS"]) == ("incidents", "600")


def test_the_mapping_joins_the_candidates_stream_to_the_function(
    emulator: Clients, stack: dict[str, str]
) -> None:
    (mapping,) = emulator["lambda"].list_event_source_mappings()["EventSourceMappings"]
    (stream,) = emulator["dynamodbstreams"].list_streams(TableName="price_candidates")["Streams"]
    assert mapping["EventSourceArn"] == stream["StreamArn"]
    assert mapping["FunctionArn"].endswith(":function:price_updater")
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"].endswith(":price_failures")
    assert mapping["MaximumRetryAttempts"] == 1000


def test_the_packed_function_moves_a_price_once(emulator: Clients, stack: dict[str, str]) -> None:
    product = {
        "product_id": "p1",
        "price_cents": 999,
        "cost_cents": 400,
        "price_version": 3,
        "colour": "blue",
    }
    item = TypeSerializer().serialize(product)["M"]
    emulator["dynamodb"].put_item(TableName="products", Item=item)
    for _ in range(2):
        answer = emulator["lambda"].invoke(
            FunctionName="price_updater", Payload=EVENT.read_bytes(), LogType="Tail"
        )
        log = base64.b64decode(answer.get("LogResult", "")).decode()
        assert json.load(answer["Payload"]) == {"batchItemFailures": []}, log
    key = {"product_id": {"S": "p1"}}
    moved = emulator["dynamodb"].get_item(TableName="products", Key=key)["Item"]
    assert moved["price_cents"] == {"N": "1098"}  # 1299 asked, a tenth of 999 allowed
    assert moved["price_version"] == {"N": "4"}
    assert moved["colour"] == {"S": "blue"}
    assert emulator["dynamodb"].scan(TableName="price_changes")["Count"] == 1
    messages = emulator["sqs"].receive_message(QueueUrl=stack["PriceFailuresQueue"])["Messages"]
    assert json.loads(messages[0]["Body"])["code"] == "unknown_product"


def test_the_packed_function_writes_sessions_once(emulator: Clients, stack: dict[str, str]) -> None:
    for _ in range(2):
        answer = emulator["lambda"].invoke(
            FunctionName="session_writer", Payload=ROWS.read_bytes(), LogType="Tail"
        )
        log = base64.b64decode(answer.get("LogResult", "")).decode()
        results = [each["result"] for each in json.load(answer["Payload"])["records"]]
        assert results == ["Ok"] * 4, log
    items = emulator["dynamodb"].scan(TableName="sessions")["Items"]
    assert {(item["user_id"]["S"], item["status"]["S"]) for item in items} == {
        ("anna", "closed"),
        ("bert_2", "withdrawn"),
    }


def test_another_deployment_without_a_model_url_takes_the_variable_out(
    emulator: Clients, stack: dict[str, str], base: dict[str, str]
) -> None:
    changed = base | {"SageMakerRuntimeEndpoint": "", "MaxStep": "0.2"}
    deploy(emulator, TEMPLATE, changed, STACK)
    function = emulator["lambda"].get_function_configuration(FunctionName="price_updater")
    variables = function["Environment"]["Variables"]
    assert "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME" not in variables
    assert variables["MAX_STEP"] == "0.2"


def test_addresses_for_alerts_are_subscribed_once_they_are_given(
    emulator: Clients, stack: dict[str, str], base: dict[str, str]
) -> None:
    def subscribed() -> set[tuple[str, str]]:
        found = emulator["sns"].list_subscriptions_by_topic(TopicArn=stack["AlertsTopic"])
        return {(each["Protocol"], each["Endpoint"]) for each in found["Subscriptions"]}

    assert subscribed() == set()
    addresses = {"AlertEmail": "ops@example.com", "AlertPhone": "+12065550100"}
    deploy(emulator, TEMPLATE, base | addresses, STACK)
    assert subscribed() == {("email", "ops@example.com"), ("sms", "+12065550100")}
    deploy(emulator, TEMPLATE, base, STACK)
    assert subscribed() == set()
