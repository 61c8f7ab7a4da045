"""The command's own errors: one line each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[3] / "awsglue_local" / "src"


def gluelocal(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gluelocal.cli", *arguments],
        env={**os.environ, "PYTHONPATH": str(SOURCES), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "environment", "line"),
    [
        (["run", "no_such_job.py"], {}, "no_such_job.py: no such file; give a local path or"),
        (["run", "x.py", "--conf", "a"], {}, "--conf: found 'a'; write it as key=value."),
        (["run", "x.py"], {"JAVA_HOME": "/nowhere"}, "No Java in JAVA_HOME=/nowhere: Spark 4.1"),
    ],
    ids=["no-script", "bad-conf", "no-java"],
)
def test_what_cannot_be_run_is_said_in_one_line(
    arguments: list[str], environment: dict[str, str], line: str
) -> None:
    done = gluelocal(*arguments, **environment)
    assert done.returncode == 1
    assert done.stderr.startswith(f"gluelocal: {line}")
    assert len(done.stderr.splitlines()) == 1


def test_the_parity_page_is_printed_by_the_module_too() -> None:
    module = subprocess.run(
        [sys.executable, "-m", "gluelocal.parity"],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert module.stdout == gluelocal("parity").stdout
    assert module.stdout.startswith("# What of the Glue API runs locally\n")
