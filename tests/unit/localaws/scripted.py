"""A supervisor whose jobs are Python programs of the test."""

from __future__ import annotations

import os
import sys
import uuid
from pathlib import Path
from typing import Any

from localaws.processes import Child, Supervisor


class ScriptedSupervisor(Supervisor):
    """Starts these Python programs instead of the engine, one an attempt; keeps the commands."""

    def __init__(self, folder: Path, programs: list[str]) -> None:
        super().__init__(uuid.uuid4().hex, folder, os.environ)
        self.programs = iter(programs)
        self.commands: list[list[str]] = []

    def start(self, name: str, command: Any, *_: Any, **__: Any) -> Child:
        self.commands.append(list(command))
        return super().start(name, [sys.executable, "-c", next(self.programs)])
