"""`clickstream detect`: read, score and write each series, then judge the alerts by the labels."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from localaws.detect import nab
from localaws.detect.files import Source, sources, write_scores
from localaws.detect.labels import Labels, read_labels
from localaws.detect.nab import Rows
from localaws.detect.profiles import Profile
from localaws.detect.reading import Columns, Series, read_series
from localaws.detect.report import Judgement, Report, Summary, summary
from localaws.detect.scoring import Scored, score
from localaws.display import Display
from localaws.errors import LocalCloudError


@dataclass(frozen=True)
class DetectOptions:
    """What is asked for.

    Attributes:
        path: a CSV file, or a folder of them.
        out: where the scores go: a file for a file, a folder for a folder.
        labels: JSON in a format of the benchmark.
    """

    path: Path
    profile: Profile
    out: Path | None = None
    labels: Path | None = None
    columns: Columns = field(default_factory=Columns)


def detect(options: DetectOptions, display: Display) -> Report:
    """Score all there is.

    Raises:
        LocalCloudError: a file cannot be read or written, or is not as it must be.
    """
    run = _Run(options, display, None if options.labels is None else read_labels(options.labels))
    found = sources(options.path, options.out)
    with display.live():
        for number, source in enumerate(found, 1):
            run.take(source, f"{number} of {len(found)}", alone=len(found) == 1)
    seconds = time.monotonic() - run.started
    judgement = run.judgement()
    for warning in run.warnings:
        display.say(warning)
    return Report(options.profile, tuple(run.summaries), seconds, tuple(run.warnings), judgement)


@dataclass
class _Run:
    options: DetectOptions
    display: Display
    labels: Labels | None
    started: float = field(default_factory=time.monotonic)
    rows: int = 0
    summaries: list[Summary] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    judged: list[tuple[list[Rows], Sequence[bool]]] = field(default_factory=list)

    def take(self, source: Source, which: str, *, alone: bool) -> None:
        series = read_series(source.path, source.key, self.options.columns)
        windows = None if self.labels is None else self.labels.windows(series, alone=alone)
        scored = score(series.values, self.options.profile.detector(), self._tell(which))
        if source.target is not None:
            write_scores(series, scored, source.target)
        self._keep(series, scored, windows)

    def judgement(self) -> Judgement | None:
        """How good the alerts are; None without labels."""
        if self.labels is None:
            return None
        if not self.judged:
            raise LocalCloudError(
                f"{self.labels.path}: has labels of {', '.join(self.labels.unused()[:3]) or 'none'}"
                f"; none of them is the path of a series below {self.options.path}"
            )
        missing = self.labels.unused()
        if missing and self.options.path.is_dir():
            self.warnings.append(
                f"{self.labels.path}: {len(missing):,} x labels of a series that is not there, "
                f"first {missing[0]}; left out of the NAB score"
            )
        return _judge(self.judged)

    def _tell(self, which: str) -> Callable[[int], None]:
        def tell(rows: int) -> None:
            elapsed = time.monotonic() - self.started
            told = self.rows + rows * next(counter)
            pace = f"{told / elapsed:,.0f}"
            figures = {"series": which, "rows": f"{told:,}", "points/s": pace}
            self.display.figures(elapsed, figures)

        counter = itertools.count(1)
        return tell

    def _keep(self, series: Series, scored: Scored, windows: list[Rows] | None) -> None:
        self.rows += len(scored.scores)
        self.summaries.append(summary(series, scored))
        self.warnings += series.warnings()
        if windows is not None:
            self.judged.append((windows, scored.alerts))
        elif self.labels is not None:
            self.warnings.append(
                f"{series.path}: {self.labels.path} does not name it; left out of the NAB score"
            )


def _judge(judged: Sequence[tuple[list[Rows], Sequence[bool]]]) -> Judgement:
    series = [nab.labelled(len(alerts), windows) for windows, alerts in judged]
    alerts = [np.array(raised, dtype=bool) for _, raised in judged]
    found = nab.tally(series, alerts)
    scores = {name: nab.score(series, alerts, weights) for name, weights in nab.PROFILES.items()}
    return Judgement(scores, len(series), found.windows, found.found, found.false_alerts)
