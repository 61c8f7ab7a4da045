"""The batch function of the click-through rates: what it writes and tells, also when replayed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.ctr import ANOMALY_ROW, LAB_KEYS
from catalog.operations import REJECTS
from glue_jobs.ctr_state import CtrState
from glue_jobs.options import OptionError
from tests.spark.glue_jobs.ctr_job import START, Action, CtrJob, actions, traffic

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

Make = Callable[..., CtrJob]


def read_state(run: CtrJob) -> dict[str, Any]:
    """What is kept of each site beside what is stored of its detector."""
    rows = run.spark.read.parquet(str(run.folder / "ctr" / f"sites-{run.batches - 1}")).collect()
    states = {row["site"]: json.loads(row["state"]) for row in rows}
    for state in states.values():
        state["snapshot"] = bool(state["snapshot"])
    return states


@pytest.fixture
def job(spark: Any, glue: Any, tables: Any, tmp_path: Path) -> Make:
    def make(folder: str = "state", **options: Any) -> CtrJob:
        lab = {"profile": "lab", "allowed_lateness": timedelta(0)}
        return CtrJob(spark, glue, tables, tmp_path / folder, lab | options)

    return make


def test_windows_hold_the_counts_and_the_rate_when_there_were_both(job: Make) -> None:
    lab = job()
    lab.batch([*actions(0, 8, 4), *actions(1, 0, 3), *actions(2, 5, 0), Action(30_000)])

    first, shown, clicked = lab.windows()
    assert lab.counts() == [
        ("shop", "00:00", 8, 4),
        ("shop", "00:10", 0, 3),
        ("shop", "00:20", 5, 0),
    ]
    assert first["window_start"] == "2026-01-01T00:00:00.000Z"
    assert first["window_end"] == "2026-01-01T00:00:10.000Z"
    assert (first["ctr_percent"], first["anomaly_score"]) == (200, 0)
    assert first["expires_at"] == START // 1_000 + 10 + 90 * 86_400
    for window in (shown, clicked):
        assert window.get("ctr_percent") is None
        assert window.get("anomaly_score") is None
        assert window["is_anomaly"] is False


def test_a_window_closes_when_the_stream_has_been_read_past_it(job: Make) -> None:
    lab = job()
    lab.batch([*actions(0, 2, 1), *actions(1, 1, 1)])
    assert lab.counts() == [("shop", "00:00", 2, 1)]

    lab.batch([Action(19_000), Action(20_000)])
    assert lab.counts()[1:] == [("shop", "00:10", 2, 1)]


def test_without_an_event_time_the_arrival_counts(job: Make) -> None:
    lab = job()
    lab.batch([Action(1_000, told=False), Action(12_000, "Impression", told=False)])
    lab.batch([Action(25_000, told=False)])
    assert lab.counts() == [("shop", "00:00", 1, 0), ("shop", "00:10", 0, 1)]


def test_sites_are_apart(job: Make) -> None:
    lab = job()
    sent = [*actions(0, 2, 1, "a"), *actions(0, 1, 3, "b"), *actions(1, 1, 1, "b")]
    lab.batch(sent)
    lab.batch([Action(20_000)])
    assert lab.counts() == [("a", "00:00", 2, 1), ("b", "00:00", 1, 3), ("b", "00:10", 1, 1)]


def test_what_comes_after_its_window_was_closed_is_late_and_in_no_window(job: Make) -> None:
    lab = job(allowed_lateness=timedelta(seconds=5))
    lab.batch([*actions(0, 1, 1), *actions(1, 1, 1), Action(26_000)])
    lab.batch([Action(9_000), Action(19_999), Action(21_000), Action(36_000)], arrived=36_000)

    assert lab.counts() == [
        ("shop", "00:00", 1, 1),
        ("shop", "00:10", 1, 1),
        ("shop", "00:20", 2, 0),
    ]
    assert lab.sums() == {"counted": 7, "rejected": 0, "late": 2, "results": 3, "anomalies": 0}
    found = lab.tables.items(REJECTS)
    assert [item["reason"] for item in found] == ["late", "late"]
    assert found[0]["detail"] == (
        "window 2026-01-01T00:00:00.000Z was closed; allowed are events from"
        " 2026-01-01T00:00:20.000Z"
    )


def test_an_event_from_the_future_neither_closes_windows_nor_is_lost(job: Make) -> None:
    lab = job()
    lab.batch([*actions(0, 1, 1), Action(3_600_000)], arrived=1_000)
    assert lab.counts() == []

    lab.batch([Action(10_000)])
    assert lab.counts() == [("shop", "00:00", 1, 1)]
    lab.batch([Action(3_610_000)])
    assert ("shop", "00:00", 1, 0) in lab.counts()


def test_what_is_no_action_is_set_aside_with_the_reason(job: Make) -> None:
    lab = job()
    lab.batch(
        [
            Action(0),
            b"{}",
            b'{"browseraction": "Scroll", "site": "shop"}',
            b'{"browseraction": "Click", "site": ""}',
            b'{"browseraction": "Click"}',
            b"not json",
            b'{"browseraction": "Click", "site": "shop", "event_timestamp": 5}',
            b'{"browseraction": "Click", "site": 7}',
        ]
    )
    lab.batch([Action(10_000)])
    assert lab.counts() == [("shop", "00:00", 1, 0)]
    assert lab.sums()["counted"] == 2
    assert lab.reasons() == {
        "missing_field": 2,
        "bad_value": 2,
        "not_json": 1,
        "timestamp_out_of_range": 1,
        "wrong_type": 1,
    }


def test_the_burst_of_the_lab_is_told_as_the_lab_told_it(job: Make) -> None:
    lab = job()
    lab.batch([*traffic(0, 40), *actions(40, 40, 10), Action(410_000)])

    (alert,) = lab.alerts
    assert set(alert) == {LAB_KEYS.get(name, name) for name in ANOMALY_ROW.names}
    assert alert["CTRPERCENT"] == 400
    assert 2 < alert["ANOMALY_SCORE"] < 3.585
    assert alert["severity"] == alert["ANOMALY_SCORE"]
    assert (alert["site"], alert["status"], alert["direction"]) == ("shop", "anomaly", "up")
    assert [float(w["anomaly_score"]) for w in lab.windows()][:12] == [0] * 12


def test_a_site_is_told_as_cleared(job: Make) -> None:
    default = job(profile="default", clear_after=timedelta(seconds=30))
    default.batch([*traffic(0, 60), *actions(60, 60, 10), *actions(61, 60, 10), *traffic(62, 10)])

    kinds = [(alert["status"], alert["window_start"][14:19]) for alert in default.alerts]
    assert kinds[0] == ("anomaly", "10:00")
    assert [kind for kind, _ in kinds].count("cleared") == 1
    assert kinds[-1][0] == "cleared"
    *_, last, cleared = default.alerts
    assert cleared["window_start"] == last["window_start"]
    assert cleared["cleared_at"] is not None
    assert cleared["cleared_because"] == "usual"


def test_a_replayed_batch_changes_nothing_and_tells_the_same(job: Make) -> None:
    lab = job()
    lab.batch(traffic(0, 40))
    rows = lab.batch([*actions(40, 40, 10), Action(100), Action(410_000)])
    windows, sums, told, ids = lab.windows(), lab.sums(), list(lab.alerts), list(lab.ids)

    lab.run(rows, 1)

    assert (lab.windows(), lab.sums()) == (windows, sums)
    assert lab.alerts == told * 2
    assert lab.ids == ids * 2
    assert sums["late"] == 1


@pytest.mark.parametrize("profile", ["lab", "default"])
def test_after_a_restart_the_scores_are_those_of_a_run_that_was_never_stopped(
    job: Make, profile: str
) -> None:
    batches = [traffic(n, 10) for n in range(0, 60, 10)]
    batches.append([*actions(60, 50, 10), *traffic(61, 12)])
    undisturbed = job(profile=profile)
    for sent in batches:
        undisturbed.batch(sent)
    expected = undisturbed.windows()
    told = undisturbed.alerts

    folders = iter(["first", "second", "third", "fourth"])
    run = job(next(folders), profile=profile)
    for number, sent in enumerate(batches):
        run.batch(sent)
        if number in (0, 2, 5):  # another process: nothing of it is in memory under that name
            moved = run.folder.with_name(next(folders))
            shutil.copytree(run.folder, moved)
            run.folder = moved

    assert run.windows() == expected
    assert run.alerts == told
    assert any(name.name.startswith("snapshots-") for name in (run.folder / "ctr").iterdir())


def test_ten_thousand_sites_at_once(job: Make) -> None:
    default = job(profile="default", allowed_lateness=timedelta(0))
    sites = [f"site-{number}" for number in range(10_000)]
    default.batch([Action(number % 10_000, site=site) for number, site in enumerate(sites)])
    default.batch([Action(10_000), Action(20_000)])

    assert len(default.windows()) == 10_001
    assert default.sums()["results"] == 10_001


def test_no_more_is_kept_than_a_replay_needs(job: Make) -> None:
    lab = job()
    for number in range(0, 120, 10):
        lab.batch(traffic(number, 10))

    names = {path.name for path in (lab.folder / "ctr").iterdir() if path.name[0] != "."}
    assert {"standing-10", "standing-11", "sites-10", "sites-11"} < names
    assert len(names) <= 4 + 2


def test_other_terms_than_the_checkpoint_was_made_with_are_refused(job: Make, spark: Any) -> None:
    lab = job()
    lab.batch([Action(0)])
    with pytest.raises(OptionError, match=r"--profile: found .*default.*another --checkpoint-path"):
        CtrState(spark, str(lab.folder), {"profile": "default"}).check()


def test_with_another_lateness_no_closed_window_is_opened_again(job: Make) -> None:
    lab = job()
    lab.batch([*actions(0, 1, 1), *actions(1, 1, 1), Action(25_000)])
    lab.options["allowed_lateness"] = timedelta(seconds=60)
    lab.batch([Action(5_000), Action(15_000), Action(26_000)], arrived=26_000)
    assert lab.sums()["late"] == 2
    lab.batch([Action(100_000)])
    assert [counts[2:] for counts in lab.counts()] == [(1, 1), (1, 1), (2, 0)]


def test_a_site_whose_clocks_are_slow_holds_up_no_other(job: Make) -> None:
    lab = job(allowed_lateness=timedelta(seconds=1))
    for window in range(4):
        slow = [Action(window * 10_000 - 3_600_000, site="slow")]
        rows = [*actions(window, 2, 1), *slow, Action(window * 10_000 + 9_999)]
        lab.batch(rows, arrived=window * 10_000 + 9_999)
    assert [site for site, *_ in lab.counts() if site == "shop"] == ["shop"] * 3


def test_sites_in_another_order_leave_the_same_state(job: Make) -> None:
    """A task that is tried again gets its rows in another order."""
    whole = [a for n in range(6) for a in traffic(0, 40, f"site-{n}")]
    there, back = job("there"), job("back")
    for run, sent in ((there, whole), (back, whole[::-1])):
        run.batch([*sent, Action(400_000)])
    found = [read_state(run) for run in (there, back)]
    assert found[0] == found[1] != {}
