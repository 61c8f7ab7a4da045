"""The compose file: what it mounts exists, what it runs exists, and nothing of it is reached."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from localaws.environment import ROOT
from tests.unit.docker.dockerfile import environment, texts

FILE = ROOT / "docker" / "glue51" / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
GLUE51 = "public.ecr.aws/glue/aws-glue-libs:5.1.0"
CHECKED = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def mounts(service: dict[str, Any]) -> list[list[str]]:
    return [volume.split(":") for volume in service.get("volumes", [])]


@CHECKED
def test_an_image_is_pinned_by_an_exact_version(service: dict[str, Any]) -> None:
    version = service["image"].rpartition(":")[2]
    assert len(version.split(".")) == 3


@CHECKED
def test_no_port_is_published(service: dict[str, Any]) -> None:
    assert "ports" not in service
    assert service.get("network_mode") in (None, "service:cloud")


@CHECKED
def test_what_is_mounted_exists_and_sources_are_read_only(service: dict[str, Any]) -> None:
    for source, *_, mode in mounts(service):
        if source in COMPOSE["volumes"]:
            continue
        assert (FILE.parent / source).resolve() == ROOT
        assert mode == "ro"


@CHECKED
def test_its_scripts_are_in_the_repository(service: dict[str, Any]) -> None:
    words = [*service.get("entrypoint", []), *service.get("command", [])]
    scripts = [word for word in words if word.endswith(".sh")]
    assert scripts or words[0] == "clickstream"
    assert all((ROOT / script).is_file() for script in scripts)


def test_tests_and_jobs_run_in_the_official_image_and_the_cloud_in_ours() -> None:
    assert {SERVICES["tests"]["image"], SERVICES["job"]["image"]} == {GLUE51}
    build = SERVICES["cloud"]["build"]
    assert (FILE.parent / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_a_job_waits_for_the_cloud_and_finds_it_by_its_state() -> None:
    """One network, so that a loopback port is the same in both, and one folder that names it."""
    job, dockerfile = SERVICES["job"], Path(SERVICES["cloud"]["build"]["dockerfile"])
    assert job["depends_on"] == {"cloud": {"condition": "service_healthy"}}
    assert texts(ROOT / dockerfile, "HEALTHCHECK")
    home = environment(ROOT / dockerfile)["CLICKSTREAM_HOME"]
    assert mounts(SERVICES["cloud"]) == [["state", home]]
    assert ["state", job["environment"]["CLICKSTREAM_HOME"], "ro"] in mounts(job)
