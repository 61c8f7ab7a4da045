"""The AWS APIs on this machine: MiniStack as a child process on a free loopback port."""

from __future__ import annotations

import sys
from pathlib import Path

from localaws.processes import Child, Supervisor
from localaws.waiting import wait_for_http


def start_emulator(supervisor: Supervisor, work: Path, port: int) -> Child:
    """Start MiniStack on `port`; its temporary files go below `work`, its state is in memory."""
    folder = work / "emulator"
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "LAMBDA_EXECUTOR": "local",
        # Both would listen on ports of their own.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(folder),
    }
    return supervisor.start(
        "emulator", [sys.executable, "-m", "localaws.emulator_entry"], settings, cwd=folder
    )


def wait_until_healthy(child: Child, endpoint: str) -> None:
    """Wait until the emulator answers.

    Raises:
        LocalCloudError: it ended or did not answer in time; the message has its last lines.
    """
    wait_for_http(child, f"{endpoint}/_ministack/ready", seconds=30)
