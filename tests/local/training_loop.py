"""The training job on a cloud with ten days of history, behind a proxy each for data and models."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from catalog.lake import CLICKS, PRICE_OBSERVATIONS
from localaws.cloud import Cloud, CloudOptions
from localaws.deploy import BUCKET
from localaws.environment import ROOT
from localaws.hive_arrow import arrow_type
from localaws.jobs import JobRun, get_definition
from localaws.processes import Child
from localaws.query.files import storage_options
from localaws.shop import Shop
from localaws.state import StateFolder
from tests.local.job_loop import kill
from tests.local.proxy import Hold, Proxy, no_fault, serving

LAKE = f"s3://{BUCKET}/lake/"
DAYS = [date(2026, 1, number) for number in range(1, 11)]
TODAY = "2026-01-11"
# A fifth of the days is held out.
LEARNT = DAYS[:8]
CLICKS_A_DAY = 40
_RUN_SECONDS = 300


def sold(product: int, day: date) -> tuple[float, int]:
    """The price, as a multiple of the list price, and the units of those clicks at it."""
    ratio = 0.7 + 0.1 * ((day.day + product) % 7)
    return ratio, round(CLICKS_A_DAY * 0.2 * ratio**-2)


class TrainingLoop:
    """A cloud whose endpoint serves the shop's model, with a history of other sales.

    Attributes:
        data: the proxy that the job reaches all services by but SageMaker.
        models: the proxy before SageMaker.
    """

    def __init__(self, cloud: Cloud, data: Proxy, models: Proxy) -> None:
        self.cloud, self.data, self.models = cloud, data, models
        self.clients = cloud.clients
        self._products = cloud.options.products
        cloud.supervisor.environment |= {
            "AWS_ENDPOINT_URL": data.url,
            "AWS_ENDPOINT_URL_SAGEMAKER": models.url,
        }
        write_deltalake(
            CLICKS.location(LAKE),
            self.events(),
            partition_by=[CLICKS.partition_key],
            storage_options=storage_options(self.clients),
        )

    def start(self) -> JobRun:
        """Start the deployed job as on the day after the last; it is not tried again."""
        found = get_definition(self.clients, "price_training", {"--today": TODAY})
        return JobRun(replace(found, max_retries=0), self.cloud.supervisor).start()

    def train(self) -> None:
        """Run the job to its end."""
        run = self.start()
        state = run.wait(_RUN_SECONDS)
        run.check()
        assert state == "SUCCEEDED"

    def release(self) -> Child:
        """Start what the job does with the history of the days that are learnt from."""
        history = self.cloud.state.work / "learnt.csv"
        self.learnt().to_csv(history, index=False)
        command = [sys.executable, str(ROOT / "tests/local/release_once.py"), str(history)]
        return self.cloud.supervisor.start("release", command)

    def kill_at(self, proxy: Proxy, hold: Hold, start: Callable[[], Child | JobRun]) -> None:
        """Start the job or its release, and kill it while it waits for what is held."""
        proxy.fault = hold
        started = start()
        hold.wait_until_it_holds()
        child = started.child if isinstance(started, JobRun) else started
        assert child is not None
        kill(child)
        proxy.fault = no_fault
        hold.open()
        started.wait(_RUN_SECONDS)

    def learnt(self) -> pd.DataFrame:
        """What the days that are learnt from saw, by hand."""
        rows = [
            {
                "product_id": product["product_id"],
                "category": product["category"],
                "price_cents": round(product["list_price_cents"] * sold(number, day)[0]),
                "list_price_cents": product["list_price_cents"],
                "clicks": CLICKS_A_DAY,
                "units": sold(number, day)[1],
            }
            for number, product in enumerate(self._products)
            for day in LEARNT
        ]
        return pd.DataFrame(rows)

    def champion(self) -> dict[str, Any]:
        """What is written down as served."""
        found = self.clients["s3"].get_object(Bucket=BUCKET, Key="models/price_model/champion.json")
        return dict(json.loads(found["Body"].read()))

    def answering(self) -> str:
        """The version of the model that answers at the endpoint that clients know."""
        candidate = {
            "product_id": "p",
            "candidate_id": "c",
            "window_start": "2026-01-01T00:00:00Z",
            "window_end": "2026-01-01T00:00:10Z",
            **dict.fromkeys(("clicks", "purchases", "units", "users"), 1),
            "observations": [],
            "evidence": [],
            "price_cents": 1_000,
        }
        answer = httpx.post(
            f"{self.cloud.model_endpoint}/endpoints/price-model/invocations",
            content=json.dumps(candidate),
            headers={"content-type": "application/jsonlines"},
            trust_env=False,
        )
        return str(answer.json()["model_version"])

    def observations(self) -> tuple[int, list[dict[str, Any]]]:
        """Version and rows of the table `price_observations`."""
        options = storage_options(self.clients)
        table = DeltaTable(PRICE_OBSERVATIONS.location(LAKE), storage_options=options)
        return table.version(), table.to_pyarrow_table().to_pylist()

    def events(self) -> pa.Table:
        """The clicks and purchases of all days, in the columns of `clicks`."""
        rows = [
            event
            for number, product in enumerate(self._products)
            for day in DAYS
            for event in _events_of(number, product, day)
        ]
        columns = {c.name: arrow_type(c.type) for c in CLICKS.schema}
        full = [
            {name: event.get(name) for name in columns}
            | {"event_key": n, "sequence_number": str(n)}
            for n, event in enumerate(rows)
        ]
        return pa.Table.from_pylist(full, schema=pa.schema(list(columns.items())))


def _events_of(number: int, product: dict[str, Any], day: date) -> Iterator[dict[str, Any]]:
    ratio, units = sold(number, day)
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    event = {
        "user_id": "u",
        "product_id": product["product_id"],
        "price_cents": round(product["list_price_cents"] * ratio),
        "stream": "clickstream",
        "partition_key": "u",
        "event_date": day,
        "arrived_at": 0,
    }
    for n in range(CLICKS_A_DAY + units):
        at = int((noon + timedelta(seconds=n)).timestamp() * 1_000)
        kind = "click" if n < CLICKS_A_DAY else "purchase"
        yield {**event, "event_type": kind, "event_timestamp": at}


@contextmanager
def training_loop(folder: Path, artefact: Path) -> Iterator[TrainingLoop]:
    """A fresh loop; afterwards no process of it is left."""
    options = CloudOptions(products=Shop(seed=7, products=12).products(), artefact=artefact)
    cloud = Cloud(StateFolder(folder / "state"), options)
    with ExitStack() as stack:
        stack.enter_context(cloud)
        data = stack.enter_context(serving(Proxy(cloud.endpoint)))
        models = stack.enter_context(serving(Proxy(cloud.model_endpoint)))
        yield TrainingLoop(cloud, data, models)
    assert cloud.left == 0
