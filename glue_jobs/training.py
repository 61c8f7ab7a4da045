"""One training: the days' observations, a candidate, the decision on it, and what comes of it.

What is told, as JSON lines: how many observations the days gave and what could not be used, then
the decision with both scores.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from price_model.errors import HistoryError

from catalog.lake import PRICE_OBSERVATIONS
from glue_jobs.model_host import Hosting, ModelHost, hosting_of
from glue_jobs.model_release import Gate, champion_of, decide, release
from glue_jobs.options import OptionError
from glue_jobs.price_history import PriceHistory
from glue_jobs.training_days import days_to_update

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class TrainingSettings(Protocol):
    """The options of the job."""

    JOB_NAME: str
    lake_path: str
    models_path: str
    database: str
    orders_table: str
    changes_table: str
    products_table: str
    endpoint: str
    model_image: str
    model_role: str
    instance_type: str
    update_timeout: timedelta
    from_day: date | None
    to_day: date | None
    revisit: timedelta
    history_days: int
    holdout_days: int
    tolerance: float


def run(glue: GlueContext, options: TrainingSettings, today: date) -> None:
    """Makes the observations of the days anew, trains, and publishes what is no worse.

    Raises:
        OptionError: an option is not allowed, or does not fit what there is; nothing was begun.
        LakeError: the lake cannot be read or written.
        HistoryError: no model can be learnt from the history; the champion stays.
        ModelHostError: the endpoint did not take the model; the champion stays.
    """
    seconds = options.update_timeout.total_seconds()
    host = ModelHost(options.endpoint, options.models_path, seconds)
    history = PriceHistory(glue, options)
    champion = champion_of(host)
    hosting = champion.hosting if champion else new_hosting(options)
    history.check()
    days = days_to_update(options, today, history.oldest_click(), history.newest_day())
    _tell(glue, options, {"days": str(days), **(history.update(days) if days else {})})
    observed = history.days(options.history_days)
    if not observed:
        raise HistoryError(
            f"{PRICE_OBSERVATIONS.location(options.lake_path)}: no observations; they are made of"
            " the clicks of days that have ended, on products that the table"
            f" {options.products_table} has"
        )
    candidate, decision = decide(
        observed,
        history.learnt,
        champion.artefact if champion else None,
        Gate(options.holdout_days, options.tolerance),
    )
    _tell(glue, options, {"decision": decision.to_json()})
    release(host, candidate, decision, hosting, champion)


def new_hosting(options: TrainingSettings) -> Hosting:
    """How the model of an endpoint is hosted that this job creates.

    Raises:
        OptionError: image or role is not given.
    """
    if not options.model_image or not options.model_role:
        raise OptionError(
            f"--endpoint: found no endpoint {options.endpoint!r}; to create it, give --model-image"
            " and --model-role, the model's image in ECR and the ARN of the role that it runs with"
        )
    return hosting_of(options.model_image, options.model_role, options.instance_type)


def _tell(glue: GlueContext, options: TrainingSettings, found: dict[str, Any]) -> None:
    glue.get_logger().info(json.dumps({"job": options.JOB_NAME, **found}))
