"""How producers write events."""

from __future__ import annotations

import json
from collections.abc import Mapping

from catalog.streams import CLICKSTREAM


def compact(event: object) -> str:
    """As short as JSON can be."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False)


def as_declared(event: Mapping[str, object]) -> str:
    """As short as JSON can be, in the contract's order; what that does not have comes last."""
    declared = {name: event[name] for name in CLICKSTREAM.schema.names if name in event}
    return compact(declared | dict(event))
