"""The jars of S3 and of Delta Lake: fetched once, checked against the lock file."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from gluelocal.errors import JarsError
from gluelocal.java import find_java

_LOCK: Final = "jars.lock.json"
_IVY_SECONDS: Final = 600
FORMATS: Final = ("delta",)
RUNS: Final = "6.0"  # the Glue version that `gluelocal run` is
# Each set of jars of a Glue version, and its folder: of S3 every run has the jars, of a format of
# `--datalake-formats` a run that asks for it.
GLUE_VERSIONS: Final[Mapping[str, Mapping[str, str]]] = {
    RUNS: {"s3": ".", "delta": "delta"},
    # Spark 3.5 serves to test batch jobs and transforms, which need no S3 for that.
    "5.1": {"delta-3.3": "delta"},
}


def install(folder: Path, glue_version: str = RUNS) -> bool:
    """Have the jars of a Glue version in `folder`; whether any had to be fetched.

    Raises:
        JarsError: the version is not known, or jars cannot be fetched or differ from the lock file.
        JavaError: there is no Java to fetch them with.
    """
    if glue_version not in GLUE_VERSIONS:
        raise JarsError(
            f"--glue-version: found {glue_version!r}; allowed are {', '.join(GLUE_VERSIONS)}."
        )
    places = GLUE_VERSIONS[glue_version].items()
    fetched = [install_set(name, folder / place) for name, place in places]
    return any(fetched)


def of_formats(folder: Path | None, formats: Iterable[str]) -> list[Path]:
    """The jars of the data lake formats that a job asks for.

    Raises:
        JarsError: a format is not known here, or its jars were not set up.
    """
    found: list[Path] = []
    for name in formats:
        if name not in FORMATS:
            raise JarsError(
                f"--datalake-formats: found {name!r}; allowed here are {', '.join(FORMATS)}."
            )
        jars = sorted((folder / name).glob("*.jar")) if folder else []
        if not jars:
            raise JarsError(
                f"--datalake-formats: no jars of {name} in {folder}; run `gluelocal setup-jars`"
                " and name its folder with --jars-dir."
            )
        found += jars
    return found


def install_set(name: str, folder: Path, lock: Mapping[str, str] | None = None) -> bool:
    """Have one set of locked jars in `folder`; whether any had to be fetched.

    Raises:
        JarsError: they cannot be fetched, or differ from the lock file.
        JavaError: there is no Java to fetch them with.
    """
    wanted = read_lock(name) if lock is None else dict(lock)
    folder.mkdir(parents=True, exist_ok=True)
    if not differences(folder, wanted):
        return False
    with tempfile.TemporaryDirectory(prefix="gluelocal-jars-") as work:
        fetched = fetch(name, Path(work))
        found = differences(fetched, wanted)
        if found:
            raise JarsError(
                f"the fetched jars differ from {_LOCK}: {'; '.join(found)}. Run it again on a "
                "network that you trust; if they still differ, report it and do not use them."
            )
        for jar in wanted:
            target = folder / jar
            draft = target.with_suffix(".part")
            draft.write_bytes((fetched / jar).read_bytes())
            draft.replace(target)
    return True


def read_lock(name: str) -> dict[str, str]:
    """SHA-256 by jar name, of one set."""
    text = resources.files("gluelocal").joinpath(_LOCK).read_text(encoding="utf-8")
    lock: dict[str, dict[str, str]] = json.loads(text)
    return lock[name]


def differences(folder: Path, lock: Mapping[str, str]) -> list[str]:
    """What `folder` lacks or has otherwise than the lock says."""
    found = []
    for name, digest in lock.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif (actual := sha256(path)) != digest:
            found.append(f"{name} has SHA-256 {actual}, not {digest}")
    return found


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(name: str, work: Path) -> Path:
    """Resolve one set of jars with the Ivy that PySpark ships; the folder they are in.

    Raises:
        JarsError: the resolution fails.
    """
    wanted = f"{name}jars.xml"
    for file in ("ivysettings.xml", wanted):
        text = resources.files("gluelocal").joinpath(file).read_text(encoding="utf-8")
        (work / file).write_text(text, encoding="utf-8")
    retrieved = work / "jars"
    command = [
        find_java(),
        *("-cp", str(_ivy_jar()), "org.apache.ivy.Main"),
        *("-settings", str(work / "ivysettings.xml"), "-ivy", str(work / wanted)),
        *("-cache", str(work / "cache"), "-warn"),
        *("-retrieve", f"{retrieved}/[artifact]-[revision].[ext]"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_IVY_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise JarsError(
            f"no answer in {_IVY_SECONDS} s while fetching the jars of {name}."
        ) from error
    if done.returncode != 0:
        reasons = [line.strip() for line in done.stdout.splitlines() if "::" in line][:3]
        raise JarsError(
            f"the jars of {name} cannot be fetched from Maven Central: {' '.join(reasons)[:300]} "
            "Check the network and run it again."
        )
    return retrieved


def _ivy_jar() -> Path:
    import pyspark

    found = sorted((Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar"))
    if not found:
        raise JarsError("PySpark's jars hold no Ivy; reinstall pyspark from PyPI.")
    return found[-1]
