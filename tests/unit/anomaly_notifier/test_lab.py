"""Profile lab: the lab's words, one message an anomaly, and rows of its two columns alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.anomaly_notifier.rows import anomaly, cleared, encoded, records, text


@pytest.fixture
def lab(make: SimpleNamespace) -> Any:
    """The function in profile lab."""
    return make.world(PROFILE="lab", QUIET_HOURS="00:00-23:59 UTC", DAILY_CAP="1")


def row(seconds: float = 0, **overrides: Any) -> dict[str, Any]:
    """An anomaly as the job writes it in profile lab: nothing is expected, nothing is evidence."""
    nulls = ("expected_percent", "expected_low_percent", "expected_high_percent", "evidence")
    lab = {"CTRPERCENT": 63.6363636, "ANOMALY_SCORE": 4.20567, "severity": 4.20567}
    none = dict.fromkeys((*nulls, "evidence_seconds", "side"))
    return anomaly(seconds, **none) | lab | overrides


def test_an_anomaly_is_told_in_the_lab_s_words(lab: Any) -> None:
    assert lab.send(row()) == ["Ok"]
    (message,) = lab.sns.published
    words = "Anomaly detected with a click through rate of 63.64% and an anomaly score of 4.21"
    assert (message["text"], message["sms"]) == (words, words)
    assert message["subject"] == "Anomaly detected"
    assert message["message_id"] == f"{text(10)}#anomaly#{text(0)}"
    assert (message["kind"], message["site"], message["at"]) == ("anomaly", "shop", text(10))
    assert message["incident_id"] is None


@pytest.mark.parametrize(
    ("ctr", "score", "words"),
    [
        (100.0, 3.5, "100.0% and an anomaly score of 3.5"),
        (50, 3, "50% and an anomaly score of 3"),
        (0.004, 2.675, "0.0% and an anomaly score of 2.67"),
        (1e-7, 12345.678, "0.0% and an anomaly score of 12345.68"),
    ],
)
def test_numbers_are_rounded_and_printed_as_python_does(
    lab: Any, ctr: float, score: float, words: str
) -> None:
    lab.send({"CTRPERCENT": ctr, "ANOMALY_SCORE": score})
    (message,) = lab.sns.published
    assert message["text"] == f"Anomaly detected with a click through rate of {words}"


def test_every_anomaly_is_a_message_and_an_item_and_none_is_an_incident(lab: Any) -> None:
    assert lab.send(row(0), row(10), row(10, site="b"), row(20)) == ["Ok"] * 4
    assert len(lab.sns.published) == 4
    items = lab.rows("anomalies")
    assert [(item["site"], item["window_start"]) for item in items] == [
        ("b", text(10)),
        ("shop", text(0)),
        ("shop", text(10)),
        ("shop", text(20)),
    ]
    assert [item for item in items if "incident_id" in item] == []
    assert lab.rows("incidents") == []


def test_a_row_of_the_two_columns_is_known_by_its_record(lab: Any) -> None:
    bare = {"CTRPERCENT": 12.5, "ANOMALY_SCORE": 3.0}
    assert lab.send(bare, bare) == ["Ok", "Ok"]
    lab.wait(100)
    assert lab.send(bare, bare) == ["Ok", "Ok"]
    alerts = lab.rows("alerts")
    assert [(each["site"], each["message_id"]) for each in alerts] == [
        ("lab", "row-1#anomaly"),
        ("lab", "row-2#anomaly"),
    ]
    assert {each["at"] for each in alerts} == {text(0)}  # the clock when they were first handled
    assert len(lab.sns.published) == 2
    assert lab.rows("anomalies") == []


def test_a_cleared_row_is_ignored(lab: Any) -> None:
    assert lab.send(row(), cleared(0, 300), {"status": "cleared"}) == ["Ok"] * 3
    assert lab.kinds() == ["anomaly"]


def test_a_replay_tells_nothing_twice(lab: Any) -> None:
    sent = records(row(0), row(10), {"CTRPERCENT": 1.5, "ANOMALY_SCORE": 2.5})
    assert [lab.request(sent) for _ in range(3)] == [["Ok"] * 3] * 3
    assert lab.kinds() == ["anomaly"] * 3


@pytest.mark.parametrize(
    "content",
    [
        {"CTRPERCENT": 1.0},
        {"CTRPERCENT": None, "ANOMALY_SCORE": 1.0},
        {"CTRPERCENT": "1", "ANOMALY_SCORE": 1.0},
        {"CTRPERCENT": float("nan"), "ANOMALY_SCORE": 1.0},
        {"CTRPERCENT": 1.0, "ANOMALY_SCORE": 1.0, "site": "shop"},
        b"CTRPERCENT=1",
    ],
    ids=["no score", "null", "text", "NaN", "half a row", "no JSON"],
)
def test_an_unreadable_row_fails_alone(lab: Any, content: Any) -> None:
    assert lab.send(row(0), content, row(10)) == ["Ok", "DeliveryFailed", "Ok"]
    assert len(lab.sns.published) == 2


def test_a_message_that_was_not_taken_is_sent_when_its_row_comes_again(
    make: SimpleNamespace, lab: Any
) -> None:
    lab.sns.faults.before["publish lab"] = [make.throttled()]
    bare = encoded({"CTRPERCENT": 12.5, "ANOMALY_SCORE": 3.0}, "row-7")
    assert lab.request([bare]) == ["Ok"]
    assert lab.sns.published == []
    assert lab.request([bare]) == ["Ok"]
    assert [each["message_id"] for each in lab.sns.published] == ["row-7#anomaly"]
