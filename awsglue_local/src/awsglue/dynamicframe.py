"""DynamicFrame: records that describe themselves, held as a Spark frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gluelocal import choices, inferred, mapping, paths, records, reshape
from gluelocal.content import Content, bound_to
from gluelocal.parity import not_implemented
from gluelocal.structure import plain_value
from pyspark.sql import DataFrame

from awsglue import gluetypes
from awsglue.dynamicframecollection import DynamicFrameCollection as DynamicFrameCollection

if TYPE_CHECKING:
    from awsglue.context import GlueContext

_LATER = "not used by streaming jobs here yet"


class DynamicRecord(dict[str, Any]):
    """One record: a dict whose top-level fields are attributes as well. Missing: KeyError."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self[name]
        return DynamicRecord(value) if type(value) is dict else value

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        del self[name]


class ResolveOption:
    """How `toDF` is to resolve one choice."""

    def __init__(self, path: str, action: str, target: Any = None) -> None:
        self.path, self.action, self.target = path, action, target


class DynamicFrame:
    """A distributed collection of records. Made by `fromDF` and by the readers of GlueContext.

    Every transform takes upstream's `transformation_ctx`, `info`, `stageThreshold` and
    `totalThreshold`; thresholds are the number of errors at which the transform fails, 0 is never.
    """

    def __init__(
        self, content: Content | Callable[[], Content], glue_ctx: GlueContext, name: str = ""
    ) -> None:
        self._given = content
        self.glue_ctx = glue_ctx
        self.name = name

    @cached_property
    def _content(self) -> Content:
        return self._given() if callable(self._given) else self._given

    @classmethod
    def fromDF(cls, dataframe: DataFrame, glue_ctx: GlueContext, name: str = "") -> DynamicFrame:
        """A frame of the rows of `dataframe`; a stream's undecoded JSON is parsed into fields."""
        own = bound_to(dataframe, glue_ctx.spark_session)
        if inferred.is_inferred(own):
            return cls(lambda: inferred.parse(own), glue_ctx, name)
        return cls(Content.of(own), glue_ctx, name)

    def toDF(self, options: Sequence[ResolveOption] | None = None) -> DataFrame:
        """The good records as a Spark frame; a choice is a struct with one field a type.

        Raises:
            ValueError: an option's action is neither KeepAsStruct nor Project.
        """
        if not options:
            return self._content.frame
        specs = [_resolve_spec(option) for option in options]
        return self.resolveChoice(specs=specs).toDF()

    # What is in it

    def schema(self) -> gluetypes.StructType:
        """The record type."""
        return self._content.types

    def printSchema(self) -> None:
        """Print the record type as a tree."""
        print(self.schema().treeString())  # noqa: T201 - printing is what it is for

    def show(self, num_rows: int = 20) -> None:
        """Print up to `num_rows` records, one JSON object a line."""
        types = self.schema()
        for row in self.toDF().limit(num_rows).collect():
            record = {k: v for k, v in plain_value(row, types).items() if v is not None}
            print(json.dumps(record, default=str))  # noqa: T201 - printing is what it is for

    def count(self) -> int:
        """Number of good records."""
        return self.toDF().count()

    def getNumPartitions(self) -> int:
        """Number of partitions."""
        return self.toDF().rdd.getNumPartitions()

    def __len__(self) -> int:
        return self.count()

    # Errors

    def errorsCount(self) -> int:
        """Number of records set aside by all steps so far."""
        return sum(errors.count() for errors in self._content.errors)

    def stageErrorsCount(self) -> int:
        """Number of records set aside by the last step."""
        own = self._content.own_errors
        return 0 if own is None else own.count()

    def assertErrorThreshold(self) -> None:
        """Nothing: thresholds are held where a transform is given one."""

    def errorsAsDynamicFrame(self) -> DynamicFrame:
        """The records set aside, one `error` struct each."""
        return DynamicFrame(lambda: Content.of(self._content.all_errors()), self.glue_ctx,
                            f"{self.name}_errors")  # fmt: skip

    # Fields

    def apply_mapping(
        self, mappings: Any, case_sensitive: bool = False, transformation_ctx: str = "",
        info: str = "", stageThreshold: int = 0, totalThreshold: int = 0, **kwargs: Any,
    ) -> DynamicFrame:  # fmt: skip
        """The mapped fields: tuples (source, target), (.., target type) or with both types."""
        parsed = mapping.parse_mappings(mappings)
        return self._reshaped(mapping.apply_mapping, parsed, case_sensitive=case_sensitive)

    applyMapping = apply_mapping

    def select_fields(
        self, paths: str | Sequence[str], transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The named fields alone; names that are not there are left out."""
        return self._reshaped(reshape.select_fields, _listed(paths))

    def drop_fields(
        self, paths: str | Sequence[str], transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """All but the named fields; paths go into structs and arrays of structs."""
        return self._reshaped(reshape.drop_fields, _listed(paths))

    def rename_field(
        self, oldName: str, newName: str, transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0, **kwargs: Any,
    ) -> DynamicFrame:  # fmt: skip
        """The field of path `oldName` under path `newName`."""
        return self._reshaped(reshape.rename_field, oldName, newName)

    # Records

    def filter(
        self, f: Callable[[DynamicRecord], Any], transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The records for which `f` holds.

        KeyError, ValueError and TypeError in `f` are a no; another exception sets the record aside.
        """
        made = self._changed(lambda c: records.keep(c, f, DynamicRecord, transformation_ctx))
        return _checked(made, stageThreshold, totalThreshold)

    def map(
        self, f: Callable[[DynamicRecord], Any], transformation_ctx: str = "",
        preservesPartitioning: bool = False, info: str = "", stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """What `f` makes of each record; an exception or a falsy result sets the record aside."""
        made = self._changed(lambda c: records.change(c, f, DynamicRecord, transformation_ctx))
        return _checked(made, stageThreshold, totalThreshold)

    # Frames

    def join(
        self, paths1: str | Sequence[str], paths2: str | Sequence[str], frame2: DynamicFrame,
        transformation_ctx: str = "", info: str = "", stageThreshold: int = 0,
        totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """Inner equality join; a name of `frame2` that is here too gets a leading dot."""

        def joined() -> Content:
            left, right = self._content, frame2._content
            frame, types = reshape.join((left.frame, left.types), (right.frame, right.types),
                                        _listed(paths1), _listed(paths2))  # fmt: skip
            return Content(frame, types, (*left.errors, *right.errors))

        return DynamicFrame(joined, self.glue_ctx, self.name + frame2.name)

    def union(
        self, other_frame: DynamicFrame, transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The records of both, none dropped; fields of different types become choices."""

        def united() -> Content:
            one, two = self._content, other_frame._content
            frame, types = reshape.union((one.frame, one.types), (two.frame, two.types))
            return Content(frame, types, (*one.errors, *two.errors))

        return DynamicFrame(united, self.glue_ctx, self.name + other_frame.name)

    def repartition(
        self, num_partitions: int, transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The same records in `num_partitions` partitions."""
        return self._reshaped(lambda frame, types: (frame.repartition(num_partitions), types))

    def coalesce(
        self, num_partitions: int, shuffle: bool = False, transformation_ctx: str = "",
        info: str = "", stageThreshold: int = 0, totalThreshold: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """The same records in at most `num_partitions` partitions."""
        if shuffle:
            return self.repartition(num_partitions)
        return self._reshaped(lambda frame, types: (frame.coalesce(num_partitions), types))

    def resolveChoice(
        self, specs: Any = None, choice: str = "", database: str | None = None,
        table_name: str | None = None, transformation_ctx: str = "", info: str = "",
        stageThreshold: int = 0, totalThreshold: int = 0, catalog_id: str | None = None,
    ) -> DynamicFrame:  # fmt: skip
        """The frame with choices made: cast:T, project:T, make_cols, make_struct, match_catalog.

        Raises:
            Exception: neither `specs` nor `choice` is given, or both are.
        """
        if not specs and not choice:
            raise Exception("Parameter specs and option are both missing, add one.")
        if specs and choice:
            raise Exception("Parameter specs and option are both specified, choose one.")
        asked = [specs] if isinstance(specs, tuple) else list(specs or [])
        catalog = (database, table_name, catalog_id)
        return self._reshaped(choices.resolve, asked, choice, catalog)

    def write(
        self, connection_type: str, connection_options: Any = None, format: str | None = None,
        format_options: Any = None, accumulator_size: int = 0,
    ) -> DynamicFrame:  # fmt: skip
        """Write the frame; the records that could not be written."""
        options = dict(connection_options or {})
        sink = self.glue_ctx.getSink(connection_type, format, **options)
        if format:
            sink.setFormat(format, **dict(format_options or {}))
        errors: DynamicFrame = sink.writeFrame(self)
        return errors

    with_frame_schema = not_implemented(_LATER)
    mapPartitions = not_implemented(_LATER)
    mapPartitionsWithIndex = not_implemented(_LATER)
    unnest = not_implemented(_LATER)
    relationalize = not_implemented(_LATER)
    unbox = not_implemented(_LATER)
    split_fields = not_implemented(_LATER)
    split_rows = not_implemented(_LATER)
    spigot = not_implemented(_LATER)
    mergeDynamicFrame = not_implemented(_LATER)
    unnest_ddb_json = not_implemented(_LATER)
    simplify_ddb_json = not_implemented(_LATER)

    def _reshaped(self, step: Callable[..., Any], *args: Any, **options: Any) -> DynamicFrame:
        return self._changed(lambda content: content.then(step, *args, **options))

    def _changed(self, step: Callable[[Content], Content]) -> DynamicFrame:
        return DynamicFrame(lambda: step(self._content), self.glue_ctx, self.name)


def _checked(frame: DynamicFrame, stage: int, total: int) -> DynamicFrame:
    """`frame`. Raises when a threshold above 0 is reached by its errors."""
    for threshold, count in ((stage, frame.stageErrorsCount), (total, frame.errorsCount)):
        if threshold and (found := count()) >= threshold:
            raise Exception(f"{frame.name}: {found} errors; the threshold is {threshold}.")
    return frame


def _listed(given: str | Sequence[str]) -> list[str]:
    return paths.as_list(given)


def _resolve_spec(option: ResolveOption) -> tuple[str, str]:
    if option.action == "KeepAsStruct":
        return option.path, "make_struct"
    if option.action == "Project":
        if option.target is None:
            raise Exception(f"Missing target type for resolve action {option.action}.")
        target = option.target
        name = target.typeName() if isinstance(target, gluetypes.DataType) else str(target)
        return option.path, f"project:{name}"
    raise ValueError(f"Invalid resolve action {option.action}")
