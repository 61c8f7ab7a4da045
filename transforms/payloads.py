"""Payloads decoded strictly: one JSON object, in valid UTF-8, with the declared types.

`from_json` alone is lenient: it takes `[{...}]` and `{...}{...}` for their first object, and a
number, a truth value or an object for a string. Cheap tests on every row find the suspects; the
exact tests, which parse again, run on those alone. A key that occurs twice counts as it stands
last, as in every common parser.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add, or_
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql import types as T

if TYPE_CHECKING:
    from pyspark.sql import Column

CORRUPT = "_corrupt"
_STRICT = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}
_NOT_TEXT = ("double", "boolean", "map<string,string>", "array<string>")


def parse_object(text: Column, declared: T.StructType) -> Column:
    """The JSON object as a struct of the declared fields and `_corrupt`.

    `_corrupt` is the text of an object that is broken or holds a value of a wrong type, else null.
    """
    schema = T.StructType([*declared.fields, T.StructField(CORRUPT, T.StringType())])
    return F.from_json(text, schema, {**_STRICT, "columnNameOfCorruptRecord": CORRUPT})


def is_utf8(data: Column) -> Column:
    """Whether the bytes are valid UTF-8."""
    if hasattr(F, "is_valid_utf8"):  # Spark 4
        return F.is_valid_utf8(data.cast("string"))
    return F.encode(F.decode(data, "UTF-8"), "UTF-8") == data  # decoding replaces what is invalid


def start_of(data: Column, characters: int) -> Column:
    """The first characters of the bytes as valid UTF-8; U+FFFD stands for what is not."""
    # A character has at most four bytes, and the cut may split the last one.
    head = F.substring(data, 1, 4 * characters)
    text = (
        F.make_valid_utf8(head.cast("string"))
        if hasattr(F, "make_valid_utf8")
        else F.decode(head, "UTF-8")
    )
    return F.substring(text, 1, characters)


def is_canonical(text: Column, event: Column, declared: T.StructType) -> Column:
    """Whether the text is the event's fields in the order declared, without a space or a null.

    Then it is one object of the declared types and nothing else, in valid UTF-8: a value of another
    type, an escape, a further field or an invalid byte would not stand in the text as it was read.
    An event without the first field that is declared is not told: it takes the longer tests.
    """
    leads = ("{", *"," * (len(declared) - 1))
    members = (
        part
        for lead, field in zip(leads, declared.fields, strict=True)
        for part in _member(lead, field, event[field.name])
    )
    return F.coalesce(text.startswith("{") & (text == F.concat(*members, F.lit("}"))), F.lit(False))


def _member(lead: str, field: T.StructField, value: Column) -> list[Column]:
    """The parts of a field as it is written, empty where it is not sent."""
    quote = '"' if isinstance(field.dataType, T.StringType) else ""
    shown = value.cast("string") if _has_one_notation(field) else F.lit(None).cast("string")
    parts = [F.lit(f'{lead}"{field.name}":{quote}'), shown, *([F.lit(quote)] if quote else [])]
    return [F.when(value.isNull(), "").otherwise(part) for part in parts]


def _has_one_notation(field: T.StructField) -> bool:
    return isinstance(field.dataType, T.StringType | T.LongType | T.IntegerType)


def is_compact(text: Column, event: Column, declared: T.StructType) -> Column:
    """Whether the text is as long as the event's fields, written without a space or a null.

    Then nothing else is in it: escapes, repeated keys, brackets and whatever follows the object
    only make a text longer than what is read from it. What makes it shorter is suspect
    (`is_suspect`): bytes that are no UTF-8, and a value of another type where a string is declared;
    one that is also seen in quotes costs more there than it saves.
    """
    written = (_written(field, event[field.name]) for field in declared.fields)
    # Two braces, and a comma less than there are fields.
    return F.coalesce(F.octet_length(text) == reduce(add, written) + 1, F.lit(False))


def _written(field: T.StructField, value: Column) -> Column:
    """Bytes of a field and the comma after it; null for a type of more than one notation."""
    rest = len(f'"{field.name}":,'.encode())
    quotes = 2 if isinstance(field.dataType, T.StringType) else 0
    size = F.lit(None).cast("int")
    if _has_one_notation(field):
        size = F.octet_length(value.cast("string")) + (rest + quotes)
    return F.when(value.isNull(), 0).otherwise(size)


def is_suspect(data: Column, event: Column, compact: Column, strings: Iterable[str]) -> Column:
    """Whether the bytes may be anything but one object of the declared types.

    Cheap, and never false for what is wrong; a false alarm costs time alone. Null is no alarm.
    """
    text = data.cast("string")
    to_first_brace = F.octet_length(F.substring_index(text, "}", 1))
    is_plain = text.startswith("{") & (to_first_brace + 1 == F.octet_length(text))
    return (
        event.isNull()
        | event[CORRUPT].isNotNull()
        | ~(compact | is_plain)
        | ~is_utf8(data)
        | reduce(or_, (_may_be_coerced(text, name, event[name]) for name in strings))
    )


def _may_be_coerced(text: Column, name: str, value: Column) -> Column:
    """Whether a string reads like a value of another type, and is not seen in quotes either.

    `from_json` makes text of numbers, truth values and containers.
    """
    # Below ":" stand digits and the minus sign.
    like_another = (value < ":") | value.isin("true", "false") | value.substr(1, 1).isin("{", "[")
    # As most serialisers write it; a regular expression would cost as much as the parse.
    in_quotes = (
        text.contains(F.concat(F.lit(f'"{name}"{colon}"'), value)) for colon in (":", ": ")
    )
    return like_another & ~reduce(or_, in_quotes)


def may_have_more(
    text: Column, event: Column, compact: Column, declared: tuple[str, ...]
) -> Column:
    """Whether an object may have more fields that are not null than those declared.

    Cheap, and never false where there are; a false alarm costs time alone. A key ends in `":`,
    unless there is space between: what ends so and is not null is at least as often there as keys.
    """
    named = reduce(add, (event[name].isNotNull().cast("int") for name in declared))
    values = _times(text, '":')
    nulls = _times(text, '":null') + _times(text, '": null')
    spaced = reduce(or_, (text.contains(f"{space}:") for space in " \t\r\n"))
    return ~compact & (((values != named) & (values - nulls != named)) | spaced)


def _times(text: Column, part: str) -> Column:
    without = F.octet_length(F.replace(text, F.lit(part), F.lit("")))
    return (F.octet_length(text) - without) / len(part)


def undeclared(text: Column, declared: tuple[str, ...]) -> Column:
    """The fields of an object that are none of those declared, as a map; null for none.

    Their values are texts, those of objects and lists JSON. A field that is null counts as not
    sent.
    """
    fields = F.from_json(text, "map<string,string>", _STRICT)
    found = F.map_filter(fields, lambda name, value: ~name.isin(*declared) & value.isNotNull())
    return F.when(F.size(found) > 0, _without_repeats(found))


def _without_repeats(fields: Column) -> Column:
    """The map with each key once, as it stands last; `from_json` gives a key as often as it is."""
    names = F.array_distinct(F.map_keys(fields))
    entries = F.map_entries(fields)

    def last(name: Column) -> Column:
        return F.element_at(F.filter(entries, lambda entry: entry["key"] == name), -1)["value"]

    distinct = F.map_from_arrays(names, F.transform(names, last))
    return F.when(F.size(names) == F.size(fields), fields).otherwise(distinct)


def is_one_value(text: Column) -> Column:
    """Whether the text is exactly one JSON value, with nothing after it.

    Spark parses one value and ignores the rest. Inside `[...]` a rest must begin with `]` to go
    unseen, inside `{"value": ...}` with `}`: it cannot do both.
    """
    in_array = F.from_json(F.concat(F.lit("["), text, F.lit("]")), "array<string>", _STRICT)
    in_object = F.from_json(
        F.concat(F.lit('{"value":'), text, F.lit("}")), "map<string,string>", _STRICT
    )
    return F.coalesce((F.size(in_array) == 1) & (F.size(in_object) == 1), F.lit(False))


def is_object(text: Column) -> Column:
    """Whether a JSON value is an object."""
    return text.rlike(r"^[ \t\r\n]*\{")


def not_strings(text: Column, names: tuple[str, ...]) -> Column:
    """The string fields that carry another JSON type, joined by commas; empty for none."""
    parses = [
        F.from_json(text, ", ".join(f"`{name}` {kind}" for name in names), _STRICT)
        for kind in _NOT_TEXT
    ]
    found = {n: reduce(or_, (p[n].isNotNull() for p in parses)) for n in names}
    return F.concat_ws(", ", *(F.when(test, F.lit(name)) for name, test in found.items()))


def not_as_declared(text: Column, event: Column, declared: T.StructType) -> Column:
    """What stands in the fields that are not strings and could not be read as declared."""
    others = [f for f in declared.fields if not isinstance(f.dataType, T.StringType)]
    as_text = F.from_json(text, ", ".join(f"`{f.name}` string" for f in others), _STRICT)
    found = F.concat_ws(
        ", ",
        *(
            F.when(
                event[f.name].isNull() & as_text[f.name].isNotNull(),
                F.concat(
                    F.lit(f"{f.name} "),
                    F.substring(as_text[f.name], 1, 40),
                    F.lit(f" instead of {f.dataType.simpleString()}"),
                ),
            )
            for f in others
        ),
    )
    return F.coalesce(F.nullif(found, F.lit("")), F.lit("a key is there twice, once wrong"))
