"""Files of a folder as tables with partitions, as a Glue crawler groups them.

From the include path down: where most of the files below a folder are alike, the folder is a table
and the folders between it and the files are its partitions; otherwise each folder in it is looked
at by itself. Alike are files of the same format whose schemas share 70 % of their columns; or,
where the crawler combines compatible schemas, files of the same format.

Source: AWS Glue developer guide, "How does a crawler determine when to create partitions?" and
"How to create a single schema for each Amazon S3 include path"; AWS re:Post, "How does the AWS
Glue crawler detect the schema?".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from localaws.crawler.schema import UNKNOWN, Schema, combined, compatible, similarity

ALIKE = 0.7


@dataclass(frozen=True)
class Classified:
    """A file with what its classifier said; `folders` lead to it from the include path."""

    folders: tuple[str, ...]
    name: str
    schema: Schema


@dataclass(frozen=True)
class Partition:
    """Values of a table's partition keys, and the folders that they stand for."""

    values: tuple[str, ...]
    folders: tuple[str, ...]


@dataclass(frozen=True)
class Grouped:
    """A table: its folders below the include path, or one file there, and its partitions.

    Attributes:
        file: name of the file that is the table; empty when a folder is.
    """

    folders: tuple[str, ...]
    file: str
    schema: Schema
    partition_keys: tuple[str, ...] = ()
    partitions: tuple[Partition, ...] = ()


def group(
    files: Iterable[Classified], *, combine: bool = False, level: int | None = None
) -> list[Grouped]:
    """The tables of the files below an include path; those of no known format are left out.

    Args:
        combine: compatible files are of one table, however little their columns have in common.
        level: how many folders below the include path tables begin, where that is prescribed.
    """
    known = [file for file in files if file.schema.classification != UNKNOWN]
    if level:
        return _at_level(known, level, combine)
    return _below((), known, combine)


def _at_level(files: Sequence[Classified], level: int, combine: bool) -> list[Grouped]:
    """A table for each folder at the level; files above it are tables by themselves."""
    above = [_of_file(file) for file in files if len(file.folders) < level]
    below = _by_folder(files, level)
    tables = (_below(folder, found, combine) for folder, found in below.items())
    return [*above, *(table for some in tables for table in some)]


def _below(folder: tuple[str, ...], files: Sequence[Classified], combine: bool) -> list[Grouped]:
    if not files:
        return []
    if _is_table(files, combine):
        return [_table(folder, files)]
    direct = [file for file in files if len(file.folders) == len(folder)]
    if direct and _is_table(direct, combine):
        own = [_table(folder, direct)]
    else:
        own = [_of_file(file) for file in direct]
    children = _by_folder(files, len(folder) + 1)
    tables = (_below(child, found, combine) for child, found in children.items())
    return [*own, *(table for some in tables for table in some)]


def _by_folder(files: Sequence[Classified], depth: int) -> dict[tuple[str, ...], list[Classified]]:
    """Files that stand at least so deep, by the folder there."""
    found: dict[tuple[str, ...], list[Classified]] = {}
    for file in files:
        if len(file.folders) >= depth:
            found.setdefault(file.folders[:depth], []).append(file)
    return found


def _is_table(files: Sequence[Classified], combine: bool) -> bool:
    """Whether all stand equally deep and are compatible, and most are alike."""
    first = files[0]
    if any(len(file.folders) != len(first.folders) for file in files):
        return False
    if not all(compatible(first.schema, file.schema) for file in files):
        return False
    return combine or _share_alike([file.schema for file in files]) >= ALIKE


def _share_alike(schemas: Sequence[Schema]) -> float:
    """Share of the files that are like the most common kind of schema among them."""
    counts: dict[frozenset[str], int] = {}
    examples: dict[frozenset[str], Schema] = {}
    for schema in schemas:
        counts[schema.names] = counts.get(schema.names, 0) + 1
        examples.setdefault(schema.names, schema)
    most = max(
        sum(
            n
            for other, n in counts.items()
            if similarity(examples[names], examples[other]) >= ALIKE
        )
        for names in counts
    )
    return most / len(schemas)


def _table(folder: tuple[str, ...], files: Sequence[Classified]) -> Grouped:
    below = list(dict.fromkeys(file.folders[len(folder) :] for file in files))
    keys = _partition_keys(below)
    partitions = tuple(
        Partition(tuple(_value(key, part) for key, part in zip(keys, path, strict=True)), path)
        for path in sorted(below)
        if path
    )
    schema = combined(file.schema for file in files)
    kept = tuple(column for column in schema.columns if column[0] not in keys)
    return Grouped(folder, "", replace(schema, columns=kept), tuple(keys), partitions)


def _of_file(file: Classified) -> Grouped:
    return Grouped(file.folders, file.name, file.schema)


def _partition_keys(paths: Sequence[tuple[str, ...]]) -> list[str]:
    """`key` where every folder of a level is `key=value`, else `partition_N`."""
    keys = []
    for place, parts in enumerate(zip(*paths, strict=True)):
        names = {part.partition("=")[0].lower() for part in parts if "=" in part}
        named = len(names) == 1 and all("=" in part for part in parts)
        keys.append(names.pop() if named else f"partition_{place}")
    return keys


def _value(key: str, folder: str) -> str:
    name, sign, value = folder.partition("=")
    return value if sign and name.lower() == key else folder


def table_names(tables: Sequence[Grouped], root: str, prefix: str = "") -> Mapping[int, str]:
    """Name of each table by its place: its last folder, its file, or the include path's folder."""
    return {
        place: prefix + clean_name(table.file or (table.folders or (root,))[-1])
        for place, table in enumerate(tables)
    }


def clean_name(text: str) -> str:
    """The name as the catalog has it: lower case, `_` for all but letters and digits."""
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in text.lower()).strip("_")
