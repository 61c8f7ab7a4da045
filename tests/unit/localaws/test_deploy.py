"""A deployment waits, updates what is there, and names the resource that failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.deploy import deploy
from localaws.errors import LocalCloudError

PARAMETERS = {"ArtefactBucket": "b"}
FAILURES = [
    {
        "LogicalResourceId": "Function",
        "ResourceType": "AWS::Lambda::Function",
        "ResourceStatus": "CREATE_FAILED",
        "ResourceStatusReason": "Resource creation cancelled",
    },
    {
        "LogicalResourceId": "Table",
        "ResourceType": "AWS::DynamoDB::Table",
        "ResourceStatus": "CREATE_FAILED",
        "ResourceStatusReason": "One or more parameter values were invalid",
    },
    {
        "LogicalResourceId": "clickstream",
        "ResourceType": "AWS::CloudFormation::Stack",
        "ResourceStatus": "CREATE_IN_PROGRESS",
    },
]


class FakeCloudFormation:
    """A stack that ends as it is told, after one look at it in progress."""

    def __init__(self, end: str, *, exists: bool = False, update: str = "") -> None:
        self.statuses = ["CREATE_IN_PROGRESS", end]
        self.exists = exists
        self.update = update
        self.requests: list[dict[str, Any]] = []

    def create_stack(self, **request: Any) -> None:
        if self.exists:
            raise _error("AlreadyExistsException", "exists")
        self.requests.append(request)

    def update_stack(self, **request: Any) -> None:
        if self.update:
            raise _error("ValidationError", self.update)
        self.requests.append(request)

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return {"Stacks": [{"StackStatus": status}]}

    def describe_stack_events(self, **_: Any) -> dict[str, Any]:
        return {"StackEvents": FAILURES}


class FakeClients(dict[str, Any]):
    """Clients by service."""

    endpoint = "http://127.0.0.1:1"


def _error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateStack")


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "template.yaml"
    path.write_text("Resources: {}")
    return path


def _deploy(cloudformation: FakeCloudFormation, template: Path) -> None:
    deploy(FakeClients(cloudformation=cloudformation), template, PARAMETERS)  # type: ignore[arg-type]


def test_a_new_stack_is_created_with_its_parameters(template: Path) -> None:
    cloudformation = FakeCloudFormation("CREATE_COMPLETE")
    _deploy(cloudformation, template)
    (request,) = cloudformation.requests
    assert request["Parameters"] == [{"ParameterKey": "ArtefactBucket", "ParameterValue": "b"}]
    assert request["TemplateBody"] == "Resources: {}"


def test_a_stack_that_is_there_is_updated(template: Path) -> None:
    cloudformation = FakeCloudFormation("UPDATE_COMPLETE", exists=True)
    _deploy(cloudformation, template)
    assert len(cloudformation.requests) == 1


def test_nothing_to_update_is_no_error(template: Path) -> None:
    message = "No updates are to be performed."
    _deploy(FakeCloudFormation("CREATE_COMPLETE", exists=True, update=message), template)


def test_a_failure_names_the_first_resource_that_failed(template: Path) -> None:
    with pytest.raises(
        LocalCloudError, match=r"ROLLBACK_COMPLETE: Table \(AWS::DynamoDB::Table\): One or more"
    ):
        _deploy(FakeCloudFormation("ROLLBACK_COMPLETE"), template)


def test_a_template_that_is_refused_is_told(template: Path) -> None:
    refused = FakeCloudFormation("CREATE_COMPLETE", exists=True, update="Parameters: [X] missing")
    with pytest.raises(LocalCloudError, match=r"refused: .*\[X\] missing"):
        _deploy(refused, template)


def test_a_missing_template_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="no template at"):
        _deploy(FakeCloudFormation("CREATE_COMPLETE"), tmp_path / "none.yaml")
