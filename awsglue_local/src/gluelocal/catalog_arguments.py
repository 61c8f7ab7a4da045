"""Arguments that all `from_catalog` calls share."""

from __future__ import annotations

import os.path
import uuid
from collections.abc import Mapping
from typing import Any

from gluelocal.datacatalog import CatalogTable, get_table


def table_of(
    database: str | None, table_name: str | None, catalog_id: str | None,
    other: Mapping[str, Any],
) -> CatalogTable:  # fmt: skip
    """The table that a call names; `name_space` is another name for `database`.

    Raises:
        Exception: the database or the table is missing, or the database is named twice.
    """
    name_space = other.get("name_space")
    if database is not None and name_space is not None:
        raise Exception("Parameter name_space and database are both specified, choose one.")
    if database is None and name_space is None:
        raise Exception("Parameter name_space or database is missing.")
    if table_name is None:
        raise Exception("Parameter table_name is missing.")
    return get_table(str(database or name_space), table_name, catalog_id)


def frame_name(options: Mapping[str, Any]) -> str:
    """Name of a frame: the common prefix of its paths without `:/.`, else a fresh one."""
    found = options.get("paths") or options.get("path") or []
    # By character, not by folder: upstream names frames so.
    prefix = os.path.commonprefix(  # noqa: RUF071
        [found] if isinstance(found, str) else list(found)
    )
    name = prefix.translate(str.maketrans("", "", ":/."))
    return name or str(uuid.uuid1()).replace("-", "_")
