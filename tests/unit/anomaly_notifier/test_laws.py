"""What holds of incidents and texts whatever comes, in whatever order and however often."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from catalog.ctr import CLEARED_BECAUSE
from lambdas.anomaly_notifier.incidents import OPENED, RESOLVED, Incident, Notice, advance
from lambdas.anomaly_notifier.messages import compose
from lambdas.anomaly_notifier.plain import SMS_CHARACTERS
from lambdas.anomaly_notifier.record import CLEARED, Row
from lambdas.anomaly_notifier.rules import QuietHours, Rules
from tests.unit.anomaly_notifier.fakes import refuses
from tests.unit.anomaly_notifier.rows import at, end, window

# The characters of the GSM alphabet that are ASCII and of its first table.
GSM = set("@$_ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")

seconds = st.integers(0, 400).map(lambda tenths: tenths * 10)
severities = st.sampled_from([1.0, 1.4, 2.3, 6.0, 40.0])
anomalies = st.builds(window, seconds, severities)
reasons = st.sampled_from([*CLEARED_BECAUSE, None])
ends = st.builds(
    lambda start, after, because: end(start, start + after, because),
    seconds,
    st.integers(10, 900),
    reasons,
)
histories = st.lists(anomalies | ends, max_size=40)
stretches = st.tuples(
    st.integers(1, 90), st.lists(severities, min_size=1, max_size=5), st.booleans()
)
rules = st.builds(
    Rules,
    cool_down=st.sampled_from([timedelta(seconds=20), timedelta(minutes=10)]),
    escalation_factor=st.sampled_from([1.1, 1.5, 3.0]),
    quiet_hours=st.none() | st.just(QuietHours.parse("09:50-10:10 Europe/London")),
    daily_cap=st.sampled_from([0, 1, 3]),
)


def as_the_job_writes(stretches: list[tuple[int, list[float], bool]]) -> list[Row]:
    """Anomalies window by window, each stretch after a pause of so many windows, some cleared."""
    rows, start = [], 0
    for pause, severities, is_cleared in stretches:
        start += pause * 10
        rows += [window(start + 10 * n, severity) for n, severity in enumerate(severities)]
        start += 10 * len(severities)
        if is_cleared:
            rows.append(end(start - 10, start))
    return rows


job_histories = st.lists(stretches, max_size=8).map(as_the_job_writes)


class Table:
    """What the rows of a site end in: each anomaly is taken in once, as the store holds it."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.seen: set[Row] = set()
        self.incidents: dict[str, Incident] = {}
        self.notices: list[Notice] = []

    def take(self, row: Row) -> None:
        starts = {each.window_start for each in self.seen}
        if row.status != CLEARED and row.window_start in starts:
            return
        recent = sorted(self.incidents.values(), key=lambda each: each.started_at, reverse=True)
        told = sum(not each.reason for each in self.notices)  # all rows are of one day
        step = advance(recent[:10], row, self.rules, told)
        if row.status != CLEARED:
            self.seen.add(row)
        self.incidents |= {each.incident_id: each for each in step.incidents}
        self.notices += step.notices

    def told(self, incident: str) -> list[str]:
        return [n.kind for n in self.notices if n.incident.incident_id == incident and not n.reason]


def taken(rows: list[Row], rules: Rules) -> Table:
    table = Table(rules)
    for row in rows:
        table.take(row)
    return table


@given(histories, rules)
def test_every_anomaly_is_counted_in_one_incident(rows: list[Row], rules: Rules) -> None:
    table = taken(rows, rules)
    windows = {row.window_start for row in rows if row.status != CLEARED}
    assert sum(each.windows for each in table.incidents.values()) == len(windows)
    for incident in table.incidents.values():
        assert incident.last_window_start in windows
        assert incident.started_at in windows
        assert incident.peak_window_start in windows


