"""The mailbox on the emulator: what is published is in the file once, and out of the queue."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.clients import Clients
from localaws.ctr import mailbox as module
from localaws.ctr.mailbox import QUEUE, Mailbox, wait_until_collected

BODY = {"message_id": "id-1", "kind": "opened", "site": "www.example.com", "text": "up"}


@pytest.fixture
def topic(emulator: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    arn = emulator["sns"].create_topic(Name="alerts-of-test")["TopicArn"]
    monkeypatch.setattr(module, "stack_output", lambda *_: arn)
    yield arn
    emulator["sns"].delete_topic(TopicArn=arn)
    url = emulator["sqs"].get_queue_url(QueueName=QUEUE)["QueueUrl"]
    emulator["sqs"].delete_queue(QueueUrl=url)


def _publish(emulator: Clients, topic: str, number: int) -> str:
    content = {"default": "up", "email": "up", "sqs": json.dumps(BODY | {"incident_id": number})}
    answer = emulator["sns"].publish(
        TopicArn=topic, Subject="up", Message=json.dumps(content), MessageStructure="json"
    )
    return str(answer["MessageId"])


def _kept(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_what_is_published_is_kept_once_and_in_order(
    emulator: Clients, topic: str, tmp_path: Path
) -> None:
    file = tmp_path / "alerts.jsonl"
    mailbox = Mailbox(emulator, file)
    mailbox.start()
    try:
        ids = [_publish(emulator, topic, number) for number in range(25)]
        wait_until_collected(emulator)
        kept = _kept(file)
    finally:
        mailbox.stop()
    assert [message["sns_message_id"] for message in kept] == ids
    assert [message["incident_id"] for message in kept] == list(range(25))
    assert all(message["sent_at"] and message["subject"] == "up" for message in kept)


def test_what_is_published_before_the_end_is_kept(
    emulator: Clients, topic: str, tmp_path: Path
) -> None:
    mailbox = Mailbox(emulator, tmp_path / "alerts.jsonl")
    mailbox.start()
    sent = _publish(emulator, topic, 1)
    mailbox.stop()
    assert [message["sns_message_id"] for message in _kept(tmp_path / "alerts.jsonl")] == [sent]
    assert "alerts" not in {thread.name for thread in threading.enumerate()}


def test_a_message_that_is_delivered_twice_is_kept_once(
    emulator: Clients, topic: str, tmp_path: Path
) -> None:
    mailbox = Mailbox(emulator, tmp_path / "alerts.jsonl")
    mailbox.start()
    body = json.dumps({"Type": "Notification", "MessageId": "m-1", "Message": json.dumps(BODY)})
    url = emulator["sqs"].get_queue_url(QueueName=QUEUE)["QueueUrl"]
    for _ in range(2):
        emulator["sqs"].send_message(QueueUrl=url, MessageBody=body)
    mailbox.stop()
    assert len(_kept(tmp_path / "alerts.jsonl")) == 1


def test_a_mailbox_that_was_not_started_is_ended_at_once(emulator: Clients, tmp_path: Path) -> None:
    Mailbox(emulator, tmp_path / "alerts.jsonl").stop()
    assert list(tmp_path.iterdir()) == []
