"""Environments: `infra/environments/NAME.toml` says where a deployment goes and how it is set."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from localaws.environment import ROOT
from localaws.errors import LocalCloudError

ENVIRONMENTS = ROOT / "infra" / "environments"
LOCAL = "local"
_PATTERNS = {
    "account": (r"[0-9]{12}", "twelve digits"),
    "region": (r"[a-z]{2}(-[a-z]+)+-[0-9]", "a region such as eu-central-1"),
    "bucket": (r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "a bucket's name"),
    "stack": (r"[A-Za-z][A-Za-z0-9-]{0,127}", "letters, digits and hyphens"),
}


@dataclass(frozen=True)
class Environment:
    """Where a deployment goes.

    Attributes:
        account: the only account that it may go to, whatever credentials are at hand.
        bucket: of the artefacts, the checkpoints and the lake.
        parameters: of the template; those that are not named have its defaults, on this machine
            the values that the running cloud was started with.
    """

    name: str
    file: Path
    account: str
    region: str
    bucket: str
    stack: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether it is the cloud that runs on this machine."""
        return self.name == LOCAL


def load_environment(name: str, folder: Path = ENVIRONMENTS) -> Environment:
    """The environment of that name.

    Raises:
        LocalCloudError: there is no such file, or something in it is not allowed.
    """
    file = folder / f"{name}.toml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in folder.glob("*.toml")))
        raise LocalCloudError(
            f"--env {name}: no file {file}; there are {known}: copy example.toml and change it"
        )
    try:
        found = tomllib.loads(file.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise LocalCloudError(f"{file}: {error}") from error
    return Environment(name=name, file=file, **_checked(file, found))


def _checked(file: Path, found: Mapping[str, Any]) -> dict[str, Any]:
    allowed = {each.name for each in fields(Environment)} - {"name", "file"}
    unknown = sorted(found.keys() - allowed)
    missing = sorted(_PATTERNS.keys() - found.keys())
    if unknown or missing:
        raise LocalCloudError(
            f"{file}: found {', '.join(sorted(found))}; unknown: {', '.join(unknown) or 'none'},"
            f" missing: {', '.join(missing) or 'none'}; allowed are {', '.join(sorted(allowed))}"
        )
    for name, (pattern, meaning) in _PATTERNS.items():
        if not (isinstance(found[name], str) and re.fullmatch(pattern, found[name])):
            raise LocalCloudError(f"{file}: {name}: found {found[name]!r}; allowed is {meaning}")
    return {**found, "parameters": _texts(file, found.get("parameters", {}))}


def _texts(file: Path, parameters: object) -> dict[str, str]:
    if not isinstance(parameters, dict):
        raise LocalCloudError(f"{file}: parameters: found {parameters!r}; allowed is a table")
    for name, value in parameters.items():
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise LocalCloudError(
                f"{file}: parameters.{name}: found {value!r}; allowed are texts and numbers"
            )
    return {name: str(value) for name, value in parameters.items()}
