"""The champion gate: a candidate takes the champion's place if it foretells no worse.

Both are asked about the same days, which the candidate has not learnt from, and both know what was
seen of the products before these days, as an endpoint is told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeVar

import pandas as pd

from price_model.artefact import Artefact
from price_model.scoring import score

Day = TypeVar("Day")
Reason = Literal["first", "same", "not_worse", "worse", "too_few_days"]
# Of the days one in so many is held out, so that there is something to compare with early on.
HELD_OUT_SHARE = 5


@dataclass(frozen=True)
class Decision:
    """Whether the candidate is published, and why.

    Scores are mean log likelihoods (`price_model.scoring`), None where nothing was compared.
    """

    candidate: str
    champion: str | None
    publish: bool
    reason: Reason
    candidate_score: float | None = None
    champion_score: float | None = None
    tolerance: float | None = None
    held_out: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The decision as it is told and kept."""
        return {**asdict(self), "held_out": list(self.held_out)}


def split(days: Sequence[Day], most: int) -> tuple[list[Day], list[Day]]:
    """The days to learn from and the last ones, to compare on: a fifth of all, at most `most`."""
    ordered = list(days)
    held_out = min(most, len(ordered) // HELD_OUT_SHARE)
    return ordered[: len(ordered) - held_out], ordered[len(ordered) - held_out :]


def judge(
    candidate: Artefact,
    champion: Artefact | None,
    past: pd.DataFrame,
    held_out: pd.DataFrame,
    days: Sequence[str],
    tolerance: float,
) -> Decision:
    """The decision on a candidate that learnt from `past`; `held_out` is what the `days` saw.

    A first model needs no comparison. The candidate is published if its score is at most
    `tolerance` (nats a product and price) below the champion's.

    Raises:
        HistoryError: a frame is not a history, or nothing was clicked on the days held out.
    """
    if champion is None:
        return Decision(candidate.version, None, publish=True, reason="first")
    versions = (candidate.version, champion.version)
    if candidate.version == champion.version:
        return Decision(*versions, publish=False, reason="same")
    if not days:
        return Decision(*versions, publish=False, reason="too_few_days")
    scores = score(candidate, past, held_out), score(champion, past, held_out)
    good = scores[0] >= scores[1] - tolerance
    reason: Reason = "not_worse" if good else "worse"
    return Decision(*versions, good, reason, *scores, tolerance, tuple(days))
