"""A queue that gets every message of the topics of alerts, emptied into a file that all may read.

A queue gives a message to one reader; the file gives all of them to each.
"""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.clients import Clients
from localaws.ctr.messages import read_message
from localaws.deploy import stack_output
from localaws.errors import LocalCloudError
from localaws.waiting import wait_until

QUEUE = "alerts"
# Outputs of the stack: of what is found in the data, and of jobs that failed.
TOPICS = ("AlertsTopicArn", "JobAlertsTopicArn")
_LOGGER = logging.getLogger(__name__)
_AT_ONCE = 10
_POLL_SECONDS = 1
_RETRY_SECONDS = 1.0
_JOIN_SECONDS = 10.0
_COLLECTED_SECONDS = 30.0


class Mailbox:
    """Subscribes a queue to the topics, and keeps what comes, one JSON object a line.

    A message is in the file before it is out of the queue. SQS may deliver one twice: it is
    written once.
    """

    def __init__(self, clients: Clients, file: Path) -> None:
        self._clients = clients
        self._path = file
        self._seen: set[str] = set()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Subscribe, and collect from a thread; what was published before does not come."""
        self._path.touch()
        url = _subscribe(self._clients)
        self._thread = threading.Thread(
            target=self._collect, args=(url,), name="alerts", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Collect what is in the queue still, then end; nothing was started: nothing to do."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_JOIN_SECONDS)

    def _collect(self, url: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            ended = False
            while not ended:
                # Asked for before the look, so that a look at an empty queue follows the stop.
                ended = self._stop.is_set()
                try:
                    while self._take(url, file):
                        pass
                except (BotoCoreError, ClientError) as error:
                    _LOGGER.warning("alerts: %s; trying again", error)
                    self._stop.wait(_RETRY_SECONDS)

    def _take(self, url: str, file: IO[str]) -> bool:
        """Move messages from the queue to the file; whether there were any."""
        sqs = self._clients["sqs"]
        wait = 0 if self._stop.is_set() else _POLL_SECONDS
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=_AT_ONCE, WaitTimeSeconds=wait
        )
        for record in answer.get("Messages", ()):
            self._write(record, file)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=record["ReceiptHandle"])
        return bool(answer.get("Messages"))

    def _write(self, record: dict[str, Any], file: IO[str]) -> None:
        message = read_message(record["Body"])
        identity = message["sns_message_id"] or record["MessageId"]
        if identity not in self._seen:
            file.write(json.dumps(message, ensure_ascii=False) + "\n")
            file.flush()
            self._seen.add(identity)


def wait_until_collected(clients: Clients) -> None:
    """Wait until the queue is empty: all that was sent before is in the file then.

    Raises:
        LocalCloudError: it is not in time, or nothing answers.
    """
    try:
        _wait_until_empty(clients)
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(
            f"queue {QUEUE}: cannot be asked at {clients.endpoint} ({error});"
            " `clickstream status` says what runs there"
        ) from error


def _wait_until_empty(clients: Clients) -> None:
    url = clients["sqs"].get_queue_url(QueueName=QUEUE)["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def is_empty() -> bool:
        found = clients["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return not any(int(found["Attributes"][name]) for name in names)

    wait_until(
        is_empty,
        _COLLECTED_SECONDS,
        lambda: f"queue {QUEUE}: not empty after {_COLLECTED_SECONDS:g} s",
    )


def _subscribe(clients: Clients) -> str:
    """The URL of the queue, which gets what is published from now on."""
    sqs, topics = clients["sqs"], [stack_output(clients, name) for name in TOPICS]
    url: str = sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = found["Attributes"]["QueueArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _policy(arn, topics)})
    for topic in topics:
        clients["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def _policy(queue: str, topics: list[str]) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topics}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
