"""Job arguments as Glue hands them to a script, and the special ones that the engine obeys."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from gluelocal.errors import ScriptArgumentError

_DRIVER_VARIABLE_PREFIX = "CUSTOMER_"


@dataclass(frozen=True)
class SpecialParameters:
    """The special job parameters that change how a script is started.

    Source: AWS Glue developer guide, "Using job parameters in Glue jobs".
    """

    job_name: str | None = None
    extra_py_files: tuple[str, ...] = ()
    extra_files: tuple[str, ...] = ()
    extra_jars: tuple[str, ...] = ()
    datalake_formats: tuple[str, ...] = ()
    conf: Mapping[str, str] = field(default_factory=dict)
    driver_variables: Mapping[str, str] = field(default_factory=dict)


def parse_conf(pairs: Sequence[str]) -> dict[str, str]:
    """Spark settings of `k=v` pairs.

    Raises:
        ScriptArgumentError: a pair has no `=`.
    """
    conf = {}
    for pair in pairs:
        key, equals, value = pair.strip().partition("=")
        if not equals or not key:
            raise ScriptArgumentError(f"--conf: found {pair!r}; write it as key=value.")
        conf[key] = value
    return conf


def special_parameters(arguments: Sequence[str]) -> SpecialParameters:
    """The special parameters among a script's arguments (`--key value` or `--key=value`).

    Raises:
        ScriptArgumentError: one is not as Glue takes it.
    """
    found = _as_mapping(arguments)
    return SpecialParameters(
        job_name=found.get("JOB_NAME"),
        extra_py_files=_modules(_listed(found.get("extra-py-files", ""))),
        extra_files=_listed(found.get("extra-files", "")),
        extra_jars=_listed(found.get("extra-jars", "")),
        datalake_formats=_listed(found.get("datalake-formats", "")),
        conf=parse_conf([p for p in re.split(r"\s+--conf\s+", found.get("conf", "")) if p]),
        driver_variables=_driver_variables(found.get("customer-driver-env-vars", "")),
    )


def _modules(places: tuple[str, ...]) -> tuple[str, ...]:
    """The places; Spark copies a wheel among them and imports nothing from it."""
    for place in places:
        if place.lower().endswith(".whl"):
            raise ScriptArgumentError(
                f"--extra-py-files: found {place!r}; it goes to Spark, which imports from .py,"
                " .zip and .egg: name the wheel .zip, or give it to --additional-python-modules."
            )
    return places


def complete(arguments: Sequence[str], script: str) -> list[str]:
    """`arguments` with those that Glue itself adds when the caller gave none."""
    found = _as_mapping(arguments)
    added = {
        "JOB_NAME": PurePosixPath(script).stem,
        "JOB_ID": "j_local",
        "JOB_RUN_ID": f"jr_{uuid.uuid4().hex}",
    }
    missing = [(key, value) for key, value in added.items() if key not in found]
    return [*arguments, *(part for key, value in missing for part in (f"--{key}", value))]


def _as_mapping(arguments: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    while position < len(arguments):
        name, equals, value = arguments[position].partition("=")
        position += 1
        if not name.startswith("--"):
            continue
        # The value of --conf is itself "k=v --conf k=v", so only "--name" ends a value.
        if not equals and position < len(arguments) and not arguments[position].startswith("--"):
            value = arguments[position]
            position += 1
        found[name[2:]] = value
    return found


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _driver_variables(text: str) -> dict[str, str]:
    variables = parse_conf(_listed(text))
    return {
        name if name.startswith(_DRIVER_VARIABLE_PREFIX) else _DRIVER_VARIABLE_PREFIX + name: value
        for name, value in variables.items()
    }
