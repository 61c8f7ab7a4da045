"""Against what the Numenta Anomaly Benchmark published: NAB_ROOT names a checkout of it."""

import csv
import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from localaws.detect import nab
from localaws.detect.labels import read_labels
from localaws.detect.profiles import profile
from localaws.detect.reading import Columns, read_series
from localaws.detect.run import DetectOptions, detect
from localaws.display import Display

ROOT = Path(os.environ.get("NAB_ROOT", "."))
pytestmark = pytest.mark.skipif(
    "NAB_ROOT" not in os.environ, reason="NAB_ROOT names no checkout of github.com/numenta/NAB"
)
PUBLISHED = (
    "ARTime",
    "contextOSE",
    "earthgeckoSkyline",
    "expose",
    "htmjava",
    "knncad",
    "null",
    "numenta",
    "numentaTM",
    "random",
    "randomCutForest",
    "relativeEntropy",
    "skyline",
    "twitterADVec",
    "windowedGaussian",
)


@cache
def corpus() -> dict[str, nab.Labelled]:
    labels, found = read_labels(ROOT / "labels/combined_windows.json"), {}
    for key in labels.entries:
        series = read_series(ROOT / "data" / key, key, Columns())
        found[key] = nab.labelled(len(series.times), labels.windows(series, alone=False) or [])
    return found


def anomaly_scores(detector: str, key: str) -> np.ndarray:
    folder, _, name = key.partition("/")
    path = ROOT / "results" / detector / folder / f"{detector}_{name}"
    with path.open(newline="") as file:
        return np.array([float(row["anomaly_score"]) for row in csv.DictReader(file)])


@pytest.mark.parametrize("detector", PUBLISHED)
def test_the_published_scores_come_out_of_the_published_results(detector: str) -> None:
    thresholds = json.loads((ROOT / "config/thresholds.json").read_text())[detector]
    published = json.loads((ROOT / "results/final_results.json").read_text())[detector]
    scores = [anomaly_scores(detector, key) for key in corpus()]
    for name, weights in nab.PROFILES.items():
        threshold = thresholds[f"{name}_rate" if "FP" in name or "FN" in name else name]
        alerts = [found >= threshold["threshold"] for found in scores]
        expected = published[f"{name}_rate" if "FP" in name or "FN" in name else name]
        assert nab.score(list(corpus().values()), alerts, weights) == pytest.approx(
            expected, abs=0.005
        )


def test_windows_made_of_points_are_the_published_ones() -> None:
    points, windows = (
        read_labels(ROOT / f"labels/combined_{kind}.json") for kind in ("labels", "windows")
    )
    other = []
    for key in windows.entries:
        series = read_series(ROOT / "data" / key, key, Columns())
        if points.windows(series, alone=False) != windows.windows(series, alone=False):
            other.append(key)
    # Its windows are around rows that the benchmark sets by hand, not around its points.
    assert other == ["realAWSCloudwatch/iio_us-east-1_i-a2eb1cd9_NetworkIn.csv"]


def test_the_default_profile_scores_at_least_66() -> None:
    options = DetectOptions(
        ROOT / "data", profile("default"), None, ROOT / "labels/combined_windows.json"
    )
    found = detect(options, Display()).judgement
    assert found is not None
    assert (found.series, found.windows) == (58, 116)
    assert (found.scores["standard"] or 0) >= 66
