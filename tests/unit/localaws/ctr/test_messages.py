"""A message is read in each form that SNS may deliver it in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from localaws.ctr.messages import lines, read_message

Make = Callable[..., dict[str, Any]]
BODY = {
    "at": "2026-01-01T10:05:10.000Z",
    "kind": "opened",
    "site": "www.example.com",
    "incident_id": "i-1",
    "message_id": "id-1",
    "subject": "up",
    "text": "CTR 400 %",
    "sms": "400 %",
}
PUBLISHED = {"default": "400 %", "email": "CTR 400 %", "sms": "400 %", "sqs": json.dumps(BODY)}
NOT_KNOWN = {"sent_at": None, "sns_message_id": None}


def _notification(message: str) -> str:
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "m-1",
            "Subject": "subject of the email",
            "Message": message,
            "Timestamp": "2026-01-01T10:05:14.000Z",
        }
    )


@pytest.mark.parametrize("message", [json.dumps(BODY), json.dumps(PUBLISHED)])
def test_with_the_envelope_it_has_what_sns_says_of_it(message: str) -> None:
    sent = {"sent_at": "2026-01-01T10:05:14.000Z", "sns_message_id": "m-1"}
    assert read_message(_notification(message)) == BODY | sent


@pytest.mark.parametrize("body", [json.dumps(BODY), json.dumps(PUBLISHED)])
def test_without_the_envelope_it_has_what_was_published(body: str) -> None:
    assert read_message(body) == BODY | NOT_KNOWN


def test_texts_for_others_are_taken_where_nothing_was_published_for_queues() -> None:
    published = {key: text for key, text in PUBLISHED.items() if key != "sqs"}
    found = read_message(_notification(json.dumps(published)))
    assert (found["subject"], found["text"], found["sms"]) == (
        "subject of the email",
        "CTR 400 %",
        "400 %",
    )
    assert found["kind"] is None


@pytest.mark.parametrize("body", ["plain", "[1]", "7"])
def test_what_is_no_message_of_ours_is_a_text(body: str) -> None:
    assert read_message(body)["text"] == body
    assert read_message(_notification(body))["text"] == body


@pytest.mark.parametrize(
    "sentence", ["Glue job j: FAILED: no table x", 'Glue job j: FAILED: no table "x"']
)
def test_a_sentence_of_a_rule_is_read_without_the_quotes_around_it(sentence: str) -> None:
    found = read_message(_notification(f'"{sentence}"'))
    assert found["text"] == sentence
    assert lines(found).startswith("2026-01-01T10:05:14.000Z  -  -  subject of the email\n")


def test_people_see_a_line_and_the_text_beneath(message: Make) -> None:
    head = "2026-01-01T10:05:10.000Z  opened  www.example.com"
    assert lines(message()) == (
        f"{head}  Click-through rate up on www.example.com\n    CTR 400 %\n    expected 100 %"
    )
    assert lines(message(subject=None, text=None)) == f"{head}  -"


def test_a_site_with_control_characters_moves_no_cursor(message: Make) -> None:
    assert "\x1b" not in lines(message(site="a\x1b[2J", text="b\x1b[2J"))
