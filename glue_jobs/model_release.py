"""From a history to the model that is served: trained, judged beside the champion, published.

The order of the writes is the promise. Artefact and decision stand before the endpoint is asked to
serve the model; what is served is written down last, and at the start of the next run if this one
was killed before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from price_model.artefact import ARCHIVE, Artefact
from price_model.gate import Decision, judge, split
from price_model.train import train

from glue_jobs.model_host import CHAMPION, DECISION, Hosting, ModelHost, Served

if TYPE_CHECKING:
    import pandas as pd

Learnt = Callable[[Sequence[date]], "pd.DataFrame"]


@dataclass(frozen=True)
class Gate:
    """How a candidate is compared: on at most so many days, and by how much it may be worse."""

    holdout_days: int
    tolerance: float


def champion_of(host: ModelHost) -> Served | None:
    """What the endpoint serves, written down as the champion.

    Raises:
        ModelHostError: the endpoint cannot be gone on from.
        ArtefactError: its artefact is not one of ours.
    """
    served = host.served()
    if served is not None:
        _write_down(host, served.artefact.version, served.location, served.config)
    return served


def decide(
    days: Sequence[date], learnt: Learnt, champion: Artefact | None, gate: Gate
) -> tuple[Artefact, Decision]:
    """The candidate of these days' history, and whether it takes the champion's place.

    Raises:
        HistoryError: there is too little to learn from, or demand does not fall with price.
    """
    before, held_out = split(days, gate.holdout_days)
    past = learnt(before)
    candidate = train(past)
    names = [day.isoformat() for day in held_out]
    return candidate, judge(candidate, champion, past, learnt(held_out), names, gate.tolerance)


def release(
    host: ModelHost,
    candidate: Artefact,
    decision: Decision,
    hosting: Hosting,
    champion: Served | None,
) -> None:
    """Keeps the candidate with the decision on it, and has it served if that is the decision.

    Raises:
        ModelHostError: the endpoint did not take it, or serves another model than the champion by
            now; what it serves stays.
    """
    if decision.reason == "same":
        return
    version = candidate.version
    location = host.keep(f"{version}/{ARCHIVE}", candidate.archive())
    host.keep(f"{version}/{DECISION}", _document(decision.to_json()))
    if decision.publish:
        config = host.publish(version, location, hosting, champion.config if champion else None)
        _write_down(host, version, location, config)


def _write_down(host: ModelHost, version: str, location: str, config: str) -> None:
    content = {"version": version, "artefact": location, "endpoint_config": config}
    host.keep(CHAMPION, _document(content))


def _document(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, indent=1) + "\n").encode()
