"""Exclude patterns of a crawler: globs over the path below the include path.

Source: AWS Glue developer guide, "Include and exclude patterns".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from localaws.errors import LocalCloudError

# `**` crosses folders and `*` does not; `\` escapes; `[...]` and `{...}` do not nest.
_TOKEN = re.compile(r"(\*\*)|(\*)|(\?)|\\(.)|\[(!?)([^\]]+)\]|\{([^{}]*)\}|(.)", re.DOTALL)


def excluder(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Tells whether a path, relative to the include path, is excluded by any of the patterns.

    Raises:
        LocalCloudError: a pattern is none.
    """
    compiled = [_compiled(pattern.strip()) for pattern in patterns if pattern.strip()]
    return lambda path: any(pattern.fullmatch(path) for pattern in compiled)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(_translated(pattern))
    except re.error as error:
        raise LocalCloudError(f"exclusion {pattern!r}: is no glob pattern: {error}") from error


def _translated(pattern: str) -> str:
    return "".join(_part(found) for found in _TOKEN.finditer(pattern))


def _part(found: re.Match[str]) -> str:
    across, within, one, escaped, negated, members, choices, plain = found.groups()
    if across:
        return ".*"
    if within:
        return "[^/]*"
    if one:
        return "[^/]"
    if members:
        inside = members.replace("\\", "\\\\").replace("^", "\\^").replace("[", "\\[")
        return f"(?!/)[{'^' if negated else ''}{inside}]"
    if choices is not None:
        return f"(?:{'|'.join(_translated(choice) for choice in _choices(choices))})"
    return re.escape(escaped or plain)


def _choices(text: str) -> list[str]:
    """The parts between commas; a comma inside brackets parts nothing."""
    return re.split(r",(?![^\[]*\])", text)
