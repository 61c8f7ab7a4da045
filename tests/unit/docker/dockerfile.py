"""A Dockerfile as its instructions, for tests that check them and for one that follows them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILES = sorted((ROOT / "docker").glob("*/Dockerfile"))


class Instruction(NamedTuple):
    """`name` in capitals, and the text behind it on one line."""

    name: str
    text: str

    def command(self) -> list[str]:
        """The JSON array behind it, as RUN, CMD and ENTRYPOINT have it here."""
        found: list[str] = json.loads(self.text)
        return found


def instructions(path: Path) -> list[Instruction]:
    """All instructions in order."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [Instruction(name, rest.strip()) for name, _, rest in pairs]


def texts(path: Path, name: str) -> list[str]:
    """The texts of the instructions of one name."""
    return [each.text for each in instructions(path) if each.name == name]


def environment(path: Path) -> dict[str, str]:
    """What all ENV instructions set."""
    words = [word for text in texts(path, "ENV") for word in shlex.split(text)]
    return dict(word.split("=", 1) for word in words)


def health_check(path: Path) -> list[str]:
    """The command of HEALTHCHECK."""
    (text,) = texts(path, "HEALTHCHECK")
    found: list[str] = json.loads(text.partition("CMD ")[2])
    return found
