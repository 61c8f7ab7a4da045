"""A record is a row of the contract, or refused with what was found and is allowed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lambdas.anomaly_notifier.record import RowError, parse_record
from tests.unit.anomaly_notifier.rows import anomaly, at, cleared, encoded, text


def test_an_anomaly_is_read_with_the_lab_s_names() -> None:
    row = parse_record(encoded(anomaly(10, CTRPERCENT=1.2, ANOMALY_SCORE=3, colour="blue")))
    assert (row.site, row.status, row.severity) == ("shop", "anomaly", 6.0)
    assert (row.window_start, row.window_end, row.at) == (at(10), at(20), at(20))
    assert (row.ctr_percent, row.expected_percent, row.direction) == (1.2, 4.8123, "down")
    assert row.prefix == f"{text(20)}#"
    assert row.columns["anomaly_score"] == 3
    assert not {"colour", "CTRPERCENT", "score_share", "cleared_at"} & set(row.columns)


def test_a_cleared_row_is_of_the_time_when_the_site_was_usual_again() -> None:
    row = parse_record(encoded(cleared(10, 300, direction=None, severity=0)))
    assert (row.status, row.at, row.window_start) == ("cleared", at(300), at(10))


@pytest.mark.parametrize("because", [None, "usual", "silent", "unjudged"])
def test_a_cleared_row_says_why_unless_it_is_an_older_one(because: str | None) -> None:
    row = parse_record(encoded(cleared(10, 300, cleared_because=because)))
    assert row.cleared_because == because


def test_times_of_any_offset_and_precision_are_one_time() -> None:
    times = {"window_start": "2026-01-01T10:30:00.0009+01:00", "window_end": "2026-01-01T09:30:10"}
    row = parse_record(encoded(anomaly(0, **times)))
    assert (row.window_start, row.window_end) == (at(0), at(10))
    assert row.columns["window_start"] == text(0)


def test_without_clicks_the_rate_is_nothing_and_without_impressions_there_is_none() -> None:
    assert parse_record(encoded(anomaly(clicks=0, CTRPERCENT=None))).seen_percent == 0
    assert parse_record(encoded(anomaly(impressions=0, CTRPERCENT=None))).seen_percent is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (anomaly(site=None, severity=None), r"^no site, severity; got \['ANOMALY_SCORE', "),
        (anomaly(site=""), "^site is ''; 1 to 2048 bytes are allowed"),
        (anomaly(site="é" * 1025), r"^site is 'é+\.\.\.; 1 to 2048 bytes"),
        (anomaly(site=7), "^site is 7; a string is allowed"),
        (anomaly(clicks=1.5), "^clicks is 1.5; a bigint is allowed"),
        (anomaly(clicks=2**63), r"^clicks is 9223372036854775808; up to 9\.22337e\+18 is allowed"),
        (anomaly(is_anomaly=1), "^is_anomaly is 1; a boolean is allowed"),
        (anomaly(severity=True), "^severity is True; a double is allowed"),
        (anomaly(severity=float("nan")), r"^severity is nan; up to 1e\+125 is allowed"),
        (anomaly(severity=float("inf")), "^severity is inf"),
        (anomaly(CTRPERCENT="1.2"), "^CTRPERCENT is '1.2'; a double is allowed"),
        (anomaly(status="gone"), "^status is 'gone'; allowed are anomaly, cleared"),
        (
            cleared(0, 300, cleared_because="tired"),
            "^cleared_because is 'tired'; allowed are usual, silent, unjudged$",
        ),
        (anomaly(side="both"), "^side is 'both'; allowed are clicks, impressions"),
        (anomaly(direction="left"), "^direction is 'left'; allowed are up, down"),
        (anomaly(window_start="today"), "^window_start is 'today'; ISO-8601 is allowed"),
        (anomaly(window_start="0001-01-01T00:00:00+01:00"), "^window_start is '0001"),
        (anomaly(window_end=text(0)), f"^window_end is '{text(0)}'; after window_start"),
        (anomaly(status="cleared"), "^cleared_at is None; set when cleared alone"),
        (anomaly(cleared_at=text(10)), f"^cleared_at is '{text(10)}'; set when cleared alone"),
        (anomaly(direction=None), "^no direction of an anomaly"),
        (anomaly(severity=0), "^severity is 0; above 0 is allowed of an anomaly"),
        (["shop"], r"^data holds \['shop'\]; a JSON object is allowed"),
        (None, "^data holds None; a JSON object is allowed"),
        (b"", "^data is ''; base64 of JSON is allowed"),
        (b"\xff", "base64 of JSON is allowed"),
        (b"[" * 100_000, "base64 of JSON is allowed"),
        (b'{"site": "\\ud800"}', "surrogates not allowed"),
    ],
)
def test_a_row_that_breaks_the_contract_is_refused(row: Any, message: str) -> None:
    with pytest.raises(RowError, match=message):
        parse_record(encoded(row))


@pytest.mark.parametrize("data", [None, 7, "%%%", "é"])
def test_data_that_is_no_base64_is_refused(data: Any) -> None:
    with pytest.raises(RowError, match="base64 of JSON is allowed"):
        parse_record(encoded({}) | {"data": data})


def test_a_window_may_be_of_any_length() -> None:
    row = parse_record(encoded(anomaly(window_end=text(3600))))
    assert row.window_end - row.window_start == timedelta(hours=1)
