"""The jars with which Spark reads and writes S3: fetched once, checked against the lock file."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from gluelocal.errors import JarsError
from gluelocal.java import find_java

_LOCK: Final = "jars.lock.json"
_IVY_SECONDS: Final = 600


def install(folder: Path, lock: Mapping[str, str] | None = None) -> bool:
    """Have all locked jars in `folder`; whether any had to be fetched.

    Raises:
        JarsError: they cannot be fetched, or differ from the lock file.
        JavaError: there is no Java to fetch them with.
    """
    wanted = read_lock() if lock is None else dict(lock)
    folder.mkdir(parents=True, exist_ok=True)
    if not differences(folder, wanted):
        return False
    with tempfile.TemporaryDirectory(prefix="gluelocal-jars-") as work:
        fetched = fetch(Path(work))
        found = differences(fetched, wanted)
        if found:
            raise JarsError(
                f"the fetched jars differ from {_LOCK}: {'; '.join(found)}. Run it again on a "
                "network that you trust; if they still differ, report it and do not use them."
            )
        for name in wanted:
            target = folder / name
            draft = target.with_suffix(".part")
            draft.write_bytes((fetched / name).read_bytes())
            draft.replace(target)
    return True


def read_lock() -> dict[str, str]:
    """SHA-256 by jar name."""
    text = resources.files("gluelocal").joinpath(_LOCK).read_text(encoding="utf-8")
    lock: dict[str, str] = json.loads(text)
    return lock


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


def fetch(work: Path) -> Path:
    """Resolve the jars with the Ivy that PySpark ships; the folder they are in.

    Raises:
        JarsError: the resolution fails.
    """
    for name in ("ivysettings.xml", "s3jars.xml"):
        text = resources.files("gluelocal").joinpath(name).read_text(encoding="utf-8")
        (work / name).write_text(text, encoding="utf-8")
    retrieved = work / "jars"
    command = [
        find_java(),
        *("-cp", str(_ivy_jar()), "org.apache.ivy.Main"),
        *("-settings", str(work / "ivysettings.xml"), "-ivy", str(work / "s3jars.xml")),
        *("-cache", str(work / "cache"), "-warn"),
        *("-retrieve", f"{retrieved}/[artifact]-[revision].[ext]"),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_IVY_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise JarsError(f"no answer in {_IVY_SECONDS} s while fetching the S3 jars.") from error
    if done.returncode != 0:
        reasons = [line.strip() for line in done.stdout.splitlines() if "::" in line][:3]
        raise JarsError(
            f"the S3 jars cannot be fetched from Maven Central: {' '.join(reasons)[:300]} "
            "Check the network and run it again."
        )
    return retrieved


def _ivy_jar() -> Path:
    import pyspark

    found = sorted((Path(pyspark.__file__).parent / "jars").glob("ivy-*.jar"))
    if not found:
        raise JarsError("PySpark's jars hold no Ivy; reinstall pyspark from PyPI.")
    return found[-1]
