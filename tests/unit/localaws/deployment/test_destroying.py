"""What `destroy` deletes when the stack has gone already, and what it must leave alone."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.deployment.destroying import Destruction
from localaws.deployment.environments import load_environment
from localaws.errors import LocalCloudError


def refused(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")


class Account:
    """An account without the stack: tables, the stacks that have them, and a bucket."""

    def __init__(
        self,
        tables: dict[str, str | None],
        *,
        bucket: bool = True,
        errors: tuple[dict[str, str], ...] = (),
    ) -> None:
        self.tables = tables
        self.bucket = bucket
        self.errors = list(errors)
        self.objects = [{"Key": "lake/a", "VersionId": "1"}]

    def describe_stacks(self, **_: Any) -> Any:
        raise refused("ValidationError", "Stack with id clickstream does not exist")

    def describe_stack_resources(self, PhysicalResourceId: str) -> Any:  # noqa: N803 - AWS's name
        status = self.tables[PhysicalResourceId]
        if status is None:
            raise refused("ValidationError", f"Stack for {PhysicalResourceId} does not exist")
        return {"StackResources": [{"ResourceStatus": status}]}

    def describe_table(self, TableName: str) -> None:  # noqa: N803
        if TableName not in self.tables:
            raise refused("ResourceNotFoundException")

    def delete_table(self, TableName: str) -> None:  # noqa: N803
        del self.tables[TableName]

    def head_bucket(self, **_: Any) -> None:
        if not self.bucket:
            raise refused("404")

    def get_paginator(self, _: str) -> Account:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Versions": self.objects}]

    def delete_objects(self, **_: Any) -> dict[str, Any]:
        return {"Errors": self.errors}

    def delete_bucket(self, **_: Any) -> None:
        self.bucket = False


def destruction(account: Account) -> Destruction:
    names = ("cloudformation", "dynamodb", "s3", "glue")
    clients: Any = type("Clients", (dict,), {"endpoint": "x"})(dict.fromkeys(names, account))
    return Destruction(load_environment("local"), clients)


def test_data_that_a_stack_left_behind_can_still_be_deleted() -> None:
    account = Account({"orders": None, "products": "DELETE_SKIPPED"})
    ending = destruction(account)
    assert list(ending.plan(delete_data=True)) == [
        "stack clickstream: has gone; what it left behind follows",
        "table orders: goes too, with its items",
        "table products: goes too, with its items",
        "bucket clickstream-artefacts: goes too, with code, checkpoints, models and lake",
    ]
    ending.run(lambda _: None, delete_data=True)
    assert (account.tables, account.bucket) == ({}, False)


def test_a_table_of_another_stack_stays() -> None:
    account = Account({"orders": "CREATE_COMPLETE", "products": None})
    destruction(account).run(lambda _: None, delete_data=True)
    assert list(account.tables) == ["orders"]


def test_objects_that_stay_are_told_and_the_bucket_with_them() -> None:
    error = {"Key": "lake/a", "Code": "AccessDenied", "Message": "locked"}
    account = Account({}, errors=(error,))
    with pytest.raises(
        LocalCloudError, match=r"1 objects stay, such as lake/a: AccessDenied: locked; .* again"
    ):
        destruction(account).run(lambda _: None, delete_data=True)
    assert account.bucket


def test_without_a_stack_the_data_goes_on_demand_alone() -> None:
    with pytest.raises(LocalCloudError, match=r"no stack clickstream .*`--delete-data` .* orders"):
        list(destruction(Account({"orders": None})).plan(delete_data=False))
    with pytest.raises(LocalCloudError, match=r"no stack clickstream in account 0+, us-east-1$"):
        list(destruction(Account({}, bucket=False)).plan(delete_data=True))
