"""Environment files: where a deployment goes, and what is wrong with one that is not right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from localaws.deployment.environments import ENVIRONMENTS, Environment, load_environment
from localaws.deployment.opening import open_deployment
from localaws.deployment.parameters import check_parameters
from localaws.deployment.targets import connect
from localaws.deployment.template import load_template
from localaws.errors import LocalCloudError
from localaws.state import StateFolder

RIGHT = {
    "account": '"123456789012"',
    "region": '"eu-central-1"',
    "bucket": '"my-artefacts"',
    "stack": '"clickstream"',
}


def write(folder: Path, **changes: str) -> Environment:
    lines = {**RIGHT, **changes}.items()
    text = "\n".join(f"{key} = {value}" for key, value in lines if value)
    (folder / "mine.toml").write_text(text)
    return load_environment("mine", folder)


def test_a_file_names_account_region_bucket_stack_and_parameters(tmp_path: Path) -> None:
    found = write(tmp_path, parameters='{ShardCount = 2, AlertEmail = "a@b.c"}')
    assert (found.account, found.region) == ("123456789012", "eu-central-1")
    assert (found.bucket, found.stack, found.is_local) == ("my-artefacts", "clickstream", False)
    assert found.parameters == {"ShardCount": "2", "AlertEmail": "a@b.c"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"account": '"12"'}, r"account: found '12'; allowed is twelve digits"),
        ({"account": "123456789012"}, r"account: found 123456789012; allowed is twelve digits"),
        ({"region": '"mars"'}, r"region: found 'mars'; allowed is a region such as"),
        ({"bucket": '"My_Bucket"'}, r"bucket: found 'My_Bucket'"),
        ({"bucket": ""}, r"missing: bucket; allowed are account, bucket, parameters"),
        ({"secret": '"x"'}, r"unknown: secret, missing: none"),
        ({"parameters": "{Window = true}"}, r"parameters\.Window: found True; allowed are texts"),
        ({"parameters": "3"}, r"parameters: found 3; allowed is a table"),
        ({"stack": "["}, r"mine\.toml: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_what_is_not_right_is_named(tmp_path: Path, changes: dict[str, str], message: str) -> None:
    with pytest.raises(LocalCloudError, match=message):
        write(tmp_path, **changes)


def test_an_environment_without_a_file_is_told_which_there_are() -> None:
    with pytest.raises(LocalCloudError, match=r"--env prod: no file .* there are example, local"):
        load_environment("prod")


@pytest.mark.parametrize("name", sorted(path.stem for path in ENVIRONMENTS.glob("*.toml")))
def test_the_files_of_the_checkout_are_right(name: str) -> None:
    template = load_template()
    given = {key: "x" for key, rule in template.parameters.items() if "Default" not in rule}
    given |= {"ArtefactBucket": "bucket"}
    check_parameters(template.parameters, given | load_environment(name).parameters, name)


class Session:
    """A boto3 session whose credentials are of an account, or not there."""

    def __init__(self, account: str | None) -> None:
        self.account = account
        self.region_name = "eu-central-1"

    def __call__(self, **_: Any) -> Session:
        return self

    def client(self, *_: Any, **__: Any) -> Session:
        return self

    def get_caller_identity(self) -> dict[str, str]:
        if self.account is None:
            raise NoCredentialsError
        return {"Account": self.account}


def test_the_account_of_the_file_is_the_only_one(tmp_path: Path) -> None:
    environment, state = write(tmp_path), StateFolder(tmp_path)
    assert connect(environment, state, Session("123456789012")).endpoint is None
    with pytest.raises(LocalCloudError, match=r"are of account 999999999999; .* allows 1234567890"):
        connect(environment, state, Session("999999999999"))
    with pytest.raises(LocalCloudError, match=r"did not say whose .* set AWS_PROFILE"):
        connect(environment, state, Session(None))


def test_the_cloud_here_must_run(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="no cloud runs from"):
        connect(load_environment("local"), StateFolder(tmp_path))


def test_a_setting_is_a_name_and_a_value() -> None:
    with pytest.raises(LocalCloudError, match="--set: found 'Window'; allowed is NAME=VALUE"):
        open_deployment("local", ["Window"])
