"""What continuous integration runs, with a `make` that only says what it was asked for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from localaws.environment import ROOT

PYTHON = "#!/bin/sh\nexit {code}\n"
MAKE = '#!/bin/sh\necho "make $*"\n'


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def run(folder: Path, python: str) -> list[str]:
    program(folder / "make", MAKE)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    done = subprocess.run(
        [ROOT / ".ci" / "run"],
        env={**os.environ, "PATH": path, "PYTHON311": python},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_both_versions_are_tested_where_python_3_11_is(tmp_path: Path) -> None:
    python = program(tmp_path / "python", PYTHON.format(code=0))
    assert run(tmp_path, str(python)) == ["make test", "make test-glue51"]


@pytest.mark.parametrize("found", ["another version", "none"])
def test_without_python_3_11_the_second_is_skipped_and_says_why(tmp_path: Path, found: str) -> None:
    python = tmp_path / "python"
    if found != "none":
        program(python, PYTHON.format(code=1))
    first, skipped = run(tmp_path, str(python))
    assert first == "make test"
    assert f"SKIPPED: make test-glue51: it needs Python 3.11, and {python} is none" in skipped
