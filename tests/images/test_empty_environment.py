"""The images' own steps, followed in an empty virtual environment where no Docker engine is.

`make test-images` runs it: it needs the package index, and downloads Spark again. What only root of
a whole system does, the step `system`, is left to the test beside it.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from price_model.artefact import Artefact, Parameters

from localaws.environment import ROOT, free_port
from localaws.waiting import wait_until
from tests.unit.docker.dockerfile import health_check, instructions, texts
from tests.unit.price_model.conftest import PARAMETERS

# What would lead from the environment of the tests back to their own packages, jars and clouds.
_OWN = re.compile(r"PYTHON|AWS_|CLICKSTREAM|GLUELOCAL|VIRTUAL_ENV|PYTEST")
_NOT_SENT = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*cache")


class Image:
    """The working folder of a Dockerfile and the Python that its steps filled."""

    def __init__(self, dockerfile: Path, folder: Path) -> None:
        self.dockerfile, self.root = dockerfile, folder / "root"
        self.root.mkdir()
        subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
        kept = {name: value for name, value in os.environ.items() if not _OWN.match(name)}
        path = os.pathsep.join([str(folder / "python" / "bin"), kept["PATH"]])
        self.environment = {**kept, "PATH": path, "CLICKSTREAM_HOME": str(folder / "state")}

    def build(self) -> None:
        """Follow COPY and RUN."""
        for each in instructions(self.dockerfile):
            if each.name == "COPY":
                *sources, target = each.text.split()
                for source in sources:
                    self._copy(source, target)
            elif each.name == "RUN" and "system" not in each.command():
                self.run(each.command()).check_returncode()

    def _copy(self, source: str, target: str) -> None:
        there = self.root / target
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, there, ignore=_NOT_SENT)
            return
        there.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, there)

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        return subprocess.run(
            command, cwd=self.root, env=self.environment, stdout=subprocess.PIPE, text=True
        )

    @contextmanager
    def running(self, command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        """A process that gets SIGTERM at the end, as `docker stop` sends it."""
        process = subprocess.Popen(command, cwd=self.root, env=self.environment)
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def image(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Image]:
    """The built image that the test names; what it takes up is given back."""
    try:
        made = Image(ROOT / "docker" / request.param / "Dockerfile", tmp_path)
        if request.param == "glue60":
            # They are checked against the lock file, wherever they come from.
            jars = shutil.ignore_patterns("faststart.json", "spark.jsa")
            shutil.copytree(ROOT / ".setup" / "jars", made.root / ".setup" / "jars", ignore=jars)
        made.build()
        yield made
    finally:
        shutil.rmtree(tmp_path)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("image", ["glue60"], indirect=True)
def test_the_runtime_runs_the_cloud_and_its_health_check_sees_it(image: Image) -> None:
    check = health_check(image.dockerfile)
    assert image.run(check).returncode != 0
    (command,) = [each.command() for each in instructions(image.dockerfile) if each.name == "CMD"]
    with image.running(command) as cloud:
        wait_until(
            lambda: cloud.poll() is not None or image.run(check).returncode == 0,
            180,
            lambda: "the cloud was not healthy in time",
            interval=1,
        )
        assert cloud.poll() is None
    assert cloud.returncode in (0, 130)  # 130: the job had not started yet
    assert image.run(check).returncode != 0


@pytest.mark.parametrize("image", ["price-model"], indirect=True)
def test_the_model_answers_where_its_health_check_asks(image: Image, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.json").write_bytes(Artefact(Parameters(**PARAMETERS), {}).model_json())
    (entry,) = texts(image.dockerfile, "ENTRYPOINT")
    assert '"price_model.serve"' in entry
    port = str(free_port())
    serve = ["python", "-m", "price_model.serve", "--port", port, "--model-dir", str(model)]
    check = [word.replace("8080", port) for word in health_check(image.dockerfile)]
    with image.running(serve) as server:
        wait_until(lambda: image.run(check).returncode == 0, 60, lambda: "no answer", interval=0.5)
        assert httpx.get(f"http://127.0.0.1:{port}/ping").status_code == httpx.codes.OK
    assert server.returncode == 0
