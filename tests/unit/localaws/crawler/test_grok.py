"""Grok patterns: documented examples, and patterns that would not end."""

from __future__ import annotations

import pytest
import regex

from localaws.crawler.grok import compile_grok
from localaws.crawler.grok_patterns import LOGS, PATTERNS
from localaws.errors import LocalCloudError


@pytest.mark.parametrize("name", PATTERNS)
def test_every_named_pattern_can_be_used(name: str) -> None:
    assert compile_grok("c", f"%{{{name}:field}}").columns[-1][1] == "string"


@pytest.mark.parametrize(("name", "pattern"), LOGS)
def test_every_log_pattern_can_be_used(name: str, pattern: str) -> None:
    assert compile_grok(name, pattern).columns


@pytest.mark.parametrize(
    ("name", "texts", "others"),
    [
        ("INT", ["5", "-12"], ["1.5", "x"]),
        ("NUMBER", ["5", "1.5", ".5"], ["1.", "x"]),
        ("POSINT", ["10"], ["0", "-1"]),
        ("BOOLEAN", ["true", "FALSE"], ["yes"]),
        ("UUID", ["936DA01F-9ABD-4d9d-80C7-02AF85C822A8"], ["936DA01F"]),
        ("IPV4", ["192.168.0.1"], ["256.1.1.1", "1.1.1"]),
        ("IPV6", ["::1", "2001:db8::8a2e:370:7334"], ["1.2.3.4", "::g"]),
        ("MAC", ["00:0a:95:9d:68:16", "00-0A-95-9D-68-16"], ["00:0a"]),
        ("HOSTNAME", ["www.example.com", "host-1"], ["-x", "a b"]),
        ("QUOTEDSTRING", ['"a \\" b"', "'x'", "``"], ['"open']),
        ("TIMESTAMP_ISO8601", ["2026-01-02T03:04:05Z", "2026-01-02 03:04:05.123+01:00"], ["2026"]),
        ("HTTPDATE", ["9/Feb/2006:10:34:12 -0800"], ["9/2/2006"]),
        ("SYSLOGTIMESTAMP", ["Feb 1 06:25:43", "Feb  1 06:25:43"], ["Feb 32 06:25:43"]),
        ("URI", ["https://a.example:8080/p/q?x=1&y=2"], ["a.example/p"]),
        ("UNIXPATH", ["/usr/local/bin"], ["usr"]),
        ("LOGLEVEL", ["WARN", "warning", "Error"], ["loud"]),
    ],
)  # fmt: skip
def test_a_named_pattern_takes_what_it_is_named_for(
    name: str, texts: list[str], others: list[str]
) -> None:
    grok = compile_grok("c", f"%{{{name}:x}}")
    assert grok.share(texts) == 1.0
    assert grok.share(others) == 0.0


def test_fields_are_columns_with_the_types_that_are_asked_for() -> None:
    types = ["byte", "boolean", "double", "short", "int", "long", "float", "string"]
    pattern = " ".join(f"%{{NOTSPACE:{kind}_field:{kind}}}" for kind in types)
    assert dict(compile_grok("c", pattern).columns) == {
        "byte_field": "tinyint", "boolean_field": "boolean", "double_field": "double",
        "short_field": "smallint", "int_field": "int", "long_field": "bigint",
        "float_field": "float", "string_field": "string",
    }  # fmt: skip


def test_custom_patterns_come_before_the_built_in_ones_and_may_use_them() -> None:
    custom = "# levels\nLOGLEVEL (LOUD|QUIET)\nLINE %{LOGLEVEL:level} %{INT:n:int}\n\n"
    grok = compile_grok("c", "%{LINE}", custom)
    assert grok.columns == (("level", "string"), ("n", "int"))
    assert grok.share(["LOUD 5", "WARN 5"]) == 0.5


@pytest.mark.parametrize(
    ("pattern", "custom", "message"),
    [
        ("%{NOPE:x}", "", "pattern NOPE is not known; define it as a custom pattern"),
        ("%{WORD}", "", "no field is named"),
        ("(%{WORD:x}", "", "is no regular expression"),
        ("%{WORD:x:date}", "", "field x has type 'date'; use one of byte"),
        ("%{A:x}", "A %{B}\nB %{A}", "patterns contain each other"),
        ("%{A:x}", "A", "write NAME, a space, its expression"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str, custom: str, message: str) -> None:
    with pytest.raises(LocalCloudError, match=regex.escape(message)):
        compile_grok("c", pattern, custom)


def test_a_pattern_that_would_not_end_does_not_match() -> None:
    grok = compile_grok("c", "%{EVIL:x}", "EVIL (a|a)*b")
    assert grok.share(["a" * 60, "ab"]) == 0.5


def test_a_pattern_that_grows_without_end_is_refused() -> None:
    doubling = "\n".join(f"P{n} %{{P{n + 1}}}%{{P{n + 1}}}" for n in range(18)) + "\nP18 aaaa"
    with pytest.raises(LocalCloudError, match="too long once expanded"):
        compile_grok("c", "%{P0:x}", doubling)
