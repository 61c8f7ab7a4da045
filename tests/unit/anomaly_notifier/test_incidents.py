"""Of rows, one after the other: which incidents there are, and what is told of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lambdas.anomaly_notifier.incidents import Incident, Notice, advance
from lambdas.anomaly_notifier.record import Row
from lambdas.anomaly_notifier.rules import QuietHours, Rules
from tests.unit.anomaly_notifier.rows import at, end, text, window

RULES = Rules()
MINUTE = 60


class Site:
    """A site's incidents, newest first, and what was due: kind and seconds, told or held."""

    def __init__(self, *rows: Row, rules: Rules = RULES, told_today: int = 0) -> None:
        self.incidents: list[Incident] = []
        self.notices: list[Notice] = []
        for row in rows:
            step = advance(self.incidents, row, rules, told_today)
            changed = {each.started_at: each for each in (*self.incidents, *step.incidents)}
            self.incidents = [changed[start] for start in sorted(changed, reverse=True)]
            self.notices += step.notices

    @property
    def told(self) -> list[tuple[str, float]]:
        return [(each.kind, _seconds(each)) for each in self.notices if not each.reason]

    @property
    def held(self) -> list[tuple[str, float]]:
        return [(each.kind, _seconds(each)) for each in self.notices if each.reason]


def _seconds(notice: Notice) -> float:
    return (notice.row.at - at(0)).total_seconds()


def test_the_first_anomaly_opens_an_incident_and_is_told() -> None:
    site = Site(window(0, 6.0))
    assert site.told == [("opened", 10)]
    (incident,) = site.incidents
    assert (incident.incident_id, incident.status) == (text(0), "open")
    assert (incident.revision, incident.windows, incident.messages) == (1, 1, 1)
    assert (incident.peak_severity, incident.peak_percent) == (6.0, 1.2)
    assert (incident.told_severity, incident.told_at) == (6.0, at(10))


def test_those_that_follow_are_counted_and_not_told() -> None:
    site = Site(window(0, 6.0), window(10, 8.0, direction="up"), window(300, 7.0))
    assert site.told == [("opened", 10)]
    (incident,) = site.incidents
    assert (incident.windows, incident.revision) == (3, 3)
    assert (incident.last_window_start, incident.last_window_end) == (at(300), at(310))
    assert (incident.peak_severity, incident.peak_window_start) == (8.0, at(10))
    assert (incident.direction, incident.told_severity) == ("up", 6.0)


@pytest.mark.parametrize(
    ("seconds", "severity", "is_told"),
    [
        (600, 9.0, True),
        (600, 8.9, False),
        (590, 9.0, False),
        (590, 13.4, False),
        (590, 13.5, True),
        (10, 13.5, True),
    ],
    ids=["worse, cool", "not worse", "not cool", "nearly", "much worse", "much worse at once"],
)
def test_what_is_worse_is_told_after_the_cool_down_and_much_worse_at_once(
    seconds: float, severity: float, is_told: bool
) -> None:
    between = [window(each) for each in range(10, int(seconds), 10)]
    site = Site(window(0, 6.0), *between, window(seconds, severity))
    escalated = [("escalated", seconds + 10)] if is_told else []
    assert site.told == [("opened", 10), *escalated]
    assert site.incidents[0].told_severity == (severity if is_told else 6.0)


def test_an_escalation_is_measured_by_what_was_told_last() -> None:
    rows = [window(each * 300, severity) for each, severity in enumerate([4, 6, 6, 8, 9, 13.5])]
    # 6.0 is 1.5 x 4.0: told when it is cool, not at 310; then 9.0, and 13.5 came too soon after.
    assert Site(*rows).told == [("opened", 10), ("escalated", 610), ("escalated", 1210)]


def test_a_cleared_row_resolves_the_incident() -> None:
    site = Site(window(0), window(120), end(120, 420))
    assert site.told == [("opened", 10), ("resolved", 420)]
    (incident,) = site.incidents
    assert (incident.status, incident.resolved_at) == ("resolved", at(420))
    assert (incident.last_window_end, incident.windows) == (at(130), 2)
    assert (incident.told_severity, incident.told_at, incident.messages) == (0.0, at(420), 2)


