"""Compiles the lake's log store (`lake_log_store/`) with the Java compiler that Spark ships."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from localaws.errors import LocalCloudError

SOURCE = Path("lake_log_store") / "S3ConditionalLogStore.java"
# Spark's own compiler of generated code: a Java runtime is enough, no development kit is needed.
_COMPILER = "org.codehaus.commons.compiler.samples.CompilerDemo"
_SECONDS = 120


def compiled(root: Path) -> list[tuple[str, bytes]]:
    """The class files by their names in the jar; compiled once for a source and a compiler.

    Raises:
        LocalCloudError: Java or a jar is missing, or the compiler refused the source.
    """
    source, spark = root / SOURCE, _spark_jars()
    if not source.is_file():
        raise LocalCloudError(f"log store: no source {source}; run from a checkout")
    compiler = next(spark.glob("janino-*.jar")).name
    digest = hashlib.sha256(source.read_bytes() + compiler.encode()).hexdigest()[:16]
    folder = root / ".setup" / f"lake_log_store-{digest}"
    if not folder.is_dir():
        _compile(source, [*sorted(_delta_jars(root)), *sorted(spark.glob("*.jar"))], folder)
    return [
        (path.relative_to(folder).as_posix(), path.read_bytes()) for path in folder.rglob("*.class")
    ]


def _compile(source: Path, jars: list[Path], folder: Path) -> None:
    """Compiles to a folder beside, then gives it its name: nobody ever finds a part of it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    class_path = os.pathsep.join(map(str, jars))
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        classes = Path(work) / "classes"
        classes.mkdir()
        command = [_java(), "-cp", class_path, _COMPILER, "-d", str(classes)]
        command += ["-classpath", class_path, "-encoding", "UTF-8", str(source)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
        if done.returncode or not any(classes.rglob("*.class")):
            raise LocalCloudError(f"log store: {source} does not compile: {done.stderr[-500:]}")
        _publish(classes, folder)


def _publish(classes: Path, folder: Path) -> None:
    try:
        classes.rename(folder)
    except OSError:  # another process was first, with the same bytes
        if not folder.is_dir():
            raise


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).is_file():
        raise LocalCloudError(
            "log store: no Java; install OpenJDK 17 or 21, or set JAVA_HOME, then run it again"
        )
    return java


def _spark_jars() -> Path:
    import pyspark

    return Path(pyspark.__file__).parent / "jars"


def _delta_jars(root: Path) -> list[Path]:
    given = os.environ.get("GLUELOCAL_JARS")
    folder = (Path(given) if given else root / ".setup" / "jars") / "delta"
    jars = list(folder.glob("delta-storage-*.jar"))
    if not jars:
        raise LocalCloudError(f"log store: no delta-storage in {folder}; run `make setup`")
    return jars
