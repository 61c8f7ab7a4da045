"""Runs of jobs that are Python programs of the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.localaws.scripted import ScriptedSupervisor


@pytest.fixture
def supervisors(tmp_path: Path) -> Iterator[Any]:
    """`supervisors(program, ...)`: what starts these; at the end nothing of it is left."""
    made: list[ScriptedSupervisor] = []

    def make(*programs: str) -> ScriptedSupervisor:
        made.append(ScriptedSupervisor(tmp_path, list(programs)))
        return made[-1]

    yield make
    for supervisor in made:
        assert supervisor.close() == 0
