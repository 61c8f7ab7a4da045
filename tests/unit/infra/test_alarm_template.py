"""What the template says of jobs that fail: each of them, and who is told."""

from __future__ import annotations

from typing import Any

Resources = dict[str, dict[str, Any]]


def _of_type(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def test_every_job_is_told_of_when_it_fails_or_takes_too_long(resources: Resources) -> None:
    pattern = resources["JobFailures"]["Properties"]["EventPattern"]
    assert pattern["source"] == ["aws.glue"]
    assert pattern["detail-type"] == ["Glue Job State Change"]
    assert pattern["detail"]["state"] == ["FAILED", "TIMEOUT"]
    told = [name["Ref"] for name in pattern["detail"]["jobName"]]
    assert sorted(told) == sorted(_of_type(resources, "AWS::Glue::Job"))


def test_the_message_is_a_sentence_of_what_the_event_says(resources: Resources) -> None:
    (target,) = resources["JobFailures"]["Properties"]["Targets"]
    transformer = target["InputTransformer"]
    sentence = transformer["InputTemplate"]
    assert sentence[0] == sentence[-1] == '"'
    assert all(f"<{name}>" in sentence for name in transformer["InputPathsMap"])
    assert set(transformer["InputPathsMap"].values()) == {
        "$.detail.jobName",
        "$.detail.jobRunId",
        "$.detail.state",
        "$.detail.message",
    }


def test_the_rule_alone_may_publish_and_no_key_keeps_it_from_that(resources: Resources) -> None:
    """EventBridge is refused by the key that AWS keeps for SNS."""
    (target,) = resources["JobFailures"]["Properties"]["Targets"]
    topic = {"Ref": "JobAlertsTopic"}
    assert target["Arn"] == topic
    assert "KmsMasterKeyId" not in resources["JobAlertsTopic"]["Properties"]
    policy = resources["JobAlertsTopicPolicy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["Topics"] == [topic]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert (statement["Action"], statement["Resource"]) == ("sns:Publish", topic)
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["JobFailures", "Arn"]}}
    }


def test_the_addresses_of_alerts_are_told_of_jobs_too(resources: Resources) -> None:
    found = {
        (each["Protocol"], each["Endpoint"]["Ref"])
        for each in _of_type(resources, "AWS::SNS::Subscription").values()
        if each["TopicArn"] == {"Ref": "JobAlertsTopic"}
    }
    assert found == {("email", "AlertEmail"), ("sms", "AlertPhone")}
