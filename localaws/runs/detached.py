"""A run that outlives the command that started it: a process of its own watches it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from localaws.environment import ROOT
from localaws.errors import LocalCloudError
from localaws.runs.record import RunRecord
from localaws.runs.store import RunStore
from localaws.state import HOME_VARIABLE, StateFolder
from localaws.waiting import wait_until

_START_SECONDS = 30.0


def start_detached(state: StateFolder, run_id: str, arguments: Sequence[str]) -> RunRecord:
    """Start `clickstream jobs run ARGUMENTS` beside this process; the record once it is claimed.

    Raises:
        LocalCloudError: it was refused, with the reason, or did not start in time and was ended.
    """
    command = [sys.executable, "-m", "localaws.cli", "jobs", "run", *arguments, "--run-id", run_id]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            cwd=ROOT,
            env={**os.environ, HOME_VARIABLE: str(state.path), "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        claimed = RunStore(state.runs).folder_of(run_id) / "run.json"
        try:
            wait_until(
                lambda: claimed.exists() or process.poll() is not None,
                _START_SECONDS,
                lambda: f"run {run_id}: not started within {_START_SECONDS:g} s",
            )
        except BaseException:
            # Nobody would know of a run that starts later. What it has started has a guard.
            process.kill()
            process.wait()
            raise
        if not claimed.exists():
            said.seek(0)
            raise LocalCloudError(said.read().strip().removeprefix("clickstream: "))
    return RunStore(state.runs).find(run_id)
