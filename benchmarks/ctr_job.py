"""The job of click-through rates at its size: 2,000 sites a window, raw actions into windows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, Final

from pyspark.sql import SparkSession

from benchmarks.ctr_actions import Sites
from benchmarks.ctr_runs import Driver, counting_seconds, steady
from benchmarks.endpoint import serving
from benchmarks.figures import Figure
from benchmarks.job_session import session
from benchmarks.suite import Measured, Progress
from catalog.ctr import PROFILES

_LEARNED: Final = 60  # windows that the forests have seen before a batch counts
_A_BATCH: Final = 10
_WARM: Final = 8
_COUNTED: Final = 20
_SECONDS: Final = 4.0
_ACTIONS_A_SECOND: Final = 40_000.0
_TURNS: Final = 5
_WINDOWS: Final = 20


def sites(folder: Path, progress: Progress) -> Measured:
    """2,000 sites, 10 impressions and 3 clicks a window each: a batch of a window, raw rows to
    windows in DynamoDB, alerts and state, beside the 4 s asked for; the longest of 20 counted ones,
    and the first of processes that have no detector in memory. DynamoDB and the function are stood
    in for by an endpoint and a sink that take everything.
    """
    figures: list[Figure] = []
    details: dict[str, Any] = {}
    with _spark(folder) as spark:
        for profile in PROFILES:
            driver = Driver(spark, folder / profile, profile)
            for _ in range(_LEARNED // _A_BATCH):
                progress(f"{profile}, {_A_BATCH} windows: {driver.run(_A_BATCH):.2f} s")
            typical, longest = steady(driver, _WARM, _COUNTED, progress)
            cold = driver.restarted(folder / f"{profile}-restarted").run()
            progress(f"{profile}, first batch after a restart: {cold:.2f} s")
            each = driver.state_bytes() / driver.sites.sites
            figures += [
                Figure(f"{profile}_batch_seconds", typical, _SECONDS, most=1.0),
                Figure(f"{profile}_longest_batch_seconds", longest, _SECONDS, most=1.0),
                Figure(f"{profile}_first_batch_after_restart_seconds", cold, _SECONDS, most=1.0),
            ]
            details[profile] = {
                "seconds": driver.seconds,
                "state_bytes_per_site": round(each),
                "windows": driver.window,
            }
            progress(f"{profile}: {each:,.0f} bytes of state a site")
    return figures, details


def counting(folder: Path, progress: Progress) -> Measured:
    """Raw actions into windows, 20 windows of 2,000 sites: beside what was asked for, and beside
    Spark's own from_json and window on the same rows, which set nothing aside.
    """
    with _spark(folder) as spark:
        total, ours, native = counting_seconds(
            spark, folder / "actions", _TURNS, Sites(), _WINDOWS, progress
        )
    rate, reference = total / median(ours), total / median(native)
    figures = [
        Figure("actions_per_second_wanted", rate, _ACTIONS_A_SECOND, least=1.0),
        Figure("actions_per_second", rate, reference),
    ]
    return figures, {"actions": total, "job": ours, "native": native}


@contextmanager
def _spark(folder: Path) -> Iterator[SparkSession]:
    """A session whose tables are those of the loopback endpoint."""
    with serving("benchmarks.dynamodb_loopback") as url:
        environment = {
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": url,
        }
        with session(folder, environment) as spark:
            yield spark
