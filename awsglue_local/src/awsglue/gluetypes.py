"""Types of a DynamicFrame's records: like Spark's, plus `choice` for a field of several types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

Json = Any
_INDENT = "|    "


class DataType:
    """Base of all types; two types are equal when their JSON forms are."""

    def __init__(self, properties: Mapping[str, Any] | None = None) -> None:
        self.properties = dict(properties or {})

    @classmethod
    def typeName(cls) -> str:
        """Name of the type, as `printSchema` shows it."""
        return cls.__name__.removesuffix("Type").lower()

    def jsonValue(self) -> Json:
        """Form that `json.dumps` takes."""
        return {"dataType": self.typeName(), "properties": self.properties}

    def json(self) -> str:
        """`jsonValue` as compact text with sorted keys."""
        return json.dumps(self.jsonValue(), separators=(",", ":"), sort_keys=True)

    def treeLines(self, prefix: str) -> list[str]:
        """Lines of `printSchema` below the line that names the type."""
        return []

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.jsonValue() == other.jsonValue()

    def __hash__(self) -> int:
        return hash(self.json())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.json()})"


class AtomicType(DataType):
    """Base of the types without parts."""


class BinaryType(AtomicType):
    """Bytes."""


class BooleanType(AtomicType):
    """True or false."""


class ByteType(AtomicType):
    """8-bit integer."""


class DateType(AtomicType):
    """Day."""


class DecimalType(AtomicType):
    """Exact number of `precision` digits, `scale` of them after the point."""

    def __init__(
        self, precision: int = 10, scale: int = 2, properties: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(properties)
        self.precision, self.scale = precision, scale

    def jsonValue(self) -> Json:
        """JSON form with precision and scale."""
        return {**super().jsonValue(), "precision": self.precision, "scale": self.scale}


class DoubleType(AtomicType):
    """64-bit float."""


class EnumType(AtomicType):
    """String out of `options`."""

    def __init__(
        self, options: Iterable[str] = (), properties: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(properties)
        self.options = list(dict.fromkeys(options))

    def jsonValue(self) -> Json:
        """JSON form with the options."""
        return {**super().jsonValue(), "options": self.options}


class FloatType(AtomicType):
    """32-bit float."""


class IntegerType(AtomicType):
    """32-bit integer."""

    @classmethod
    def typeName(cls) -> str:
        """`int`."""
        return "int"


class LongType(AtomicType):
    """64-bit integer."""


class NullType(AtomicType):
    """Field that was null in every record."""


class ShortType(AtomicType):
    """16-bit integer."""


class StringType(AtomicType):
    """Text."""


class TimestampType(AtomicType):
    """Instant."""


class TimestampNTZType(AtomicType):
    """Date and time of day without a zone."""


class UnknownType(AtomicType):
    """Type of what no record has shown yet, as the element of an empty array."""


class ArrayType(DataType):
    """Ordered values of one type."""

    def __init__(
        self, elementType: DataType | None = None, properties: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(properties)
        self.elementType = elementType or UnknownType()

    def jsonValue(self) -> Json:
        """JSON form with the element's type."""
        return {**super().jsonValue(), "elementType": self.elementType.jsonValue()}

    def treeLines(self, prefix: str) -> list[str]:
        """The element's lines."""
        return _branch("element", self.elementType, prefix)


class SetType(ArrayType):
    """Distinct values of one type."""


