"""What a subscriber of the topic receives, through a real engine's topic and queue."""

from __future__ import annotations

import json
from typing import Any

from lambdas.anomaly_notifier.alerts import alert_of
from lambdas.anomaly_notifier.incidents import advance
from lambdas.anomaly_notifier.rules import Rules
from lambdas.anomaly_notifier.topic import Topic
from tests.unit.anomaly_notifier.rows import text, window


def test_a_queue_receives_all_of_a_message(emulator: Any) -> None:
    (notice,) = advance([], window(0, site="café ☕"), Rules()).notices
    alert = alert_of(notice)
    topic = emulator["sns"].create_topic(Name="anomalies")["TopicArn"]
    url = emulator["sqs"].create_queue(QueueName="anomalies")["QueueUrl"]
    names = ["QueueArn"]
    queue = emulator["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    emulator["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue["QueueArn"])

    sns_message_id = Topic(emulator["sns"], topic).publish(alert)

    (received,) = emulator["sqs"].receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    envelope = json.loads(received["Body"])
    assert (envelope["MessageId"], envelope["Subject"]) == (sns_message_id, alert.subject)
    assert json.loads(envelope["Message"]) == {
        "message_id": f"{text(10)}#opened#{text(0)}",
        "kind": "opened",
        "site": "café ☕",
        "at": text(10),
        "incident_id": text(0),
        "subject": alert.subject,
        "text": alert.text,
        "sms": alert.sms,
    }
