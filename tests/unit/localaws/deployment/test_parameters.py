"""Parameters against the template's declarations."""

from __future__ import annotations

import pytest

from localaws.deployment.parameters import check_parameters
from localaws.errors import LocalCloudError

DECLARED = {
    "Bucket": {"Type": "String", "MinLength": 3, "Description": "Bucket of the code"},
    "Gap": {"Type": "String", "Default": "1 minute", "AllowedPattern": "[0-9]+ minutes?"},
    "Mode": {"Type": "String", "Default": "live", "AllowedValues": ["live", "lab"]},
    "Days": {"Type": "Number", "Default": 30, "AllowedValues": [1, 30]},
    "Shards": {"Type": "Number", "Default": 4, "MinValue": 1, "MaxValue": 8},
}


def check(**given: str) -> None:
    check_parameters(DECLARED, {"Bucket": "abc", **given}, "x.toml")


@pytest.mark.parametrize(
    "given",
    [{}, {"Gap": "5 minutes"}, {"Mode": "lab"}, {"Days": "1"}, {"Shards": "8"}],
    ids=str,
)
def test_what_is_allowed_passes(given: dict[str, str]) -> None:
    check(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Gap": "5 minutes more"}, r"Gap: found '5 minutes more'; allowed is what matches"),
        ({"Mode": "Live"}, r"Mode: found 'Live'; allowed are live, lab"),
        ({"Days": "7"}, r"Days: found '7'; allowed are 1, 30"),
        ({"Shards": "0"}, r"Shards: found '0'; allowed are numbers from 1"),
        ({"Shards": "9"}, r"Shards: found '9'; allowed are numbers to 8"),
        ({"Shards": "four"}, r"Shards: found 'four'; allowed are numbers"),
        ({"Bucket": "ab"}, r"Bucket: found 'ab'; allowed are 3 characters or more"),
        ({"Gaps": "1 minute"}, r"Gaps: the template has no such parameter; is it Gap\?"),
        ({"Zzz": "1"}, r"Zzz: .*no such parameter; infra/template.yaml declares"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_is_not_allowed_is_named(given: dict[str, str], message: str) -> None:
    with pytest.raises(LocalCloudError, match=message):
        check(**given)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(LocalCloudError) as error:
        check_parameters(DECLARED, {"Mode": "x", "Shards": "0"}, "x.toml")
    lines = str(error.value).splitlines()
    assert lines[0] == "x.toml: parameters are not right:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["Bucket", "Mode", "Shards"]
    assert "Bucket: missing; Bucket of the code" in lines[1]
