"""The Dockerfiles: what they start from, what they copy, what they run, as whom."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from localaws.environment import ROOT
from tests.unit.docker.dockerfile import DOCKERFILES, environment, health_check, instructions, texts

BUILD = ROOT / "requirements" / "build.txt"
CHECKED = pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.parent.name)


def ignored(source: str) -> bool:
    """Whether .dockerignore keeps `source` from the build: an allow list after a `*`."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    allowed = [line[1:] for line in lines if line.startswith("!")]
    parents = [source, *map(str, Path(source).parents)]
    return not any(fnmatch(name, pattern) for name in parents for pattern in allowed)


def test_there_is_an_image_of_the_runtime_and_one_of_the_model() -> None:
    assert [path.parent.name for path in DOCKERFILES] == ["glue60", "price-model"]


@CHECKED
def test_the_base_is_an_index_of_architectures_by_tag_and_digest(path: Path) -> None:
    (base,) = texts(path, "FROM")
    assert re.fullmatch(r"python:3\.13\.\d+-slim-bookworm@sha256:[0-9a-f]{64}", base)


@CHECKED
def test_nothing_names_an_architecture_or_pipes_a_download_into_a_shell(path: Path) -> None:
    text = path.read_text(encoding="utf-8") + (path.parent / "install.sh").read_text("utf-8")
    assert not re.findall(r"amd64|x86_64|arm64|aarch64|curl|wget|ADD http", text)


@CHECKED
def test_every_step_is_a_call_of_the_one_script(path: Path) -> None:
    script = f"docker/{path.parent.name}/install.sh"
    commands = [each.command() for each in instructions(path) if each.name == "RUN"]
    assert commands
    assert all(command[:2] == ["sh", script] for command in commands)


@CHECKED
def test_what_is_copied_exists_and_is_sent_to_the_build(path: Path) -> None:
    sources = [word for text in texts(path, "COPY") for word in text.split()[:-1]]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert [source for source in sources if ignored(source)] == []


@CHECKED
def test_it_runs_as_a_user_by_number_and_says_whether_it_is_healthy(path: Path) -> None:
    assert int(texts(path, "USER")[-1]) >= 10_000
    assert health_check(path)[0] in {"sh", "python"}


@CHECKED
def test_it_carries_no_secret(path: Path) -> None:
    assert not re.findall(r"(?i)secret|token|password|access_key", path.read_text(encoding="utf-8"))
    assert not [name for name in environment(path) if name.startswith("AWS_")]


def test_the_runtime_has_every_package_of_the_distribution() -> None:
    """What `setup.py` lists is what is installed; a folder not copied would fail in the image."""
    (path,) = [path for path in DOCKERFILES if path.parent.name == "glue60"]
    copied = {text.split()[0] for text in texts(path, "COPY")}
    listed = re.findall(r'^    "[\w.]+": "(\w+)', (ROOT / "setup.py").read_text("utf-8"), re.M)
    assert set(listed) <= copied


@CHECKED
def test_what_builds_a_package_is_pinned_too(path: Path) -> None:
    script = (path.parent / "install.sh").read_text("utf-8").replace("\\\n", " ")
    calls = re.findall(r"-m pip install .*", script)
    assert calls
    for call in calls:
        assert "--constraint requirements/constraints.txt" in call
        assert "--no-build-isolation" in call or "--only-binary :all:" in call
    if "--no-build-isolation" in script:
        pinned = [line for line in BUILD.read_text("utf-8").splitlines() if line[0] != "#"]
        assert pinned
        assert all(re.fullmatch(r"[a-z]+==[0-9.]+", line) for line in pinned)
        assert any(BUILD.relative_to(ROOT).as_posix() in text for text in texts(path, "COPY"))


def test_an_unknown_step_says_which_there_are() -> None:
    command = ["sh", str(ROOT / "docker" / "glue60" / "install.sh"), "everything"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "found step 'everything'; allowed are system, engine PYTHON, project" in done.stderr
