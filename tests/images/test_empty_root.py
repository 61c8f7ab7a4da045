"""The Glue 6.0 image without a Docker engine: its Dockerfile followed in an empty Debian.

`make test-images` runs it, as root: debootstrap makes the root file system, a copy of a Python
stands for that of the base image, and every step is the one of the Dockerfile, `system` included.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from localaws.environment import ROOT
from tests.unit.docker.dockerfile import environment, health_check, instructions, texts

DOCKERFILE = ROOT / "docker" / "glue60" / "Dockerfile"
WORK = "/opt/clickstream"
# What Python's slim image has beside Debian's smallest set.
_LIBRARIES = (
    "ca-certificates,libbz2-1.0,libffi8,liblzma5,libncursesw6,libreadline8,libsqlite3-0,libssl3"
    ",netbase,tzdata,zlib1g"
)
_NOT_COPIED = shutil.ignore_patterns("site-packages", "test", "__pycache__", "*.a", "include")
_NOT_SENT = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*cache")
_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HEALTHY_SECONDS = 180

# One session with processes and mounts of its own: all of it ends with the session.
_SESSION = """
set -eu
mount -t proc proc "$ROOT/proc"
mount -t tmpfs tmpfs "$ROOT/dev/shm"
{steps}
test "$({as_user} id -u)" = {user}
if {as_user} {check}; then echo "healthy before the start" >&2; exit 1; fi
{as_user} {command} &
cloud=$!
for second in $(seq {seconds}); do
    if {as_user} {check}; then
        kill -TERM "$cloud"
        wait "$cloud" || test $? = 130 # the job had not started yet
        exit 0
    fi
    kill -0 "$cloud"
    sleep 1
done
echo "not healthy after {seconds} rounds" >&2
exit 1
"""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """Debian 12 as the base image has it, with a Python at /usr/local."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        pytest.skip("it needs root and debootstrap: apt-get install debootstrap")
    folder = tmp_path / "root"
    options = ["--variant=minbase", f"--include={_LIBRARIES}"]
    try:
        subprocess.run(["debootstrap", *options, "bookworm", folder], check=True)
        copy_python(folder / "usr" / "local")
        # Certificates and names are resolved as on this machine.
        for file in ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt"):
            shutil.copy(Path("/") / file, folder / file)
        yield folder
    finally:
        # debootstrap that was broken off may leave it mounted: then nothing is deleted through it.
        if not os.path.ismount(folder / "proc"):
            shutil.rmtree(folder, ignore_errors=True)


def copy_python(local: Path) -> None:
    """The Python of these tests, or that of the prefix IMAGE_PYTHON."""
    prefix = Path(os.environ.get("IMAGE_PYTHON") or sys.base_prefix)
    shutil.copytree(prefix, local, symlinks=True, ignore=_NOT_COPIED, dirs_exist_ok=True)
    if not (local / "bin" / "python").exists():
        (local / "bin" / "python").symlink_to("python3")
    for command in (["ldconfig"], ["python", "-m", "ensurepip"]):
        in_root = ["chroot", local.parents[1], *command]
        subprocess.run(in_root, check=True, env={"PATH": _DEFAULT_PATH})


def copy_sources(work: Path) -> None:
    """Follow COPY; the jars are those of set-up, which the step checks."""
    for text in texts(DOCKERFILE, "COPY"):
        *sources, target = text.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, work / target, ignore=_NOT_SENT)
            else:
                (work / target).mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / source, work / target)
    jars = shutil.ignore_patterns("faststart.json", "spark.jsa")
    shutil.copytree(ROOT / ".setup" / "jars", work / ".setup" / "jars", ignore=jars)


def in_root(root: Path, variables: Mapping[str, str], *, user: str = "0") -> str:
    """The beginning of a shell command that runs in the image's working folder as `user`."""
    pairs = [f"{name}={value}" for name, value in variables.items()]
    inside = ["env", "-i", *pairs, "sh", "-c", f'cd {WORK} && exec "$@"', "sh"]
    return shlex.join(["chroot", f"--userspec={user}:{user}", str(root), *inside])


def session(root: Path) -> str:
    given = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "http"))}
    given.pop("PIP_FIND_LINKS", None)
    variables = {"PATH": _DEFAULT_PATH, "HOME": "/root", **given, **environment(DOCKERFILE)}
    as_root = in_root(root, variables)
    runs = [each.command() for each in instructions(DOCKERFILE) if each.name == "RUN"]
    (command,) = [each.command() for each in instructions(DOCKERFILE) if each.name == "CMD"]
    user = texts(DOCKERFILE, "USER")[-1]
    return _SESSION.format(
        steps="\n".join(f"{as_root} {shlex.join(run)}" for run in runs),
        as_user=in_root(root, {**variables, "HOME": "/home/glue"}, user=user),
        user=user,
        check=shlex.join(health_check(DOCKERFILE)),
        command=shlex.join(command),
        seconds=_HEALTHY_SECONDS,
    )


@pytest.mark.timeout(1800)
def test_the_image_is_built_and_runs_the_cloud_as_its_own_user(root: Path) -> None:
    copy_sources(root / WORK.lstrip("/"))
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    command = [*unshare, "sh", "-c", session(root)]
    done = subprocess.run(command, env={**os.environ, "ROOT": str(root)})
    assert done.returncode == 0
