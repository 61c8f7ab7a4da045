"""Publishes the model of a history: `release_once.py HISTORY.csv`, the last step of the training.

A process of its own that tests kill; the history is taken as that of five days, the last held out.
"""

import sys
from collections.abc import Sequence
from datetime import date

import pandas as pd

from glue_jobs.model_host import ModelHost
from glue_jobs.model_release import Gate, champion_of, decide, release

ENDPOINT, FOLDER = "price-model", "s3://clickstream-artefacts/models/price_model/"
DAYS = [date(2026, 1, number) for number in range(1, 6)]


def main(history: str) -> None:
    """Judge the model beside what is served, and publish it."""
    sold = pd.read_csv(history)

    def learnt(days: Sequence[date]) -> pd.DataFrame:
        return sold

    host = ModelHost(ENDPOINT, FOLDER, 60.0)
    champion = champion_of(host)
    assert champion is not None
    found = decide(DAYS, learnt, champion.artefact, Gate(holdout_days=1, tolerance=0.01))
    release(host, *found, champion.hosting, champion)


if __name__ == "__main__":
    main(sys.argv[1])
