import itertools

import pytest

from benchmarks.ctr_traffic import BETWEEN_BURSTS, SENDERS, WINDOW, Burst, traffic


@pytest.mark.parametrize("sender", SENDERS)
def test_each_sender_sends_a_record_a_second(sender: str) -> None:
    played = traffic(sender, 0.5, 1, bursts=False)
    assert len(played.clicks) == len(played.impressions) == 4_320
    for counts in (played.clicks, played.impressions):
        assert sum(counts) == pytest.approx(43_200, rel=0.02)
    assert played.bursts == []


@pytest.mark.parametrize("sender", SENDERS)
def test_a_burst_is_twenty_seconds_with_three_more_senders_of_clicks(sender: str) -> None:
    played = traffic(sender, 2.0, 1, bursts=True)
    touched = [int(b.first_window / WINDOW) + n for b in played.bursts for n in range(3)]
    clicks = sum(played.clicks[n] for n in touched) / len(played.bursts)
    impressions = sum(played.impressions[n] for n in touched) / len(played.bursts)
    assert (clicks, impressions) == (pytest.approx(90, abs=4), pytest.approx(30, abs=3))


def test_bursts_come_about_every_hour_at_any_time_of_a_window() -> None:
    bursts = traffic("poisson", 10.0, 1, bursts=True).bursts
    starts = [burst.begin for burst in bursts]
    apart = [after - before for before, after in itertools.pairwise(starts)]
    assert len(bursts) == pytest.approx(240, abs=10)
    assert BETWEEN_BURSTS[0] <= min(apart) <= max(apart) <= BETWEEN_BURSTS[1]
    phases = [burst.begin - burst.first_window for burst in bursts]
    assert 0 <= min(phases) < 1
    assert 9 < max(phases) < WINDOW


def test_the_same_seed_gives_the_same_traffic() -> None:
    assert traffic("poisson", 0.2, 3, bursts=True) == traffic("poisson", 0.2, 3, bursts=True)
    assert traffic("poisson", 0.2, 3, bursts=True) != traffic("poisson", 0.2, 4, bursts=True)


def test_the_first_window_is_the_one_in_which_the_burst_begins() -> None:
    assert Burst(4_019.9, 4_039.9).first_window == 4_010.0


def test_windows_start_at_multiples_of_ten_seconds() -> None:
    windows = list(traffic("jitter_50_ms", 0.01, 1, bursts=False).windows())
    assert [window.start for window in windows] == [n * 10_000 for n in range(len(windows))]
