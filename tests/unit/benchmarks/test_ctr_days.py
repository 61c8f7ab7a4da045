import pytest

from benchmarks.ctr_days import Outcome, Run, judge, plan, play
from benchmarks.ctr_traffic import Burst

BURSTS = [Burst(4_005.0, 4_025.0), Burst(8_009.0, 8_029.0)]


@pytest.mark.parametrize(
    ("anomalies", "delays", "false_incidents"),
    [
        ([], [], 0),
        ([4_010.0, 4_020.0, 8_000.0], [20.0, 10.0], 0),
        ([4_050.0], [60.0], 0),
        ([4_060.0], [], 1),
        ([4_020.0, 4_060.0, 4_660.0, 5_260.0], [30.0], 0),
        ([4_020.0, 4_060.0, 4_670.0], [30.0], 1),
        ([100.0, 700.0, 1_310.0, 3_990.0, 4_000.0], [10.0], 3),
    ],
    ids=[
        "nothing",
        "the end of the first window that is an anomaly counts",
        "the longest scale still holds the burst",
        "it holds it no longer",
        "within the cool-down it goes on",
        "after the cool-down it is another",
        "an incident that began before the burst is false, the burst is found",
    ],
)
def test_anomalies_are_bursts_found_or_false_incidents(
    anomalies: list[float], delays: list[float], false_incidents: int
) -> None:
    outcome = judge(BURSTS, anomalies)
    assert (outcome.bursts, outcome.delays) == (2, delays)
    assert outcome.false_incidents == false_incidents


def test_outcomes_add_up_and_are_told_by_the_day() -> None:
    whole = Outcome(2, [10.0], 1, 4_320, 0.5).plus(Outcome(3, [20.0, 10.0], 2, 12_960, 0.5))
    assert whole == Outcome(5, [10.0, 20.0, 10.0], 3, 17_280, 1.0)
    assert whole.false_a_day() == 1.5
    assert whole.to_json() == {
        "bursts": 5,
        "found": 3,
        "false_incidents": 3,
        "delays": {"10 s": 2, "20 s": 1},
        "microseconds_a_window": 57.9,
    }


def test_both_profiles_see_the_same_days_and_no_two_kinds_of_days_share_a_seed() -> None:
    runs = list(plan())
    kinds = {(run.sender, run.bursts, run.seed) for run in runs}
    assert len(runs) == 2 * len(kinds) == 48
    assert len({run.seed for run in runs}) == len(kinds)


@pytest.mark.parametrize("profile", ["lab", "default"])
def test_a_few_hours_are_played(profile: str) -> None:
    outcome = play(Run(profile, "jitter_50_ms", True, 1), days=0.3)
    assert outcome.bursts > 3
    assert len(outcome.delays) == outcome.bursts
    assert max(outcome.delays) <= 30
    assert outcome.windows == 2_592
