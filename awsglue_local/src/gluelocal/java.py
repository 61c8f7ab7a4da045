"""The Java that Spark runs on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from gluelocal.errors import JavaError

OLDEST_JAVA = 17
_HOW = "install OpenJDK 17 or 21 (Debian: apt install openjdk-17-jre-headless) or set JAVA_HOME"


def find_java() -> str:
    """The `java` program that Spark would take.

    Raises:
        JavaError: there is none, or it is too old.
    """
    home = os.environ.get("JAVA_HOME")
    program = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if program is None or not Path(program).is_file():
        where = f"JAVA_HOME={home}" if home else "PATH"
        raise JavaError(f"No Java in {where}: Spark 4.1 needs Java {OLDEST_JAVA}+; {_HOW}.")
    version = _major_version(program)
    if version < OLDEST_JAVA:
        raise JavaError(f"{program} is Java {version}: Spark 4.1 needs {OLDEST_JAVA}+; {_HOW}.")
    return program


def _major_version(program: str) -> int:
    release = Path(program).resolve().parent.parent / "release"
    text = release.read_text() if release.is_file() else _asked(program)
    found = re.search(r'(?:JAVA_VERSION=|version )"(?:1\.)?(\d+)', text)
    if found is None:
        raise JavaError(f"{program} tells no version; {_HOW}.")
    return int(found.group(1))


def _asked(program: str) -> str:
    answer = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=30)
    return answer.stderr
