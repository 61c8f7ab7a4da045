"""A run that is to outlive its command, and does not start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from localaws.errors import LocalCloudError
from localaws.runs import detached
from localaws.state import StateFolder


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started: each sleeps, whatever it was told to be."""
    made: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def sleeping(_: Any, **options: Any) -> subprocess.Popen[bytes]:
        made.append(popen([sys.executable, "-c", "import time; time.sleep(600)"], **options))
        return made[-1]

    monkeypatch.setattr(detached.subprocess, "Popen", sleeping)
    monkeypatch.setattr(detached, "_START_SECONDS", 0.2)
    return made


def test_one_that_does_not_start_in_time_does_not_start_later(
    tmp_path: Path, started: list[subprocess.Popen[bytes]]
) -> None:
    with pytest.raises(LocalCloudError, match=r"run jr_1: not started within 0\.2 s"):
        detached.start_detached(StateFolder(tmp_path), "jr_1", ["demo"])
    (process,) = started
    assert process.returncode is not None
