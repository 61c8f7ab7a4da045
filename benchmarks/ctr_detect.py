"""`clickstream detect` measured: its pace, and how good its alerts are by labels."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final, cast

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.figures import Figure
from benchmarks.suite import Measured, Progress
from localaws.detect.profiles import ProfileName, profile
from localaws.detect.report import Judgement, Report
from localaws.detect.run import DetectOptions
from localaws.detect.run import detect as run_detect
from localaws.display import Display

# Names a checkout of github.com/numenta/NAB: its data and labels are not ours to pass on.
NAB_ROOT: Final = "NAB_ROOT"
_POINTS_A_SECOND: Final = 15_000.0
_RUNS: Final = 3
_PACE_SERIES: Final = 20
_PACE_ROWS: Final = 20_000
_NAB_WANTED: Final = 66.0
# RANDOM_CUT_FOREST of Kinesis Data Analytics: results/final_results.json of the benchmark.
_NAB_SERVICE: Final = 51.7
_PERFECT: Final = 100.0
_OWN_SERIES: Final = 30
_OWN_ROWS: Final = 4_000
_START: Final = datetime(2026, 1, 5)

Floats = NDArray[np.float64]


def detect(folder: Path, progress: Progress) -> Measured:
    """Points a second of one process, reading and writing CSV included, median of three runs; the
    score of the Numenta Anomaly Benchmark where NAB_ROOT names one; and the same score on series
    of our own making, whose perfect score is 100.
    """
    figures, details = _pace(folder, progress)
    own, details["own_corpus"] = _own(folder, progress)
    nab, details["nab"] = _nab(folder, progress)
    return [*figures, *own, *nab], details


def write_corpus(folder: Path, seed: int = 7) -> Path:
    """Write series with one or two anomalies each below `folder`; returns the file of labels."""
    rng = np.random.default_rng(seed)
    labels: dict[str, list[str]] = {}
    for number in range(_OWN_SERIES):
        shape = list(_SHAPES)[number % len(_SHAPES)]
        kinds = rng.choice(list(_ANOMALIES), size=1 + number % 2, replace=False)
        values = _SHAPES[shape](rng, _OWN_ROWS)
        spread, points = float(values.std()), list[str]()
        for part, kind in enumerate(sorted(kinds)):
            # Past the probationary period, and each in its own part of the series.
            at = int(rng.integers(1_200 + 1_400 * part, 2_000 + 1_400 * part))
            _ANOMALIES[kind](rng, values, at, spread)
            points.append(_timestamp(at))
        name = f"{shape}_{number:02}_{'_'.join(sorted(kinds))}.csv"
        _write(folder / name, values)
        labels[name] = points
    path = folder.with_suffix(".labels.json")
    path.write_text(json.dumps(labels, indent=1))
    return path


def _pace(folder: Path, progress: Progress) -> Measured:
    series = folder / "pace"
    rng = np.random.default_rng(7)
    shapes = list(_SHAPES.values())
    for number in range(_PACE_SERIES):
        _write(series / f"{number:02}.csv", shapes[number % len(shapes)](rng, _PACE_ROWS))
    figures: list[Figure] = []
    details: dict[str, Any] = {}
    bounds: tuple[tuple[ProfileName, float | None], ...] = (("default", 1.0), ("lab", None))
    for name, least in bounds:
        paces = [_run(series, folder / f"scores-{name}", name).points_per_second
                 for _ in range(_RUNS)]  # fmt: skip
        progress(f"{name}: {median(paces):,.0f} points a second")
        figures.append(
            Figure(f"{name}_points_per_second", median(paces), _POINTS_A_SECOND, least=least)
        )
        details[f"{name}_points_per_second"] = [round(pace) for pace in paces]
    return figures, details


def _own(folder: Path, progress: Progress) -> Measured:
    labels = write_corpus(folder / "own")
    report = _run(folder / "own", folder / "scores-own", "default", labels)
    lab = _run(folder / "own", folder / "scores-own-lab", "lab", labels)
    progress(f"own corpus: {_standard(report):.1f}")
    figures = [Figure("own_corpus_standard_score", _standard(report), _PERFECT)]
    return figures, {"default": _judged(report), "lab": _judged(lab)}


def _nab(folder: Path, progress: Progress) -> Measured:
    root = os.environ.get(NAB_ROOT)
    if not root:
        progress(f"left out: {NAB_ROOT} names no checkout of github.com/numenta/NAB")
        return [], {"left_out": f"{NAB_ROOT} is not set"}
    labels = Path(root) / "labels" / "combined_windows.json"
    report = _run(Path(root) / "data", folder / "scores-nab", "default", labels)
    progress(f"NAB: {_standard(report):.1f}")
    figures = [
        Figure("nab_standard_score_wanted", _standard(report), _NAB_WANTED, least=1.0),
        Figure("nab_standard_score", _standard(report), _NAB_SERVICE),
    ]
    return figures, {"default": _judged(report)}


def _run(series: Path, out: Path, name: ProfileName, labels: Path | None = None) -> Report:
    """What the command does."""
    quiet = Display(Console(file=io.StringIO()))
    return run_detect(DetectOptions(series, profile(name), out, labels), quiet)


def _judged(report: Report) -> dict[str, Any]:
    return {**vars(_judgement(report)), "profile": report.profile.to_json()}


def _standard(report: Report) -> float:
    return _judgement(report).scores["standard"] or 0.0


def _judgement(report: Report) -> Judgement:
    """Of a run with labels."""
    return cast("Judgement", report.judgement)


def _timestamp(row: int) -> str:
    return str(_START + timedelta(minutes=5 * row))


def _write(path: Path, values: Floats) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{_timestamp(row)},{value:.6g}\n" for row, value in enumerate(values.tolist()))
    path.write_text("timestamp,value\n" + "".join(lines))


def _daily(rng: Generator, rows: int) -> Floats:
    day = np.sin(2 * np.pi * np.arange(rows) / 288)
    return np.asarray(50 + 20 * day + rng.normal(0, 2, rows))


def _noise(rng: Generator, rows: int) -> Floats:
    return rng.normal(100, 5, rows)


def _counts(rng: Generator, rows: int) -> Floats:
    return rng.poisson(6, rows).astype(float)


def _wandering(rng: Generator, rows: int) -> Floats:
    """Each value is 0.98 of the last one and some noise."""
    steps, values, last = rng.normal(0, 1, rows), np.empty(rows), 0.0
    for row in range(rows):
        last = values[row] = 0.98 * last + steps[row]
    return values


def _skewed(rng: Generator, rows: int) -> Floats:
    return rng.lognormal(1, 0.5, rows)


def _spike(rng: Generator, values: Floats, at: int, spread: float) -> None:
    values[at : at + 3] += 8 * spread * rng.choice([-1, 1])


def _shift(rng: Generator, values: Floats, at: int, spread: float) -> None:
    values[at:] += 2.5 * spread * rng.choice([-1, 1])


def _burst(rng: Generator, values: Floats, at: int, spread: float) -> None:
    values[at : at + 60] += rng.normal(0, 4 * spread, 60)


def _drift(rng: Generator, values: Floats, at: int, spread: float) -> None:
    way = np.linspace(0, 5 * spread, 300) * rng.choice([-1, 1])
    values[at : at + 300] += way
    values[at + 300 :] += way[-1]


_SHAPES: Final[Mapping[str, Callable[[Generator, int], Floats]]] = {
    "daily": _daily,
    "noise": _noise,
    "counts": _counts,
    "wandering": _wandering,
    "skewed": _skewed,
}
_ANOMALIES: Final[Mapping[str, Callable[[Generator, Floats, int, float], None]]] = {
    "spike": _spike,
    "shift": _shift,
    "burst": _burst,
    "drift": _drift,
}