@pytest.mark.parametrize(
    "rows",
    [
        [end(0, 300)],
        [window(0), end(0, 300), end(0, 300)],
        [window(0), end(0, 300), window(310), end(0, 300)],
        [window(0), window(900), end(0, 300)],
    ],
    ids=["nothing was open", "it has ended", "it is open again", "a later one is open"],
)
def test_a_cleared_row_of_nothing_that_stands_changes_nothing(rows: list[Row]) -> None:
    before, after = Site(*rows[:-1]), Site(*rows)
    assert (after.incidents, after.told) == (before.incidents, before.told)


def test_an_anomaly_a_cool_down_after_the_last_ends_the_incident_and_opens_the_next() -> None:
    site = Site(window(0), window(60), window(670))
    assert site.told == [("opened", 10), ("resolved", 680), ("opened", 680)]
    newest, oldest = site.incidents
    assert (oldest.resolved_at, oldest.windows, oldest.last_window_end) == (at(670), 2, at(70))
    assert (newest.incident_id, newest.windows, newest.messages) == (text(670), 1, 1)


def test_an_anomaly_just_within_the_cool_down_goes_on() -> None:
    assert Site(window(0), window(60), window(660)).told == [("opened", 10)]


def test_one_soon_after_the_end_opens_the_incident_again_in_silence() -> None:
    site = Site(window(0), end(0, 300), window(890), end(890, 1200))
    assert site.told == [("opened", 10), ("resolved", 300)]
    (incident,) = site.incidents
    assert (incident.status, incident.resolved_at) == ("resolved", at(1200))
    assert (incident.windows, incident.messages, incident.unusual_since) == (2, 2, at(890))


def test_one_a_cool_down_after_the_end_opens_the_next() -> None:
    site = Site(window(0), end(0, 300), window(900))
    assert site.told == [("opened", 10), ("resolved", 300), ("opened", 910)]
    assert [each.status for each in site.incidents] == ["open", "resolved"]


def test_flapping_tells_no_more_than_once() -> None:
    rows = [window(0), end(0, 60)]
    for start in range(120, 7200, 120):
        rows += [window(start), end(start, start + 60)]
    site = Site(*rows)
    assert site.told == [("opened", 10), ("resolved", 60)]
    assert (len(site.incidents), site.incidents[0].windows) == (1, 60)


def test_one_that_is_back_for_a_cool_down_is_told_and_its_end_as_well() -> None:
    back = [window(each) for each in range(400, 1010, 10)]
    site = Site(window(0), end(0, 300), *back, end(1000, 1300))
    assert site.told == [("opened", 10), ("resolved", 300), ("escalated", 1000), ("resolved", 1300)]
    assert len(site.incidents) == 1


def test_one_that_is_back_worse_than_ever_is_told_by_the_rules_of_what_is_worse() -> None:
    ended = [window(0, 4.0), window(10, 6.0), end(10, 300)]
    assert Site(*ended, window(400, 13.4)).told[2:] == []
    assert Site(*ended, window(400, 13.5)).told[2:] == [("escalated", 410)]
    assert Site(*ended, window(500), window(890, 9.0)).told[2:] == [("escalated", 900)]


def test_a_row_that_comes_late_is_counted_and_not_told() -> None:
    site = Site(window(0, 6.0), window(100, 6.0), window(50, 60.0))
    assert site.told == [("opened", 10)]
    (incident,) = site.incidents
    assert (incident.windows, incident.peak_severity) == (3, 60.0)
    assert (incident.last_window_start, incident.told_severity) == (at(100), 6.0)


def test_a_row_from_before_the_end_does_not_open_the_incident_again() -> None:
    site = Site(window(0), end(20, 300), window(20))
    assert site.told == [("opened", 10), ("resolved", 300)]
    (incident,) = site.incidents
    assert (incident.status, incident.windows) == ("resolved", 2)
    assert incident.last_window_end == at(30)


