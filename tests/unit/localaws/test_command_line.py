"""The command's surface: options, errors of one line, and the small pieces behind it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console
from typer.testing import CliRunner

from localaws import cli
from localaws.accounting import Totals
from localaws.display import Display
from localaws.environment import free_port
from localaws.lag import shard_positions
from localaws.recordings import Recording
from localaws.replay import upto_due
from localaws.sending import Record
from localaws.state import RunningCloud, StateFolder

RUNNER = CliRunner()


@pytest.mark.parametrize(
    "command", ["up", "demo", "replay", "status", "alerts tail", "ctr plot", "lab ctr"]
)
def test_every_subcommand_has_help(command: str) -> None:
    result = RUNNER.invoke(cli.app, [*command.split(), "--help"])
    assert result.exit_code == 0


def test_status_says_how_to_start_when_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLICKSTREAM_HOME", str(tmp_path))
    assert "`clickstream up` starts" in RUNNER.invoke(cli.app, ["status"]).output
    assert RUNNER.invoke(cli.app, ["status", "--json"]).output == '{"running": false}\n'


def test_status_lists_the_processes_when_the_emulator_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLICKSTREAM_HOME", str(tmp_path))
    state = StateFolder(tmp_path)
    state.claim()
    nobody = f"http://127.0.0.1:{free_port()}"
    emulator = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, emulator.pid, os.WEXITED | os.WNOWAIT)
    running = RunningCloud(
        "r", "now", nobody, nobody, "s", 10, processes={"emulator": emulator.pid}
    )
    state.save(running)
    found = json.loads(RUNNER.invoke(cli.app, ["status", "--json"]).output)
    text = RUNNER.invoke(cli.app, ["status"])
    emulator.wait()
    assert found["problem"].startswith(f"{nobody} does not answer")
    assert found["processes"]["emulator"] == {"pid": emulator.pid, "running": False}
    assert found["processes"]["clickstream"] == {"pid": os.getpid(), "running": True}
    assert text.exit_code == 0
    assert "does not answer" in text.output
    assert f"ended, {emulator.pid}" in text.output


def test_an_error_is_one_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "none.jsonl"
    monkeypatch.setattr("sys.argv", ["clickstream", "replay", str(missing)])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1
    error = f"clickstream: {missing}: cannot be read: No such file or directory\n"
    assert capsys.readouterr().err == error


REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no\nright"}}, "DescribeStacks")
UNREACHABLE = EndpointConnectionError(endpoint_url="http://127.0.0.1:1/")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (REFUSED, "AWS refused DescribeStacks: AccessDenied: no right"),
        (UNREACHABLE, 'AWS: EndpointConnectionError: Could not connect to the endpoint URL: "http'),
    ],
)
def test_what_aws_refuses_is_one_line_and_exit_code_1(
    error: Exception,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 1
    found = capsys.readouterr().err
    assert found.startswith(f"clickstream: {line}")
    assert found.count("\n") == 1


def test_an_error_of_the_program_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "app", fail)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_without_a_terminal_progress_is_a_line_every_ten_seconds() -> None:
    output = io.StringIO()
    display = Display(Console(file=output, width=200))
    with display.live():
        for second in range(25):
            display.counts(second, second * 50, Totals(), 0, None)
    lines = output.getvalue().splitlines()
    assert [line.split(",")[0] for line in lines] == ["time 0 s", "time 10 s", "time 20 s"]


def test_on_a_terminal_progress_is_a_live_table() -> None:
    output = io.StringIO()
    display = Display(Console(file=output, width=200, force_terminal=True))
    with display.live():
        display.counts(1, 50, Totals(counted=7), 3, 1_500.0)
    assert "median click-to-price" in output.getvalue()
    assert "1.5 s" in output.getvalue()


def test_paced_sending_takes_what_is_due_and_one_at_least() -> None:
    recording = Recording(tuple(Record("k", b"") for _ in range(4)), (0, 10, 20, 30), ())
    assert [upto_due(recording, 0, at) for at in (-5, 0, 10, 25, 99)] == [1, 1, 2, 3, 4]
    assert upto_due(recording, 3, 0) == 4


def test_positions_come_from_the_last_line_of_an_offset_file() -> None:
    text = 'v1\n{"batchWatermarkMs":0}\n{"version":1,"shards":{"s-0":{"at":"5"},"s-1":{}}}'
    assert shard_positions(text) == {"s-0": "5"}
