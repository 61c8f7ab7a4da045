"""The emulator with DynamoDB's reads metered as AWS bills them: `-m benchmarks.metered_emulator`.

MiniStack says half a unit for every Query and Scan, whatever they read, and nothing for
BatchGetItem. AWS: a unit is 4 KB read consistently or 8 KB eventually; Query and Scan add up what
they evaluate before they round up, BatchGetItem rounds up each item, and a missing item costs one.

Source: Amazon DynamoDB developer guide, "DynamoDB read and write operations", capacity consumption.
"""
# ruff: noqa: SLF001 - MiniStack has no public place to count reads

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from localaws import emulator_entry

UNIT_BYTES: Final = 4_096
_PATCHED: Final = ("_paginate_evaluated_items", "_add_consumed_capacity", "_batch_get_item")


def units_of_page(size: int, *, consistent: bool) -> float:
    """Units of one page of a Query or Scan that evaluated `size` bytes."""
    return _units(size) * (1.0 if consistent else 0.5)


def units_of_items(sizes: Iterable[int], *, consistent: bool) -> float:
    """Units of a BatchGetItem of items of these sizes; 0 stands for an item that is not there."""
    return sum(map(_units, sizes)) * (1.0 if consistent else 0.5)


def _units(size: int) -> int:
    return max(1, -(-size // UNIT_BYTES))


def meter(engine: Any) -> None:
    """Have MiniStack's DynamoDB module count what it reads.

    Raises:
        SystemExit: this version of it is built otherwise.
    """
    missing = [name for name in _PATCHED if not callable(getattr(engine, name, None))]
    if missing:
        raise SystemExit(f"emulator: this MiniStack has no {missing}; install setup.py's version")
    evaluated = _note_evaluated(engine)
    engine._add_consumed_capacity = _with_page_units(engine._add_consumed_capacity, evaluated)
    engine._batch_get_item = _with_item_units(engine)


def _note_evaluated(engine: Any) -> list[int]:
    """The sizes of the items that the last Query or Scan evaluated."""
    paginate, sizes = engine._paginate_evaluated_items, []  # type: ignore[var-annotated]

    def noted(*args: Any, **kwargs: Any) -> Any:
        page, more = paginate(*args, **kwargs)
        sizes[:] = [engine._item_size_bytes(item) for item in page]
        return page, more

    engine._paginate_evaluated_items = noted
    return sizes


def _with_page_units(original: Callable[..., None], evaluated: list[int]) -> Callable[..., None]:
    def add(result: Any, data: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        original(result, data, *args, **kwargs)
        if "ScannedCount" in result and "ConsumedCapacity" in result:
            units = units_of_page(sum(evaluated), consistent=bool(data.get("ConsistentRead")))
            result["ConsumedCapacity"]["CapacityUnits"] = units

    return add


def _with_item_units(engine: Any) -> Callable[[Mapping[str, Any]], Any]:
    original = engine._batch_get_item

    def batch_get_item(data: Mapping[str, Any]) -> Any:
        status, headers, body = original(data)
        if status != 200 or data.get("ReturnConsumedCapacity", "NONE") == "NONE":
            return status, headers, body
        answer = json.loads(body)
        answer["ConsumedCapacity"] = [
            {"TableName": name, "CapacityUnits": _request_units(engine, name, request)}
            for name, request in data["RequestItems"].items()
        ]
        return engine.json_response(answer)

    return batch_get_item


def _request_units(engine: Any, name: str, request: Mapping[str, Any]) -> float:
    table = engine._tables[name]
    items = (engine._get_item_by_key(table, key) for key in request["Keys"])
    sizes = [engine._item_size_bytes(item) if item else 0 for item in items]
    return units_of_items(sizes, consistent=bool(request.get("ConsistentRead")))


def main() -> None:
    """Meter, then serve as the local cloud's emulator does."""
    from ministack.services import dynamodb

    meter(dynamodb)
    emulator_entry.main()


if __name__ == "__main__":
    main()