@pytest.mark.parametrize(
    ("seconds", "older", "newer"),
    [(-600, 2, 1), (30, 2, 1), (490, 2, 1), (510, 1, 2), (990, 1, 2)],
)
def test_a_late_row_counts_into_the_incident_nearest_in_time(
    seconds: float, older: int, newer: int
) -> None:
    site = Site(window(0), end(0, 100), window(1000), end(1000, 1100), window(seconds))
    assert len(site.told) == 4
    assert [each.windows for each in site.incidents] == [newer, older]


QUIET = Rules(quiet_hours=QuietHours.parse("09:00-10:00 UTC"))  # rows begin at 09:30
MORNING = 30 * MINUTE


def test_in_quiet_hours_an_incident_is_held_back_once_and_told_at_the_first_row_after() -> None:
    rows = [window(each) for each in range(0, MORNING + 20, 10)]
    site = Site(*rows, rules=QUIET)
    assert site.held == [("opened", 10)]
    assert site.told == [("opened", MORNING)]  # the window that is whole at 10:00:00
    assert site.notices[1].held == 1
    (incident,) = site.incidents
    assert (incident.held, incident.messages, incident.told_at) == (0, 1, at(MORNING))


def test_what_began_and_ended_in_quiet_hours_is_told_with_the_next_message() -> None:
    site = Site(window(0), end(0, 300), window(MORNING), rules=QUIET)
    assert (site.held, site.told) == ([("opened", 10)], [("opened", MORNING + 10)])
    assert site.notices[1].held == 1
    assert [(each.held, each.messages) for each in site.incidents] == [(0, 1), (1, 0)]


def test_the_end_of_what_was_told_is_held_back_in_quiet_hours() -> None:
    rules = Rules(quiet_hours=QuietHours.parse("09:35-10:00 UTC"))
    site = Site(window(0), end(0, 300), window(400), end(400, MORNING), rules=rules)
    assert site.held == [("resolved", 300)]
    assert site.told == [("opened", 10), ("resolved", MORNING)]


def test_in_quiet_hours_one_escalation_is_held_back_until_something_is_told() -> None:
    rules = Rules(quiet_hours=QuietHours.parse("09:35-10:00 UTC"))
    worse = [window(each, 20.0) for each in range(300, MORNING + 20, 10)]
    site = Site(window(0, 6.0), *worse, rules=rules)
    assert site.held == [("escalated", 310)]
    assert site.told == [("opened", 10), ("escalated", MORNING)]
    assert site.incidents[0].held == 0


def test_the_cap_holds_back_alarms_and_not_the_end_of_one_that_was_told() -> None:
    rules = Rules(daily_cap=2)
    opened = Site(window(0), rules=rules, told_today=1)
    assert opened.told == [("opened", 10)]
    step = advance(opened.incidents, window(10, 60.0), rules, told_today=2)
    assert [(each.kind, each.reason) for each in step.notices] == [("escalated", "daily cap of 2")]
    step = advance(step.incidents, end(10, 300), rules, told_today=9)
    assert [(each.kind, each.reason, each.held) for each in step.notices] == [("resolved", None, 1)]
    capped = Site(window(0), end(0, 300), rules=rules, told_today=2)
    assert (capped.held, capped.told) == ([("opened", 10)], [])


def test_a_lost_end_in_quiet_hours_holds_back_both_messages_and_counts_them() -> None:
    rules = Rules(quiet_hours=QuietHours.parse("09:35-10:00 UTC"))
    site = Site(window(0), window(700), window(MORNING), rules=rules)
    assert site.held == [("resolved", 710), ("opened", 710)]
    assert site.told == [("opened", 10), ("opened", MORNING + 10)]
    assert site.notices[-1].held == 2  # of the first incident's end and the second one


def test_the_steps_of_another_length_of_cool_down() -> None:
    rules = Rules(cool_down=timedelta(seconds=30), escalation_factor=2.0)
    rows: list[Any] = [
        window(0, 1.0),
        window(10, 3.9),
        window(20, 4.0),
        window(50, 8.0),
        window(90),
    ]
    kinds = ["opened", "escalated", "escalated", "resolved", "opened"]
    assert [kind for kind, _ in Site(*rows, rules=rules).told] == kinds
