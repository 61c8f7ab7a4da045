"""The command as a user runs it: demo, replay, status, Ctrl-C; no process is left by any."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from localaws.clients import Clients
from localaws.processes import survivors
from localaws.state import StateFolder
from localaws.tables import scan
from localaws.waiting import wait_until

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "localaws.cli"]
SESSIONS = [
    {
        "session": 1,
        "events": [
            {"aid": 10, "ts": 1_659_304_800_025, "type": "clicks"},
            {"aid": 10, "ts": 1_661_724_000_000, "type": "carts"},
            {"aid": 10, "ts": 1_661_724_000_001, "type": "orders"},
        ],
    },
    {"session": 2, "events": [{"aid": 11, "ts": 1_659_304_900_000, "type": "clicks"}]},
]
EVENTS = """who,at,event_type,price_cents
u-1,2026-01-01T00:00:00Z,click,1000
u-2,2026-01-01T00:00:01Z,stare,
u-3,2026-01-01T00:00:02Z,purchase,1000,too many
"""


class Shell:
    """Runs the command with a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.state = StateFolder(folder)
        self.exported: dict[str, str] = {}  # what `up` tells other terminals to export
        self.environment = {
            **os.environ,
            "CLICKSTREAM_HOME": str(folder),
            "PYTHONPATH": f"{ROOT}:{ROOT / 'sagemaker'}",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, seconds: float = 180) -> tuple[int, str, str]:
        with self.start(*arguments) as process:
            try:
                out, err = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
            return process.returncode, out, err

    def json(self, *arguments: str) -> Any:
        code, out, err = self.run(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "state")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shell, subprocess.Popen[str]]]:
    """A cloud that runs in a process of its own, as `clickstream up` in another terminal."""
    shell = Shell(tmp_path_factory.mktemp("up"))
    process = shell.start("up", "--window", "3", "--products", "3")
    assert process.stderr is not None
    lines: list[str] = []
    # Read to the end, or a full pipe would hold the command up.
    drain = threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True)
    drain.start()
    wait_until(
        lambda: any("the cloud is up" in line for line in lines) or process.poll() is not None,
        150,
        lambda: f"not up: {lines}",
    )
    assert process.poll() is None, lines
    (line,) = [line for line in lines if line.startswith("export ")]
    shell.exported = dict(pair.split("=", 1) for pair in line.split()[1:])
    yield shell, process
    process.kill()
    process.wait(30)
    drain.join(30)
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()


def test_the_demo_accounts_for_every_event_and_leaves_nothing(shell: Shell) -> None:
    found = shell.json("demo", "--seconds", "24", "--seed", "7", "--window", "4")
    assert list(found) == [
        "events",
        "batches",
        "candidates",
        "price_changes",
        "click_to_price_ms",
        "profit_per_hour",
        "processes_left",
    ]
    events = found["events"]
    assert events["sent"] == events["counted"] + events["rejected"] + events["late"] > 600
    assert events["rejected"] == events["late"] == 0
    assert found["candidates"] > 0
    assert found["price_changes"]
    assert set(found["price_changes"][0]) == {"product_id", "old", "new", "reason", "guardrails"}
    assert 0 < found["click_to_price_ms"]["p50"] <= found["click_to_price_ms"]["p99"]
    profits = found["profit_per_hour"]
    assert profits["starting_prices"] <= profits["this_run"]
    assert profits["starting_prices"] < profits["best_constant"]
    assert found["processes_left"] == 0
    stay = {"logs", "runs", "scheduler.lock", "schedules.json"}
    assert {path.name for path in shell.state.path.iterdir()} <= stay


def test_a_replay_goes_through_the_running_cloud(up: tuple[Shell, Any], tmp_path: Path) -> None:
    shell, _ = up
    file = tmp_path / "sessions.jsonl"
    file.write_text("\n".join(map(json.dumps, SESSIONS)) + "\nnot json\n")
    found = shell.json("replay", str(file))
    assert found["events"] == {
        "sent": 4,
        "counted": 4,
        "rejected": 0,
        "late": 0,
        "unreadable": 1,
    }
    assert found["unreadable"][0].startswith(f"{file}:3: not JSON")
    assert found["profit_per_hour"] is None


def test_a_second_replay_is_accounted_for_by_itself(up: tuple[Shell, Any], tmp_path: Path) -> None:
    shell, _ = up
    file = tmp_path / "events.csv"
    file.write_text(EVENTS)
    found = shell.json("replay", str(file), "--map", "user_id=who", "--map", "event_timestamp=at")
    assert found["events"] == {
        "sent": 2,
        "counted": 1,
        "rejected": 1,
        "late": 0,
        "unreadable": 1,
    }


def test_a_script_of_ones_own_runs_under_what_up_tells_to_export(
    up: tuple[Shell, Any], tmp_path: Path
) -> None:
    shell, _ = up
    clients = Clients(shell.exported["AWS_ENDPOINT_URL"])
    purchase = {
        "event_id": "sample",
        "user_id": "ann",
        "event_type": "purchase",
        "product_id": "tea",
        "event_timestamp": 1_767_225_600_000,
    }
    clients["kinesis"].put_record(
        StreamName="clickstream", Data=json.dumps(purchase).encode(), PartitionKey="ann"
    )
    engine = ["--until", "drained", "--jars-dir", ".setup/jars"]
    script = ["docs/samples/stream_to_dynamodb.py", "--", "--JOB_NAME", "orders"]
    ended = subprocess.run(
        [sys.executable, "-m", "gluelocal.cli", "run", *engine, *script,
         "--checkpoint_path", str(tmp_path)],
        cwd=ROOT, env={**shell.environment, **shell.exported}, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "sample" in {order["order_id"] for order in scan(clients, "orders")}


def test_status_tells_what_runs(up: tuple[Shell, Any]) -> None:
    shell, process = up
    found = shell.json("status")
    assert found["running"]
    assert found["processes"]["clickstream"] == {"pid": process.pid, "running": True}
    assert {"emulator", "model", "job-price_candidates"} <= set(found["processes"])
    assert found["tables"]["products"] == 3
    assert sum(found["waiting"].values()) == 0


def test_a_second_cloud_in_the_same_folder_is_refused(up: tuple[Shell, Any]) -> None:
    code, out, err = up[0].run("demo", "--json")
    assert (code, out) == (1, "")
    assert "a cloud already runs" in err


def test_ctrl_c_leaves_no_process(up: tuple[Shell, subprocess.Popen[str]]) -> None:
    shell, process = up
    running = shell.state.running()
    assert running is not None
    assert len(survivors(running.run_id)) > 4
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert survivors(running.run_id) == []
    assert shell.json("status") == {"running": False}


def test_a_killed_command_leaves_no_process_either(shell: Shell) -> None:
    process = shell.start("demo")
    wait_until(
        lambda: "job-price_candidates" in _processes(shell.state),
        90,
        lambda: "the demo did not start its parts",
        interval=0.05,
    )
    running = shell.state.running()
    assert running is not None
    process.kill()
    process.communicate(timeout=30)
    wait_until(
        lambda: survivors(running.run_id) == [],
        30,
        lambda: f"left: {survivors(running.run_id)}",
    )


def _processes(state: StateFolder) -> Mapping[str, int]:
    running = state.running()
    return {} if running is None else running.processes
