"""What the template says of click-through rates: the job, its function, and who is told."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from catalog.ctr import ALERTS
from lambdas.anomaly_notifier import app
from lambdas.anomaly_notifier.alert_store import LEASE
from lambdas.anomaly_notifier.settings import Settings

Resources = dict[str, dict[str, Any]]


def statements(resources: Resources, role: str) -> Resources:
    """What a role may do, by statement."""
    (policy,) = resources[role]["Properties"]["Policies"]
    return {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}


def rights(resources: Resources, role: str, service: str) -> dict[str, tuple[list[str], Any]]:
    """Actions and resource in a service, by statement."""
    found = {}
    for name, each in statements(resources, role).items():
        actions = [each["Action"]] if isinstance(each["Action"], str) else each["Action"]
        if actions[0].startswith(f"{service}:"):
            found[name] = (sorted(actions), each["Resource"])
    return found


def arn(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def test_the_job_gets_its_options_and_the_library_that_it_needs(resources: Resources) -> None:
    job = resources["CtrAnomaliesJob"]["Properties"]
    assert (job["Name"], job["GlueVersion"]) == ("ctr_anomalies", "6.0")
    assert job["Command"]["Name"] == "gluestreaming"
    arguments = job["DefaultArguments"]
    assert arguments["--additional-python-modules"] == "krcf==0.4.0"
    assert arguments["--lambda-function"] == {"Ref": "AnomalyNotifier"}
    assert arguments["--table"] == {"Ref": "BrowserActionsCatalogTable"}
    assert {
        "--database",
        "--checkpoint-path",
        "--profile",
        "--allowed-lateness",
        "--window",
        "--clear-after",
        "--starting-position",
        "--max-fetch-records-per-shard",
    } < set(arguments)


def test_the_job_reads_its_stream_writes_its_tables_and_calls_its_function(
    resources: Resources,
) -> None:
    role = "CtrAnomaliesRole"
    assert rights(resources, role, "kinesis")["ReadStream"][1] == arn("BrowserActionsStream")
    assert rights(resources, role, "dynamodb") == {
        "WriteWindows": (
            ["dynamodb:BatchWriteItem", "dynamodb:DescribeTable"],
            arn("CtrWindowsTable"),
        ),
        "SayWhatBecame": (["dynamodb:PutItem"], arn("JobBatchesTable")),
        "WriteRejects": (
            ["dynamodb:BatchWriteItem", "dynamodb:DescribeTable"],
            arn("RejectsTable"),
        ),
    }
    assert rights(resources, role, "lambda") == {
        "DeliverRows": (
            ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"],
            arn("AnomalyNotifier"),
        )
    }


def test_the_function_keeps_incidents_and_publishes_to_the_topic_alone(
    resources: Resources,
) -> None:
    role = "AnomalyNotifierRole"
    assert rights(resources, role, "dynamodb") == {
        "KeepAnomalies": (["dynamodb:PutItem"], arn("AnomaliesTable")),
        "KeepIncidents": (["dynamodb:Query", "dynamodb:UpdateItem"], arn("IncidentsTable")),
        "KeepAlerts": (
            ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            arn("AlertsTable"),
        ),
        "FindAlertsThatWait": (
            ["dynamodb:Query"],
            {"Fn::Sub": f"${{AlertsTable.Arn}}/index/{ALERTS.indexes[0].name}"},
        ),
    }
    assert rights(resources, role, "sns") == {
        "SendMessages": (["sns:Publish"], {"Ref": "AlertsTopic"})
    }


def test_the_function_gets_the_settings_it_reads(
    template: dict[str, Any], resources: Resources
) -> None:
    variables = resources["AnomalyNotifier"]["Properties"]["Environment"]["Variables"]
    deployed = {
        name: template["Parameters"].get(value["Ref"], {}).get("Default", value["Ref"])
        if isinstance(value, dict)
        else value
        for name, value in variables.items()
    }
    topic = "arn:aws:sns:us-east-1:000000000000:alerts"
    settings = Settings.from_environment(
        {name: str(value) for name, value in deployed.items()} | {"TOPIC_ARN": topic}
    )
    assert settings == Settings.from_environment(
        {
            "PROFILE": "default",
            "TOPIC_ARN": topic,
            "ANOMALIES_TABLE": "AnomaliesTable",
            "INCIDENTS_TABLE": "IncidentsTable",
            "ALERTS_TABLE": "AlertsTable",
        }
    )


def test_the_function_answers_before_it_is_ended(resources: Resources) -> None:
    client = app._CLIENT
    call = client.connect_timeout + client.read_timeout
    longest_step = app._LONGEST_STEP_MS / 1_000
    assert 3 * call * client.retries["total_max_attempts"] < longest_step
    assert 2 * longest_step <= resources["AnomalyNotifier"]["Properties"]["Timeout"]


def test_a_claim_outlasts_the_claim_the_publish_and_the_mark() -> None:
    client = app._CLIENT
    tries = client.retries["total_max_attempts"]
    pause = 1  # the longest before a second try
    call = (client.connect_timeout + client.read_timeout) * tries + pause
    assert 3 * call < LEASE.total_seconds()


def test_the_schedule_sweeps_each_minute_and_may_invoke_the_function_alone(
    resources: Resources,
) -> None:
    schedule = resources["AlertsSweep"]["Properties"]
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["Target"]["Arn"] == arn("AnomalyNotifier")
    assert schedule["Target"]["RoleArn"] == arn("AlertsSweepRole")
    assert json.loads(schedule["Target"]["Input"]) == {"sweep": True}
    assert list(statements(resources, "AlertsSweepRole").values()) == [
        {
            "Sid": "InvokeFunction",
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": arn("AnomalyNotifier"),
        }
    ]


def test_job_and_function_have_the_same_profile(resources: Resources) -> None:
    arguments = resources["CtrAnomaliesJob"]["Properties"]["DefaultArguments"]
    variables = resources["AnomalyNotifier"]["Properties"]["Environment"]["Variables"]
    assert arguments["--profile"] == variables["PROFILE"] == {"Ref": "CtrProfile"}


@pytest.mark.parametrize(
    ("name", "protocol", "condition"),
    [("AlertsByEmail", "email", "HasEmail"), ("AlertsBySms", "sms", "HasPhone")],
)
def test_nobody_is_told_without_an_address(
    resources: Resources, name: str, protocol: str, condition: str
) -> None:
    assert resources[name]["Condition"] == condition
    assert resources[name]["Properties"]["Protocol"] == protocol


def test_the_topic_is_encrypted(resources: Resources) -> None:
    assert resources["AlertsTopic"]["Properties"]["KmsMasterKeyId"] == "alias/aws/sns"


@pytest.mark.parametrize(
    ("parameter", "text", "allowed"),
    [
        ("AlertEmail", "", True),
        ("AlertEmail", "ops@example.com", True),
        ("AlertEmail", "ops", False),
        ("AlertPhone", "", True),
        ("AlertPhone", "+12065550100", True),
        ("AlertPhone", "12065550100", False),
        ("CtrEscalationFactor", "1.5", True),
        ("CtrEscalationFactor", "1.05", True),
        ("CtrEscalationFactor", "12", True),
        ("CtrEscalationFactor", "1", False),
        ("CtrEscalationFactor", "1.0", False),
        ("CtrEscalationFactor", "0.5", False),
        ("CtrQuietHours", "", True),
        ("CtrQuietHours", "22:00-07:00 Europe/Berlin", True),
        ("CtrQuietHours", "23:59-00:00 Etc/GMT+5", True),
        ("CtrQuietHours", "22:00-07:00", False),
        ("CtrQuietHours", "22:00-29:00 UTC", False),
        ("CtrQuietHours", "24:00-07:00 UTC", False),
        ("CtrQuietHours", "22:00-07:60 UTC", False),
        ("CtrQuietHours", "22:00-07:00 /etc/localtime", False),
        ("CtrQuietHours", "22:00-07:00 Europe/", False),
        ("CtrCoolDownSeconds", "1", True),
        ("CtrCoolDownSeconds", "99999", True),
        ("CtrCoolDownSeconds", "604799", True),
        ("CtrCoolDownSeconds", "604800", True),
        ("CtrCoolDownSeconds", "604801", False),
        ("CtrCoolDownSeconds", "1000000", False),
        ("CtrCoolDownSeconds", "0", False),
        ("CtrCoolDownSeconds", "600.5", False),
        ("CtrDailyCap", "0", True),
        ("CtrDailyCap", "9999", True),
        ("CtrDailyCap", "10000", False),
        ("CtrDailyCap", "1.5", False),
        ("CtrStartingPosition", "2026-01-31T12:00:00Z", True),
        ("CtrStartingPosition", "2026-01-31T12:00:00+05:30", True),
        ("CtrStartingPosition", "yesterday", False),
        ("CtrStartingPosition", "2026-13-01T12:00:00Z", False),
        ("CtrStartingPosition", "2026-01-32T12:00:00Z", False),
        ("CtrStartingPosition", "2026-01-31T24:00:00Z", False),
        ("CtrLateness", "0 seconds", True),
        ("CtrClearAfter", "0 seconds", False),
    ],
)
def test_a_parameter_takes_what_it_can_be(
    template: dict[str, Any], parameter: str, text: str, allowed: bool
) -> None:
    pattern = template["Parameters"][parameter]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, text)) == allowed
