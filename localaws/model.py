"""The price model on this machine: trained and served by the processes that AWS would run."""

from __future__ import annotations

import sys
from pathlib import Path

from localaws.errors import LocalCloudError
from localaws.processes import Child, Supervisor
from localaws.waiting import wait_for_http

# Of the artefact in the bucket of the deployment, unless the template is told another.
ARTEFACT_KEY = "models/price_model/model.tar.gz"
_TRAIN_SECONDS = 60.0
_PING_SECONDS = 30.0


def train_model(supervisor: Supervisor, history: Path, out: Path) -> Path:
    """Train the artefact from a sales history (CSV); returns `out`.

    Raises:
        LocalCloudError: training failed; the message has its error.
    """
    command = [sys.executable, "-m", "price_model.train", str(history), "--out", str(out)]
    child = supervisor.start("model-training", command)
    if not child.wait(_TRAIN_SECONDS):
        raise LocalCloudError(f"model training: not done after {_TRAIN_SECONDS:g} s")
    if child.process.returncode != 0:
        raise LocalCloudError(f"model training failed; {child.log} ends:\n{child.log_tail()}")
    return out


def start_model(supervisor: Supervisor, artefact: Path, port: int) -> Child:
    """Serve the artefact on a loopback port; use `wait_for_model` before asking it."""
    command = [
        *(sys.executable, "-m", "price_model.serve"),
        *("--host", "127.0.0.1", "--port", str(port), "--model-dir", str(artefact.parent)),
    ]
    return supervisor.start("model", command)


def wait_for_model(child: Child, endpoint: str) -> None:
    """Wait until the model answers `/ping`.

    Raises:
        LocalCloudError: it ended or did not answer in time; the message has its last lines.
    """
    wait_for_http(child, f"{endpoint}/ping", _PING_SECONDS)
