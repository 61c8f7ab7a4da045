"""What the template says, against the contracts and against the rules we hold."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.api import lint

from catalog.registry import STREAMS, TABLES
from catalog.tables import DynamoTable, Stream
from infra.render import BEGIN, END, TEMPLATE, logical_name, render
from lambdas.price_updater import app
from lambdas.price_updater.settings import Settings
from lambdas.session_writer import app as session_app
from lambdas.session_writer.settings import Settings as SessionSettings

Resources = dict[str, dict[str, Any]]
# What takes no resource in IAM.
WITHOUT_RESOURCE = {"cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"}
# What Glue itself reads of a job's arguments.
RESERVED = {
    "--job-language",
    "--enable-metrics",
    "--custom-logGroup-prefix",
    "--extra-py-files",
    "--conf",
    "--additional-python-modules",
}
REGIONS = ["us-east-1", "eu-central-1"]
# CloudFormation's limits: a template in S3, and Glue's comment of a column.
S3_LIMIT = 1_048_576
COMMENT_LIMIT = 255


def of_type(resources: Resources, kind: str) -> Resources:
    return {name: each for name, each in resources.items() if each["Type"] == kind}


def statements(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield f"{name}/{statement['Sid']}", statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def findings(text: str) -> list[str]:
    return [f"{each.rule.id} {each.message}" for each in lint(text, regions=REGIONS)]


def test_cfn_lint_finds_nothing() -> None:
    assert findings(TEMPLATE.read_text("utf-8")) == []


def test_cfn_lint_would_find_a_wrong_reference() -> None:
    wrong = TEMPLATE.read_text("utf-8").replace(
        "!GetAtt SessionWriterRole.Arn", "!GetAtt SessionWriterRoll.Arn"
    )
    assert any("SessionWriterRoll" in each for each in findings(wrong))


def test_the_rendered_part_is_what_the_catalog_says() -> None:
    text = TEMPLATE.read_text("utf-8")
    assert render(text) == text, "run `python -m infra.render`"


@pytest.mark.parametrize("text", ["", BEGIN, END + BEGIN, BEGIN + END + END])
def test_a_template_without_its_markers_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"template\.yaml: .*BEGIN.*END.*each once"):
        render(text)


def test_the_template_is_one_that_is_taken_from_s3() -> None:
    assert len(TEMPLATE.read_bytes()) <= S3_LIMIT


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_dynamodb_table_is_that_of_the_contract(table: DynamoTable, resources: Resources) -> None:
    found = resources[logical_name(table, "Table")]
    properties = found["Properties"]
    assert properties["TableName"] == table.name
    assert properties["KeySchema"] == table.key_schema()
    assert properties["AttributeDefinitions"] == table.attribute_definitions()
    assert {
        index["IndexName"]: index["KeySchema"]
        for index in properties.get("GlobalSecondaryIndexes", [])
    } == {index.name: table.key_schema(index.name) for index in table.indexes}
    stream = properties.get("StreamSpecification", {}).get("StreamViewType")
    assert stream == table.stream_view
    assert properties.get("TimeToLiveSpecification", {}).get("AttributeName") == table.ttl
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("name", ["products", "orders", "price_changes", "job_batches"])
def test_what_cannot_be_made_again_outlives_the_stack(name: str, resources: Resources) -> None:
    (found,) = (r for r in resources.values() if r.get("Properties", {}).get("TableName") == name)
    assert found["DeletionPolicy"] == "RetainExceptOnCreate"
    assert found["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("described", STREAMS + TABLES, ids=lambda each: each.name)
def test_a_table_of_the_data_catalog_is_that_of_the_contract(
    described: Stream | DynamoTable, resources: Resources
) -> None:
    found = resources[logical_name(described, "CatalogTable")]["Properties"]["TableInput"]
    suffix = "Stream" if isinstance(described, Stream) else "Table"
    arn: Any = {"Fn::GetAtt": [logical_name(described, suffix), "Arn"]}
    assert found == described.to_table_input(arn)
    assert all(
        len(column["Comment"]) <= COMMENT_LIMIT for column in found["StorageDescriptor"]["Columns"]
    )


@pytest.mark.parametrize("stream", STREAMS, ids=lambda each: each.name)
def test_a_stream_has_its_contract_name_and_is_encrypted(
    stream: Stream, resources: Resources
) -> None:
    properties = resources[logical_name(stream, "Stream")]["Properties"]
    assert properties["Name"] == stream.name
    assert properties["StreamEncryption"] == {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}


def test_every_queue_is_encrypted(resources: Resources) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    assert queues
    assert all(queue["Properties"]["SqsManagedSseEnabled"] is True for queue in queues.values())


def test_every_log_group_ends_some_day(resources: Resources) -> None:
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert groups
    assert all("RetentionInDays" in group["Properties"] for group in groups.values())


def test_no_role_may_do_everything_of_a_service(resources: Resources) -> None:
    actions = [
        (sid, action) for sid, each in statements(resources) for action in as_list(each["Action"])
    ]
    assert actions
    assert [each for each in actions if "*" in each[1]] == []


def test_every_right_names_its_resource_where_it_can(resources: Resources) -> None:
    wide = {
        action
        for _, each in statements(resources)
        if "*" in [r for r in as_list(each["Resource"]) if isinstance(r, str)]
        for action in as_list(each["Action"])
    }
    assert wide == WITHOUT_RESOURCE


def test_every_role_is_for_one_service_and_has_no_managed_policy(resources: Resources) -> None:
    for role in of_type(resources, "AWS::IAM::Role").values():
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"]["Service"].endswith(".amazonaws.com")
        assert "ManagedPolicyArns" not in role["Properties"]


def test_the_function_gets_the_settings_it_reads(resources: Resources) -> None:
    variables = resources["PriceUpdater"]["Properties"]["Environment"]["Variables"]
    settings = {field.name.upper() for field in dataclasses.fields(Settings)}
    seconds = {"COOL_DOWN": "COOL_DOWN_SECONDS", "GIVE_UP_AFTER": "GIVE_UP_SECONDS"}
    assert set(variables) == {seconds.get(name, name) for name in settings} | {
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"
    }


def test_another_runtime_endpoint_is_set_only_where_it_is_given(resources: Resources) -> None:
    variables = resources["PriceUpdater"]["Properties"]["Environment"]["Variables"]
    assert variables["AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME"] == {
        "Fn::If": [
            "HasRuntimeEndpoint",
            {"Ref": "SageMakerRuntimeEndpoint"},
            {"Ref": "AWS::NoValue"},
        ]
    }


def test_the_function_answers_before_it_is_ended(resources: Resources) -> None:
    client = app._CLIENT
    longest_call = (client.connect_timeout + client.read_timeout) * client.retries[
        "total_max_attempts"
    ]
    assert 2 * longest_call <= resources["PriceUpdater"]["Properties"]["Timeout"]


def test_the_function_gives_up_before_the_mapping_does(resources: Resources) -> None:
    mapping = resources["PriceUpdaterMapping"]["Properties"]
    variables = resources["PriceUpdater"]["Properties"]["Environment"]["Variables"]
    timeout = resources["PriceUpdater"]["Properties"]["Timeout"]
    assert int(variables["GIVE_UP_SECONDS"]) + timeout < mapping["MaximumRecordAgeInSeconds"]


def test_the_mapping_keeps_order_and_loses_nothing_in_silence(resources: Resources) -> None:
    mapping = resources["PriceUpdaterMapping"]["Properties"]
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["PriceCandidatesTable", "StreamArn"]}
    assert mapping["ParallelizationFactor"] == 1
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MaximumBatchingWindowInSeconds"] <= 1
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["PriceFailuresQueue", "Arn"]
    }


def test_the_job_runs_as_streaming_on_glue_6_with_every_option(resources: Resources) -> None:
    job = resources["PriceCandidatesJob"]["Properties"]
    assert (job["Name"], job["GlueVersion"]) == ("price_candidates", "6.0")
    assert job["Command"]["Name"] == "gluestreaming"
    assert set(job["DefaultArguments"]) - RESERVED == {
        "--database",
        "--table",
        "--checkpoint-path",
        "--window",
        "--allowed-lateness",
        "--enrichment",
        "--snapshot-every",
        "--orders-horizon",
        "--evidence-candidates",
        "--starting-position",
        "--max-fetch-records-per-shard",
    }


def test_the_job_of_the_sessions_gets_every_option(resources: Resources) -> None:
    job = resources["ClickSessionsJob"]["Properties"]
    assert (job["Name"], job["GlueVersion"]) == ("click_sessions", "6.0")
    assert job["Command"]["Name"] == "gluestreaming"
    assert job["DefaultArguments"]["--lambda-function"] == {"Ref": "SessionWriter"}
    assert set(job["DefaultArguments"]) - RESERVED == {
        "--database",
        "--table",
        "--checkpoint-path",
        "--lambda-function",
        "--mode",
        "--gap",
        "--max-length",
        "--allowed-lateness",
        "--history",
        "--window",
        "--starting-position",
        "--max-fetch-records-per-shard",
    }


def test_all_jobs_without_delta_run_with_the_same_spark(resources: Resources) -> None:
    jobs = [each["Properties"] for each in of_type(resources, "AWS::Glue::Job").values()]
    arguments = [job["DefaultArguments"] for job in jobs]
    assert len({a["--conf"] for a in arguments if "--datalake-formats" not in a}) == 1
    assert {str(job["ExecutionProperty"]) for job in jobs} == {"{'MaxConcurrentRuns': 1}"}
    assert {job["MaxRetries"] for job in jobs} == {1}


def test_what_the_emulator_lacks_stands_behind_a_condition(resources: Resources) -> None:
    models = {n: r for n, r in resources.items() if r["Type"].startswith("AWS::SageMaker::")}
    assert len(models) == 3
    assert {r.get("Condition") for r in models.values()} == {"HostsModel"}


def rights(resources: Resources, role: str, service: str) -> dict[str, list[str]]:
    """What a role may do in a service, by statement."""
    return {
        name.partition("/")[2]: sorted(as_list(each["Action"]))
        for name, each in statements(resources)
        if name.startswith(f"{role}/") and as_list(each["Action"])[0].startswith(f"{service}:")
    }


def test_the_job_may_touch_only_what_its_options_read_and_write(resources: Resources) -> None:
    assert rights(resources, "PriceCandidatesRole", "dynamodb") == {
        "ReadProductsByKey": ["dynamodb:BatchGetItem"],
        "ReadOrdersByProduct": ["dynamodb:Query"],
        "ReadSnapshots": ["dynamodb:DescribeTable", "dynamodb:Scan"],
        "ReadAndPutResults": ["dynamodb:PutItem", "dynamodb:Query"],
        "WriteRejects": ["dynamodb:BatchWriteItem", "dynamodb:DescribeTable"],
    }


def test_the_job_of_the_sessions_reaches_the_table_through_its_function_alone(
    resources: Resources,
) -> None:
    assert rights(resources, "ClickSessionsRole", "dynamodb") == {
        "SayWhatBecame": ["dynamodb:PutItem"],
        "WriteRejects": ["dynamodb:BatchWriteItem", "dynamodb:DescribeTable"],
    }
    assert rights(resources, "ClickSessionsRole", "lambda") == {
        "DeliverRows": ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"]
    }
    by_name = dict(statements(resources))
    delivered = by_name["ClickSessionsRole/DeliverRows"]["Resource"]
    assert delivered == {"Fn::GetAtt": ["SessionWriter", "Arn"]}
    assert by_name["SessionWriterRole/PutSessions"]["Action"] == "dynamodb:PutItem"
    assert by_name["SessionWriterRole/PutSessions"]["Resource"] == {
        "Fn::GetAtt": ["SessionsTable", "Arn"]
    }


def test_the_session_writer_gets_the_settings_it_reads(resources: Resources) -> None:
    variables = resources["SessionWriter"]["Properties"]["Environment"]["Variables"]
    settings = SessionSettings.from_environment(variables | {"SESSIONS_TABLE": "sessions"})
    assert settings.time_to_live.days == 90
    assert set(variables) == {"SESSIONS_TABLE", "TIME_TO_LIVE_DAYS"}


def test_the_session_writer_answers_before_it_is_ended(resources: Resources) -> None:
    client = session_app._CLIENT
    call = client.connect_timeout + client.read_timeout
    longest_write = session_app._LONGEST_WRITE_MS / 1_000
    assert call * client.retries["total_max_attempts"] < longest_write
    assert 2 * longest_write <= resources["SessionWriter"]["Properties"]["Timeout"]


def test_every_job_is_started_by_a_trigger_that_is_activated_by_hand(resources: Resources) -> None:
    triggers = [each["Properties"] for each in of_type(resources, "AWS::Glue::Trigger").values()]
    started = [action["JobName"]["Ref"] for each in triggers for action in each["Actions"]]
    assert sorted(started) == sorted(of_type(resources, "AWS::Glue::Job"))
    assert {trigger["StartOnCreation"] for trigger in triggers} == {False}


def test_a_price_rests_an_hour_unless_the_deployment_says_otherwise(
    template: dict[str, Any],
) -> None:
    assert template["Parameters"]["CoolDownSeconds"]["Default"] == 3_600
