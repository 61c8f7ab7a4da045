"""What a change set would do, as rows: one a resource, and what of it cannot be undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["add", "import", "modify", "may replace", "replace", "remove"]

# What holds something that a new one of its kind would not.
STATEFUL = {
    "AWS::DynamoDB::Table": "items",
    "AWS::Kinesis::Stream": "records not read yet",
    "AWS::SNS::Topic": "confirmed subscriptions",
    "AWS::SQS::Queue": "messages",
    "AWS::S3::Bucket": "objects",
    "AWS::Glue::Database": "table definitions",
}
_ACTIONS: dict[str, Action] = {"Add": "add", "Import": "import", "Remove": "remove"}
_REPLACEMENTS: dict[str, Action] = {"True": "replace", "Conditional": "may replace"}
_ORDER: tuple[Action, ...] = ("remove", "replace", "may replace", "modify", "import", "add")
_KEEPS = ("Retain", "RetainExceptOnCreate", "Snapshot", "ReplaceAndRetain", "ReplaceAndSnapshot")


@dataclass(frozen=True)
class Change:
    """What happens to one resource.

    Attributes:
        physical: its id, empty of one that is not there yet.
        properties: what of it changes, by name.
        loses: what goes with the old one and does not come back, or an empty text.
    """

    action: Action
    logical: str
    kind: str
    physical: str = ""
    properties: tuple[str, ...] = ()
    loses: str = ""


def changes_of(listed: Iterable[Mapping[str, Any]]) -> list[Change]:
    """The rows of `Changes` of DescribeChangeSet, what cannot be undone first."""
    rows = [_change(each["ResourceChange"]) for each in listed]
    return sorted(rows, key=lambda row: (not row.loses, _ORDER.index(row.action), row.logical))


def _change(found: Mapping[str, Any]) -> Change:
    action = _ACTIONS.get(found["Action"]) or _REPLACEMENTS.get(
        found.get("Replacement", ""), "modify"
    )
    kind = found["ResourceType"]
    return Change(
        action=action,
        logical=found["LogicalResourceId"],
        kind=kind,
        physical=found.get("PhysicalResourceId", ""),
        properties=_properties(found.get("Details", ())),
        loses=_loses(action, kind, found.get("PolicyAction", "")),
    )


def _properties(details: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    targets = (each["Target"] for each in details)
    return tuple(dict.fromkeys(t.get("Name") or t["Attribute"] for t in targets))


def _loses(action: Action, kind: str, policy: str) -> str:
    gone = action in ("remove", "replace", "may replace") and policy not in _KEEPS
    return STATEFUL.get(kind, "") if gone else ""
