"""The click-through-rate lab's actions come from the seed alone, each sender a record a second."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from localaws.lab.ctr import (
    CLICK,
    IMPRESSION,
    Arrivals,
    CtrLabOptions,
    free_site,
    make_actions,
    start_for,
    to_recording,
)

START = 1_767_225_600_000
SITE = "www.example.com"
SHORT = CtrLabOptions(warm_up=60, burst=20, after=40)


def _counts(options: CtrLabOptions, begin: float, end: float) -> Counter[str]:
    return Counter(kind for at, kind in make_actions(options) if begin * 1_000 <= at < end * 1_000)


def test_the_same_seed_gives_the_same_actions_and_another_one_others() -> None:
    assert make_actions(SHORT) == make_actions(SHORT)
    assert make_actions(SHORT) != make_actions(CtrLabOptions(60, 20, 40, seed=8))


@pytest.mark.parametrize("arrivals", ["even", "jitter", "poisson"])
def test_actions_are_in_order_and_within_the_lab(arrivals: Arrivals) -> None:
    options = CtrLabOptions(60, 20, 40, arrivals=arrivals)
    times = [at for at, _ in make_actions(options)]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] < options.length_ms == 120_000


def test_by_the_clock_each_sender_sends_a_record_a_second() -> None:
    options = CtrLabOptions(60, 20, 40, arrivals="even")
    assert _counts(options, 0, 60) == {CLICK: 60, IMPRESSION: 60}
    assert _counts(options, 60, 80) == {CLICK: 80, IMPRESSION: 20}
    assert _counts(options, 80, 120) == {CLICK: 40, IMPRESSION: 40}


def test_independent_arrivals_are_as_many_on_average() -> None:
    options = CtrLabOptions(10_000, 0, 0, extra=0, arrivals="poisson")
    assert _counts(options, 0, 10_000)[CLICK] == pytest.approx(10_000, rel=0.05)


def test_without_a_warm_up_the_burst_comes_first() -> None:
    assert CtrLabOptions(warm_up=0).burst_ms == (0, 20_000)


def test_an_action_says_its_time_only_when_the_lab_has_a_start() -> None:
    actions = make_actions(SHORT)
    with_times, without = to_recording(actions, SITE, START), to_recording(actions, SITE, None)
    first = json.loads(with_times.records[0].data)
    assert first == {
        "browseraction": actions[0].kind,
        "site": SITE,
        "event_timestamp": START + actions[0].at,
    }
    assert set(json.loads(without.records[0].data)) == {"browseraction", "site"}
    assert with_times.times == tuple(START + at for at, _ in actions)
    assert without.times == tuple(at for at, _ in actions)
    assert {record.key for record in without.records} == {SITE}


def test_the_last_action_is_not_ahead_of_its_sending_and_windows_are_whole() -> None:
    start = start_for(SHORT, START + 1_234, 60)  # 120 s in 2 s: 118 s before
    assert start == START - 120_000
    assert start_for(SHORT, START + 9_999, 1) == START


def test_a_site_that_has_windows_already_is_not_taken() -> None:
    assert free_site([]) == SITE
    assert free_site([SITE, "www3.example.com"]) == "www2.example.com"
    assert free_site([SITE, "www2.example.com"]) == "www3.example.com"