@given(histories, rules)
def test_no_incident_is_told_as_opened_twice_and_none_is_forgotten(
    rows: list[Row], rules: Rules
) -> None:
    table = taken(rows, rules)
    opened = Counter(n.incident.incident_id for n in table.notices if n.kind == OPENED)
    assert set(opened) == set(table.incidents)
    for name, incident in table.incidents.items():
        told = table.told(name)
        assert told.count(OPENED) <= 1
        assert told[:1] in ([], [OPENED])
        assert len(told) == incident.messages
        if rules.quiet_hours is None and not rules.daily_cap:
            assert told.count(OPENED) == 1


@given(histories, rules)
def test_an_end_is_told_of_an_alarm_alone_and_once(rows: list[Row], rules: Rules) -> None:
    table = taken(rows, rules)
    for name in table.incidents:
        told = table.told(name)
        assert (RESOLVED, RESOLVED) not in set(pairwise(told))


@given(histories, rules)
@example(
    [window(0), window(2390), window(2420)],
    Rules(cool_down=timedelta(seconds=20), daily_cap=3),
)
def test_the_day_s_messages_are_two_more_than_the_cap_at_most(
    rows: list[Row], rules: Rules
) -> None:
    table = taken(sorted(rows, key=lambda row: row.at), rules)
    if rules.daily_cap:
        assert sum(not each.reason for each in table.notices) <= rules.daily_cap + 2


@given(histories, rules)
def test_nothing_is_told_in_quiet_hours_and_what_is_held_is_counted(
    rows: list[Row], rules: Rules
) -> None:
    held = 0
    for notice in taken(rows, rules).notices:
        assert notice.held == held
        held = held + 1 if notice.reason else 0
        assert notice.incident.held == held
        if rules.quiet_hours and rules.quiet_hours.contains(notice.row.at):
            assert notice.reason


@given(job_histories, rules, st.data())
def test_rows_that_come_again_change_nothing(
    rows: list[Row], rules: Rules, data: st.DataObject
) -> None:
    once, again = taken(rows, rules), Table(rules)
    for number, row in enumerate(rows):
        again.take(row)
        first = data.draw(st.integers(0, number))
        for repeated in rows[first : number + 1]:
            again.take(repeated)
    assert (again.incidents, again.notices) == (once.incidents, once.notices)


@given(histories)
def test_messages_of_one_time_are_known_apart(rows: list[Row]) -> None:
    keys = [(n.row.at, n.kind, n.incident.incident_id) for n in taken(rows, Rules()).notices]
    assert len(set(keys)) == len(keys)


numbers = st.none() | st.floats(0, 1e125) | st.integers(0, 10**125)
counts = st.integers(0, 2**63 - 1)
any_row = st.builds(
    lambda site, severity, **others: window(0, severity, site=site, **others),
    st.text(min_size=1, max_size=2000),
    st.floats(1e-125, 1e125),
    clicks=counts,
    impressions=counts,
    expected_percent=numbers,
    expected_low_percent=numbers,
    expected_high_percent=numbers,
    evidence_seconds=st.none() | counts,
    side=st.sampled_from([None, "clicks", "impressions"]),
    direction=st.sampled_from(["up", "down"]),
    cleared_because=reasons,
    window_end=st.timedeltas(timedelta(seconds=1), timedelta(days=300_000)).map(
        lambda length: at(0) + length
    ),
)


@given(
    any_row,
    st.sampled_from(["opened", "escalated", "resolved"]),
    st.integers(0, 10**9),
    st.none() | st.just(at(400)),
)
def test_every_text_fits_wherever_it_goes(
    row: Row, kind: str, held: int, cleared_at: datetime | None
) -> None:
    (incident,) = advance([], row, Rules()).incidents
    told = replace(row, cleared_at=cleared_at)
    texts = compose(Notice(kind, told, incident, incident, None, held))
    assert not refuses(texts.subject)
    assert set(texts.sms) <= GSM
    assert 0 < len(texts.sms) <= SMS_CHARACTERS
    assert all(line.isprintable() for line in texts.text.split("\n"))
    assert len(texts.text.encode()) < 20_000
