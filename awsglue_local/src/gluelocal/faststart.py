"""Starts Spark's JVM without its launcher, on an archive of classes that are loaded already.

`spark-submit` starts a first JVM that only works out the command of the second, and the second
then loads and verifies some 15,000 classes. Set-up does both once: it keeps the launcher's options
and a class data sharing archive, which halves the CPU time of every later start. Without them, or
when Java, Spark or the jars have changed since, `spark-submit` starts the JVM as ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from gluelocal.java import find_java

ARCHIVE_VARIABLE: Final = "GLUELOCAL_ARCHIVE_CLASSES"
_FILE: Final = "faststart.json"
_ARCHIVE: Final = "spark.jsa"
_MAIN: Final = "org.apache.spark.deploy.SparkSubmit"
_DUMP_SECONDS: Final = 300
# What spark-submit itself turns into JVM arguments.
_MEMORY, _OPTIONS, _CLASS_PATH = (
    "spark.driver.memory", "spark.driver.extraJavaOptions", "spark.driver.extraClassPath"
)  # fmt: skip


@dataclass(frozen=True)
class FastStart:
    """What a start needs to know; `basis` is what must not have changed since."""

    basis: Mapping[str, str]
    options: Sequence[str]
    archive: str

    def command(
        self, submit: Sequence[str], settings: Mapping[str, str], conf_dir: Path
    ) -> list[str]:
        """The java command that does what the spark-submit command `submit` would."""
        found = {**settings, **_conf_pairs(submit)}
        extra = [entry for entry in found.get(_CLASS_PATH, "").split(os.pathsep) if entry]
        class_path = [*_spark_jars(), *extra]
        draft = os.environ.get(ARCHIVE_VARIABLE)
        sharing = f"-XX:ArchiveClassesAtExit={draft}" if draft else self._use_archive()
        return [
            find_java(),
            *("-cp", os.pathsep.join(class_path)),
            f"-Xmx{found.get(_MEMORY, '1g')}",
            sharing,
            "-Xlog:disable",
            f"-Dlog4j2.configurationFile={conf_dir / 'log4j2.properties'}",
            *self.options,
            *found.get(_OPTIONS, "").split(),
            _MAIN,
            *submit[1:],
        ]

    def _use_archive(self) -> str:
        return f"-XX:SharedArchiveFile={self.archive}"


def load(folder: Path | None) -> FastStart | None:
    """The fast start that set-up made in `folder`, if it still fits."""
    path = folder / _FILE if folder else None
    if folder is None or path is None or not path.is_file():
        return None
    kept = FastStart(**json.loads(path.read_text(encoding="utf-8")))
    usable = Path(kept.archive).is_file() or ARCHIVE_VARIABLE in os.environ
    return kept if usable and kept.basis == _basis(folder) else None


def prepare(folder: Path) -> bool:
    """Have a fast start in `folder`; whether it had to be made. Takes some 20 s of CPU time."""
    if load(folder) is not None:
        return False
    archive = folder / _ARCHIVE
    archive.unlink(missing_ok=True)
    kept = FastStart(_basis(folder), _launcher_options(), str(archive.absolute()))
    (folder / _FILE).write_text(json.dumps(asdict(kept), indent=1), encoding="utf-8")
    draft = archive.with_suffix(".part")
    with (
        contextlib.suppress(subprocess.TimeoutExpired),
        resources.as_file(resources.files("gluelocal").joinpath("warmup.py")) as script,
    ):
        subprocess.run(
            [sys.executable, "-m", "gluelocal.cli", "run", str(script), "--until", "drained"],
            env={**os.environ, ARCHIVE_VARIABLE: str(draft), "GLUELOCAL_JARS": str(folder)},
            capture_output=True,
            timeout=_DUMP_SECONDS,
        )
    if not draft.is_file():  # A Java without class data sharing: starts stay as they were.
        (folder / _FILE).unlink()
        return False
    draft.replace(archive)
    return True


def _basis(folder: Path) -> dict[str, str]:
    import pyspark

    java = Path(find_java()).resolve()
    return {
        "java": str(java),
        "built": str(java.stat().st_mtime_ns),
        "spark": pyspark.__version__,
        "home": str(Path(pyspark.__file__).parent),
        "jars": " ".join(sorted(path.name for path in folder.glob("*.jar"))),
    }


def _spark_jars() -> list[str]:
    import pyspark

    return [str(path) for path in sorted((Path(pyspark.__file__).parent / "jars").glob("*.jar"))]


def _launcher_options() -> list[str]:
    """The JVM options that Spark's own launcher gives: the modules it opens, and properties."""
    home = str(Path(_spark_jars()[0]).parent.parent)
    done = subprocess.run(
        [find_java(), "-Xmx128m", "-cp", f"{home}/jars/*", "org.apache.spark.launcher.Main",
         _MAIN, "pyspark-shell"],
        env={**os.environ, "SPARK_HOME": home, "SPARK_SCALA_VERSION": "2.13"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    parts = [part.strip() for part in done.stdout.split("\0")]
    options = parts[: parts.index(_MAIN)]
    return [part for part in options if part.startswith("-") and part != "-cp"
            and not part.startswith("-Xmx")]  # fmt: skip


def _conf_pairs(submit: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, Any] = {}
    for flag, value in pairwise(submit):
        if flag == "--conf":
            key, _, text = value.partition("=")
            pairs[key] = text
    return pairs
