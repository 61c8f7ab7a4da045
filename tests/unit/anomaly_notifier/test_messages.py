"""What somebody on call reads, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.anomaly_notifier.incidents import advance
from lambdas.anomaly_notifier.messages import Texts, compose
from lambdas.anomaly_notifier.plain import fit, gsm
from lambdas.anomaly_notifier.record import Row
from lambdas.anomaly_notifier.rules import QuietHours, Rules
from tests.unit.anomaly_notifier.rows import end, window


def texts(*rows: Row, rules: Rules | None = None) -> list[Texts]:
    """The messages of rows, one after the other."""
    incidents, found = [], []
    for row in rows:
        step = advance(incidents, row, rules or Rules())
        found += [compose(notice) for notice in step.notices]
        incidents = [*reversed(step.incidents), *incidents] if step.incidents else incidents
    return found


def test_the_opening_says_what_moved_since_when_and_where_to_look() -> None:
    (opened,) = texts(window(0, 6.0))
    assert opened.subject == "CTR down on shop: 1.2%, expected 4.81%"
    assert opened.sms == (
        "CTR down on shop: 1.2%, expected 4.81%, fewer clicks than expected, 12 of 1000."
        " Severity 6, incident 2026-01-01T09:30:00.000Z"
    )
    assert opened.text == (
        "The click-through rate of shop is down: fewer clicks than expected.\n"
        "\n"
        "Seen       1.2%: 12 clicks of 1000 impressions, 10 s from 2026-01-01T09:30:00.000Z\n"
        "Expected   4.81%, 4.1% to 5.5% is usual\n"
        "Severity   6, clearest over the last 300 s\n"
        "Since      2026-01-01T09:30:00.000Z\n"
        "So far     1 unusual window in this incident\n"
        "Incident   2026-01-01T09:30:00.000Z\n"
        "\n"
        "To see more: clickstream ctr plot shop\n"
        "Tables, by site: incidents; anomalies, their windows; ctr_windows, every window;"
        " alerts, the messages."
    )


def test_an_escalation_says_what_was_told_before() -> None:
    _, worse = texts(window(0, 6.0), window(600, 12.0, clicks=1))
    assert worse.subject == "Worse: CTR down on shop: 0.1%, expected 4.81%"
    assert worse.sms.startswith("Worse: CTR down on shop: 0.1%, ")
    assert "So far     2 unusual windows in this incident\n" in worse.text
    assert "Told last  severity 6, 2026-01-01T09:30:10.000Z\n" in worse.text


@pytest.mark.parametrize("because", ["usual", None], ids=["usual", "older row"])
def test_the_end_says_how_long_it_was_and_how_bad(because: str | None) -> None:
    cleared = end(125, 420, because)
    _, resolved = texts(window(0, 6.0), window(110, 8.0, clicks=0), window(125), cleared)
    assert resolved.subject == "Resolved: CTR on shop as usual again after 2 min 15 s"
    assert resolved.sms == (
        "Resolved: CTR on shop as usual again. Lasted 2 min 15 s, worst 0%, expected 4.81%,"
        " severity 8, incident 2026-01-01T09:30:00.000Z"
    )
    lines = resolved.text.split("\n")
    assert lines[:2] == [
        "The click-through rate of shop is as usual again.",
        "Nothing unusual was seen up to 2026-01-01T09:37:00.000Z.",
    ]
    assert lines[3:5] == [
        "Lasted     2 min 15 s, 2026-01-01T09:30:00.000Z to 2026-01-01T09:32:15.000Z,"
        " 3 unusual windows",
        "Worst      0%, expected 4.81%, severity 8, in the window from 2026-01-01T09:31:50.000Z",
    ]


def test_of_a_silent_site_it_is_said_that_it_is_silent_and_what_to_check() -> None:
    _, ended = texts(window(0), end(0, 300, "silent"))
    assert ended.subject == "Silent: CTR alarm on shop ended, nothing seen since, after 10 s"
    assert ended.sms == (
        "Silent: CTR alarm on shop ended, no click or impression seen since. No all-clear: check"
        " site and tracking. Incident 2026-01-01T09:30:00.000Z"
    )
    assert ended.text.split("\n")[:5] == [
        "The alarm on the click-through rate of shop has ended because the site is silent.",
        "No click and no impression of it was seen from 2026-01-01T09:30:10.000Z to"
        " 2026-01-01T09:35:00.000Z. This does not say that all is well.",
        "Check that the site is up, that its pages still report clicks and impressions, and that"
        " these reach the stream.",
        "",
        "Lasted     10 s, 2026-01-01T09:30:00.000Z to 2026-01-01T09:30:10.000Z, 1 unusual window",
    ]


def test_of_a_site_that_cannot_be_judged_it_is_said_that_it_cannot() -> None:
    _, ended = texts(window(0), end(0, 300, "unjudged"))
    assert ended.subject == "Unjudged: CTR alarm on shop ended, too little known, after 10 s"
    assert ended.sms == (
        "Unjudged: CTR alarm on shop ended, too little known to judge it, as after a step that"
        " stayed. Check the rate. Incident 2026-01-01T09:30:00.000Z"
    )
    assert ended.text.split("\n")[:3] == [
        "The alarm on the click-through rate of shop has ended because too little is known to"
        " judge it.",
        "So it is, for instance, after a step that stayed and is the new usual. This does not say"
        " that the rate was as before up to 2026-01-01T09:35:00.000Z.",
        "Check whether the rate that the site has now is one that you want.",
    ]


@pytest.mark.parametrize("because", ["silent", "unjudged"])
def test_only_a_site_that_is_as_usual_is_told_as_such(because: str) -> None:
    _, ended, back = texts(window(0), end(0, 300, because), window(400, 60.0))
    for told in (ended, back):
        words = f"{told.subject} {told.sms} {told.text}"
        assert "as usual" not in words
        assert "Resolved" not in words


def test_an_end_that_was_lost_says_so() -> None:
    _, resolved, opened = texts(window(0), window(700))
    assert resolved.subject == "Over: CTR alarm on shop ended after 10 s"
    assert "as usual" not in f"{resolved.subject} {resolved.sms} {resolved.text}"
    assert "No all-clear came, but the next anomaly, at 2026-01-01T09:41:40.000Z," in resolved.text
    assert opened.subject == "CTR down on shop: 1.2%, expected 4.81%"


def test_one_that_is_back_says_that_it_was_told_as_over() -> None:
    back = texts(window(0), end(0, 300), window(400), window(995))[-1]
    assert back.subject == "Back: CTR down on shop: 1.2%, expected 4.81%"
    assert "Since      2026-01-01T09:36:40.000Z\n" in back.text
    assert "Told last  the end of the alarm, 2026-01-01T09:35:00.000Z\n" in back.text


def test_the_first_message_after_some_were_held_back_says_how_many() -> None:
    rules = Rules(quiet_hours=QuietHours.parse("09:00-09:40 UTC"))
    held, told = texts(window(0), window(590), rules=rules)
    assert "Held back" not in held.text
    assert told.text.endswith("\nHeld back on this site before this: 1 message.")
    assert "Since      2026-01-01T09:30:00.000Z\n" in told.text


@pytest.mark.parametrize(
    ("side", "direction", "moved"),
    [
        ("clicks", "up", "more clicks than expected"),
        ("clicks", "down", "fewer clicks than expected"),
        ("impressions", "up", "fewer impressions than expected"),
        ("impressions", "down", "more impressions than expected"),
        (None, "down", "not as expected"),
    ],
)
def test_a_rate_moves_by_its_clicks_or_against_its_impressions(
    side: str | None, direction: str, moved: str
) -> None:
    (told,) = texts(window(0, side=side, direction=direction))
    assert told.text.startswith(f"The click-through rate of shop is {direction}: {moved}.\n")


@pytest.mark.parametrize(
    ("overrides", "subject", "lines"),
    [
        ({"expected_percent": None}, "CTR down on shop: 1.2%", ["Expected   not known yet"]),
        ({"clicks": 0}, "CTR down on shop: 0%, expected 4.81%", ["Seen       0%: 0 clicks of "]),
        (
            {"clicks": 1, "impressions": 0},
            "CTR down on shop: no impressions, expected 4.81%",
            ["Seen       no impressions: 1 click of 0 impressions, "],
        ),
        (
            {"expected_low_percent": None, "evidence_seconds": None},
            "CTR down on shop: 1.2%, expected 4.81%",
            ["Expected   4.81%\n", "Severity   6\n"],
        ),
    ],
    ids=["nothing expected yet", "no clicks", "no impressions", "no bounds"],
)
def test_what_is_not_known_is_left_out_or_named(
    overrides: dict[str, Any], subject: str, lines: list[str]
) -> None:
    (told,) = texts(window(0, **overrides))
    assert told.subject == subject
    assert [line for line in lines if f"\n{line}" not in told.text] == []


def test_a_hostile_site_breaks_no_line_no_limit_and_no_shell() -> None:
    site = "a'; rm -rf ~ #\r\nBcc: all@example.com\u202e{`x`}" + "é" * 300
    (told,) = texts(window(0, site=site))
    assert told.subject.startswith("CTR down on a'; rm -rf ? #??Bcc: all@example.com???x??ee")
    assert told.subject.endswith("...: 1.2%, expected 4.81%")
    assert len(told.subject) == 99
    assert len(told.sms) == 160
    assert told.sms.endswith("Severity 6, incident 2026-01-01T09:30:00.000Z")
    assert "clickstream ctr plot 'a'\"'\"'; rm -rf ~ #??Bcc: all@example.com?{`x`}éé" in told.text


def test_letters_lose_their_accents_and_what_has_no_letter_is_a_question_mark() -> None:
    assert gsm("Zürich ß Çağla ½ 東京") == "Zurich ? Cagla 1?2 ??"


def test_of_a_text_that_is_too_long_the_site_is_cut_first_then_the_end() -> None:
    assert fit("on ", "a-long-site-name", ": 1%", 20) == "on a-long-sit...: 1%"[:20]
    assert fit("on ", "a-long-site-name", ": 1%" * 9, 20) == "on a-long-si...: 1%: 1%"[:20]
    assert fit("on ", "shop", ": 1%", 20) == "on shop: 1%"
