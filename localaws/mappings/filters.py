"""FilterCriteria: which records a mapping sends, in EventBridge's pattern syntax."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from localaws.errors import LocalCloudError

_ABSENT = object()
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}


@dataclass(frozen=True)
class RecordFilter:
    """Patterns of which one must match; no patterns let everything through.

    Source: AWS Lambda developer guide, "Control which events Lambda sends to your function".
    """

    patterns: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def from_criteria(cls, criteria: Mapping[str, Any] | None) -> RecordFilter:
        """Read `FilterCriteria` of a mapping.

        Raises:
            LocalCloudError: a pattern is not a JSON object, or uses an operator we do not know.
        """
        texts = [entry.get("Pattern", "") for entry in (criteria or {}).get("Filters") or ()]
        return cls(tuple(_read(text) for text in texts))

    def __call__(self, view: Mapping[str, Any]) -> bool:
        """Whether the record is sent; `view` is the record with its data decoded."""
        return not self.patterns or any(_matches(pattern, view) for pattern in self.patterns)


def _read(text: str) -> Mapping[str, Any]:
    try:
        pattern = json.loads(text)
    except ValueError as error:
        raise LocalCloudError(f"filter pattern {text!r}: not JSON ({error})") from error
    if not isinstance(pattern, dict):
        raise LocalCloudError(f"filter pattern {text!r}: a pattern is a JSON object")
    _check(pattern, text)
    return pattern


def _check(pattern: Mapping[str, Any], text: str) -> None:
    for key, rule in pattern.items():
        if key == "$or":
            for alternative in rule:
                _check(alternative, text)
        elif isinstance(rule, dict):
            _check(rule, text)
        elif isinstance(rule, list):
            _check_operators(rule, text)
        else:
            raise LocalCloudError(
                f"filter pattern {text!r}: the value of {key!r} must be a list or an object"
            )


def _check_operators(rule: list[Any], text: str) -> None:
    for matcher in rule:
        unknown = set(matcher) - set(_OPERATORS) if isinstance(matcher, dict) else set()
        if unknown:
            raise LocalCloudError(
                f"filter pattern {text!r}: operators {sorted(unknown)} are not known; "
                f"use {sorted(_OPERATORS)}"
            )


def _matches(pattern: Mapping[str, Any], value: Any) -> bool:
    """Whether every key of the pattern matches; a list matches when one of its elements does."""
    if isinstance(value, list):
        return any(_matches(pattern, element) for element in value)
    found = value if isinstance(value, Mapping) else {}
    return all(_matches_key(key, rule, found) for key, rule in pattern.items())


def _matches_key(key: str, rule: Any, found: Mapping[str, Any]) -> bool:
    if key == "$or":
        return any(_matches(alternative, found) for alternative in rule)
    value = found.get(key, _ABSENT)
    if isinstance(rule, dict):
        return _matches(rule, value)
    values = value if isinstance(value, list) and value else [value]
    return any(_matches_leaf(matcher, leaf) for matcher in rule for leaf in values)


def _matches_leaf(matcher: Any, value: Any) -> bool:
    if isinstance(matcher, dict):
        return all(_OPERATORS[name](argument, value) for name, argument in matcher.items())
    # True == 1 in Python, not in JSON.
    return (type(matcher) is type(value) and matcher == value) or _same_number(matcher, value)


def _same_number(left: Any, right: Any) -> bool:
    return _is_number(left) and _is_number(right) and bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _exists(wanted: bool, value: Any) -> bool:
    # Only leaves exist: an object on the way does not count.
    return (value is not _ABSENT and not isinstance(value, Mapping)) == wanted


def _prefix(argument: str, value: Any) -> bool:
    return isinstance(value, str) and value.startswith(argument)


def _suffix(argument: str, value: Any) -> bool:
    return isinstance(value, str) and value.endswith(argument)


def _ignore_case(argument: str, value: Any) -> bool:
    return isinstance(value, str) and value.casefold() == argument.casefold()


def _anything_but(argument: Any, value: Any) -> bool:
    if value is _ABSENT or isinstance(value, Mapping):
        return False
    rules = argument if isinstance(argument, list) else [argument]
    return not any(_matches_leaf(rule, value) for rule in rules)


def _numeric(argument: list[Any], value: Any) -> bool:
    # DynamoDB's {"N": "1"} is a string, so numeric rules do not match it; nor do they on AWS.
    if not _is_number(value):
        return False
    pairs = zip(argument[::2], argument[1::2], strict=True)
    return all(_COMPARISONS[sign](value, bound) for sign, bound in pairs)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "exists": _exists,
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignore_case,
    "anything-but": _anything_but,
    "numeric": _numeric,
}
