"""Between the types of a DynamicFrame and those of the Spark frame that holds it.

A choice is held as a struct with one field a type, of which at most one is not null: the form that
`make_struct` and `toDF` give it. So every frame is a Spark frame, and no row passes through Python
unless a Python function asks for it.
"""

from __future__ import annotations

from typing import Any, Final

from awsglue import gluetypes as G
from pyspark.sql import types as T

_PAIRS: Final[tuple[tuple[type[T.DataType], type[G.AtomicType]], ...]] = (
    (T.BinaryType, G.BinaryType),
    (T.BooleanType, G.BooleanType),
    (T.ByteType, G.ByteType),
    (T.DateType, G.DateType),
    (T.DoubleType, G.DoubleType),
    (T.FloatType, G.FloatType),
    (T.IntegerType, G.IntegerType),
    (T.LongType, G.LongType),
    (T.NullType, G.NullType),
    (T.ShortType, G.ShortType),
    (T.StringType, G.StringType),
    (T.TimestampType, G.TimestampType),
    (T.TimestampNTZType, G.TimestampNTZType),
)
_TO_GLUE: Final = dict(_PAIRS)
_TO_SPARK: Final[dict[type[G.DataType], type[T.DataType]]] = {
    **{glue: spark for spark, glue in _PAIRS},
    # Parquet and DynamoDB have no column without a type: what was never seen is text.
    G.UnknownType: T.StringType,
    G.EnumType: T.StringType,
}


def glue_type(data_type: T.DataType) -> G.DataType:
    """The record type of a Spark type; one that Glue has not is text."""
    if isinstance(data_type, T.StructType):
        return glue_struct(data_type)
    if isinstance(data_type, T.ArrayType):
        return G.ArrayType(glue_type(data_type.elementType))
    if isinstance(data_type, T.MapType):
        return G.MapType(glue_type(data_type.valueType))
    if isinstance(data_type, T.DecimalType):
        return G.DecimalType(data_type.precision, data_type.scale)
    return _TO_GLUE.get(type(data_type), G.StringType)()


def glue_struct(schema: T.StructType) -> G.StructType:
    """The record type of a Spark schema."""
    return G.StructType([G.Field(f.name, glue_type(f.dataType)) for f in schema.fields])


def spark_type(data_type: G.DataType) -> T.DataType:
    """The Spark type that holds a record type; a choice becomes a struct of its members."""
    if isinstance(data_type, G.StructType):
        return spark_struct(data_type)
    if isinstance(data_type, G.ChoiceType):
        return T.StructType(
            [T.StructField(n, spark_type(data_type.choices[n])) for n in sorted(data_type.choices)]
        )
    if isinstance(data_type, G.ArrayType):
        return T.ArrayType(spark_type(data_type.elementType))
    if isinstance(data_type, G.MapType):
        return T.MapType(T.StringType(), spark_type(data_type.valueType))
    if isinstance(data_type, G.DecimalType):
        return T.DecimalType(data_type.precision, data_type.scale)
    return _TO_SPARK[type(data_type)]()


def spark_struct(schema: G.StructType) -> T.StructType:
    """The Spark schema that holds a record type."""
    return T.StructType([T.StructField(f.name, spark_type(f.dataType)) for f in schema])


def has_choice(data_type: G.DataType) -> bool:
    """Whether a choice is anywhere in the type."""
    if isinstance(data_type, G.StructType):
        return any(has_choice(field.dataType) for field in data_type)
    if isinstance(data_type, G.ArrayType):
        return has_choice(data_type.elementType)
    if isinstance(data_type, G.MapType):
        return has_choice(data_type.valueType)
    return isinstance(data_type, G.ChoiceType)


def plain_value(value: Any, data_type: G.DataType) -> Any:
    """A value as Spark holds it, made into the record's own: dicts, lists, and chosen members."""
    if value is None:
        return None
    if isinstance(data_type, G.ChoiceType):
        for name in sorted(data_type.choices):
            if value[name] is not None:
                return plain_value(value[name], data_type.choices[name])
        return None
    if isinstance(data_type, G.StructType):
        return {f.name: plain_value(value[f.name], f.dataType) for f in data_type}
    if isinstance(data_type, G.ArrayType):
        return [plain_value(part, data_type.elementType) for part in value]
    if isinstance(data_type, G.MapType):
        return {key: plain_value(part, data_type.valueType) for key, part in dict(value).items()}
    return value


def held_value(value: Any, data_type: G.DataType) -> Any:
    """The reverse of `plain_value`: structs as dicts, a choice's value under its type's name."""
    if value is None:
        return None
    if isinstance(data_type, G.ChoiceType):
        name = member_of(value, data_type)
        return {n: held_value(value, c) if n == name else None
                for n, c in data_type.choices.items()}  # fmt: skip
    if isinstance(data_type, G.StructType):
        return {f.name: held_value(value.get(f.name), f.dataType) for f in data_type}
    if isinstance(data_type, G.ArrayType):
        return [held_value(part, data_type.elementType) for part in value]
    if isinstance(data_type, G.MapType):
        return {str(key): held_value(part, data_type.valueType) for key, part in value.items()}
    return _converted(value, data_type)


def _converted(value: Any, data_type: G.DataType) -> Any:
    if isinstance(data_type, G.DoubleType | G.FloatType):
        return float(value)
    if isinstance(data_type, G.StringType) and not isinstance(value, str):
        return str(value)
    return value


def member_of(value: Any, choice: G.ChoiceType) -> str:
    """Name of the choice's member that `value` belongs to."""
    from gluelocal.inference import type_of

    name = type_of(value).typeName()
    if name == "int" and name not in choice.choices:
        return "long"
    return name