class MapType(DataType):
    """Values of one type under string keys."""

    def __init__(
        self, valueType: DataType | None = None, properties: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(properties)
        self.valueType = valueType or UnknownType()

    def jsonValue(self) -> Json:
        """JSON form with the value's type."""
        return {**super().jsonValue(), "valueType": self.valueType.jsonValue()}

    def treeLines(self, prefix: str) -> list[str]:
        """The value's lines."""
        return _branch("value", self.valueType, prefix)


class ChoiceType(DataType):
    """One of several types, each under its name."""

    def __init__(
        self, choices: Iterable[DataType] = (), properties: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(properties)
        self.choices: dict[str, DataType] = {}
        for choice in choices:
            self.add(choice)

    def add(self, choice: DataType) -> None:
        """Add a type; one of the same name is merged with it."""
        name = choice.typeName()
        known = self.choices.get(name)
        self.choices[name] = choice if known is None else mergeDataTypes(known, choice)

    def jsonValue(self) -> Json:
        """JSON form with the choices in order of their names."""
        choices = [self.choices[name].jsonValue() for name in sorted(self.choices)]
        return {**super().jsonValue(), "choices": choices}

    def treeLines(self, prefix: str) -> list[str]:
        """One branch a choice, in order of their names."""
        lines = []
        for name in sorted(self.choices):
            lines.append(f"{prefix}|-- {name}")
            lines += self.choices[name].treeLines(prefix + _INDENT)
        return lines


class Field:
    """A named part of a struct."""

    def __init__(
        self, name: str, dataType: DataType, properties: Mapping[str, Any] | None = None
    ) -> None:
        self.name, self.dataType, self.properties = name, dataType, dict(properties or {})

    def jsonValue(self) -> Json:
        """JSON form; the type stands under `container`."""
        return {
            "name": self.name,
            "container": self.dataType.jsonValue(),
            "properties": self.properties,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Field) and self.jsonValue() == other.jsonValue()

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Field({self.name}, {self.dataType!r})"


class StructType(DataType):
    """Named fields; iterating gives the fields in order."""

    def __init__(
        self, fields: Sequence[Field] = (), properties: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(properties)
        self.fields = list(fields)
        self.field_map = {field.name: field for field in self.fields}

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def add(self, field: Field) -> StructType:
        """Append a field; the struct itself is given back."""
        self.fields.append(field)
        self.field_map[field.name] = field
        return self

    def hasField(self, field: str | Field) -> bool:
        """Whether a field of that name is there."""
        return (field.name if isinstance(field, Field) else field) in self.field_map

    def getField(self, field: str | Field) -> Field:
        """The field of that name. Raises KeyError when there is none."""
        return self.field_map[field.name if isinstance(field, Field) else field]

    def jsonValue(self) -> Json:
        """JSON form with the fields in order."""
        return {**super().jsonValue(), "fields": [field.jsonValue() for field in self.fields]}

    def treeLines(self, prefix: str) -> list[str]:
        """One branch a field."""
        return [
            line for field in self.fields for line in _branch(field.name, field.dataType, prefix)
        ]

    def treeString(self) -> str:
        """What `printSchema` prints."""
        return "\n".join(["root", *self.treeLines("")])


def _branch(name: str, data_type: DataType, prefix: str) -> list[str]:
    line = f"{prefix}|-- {name}: {data_type.typeName()}"
    return [line, *data_type.treeLines(prefix + _INDENT)]


class _Merge:
    """How two types of the same class become one."""

    @staticmethod
    def struct(left: StructType, right: StructType) -> StructType:
        fields = [
            Field(f.name, mergeDataTypes(f.dataType, right.field_map[f.name].dataType))
            if f.name in right.field_map
            else f
            for f in left
        ]
        return StructType([*fields, *(f for f in right if f.name not in left.field_map)])

    @staticmethod
    def choice(left: ChoiceType, right: ChoiceType) -> ChoiceType:
        return ChoiceType([*left.choices.values(), *right.choices.values()])

    by_class: ClassVar[dict[type[DataType], Callable[[Any, Any], DataType]]]


_Merge.by_class = {
    StructType: _Merge.struct,
    ChoiceType: _Merge.choice,
    ArrayType: lambda a, b: ArrayType(mergeDataTypes(a.elementType, b.elementType)),
    SetType: lambda a, b: SetType(mergeDataTypes(a.elementType, b.elementType)),
    MapType: lambda a, b: MapType(mergeDataTypes(a.valueType, b.valueType)),
    EnumType: lambda a, b: EnumType([*a.options, *b.options]),
    DecimalType: lambda a, b: a if (a.precision, a.scale) >= (b.precision, b.scale) else b,
}


def mergeDataTypes(left: DataType, right: DataType) -> DataType:
    """The type of a field that was seen as `left` and as `right`: a choice unless they merge."""
    for empty in (UnknownType, NullType):  # a null that was seen says more than nothing
        if isinstance(left, empty):
            return right
        if isinstance(right, empty):
            return left
    if type(left) is type(right):
        merge = _Merge.by_class.get(type(left))
        return merge(left, right) if merge else left
    options = [left, right]
    return ChoiceType(
        part
        for option in options
        for part in (option.choices.values() if isinstance(option, ChoiceType) else [option])
    )
