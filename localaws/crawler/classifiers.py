"""Which classifier knows a file: the custom ones in their order, then the built-in ones.

A certainty of 1.0 ends it. Where none is certain, the most certain custom one stands; where none
knows anything, the file is UNKNOWN. Source: AWS Glue developer guide, "Defining and managing
classifiers".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import fastavro
import pyarrow as pa

from localaws.crawler.binary import Watched, classify_avro, classify_orc, classify_parquet
from localaws.crawler.csv_rules import CsvOptions, classify_csv
from localaws.crawler.grok import Grok, compile_grok
from localaws.crawler.grok_patterns import LOGS
from localaws.crawler.json_rules import classify_json, steps_of
from localaws.crawler.sample import SAMPLE_BYTES, UNPACK_ERRORS, Sample, sample_of
from localaws.crawler.schema import UNKNOWN, Schema
from localaws.errors import LocalCloudError

_CERTAIN = 1.0


@dataclass(frozen=True)
class Custom:
    """A custom classifier: its name, and what it makes of a sample."""

    name: str
    classify: Callable[[Sample], Schema | None]


def classify(file: pa.NativeFile, customs: Sequence[Custom] = ()) -> Schema:
    """What the file is; UNKNOWN when no classifier knows it, or it is broken.

    Raises:
        OSError: it cannot be read, which says nothing of what it is.
    """
    head, watched = file.read(SAMPLE_BYTES), Watched(file)
    try:
        sample = sample_of(head, watched, whole=len(head) == file.size())  # type: ignore[arg-type]
    except UNPACK_ERRORS:
        if watched.failure is not None:
            raise watched.failure from None
        return Schema(UNKNOWN, certainty=0.0)
    best = Schema(UNKNOWN, certainty=0.0)
    for custom in customs:
        found = custom.classify(sample)
        if found and found.certainty > best.certainty:
            best = found
        if best.certainty >= _CERTAIN:
            return best
    return _built_in(watched, head, sample) or best


def _built_in(watched: Watched, head: bytes, sample: Sample) -> Schema | None:
    end = pa.PythonFile(watched, mode="r")
    try:
        found = classify_avro(head) or classify_orc(end, head) or classify_parquet(end, head)
    except (pa.ArrowException, OSError, ValueError, EOFError, fastavro.schema.SchemaParseException):
        if watched.failure is not None:
            raise watched.failure from None
        return None
    return found or classify_json(sample) or _log(sample) or classify_csv(sample)


def _log(sample: Sample) -> Schema | None:
    lines = sample.lines()
    for name, pattern in LOGS:
        grok = _built_in_grok(name, pattern)
        # The first line tells most files apart before the rest is tried.
        if lines and grok.share(lines[:1]) == _CERTAIN and grok.share(lines) == _CERTAIN:
            return _grok_schema(name, grok, _CERTAIN, pattern, "", sample)
    return None


@cache
def _built_in_grok(name: str, pattern: str) -> Grok:
    return compile_grok(name, pattern)


def custom_of(definition: Mapping[str, Any]) -> Custom:
    """The classifier that a `GetClassifier` answer describes.

    Raises:
        LocalCloudError: it is of a kind that is not run here, or is not well-formed.
    """
    for kind, make in _CUSTOM.items():
        if kind in definition:
            return Custom(definition[kind]["Name"], make(definition[kind]))
    raise LocalCloudError(
        f"classifier {list(definition)}: not run here; there are {', '.join(_CUSTOM)}"
    )


def _grok(definition: Mapping[str, Any]) -> Callable[[Sample], Schema | None]:
    pattern, patterns = definition["GrokPattern"], definition.get("CustomPatterns") or ""
    grok = compile_grok(definition["Name"], pattern, patterns)
    name = definition["Classification"]

    def run(sample: Sample) -> Schema | None:
        share = grok.share(sample.lines())
        return _grok_schema(name, grok, share, pattern, patterns, sample) if share else None

    return run


def _grok_schema(
    name: str, grok: Grok, share: float, pattern: str, patterns: str, sample: Sample
) -> Schema:
    custom = {"input.grokCustomPatterns": patterns} if patterns else {}
    return Schema(
        name,
        grok.columns,
        share,
        compression=sample.compression,
        parameters={"grokPattern": pattern, **custom},
        serde={"input.format": pattern, **custom},
    )


def _json(definition: Mapping[str, Any]) -> Callable[[Sample], Schema | None]:
    path = definition["JsonPath"]
    steps_of(path)
    return lambda sample: classify_json(sample, path)


def _csv(definition: Mapping[str, Any]) -> Callable[[Sample], Schema | None]:
    options = CsvOptions(
        delimiter=definition.get("Delimiter"),
        quote=definition.get("QuoteSymbol") or '"',
        header=definition.get("ContainsHeader") or "UNKNOWN",
        names=tuple(definition.get("Header") or ()),
        single_column=bool(definition.get("AllowSingleColumn")),
        trim=not definition.get("DisableValueTrimming"),
        serde=definition.get("Serde") or "None",
    )
    if options.delimiter == options.quote:
        raise LocalCloudError(
            f"classifier {definition['Name']}: {options.quote!r} is both delimiter and quote"
        )
    return lambda sample: classify_csv(sample, options)


_CUSTOM: dict[str, Callable[[Mapping[str, Any]], Callable[[Sample], Schema | None]]] = {
    "GrokClassifier": _grok,
    "JsonClassifier": _json,
    "CsvClassifier": _csv,
}
