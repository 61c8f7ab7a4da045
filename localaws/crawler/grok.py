"""Grok: named patterns expanded to one regular expression, matched a line at a time.

Source: AWS Glue developer guide, "Writing Grok custom classifiers".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from localaws.crawler.grok_patterns import PATTERNS
from localaws.errors import LocalCloudError

# `%{PATTERN}`, `%{PATTERN:field}` or `%{PATTERN:field:type}`
_REFERENCE = regex.compile(r"%\{(\w+)(?::([\w.\[\]@-]+))?(?::(\w+))?\}")
_TYPES = {
    "byte": "tinyint",
    "boolean": "boolean",
    "double": "double",
    "short": "smallint",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "string": "string",
}
_DEEPEST = 20
_LONGEST_EXPRESSION = 200_000
# A pattern may need exponential time; a line that takes longer does not match.
_SECONDS_A_LINE = 0.25
_SECONDS_IN_ALL = 5.0
_LONGEST_LINE = 20_000


@dataclass(frozen=True)
class Grok:
    """A pattern that is ready to match; `columns` are names and Hive types in order."""

    expression: regex.Pattern[str]
    columns: tuple[tuple[str, str], ...]

    def share(self, lines: Sequence[str]) -> float:
        """Share of the lines that match as a whole, 0.0 of none; one that takes long does not."""
        matched, left = 0, _SECONDS_IN_ALL
        for line in lines:
            seconds = min(_SECONDS_A_LINE, left)
            if len(line) > _LONGEST_LINE or seconds <= 0:
                continue
            try:
                matched += self.expression.fullmatch(line, timeout=seconds) is not None
            except TimeoutError:
                left -= seconds
        return matched / len(lines) if lines else 0.0


def compile_grok(name: str, pattern: str, custom: str = "") -> Grok:
    """Expand a pattern with the built-in ones and the custom ones, one `NAME expression` a line.

    Raises:
        LocalCloudError: a pattern is not known, contains itself, or is no regular expression.
    """
    known = {**PATTERNS, **dict(_custom(name, custom))}
    columns: dict[str, str] = {}
    text = _expanded(name, pattern, known, columns, 0)
    if not columns:
        raise LocalCloudError(
            f"classifier {name}: no field is named; write %{{PATTERN:field}} for each column"
        )
    try:
        return Grok(regex.compile(text), tuple(columns.items()))
    except regex.error as error:
        raise LocalCloudError(
            f"classifier {name}: is no regular expression once expanded: {error}"
        ) from error


def _custom(name: str, text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, _, expression = line.strip().partition(" ")
        if not key.isidentifier() or not expression.strip():
            raise LocalCloudError(
                f"classifier {name}: custom pattern {line!r}: write NAME, a space, its expression"
            )
        yield key, expression.strip()


def _expanded(
    name: str, pattern: str, known: Mapping[str, str], columns: dict[str, str], depth: int
) -> str:
    if depth > _DEEPEST:
        raise LocalCloudError(f"classifier {name}: patterns contain each other: {pattern[:80]!r}")

    def expand(found: regex.Match[str]) -> str:
        key, field, kind = found.groups()
        if key not in known:
            raise LocalCloudError(
                f"classifier {name}: pattern {key} is not known; define it as a custom pattern"
            )
        if field:
            columns.setdefault(field.lower(), _hive(name, field, kind))
        return f"(?:{_expanded(name, known[key], known, columns, depth + 1)})"

    text = str(_REFERENCE.sub(expand, pattern))
    if len(text) > _LONGEST_EXPRESSION:
        raise LocalCloudError(
            f"classifier {name}: too long once expanded: {len(text):,} characters"
        )
    return text


def _hive(name: str, field: str, kind: str | None) -> str:
    if kind and kind not in _TYPES:
        raise LocalCloudError(
            f"classifier {name}: field {field} has type {kind!r}; use one of {', '.join(_TYPES)}"
        )
    return _TYPES[kind or "string"]
