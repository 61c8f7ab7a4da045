"""What a change set would do, as people read it."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from localaws.deployment.changes import Change, changes_of
from localaws.deployment.deploying import Proposal
from localaws.deployment.show import show_event, show_proposal, to_json

TABLE = {
    "Action": "Modify",
    "LogicalResourceId": "ProductsTable",
    "PhysicalResourceId": "products",
    "ResourceType": "AWS::DynamoDB::Table",
    "Replacement": "False",
    "Details": [
        {"Target": {"Attribute": "Properties", "Name": "BillingMode"}},
        {"Target": {"Attribute": "Properties", "Name": "BillingMode"}},
        {"Target": {"Attribute": "DeletionPolicy"}},
    ],
}


def change(**overrides: Any) -> Change:
    (found,) = changes_of([{"ResourceChange": {**TABLE, **overrides}}])
    return found


def test_a_change_names_what_of_the_resource_changes() -> None:
    assert change() == Change(
        action="modify",
        logical="ProductsTable",
        kind="AWS::DynamoDB::Table",
        physical="products",
        properties=("BillingMode", "DeletionPolicy"),
    )


@pytest.mark.parametrize(
    ("overrides", "action", "loses"),
    [
        ({"Action": "Add"}, "add", ""),
        ({"Action": "Import"}, "import", ""),
        ({"Replacement": "False"}, "modify", ""),
        ({"Replacement": "Conditional"}, "may replace", "items"),
        ({"Replacement": "True", "PolicyAction": "ReplaceAndDelete"}, "replace", "items"),
        ({"Replacement": "True", "PolicyAction": "ReplaceAndRetain"}, "replace", ""),
        ({"Action": "Remove", "PolicyAction": "Delete"}, "remove", "items"),
        ({"Action": "Remove", "PolicyAction": "Retain"}, "remove", ""),
        ({"Action": "Remove", "ResourceType": "AWS::IAM::Role"}, "remove", ""),
        ({"Action": "Remove", "ResourceType": "AWS::SQS::Queue"}, "remove", "messages"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_cannot_be_undone_is_said(overrides: dict[str, str], action: str, loses: str) -> None:
    found = change(**overrides)
    assert (found.action, found.loses) == (action, loses)


def test_what_cannot_be_undone_comes_first_then_removals_and_replacements() -> None:
    rows = changes_of(
        {"ResourceChange": {**TABLE, "LogicalResourceId": name, **more}}
        for name, more in {
            "Added": {"Action": "Add"},
            "Modified": {},
            "Kept": {"Action": "Remove", "PolicyAction": "Retain"},
            "Lost": {"Replacement": "True"},
        }.items()
    )
    assert [row.logical for row in rows] == ["Lost", "Kept", "Modified", "Added"]


def shown(proposal: Proposal) -> str:
    console = Console(width=120)
    with console.capture() as captured:
        show_proposal(proposal, console)
    return captured.get()


def test_the_table_has_a_row_a_resource_and_says_what_is_lost_and_what_to_start_anew() -> None:
    rows = [change(Replacement="True"), change(LogicalResourceId="OrdersTable")]
    text = shown(Proposal("c", rows, [], ["click_sessions"], ["click_sessions"]))
    assert "│ replace │ ProductsTable │ DynamoDB::Table │ BillingMode, DeletionPolicy │" in text
    assert "│ modify  │ OrdersTable   │" in text
    assert "ProductsTable: replace: its items would be lost" in text
    assert "OrdersTable: modify: " not in text
    assert (
        "click_sessions: is given another checkpoint: it reads its stream from the oldest" in text
    )
    assert "click_sessions: a run that goes on keeps what it has until `clickstream roll" in text


def test_no_change_is_said_so() -> None:
    assert shown(Proposal("c", [], [], [], [])) == (
        "nothing changes: what is deployed is what stands here\n"
    )


def test_the_proposal_as_json_has_every_field() -> None:
    found = to_json(Proposal("c", [change()], ["k"], ["j"], []))
    assert found["changes"][0]["logical"] == "ProductsTable"
    assert (found["change_set"], found["uploaded"], found["restarts"]) == ("c", ["k"], ["j"])


def test_an_event_is_a_line_with_its_reason() -> None:
    console = Console(width=200)
    with console.capture() as captured:
        show_event(
            {
                "ResourceStatus": "CREATE_FAILED",
                "LogicalResourceId": "Role",
                "ResourceStatusReason": "no [right]",
            },
            console,
        )
    assert captured.get().split() == ["CREATE_FAILED", "Role:", "no", "[right]"]
