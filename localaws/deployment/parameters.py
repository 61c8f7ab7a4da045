"""A deployment's parameters against what the template declares, before anything is uploaded."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from localaws.errors import LocalCloudError

Declared = Mapping[str, Mapping[str, Any]]


def check_parameters(declared: Declared, given: Mapping[str, str], where: str) -> None:
    """Compares the parameters given with those declared; `where` is the file they stand in.

    Raises:
        LocalCloudError: some are unknown, missing or not allowed; the message names each.
    """
    found = [*_unknown(declared, given), *_missing(declared, given)]
    for name in given.keys() & declared.keys():
        found += _not_allowed(name, given[name], declared[name])
    if found:
        raise LocalCloudError("\n  ".join([f"{where}: parameters are not right:", *sorted(found)]))


def _unknown(declared: Declared, given: Mapping[str, str]) -> Iterator[str]:
    for name in given.keys() - declared.keys():
        near = difflib.get_close_matches(name, declared, n=1)
        hint = f"; is it {near[0]}?" if near else "; infra/template.yaml declares what there is"
        yield f"{name}: the template has no such parameter{hint}"


def _missing(declared: Declared, given: Mapping[str, str]) -> Iterator[str]:
    for name in declared.keys() - given.keys():
        if "Default" not in declared[name]:
            yield f"{name}: missing; {declared[name].get('Description', 'it has no default')}"


def _not_allowed(name: str, value: str, rule: Mapping[str, Any]) -> Iterator[str]:
    found = f"{name}: found {value!r}; allowed"
    values = [str(each) for each in rule.get("AllowedValues", ())]
    if values and value not in values:
        yield f"{found} are {', '.join(values)}"
    # CloudFormation compares the whole value.
    if "AllowedPattern" in rule and re.fullmatch(rule["AllowedPattern"], value) is None:
        yield f"{found} is what matches {rule['AllowedPattern']}: {rule.get('Description', '')}"
    if len(value) < int(rule.get("MinLength", 0)):
        yield f"{found} are {rule['MinLength']} characters or more"
    if rule["Type"] == "Number":
        yield from _not_in_range(found, value, rule)


def _not_in_range(found: str, value: str, rule: Mapping[str, Any]) -> Iterator[str]:
    try:
        number = float(value)
    except ValueError:
        yield f"{found} are numbers"
        return
    if number < float(rule.get("MinValue", number)):
        yield f"{found} are numbers from {rule['MinValue']}"
    if number > float(rule.get("MaxValue", number)):
        yield f"{found} are numbers to {rule['MaxValue']}"
