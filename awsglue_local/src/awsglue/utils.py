"""Job arguments."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

_BOOKMARK_CHOICES = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")
_CONTINUATIONS = {
    "continuation-enabled": "job-bookmark-enable",
    "continuation-readonly": "job-bookmark-pause",
    "continuation-ignore": "job-bookmark-disable",
}
_RESERVED = ("continuation-option", "job-bookmark-option", "job-bookmark-from", "job-bookmark-to")
_INTERNAL = (
    "JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption_type", "enable_data_lineage"
)  # fmt: skip
_TEMP_DIRS = ("RedshiftTempDir", "TempDir")

_global_args: dict[str, Any] = {}


class GlueArgumentError(Exception):
    """Raised when a requested job argument is missing or has no allowed value."""


class GlueArgumentParser(argparse.ArgumentParser):
    """A parser that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raise GlueArgumentError."""
        raise GlueArgumentError(message)


def getResolvedOptions(
    args: Sequence[str], options: Sequence[str], allow_abbrev: bool = False
) -> dict[str, Any]:
    """The job arguments in `args` (as `sys.argv`, the script first) that `options` name.

    Every option is required but TempDir, which is always there. Hyphens come back as underscores;
    arguments that nobody asked for are left out.

    Raises:
        GlueArgumentError: an option is missing.
        RuntimeError: an option is reserved, or the bookmark arguments do not fit each other.

    Source: AWS Glue developer guide, "Accessing parameters using getResolvedOptions".
    """
    reserved = [option for option in options if option in _RESERVED]
    if reserved:
        raise RuntimeError(f"Using reserved arguments {','.join(reserved)}")
    parser = GlueArgumentParser(allow_abbrev=allow_abbrev, add_help=False)
    for option in _unique(options):
        if option not in _TEMP_DIRS:
            parser.add_argument(f"--{option}", required=True)
    _add_always_present(parser)
    given = _with_bookmark_option(list(args[1:]))
    parsed = vars(parser.parse_known_args(given)[0])
    _check_bookmarks(parsed)
    _mirror_temp_dirs(parsed)
    _global_args.update(parsed)
    return parsed


def _unique(options: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(options))


def _add_always_present(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--job-bookmark-option", choices=_BOOKMARK_CHOICES, default="job-bookmark-disable"
    )
    for name in ("job-bookmark-from", "job-bookmark-to", *_INTERNAL, *_TEMP_DIRS):
        parser.add_argument(f"--{name}")


def _with_bookmark_option(given: list[str]) -> list[str]:
    """`given` with the old continuation option written as the bookmark option it stands for."""
    if "--continuation-option" not in given:
        return given
    place = given.index("--continuation-option")
    value = given[place + 1] if place + 1 < len(given) else ""
    if value not in _CONTINUATIONS:
        raise GlueArgumentError(
            f"argument --continuation-option: invalid choice: {value!r} "
            f"(choose from {', '.join(_CONTINUATIONS)})"
        )
    return [*given[:place], "--job-bookmark-option", _CONTINUATIONS[value], *given[place + 2 :]]


def _check_bookmarks(parsed: dict[str, Any]) -> None:
    bounds = {name: parsed[name] for name in ("job_bookmark_from", "job_bookmark_to")}
    missing = [name for name, value in bounds.items() if value is None]
    if parsed["job_bookmark_option"] == "job-bookmark-pause":
        if len(missing) == 1:
            raise RuntimeError(f"Missing option or value for --{missing[0].replace('_', '-')}")
    elif not missing:
        names = " and ".join(f"--{name.replace('_', '-')}" for name in bounds)
        raise RuntimeError(f"Invalid option(s) {names}")


def _mirror_temp_dirs(parsed: dict[str, Any]) -> None:
    found = parsed["RedshiftTempDir"] or parsed["TempDir"]
    parsed["RedshiftTempDir"] = parsed["TempDir"] = found


def makeOptions(sc: Any, py_obj: Any) -> str:
    """Options as the JSON that the engine takes."""
    import json

    return json.dumps(py_obj)


def callsite() -> str:
    """Where the script calls from; not recorded here."""
    return ""
