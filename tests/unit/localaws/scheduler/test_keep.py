"""A scheduler from its start to its end, in a cloud that is its emulator alone."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from localaws.clients import Clients
from localaws.runs.record import RunRecord
from localaws.runs.store import RunStore
from localaws.scheduler.engine import Told
from localaws.scheduler.keep import Keeper, Plan
from localaws.scheduler.memory import REAL, KeptMemory
from localaws.state import RunningCloud, StateFolder
from tests.unit.localaws.scheduler.fakes import START


@pytest.fixture
def state(tmp_path: Path, emulator: Clients) -> StateFolder:
    folder = StateFolder(tmp_path)
    folder.claim()
    assert emulator.endpoint is not None
    folder.save(RunningCloud("cloud", "now", emulator.endpoint, None, "s", 2))
    return folder


@pytest.fixture
def trigger(emulator: Clients) -> Iterator[str]:
    """An hourly one of a job that is not deployed."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    emulator["glue"].create_trigger(
        Name=name,
        Type="SCHEDULED",
        Schedule="cron(0 * * * ? *)",
        Actions=[{"JobName": f"j-{name}"}],
        StartOnCreation=True,
    )
    yield name
    emulator["glue"].delete_trigger(Name=name)


def test_a_picked_trigger_that_is_deactivated_meanwhile_ends_no_scheduler(
    state: StateFolder, trigger: str, emulator: Clients
) -> None:
    told = list[Told]()

    def tell(one: Told) -> None:
        told.append(one)
        emulator["glue"].stop_trigger(Name=trigger)

    plan = Plan(START, speed=3600, until=START + timedelta(hours=4), only=[trigger])
    Keeper(state, plan, tell).keep()
    assert {(one.name, one.what) for one in told} == {(f"trigger {trigger}", "failed")}
    assert 1 <= len(told) < 5  # the times that there were


def test_the_end_of_a_run_that_the_last_scheduler_did_not_come_to_is_dealt_with(
    state: StateFolder,
) -> None:
    ended = RunRecord("jr_1", "a", "m", state="SUCCEEDED", trigger="t")
    RunStore(state.runs).claim(ended, 1)
    KeptMemory.open(state.schedules_file, REAL).wait_for("jr_1")
    for said in (["jr_1: SUCCEEDED"], []):
        told = list[Told]()
        Keeper(state, Plan(START, until=START), told.append).keep()
        assert [one.detail for one in told] == said
