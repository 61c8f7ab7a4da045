"""Deployments by change set against the emulator: made, looked at, executed, taken back, ended."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localaws.clients import Clients
from localaws.deploy import make_bucket
from localaws.deployment.changesets import Event, Stack
from localaws.deployment.checkpoints import Checkpoint, Checkpoints
from localaws.deployment.deploying import Deployment
from localaws.deployment.destroying import Destruction
from localaws.deployment.environments import load_environment
from localaws.deployment.opening import change_set_name
from localaws.deployment.template import Template, load_template
from localaws.environment import ROOT
from localaws.errors import LocalCloudError

BUCKET = "artefacts-of-change-sets"
PREFIX = "of-change-sets-"
PARAMETERS = {"ArtefactBucket": BUCKET}
TEMPLATE = """
Parameters:
  ArtefactBucket: {Type: String}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: %(queue)s}
  Table:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      TableName: %(table)s
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
"""
# There is no such role, so its creation fails after the queue's update.
BROKEN = """
  Broken:
    Type: AWS::IAM::Policy
    DependsOn: Queue
    Properties:
      PolicyName: p
      Roles: [no-such-role]
      PolicyDocument: {Version: "2012-10-17", Statement: []}
"""


def template(queue: str, table: str, more: str = "") -> Template:
    text = TEMPLATE % {"queue": queue, "table": table} + more
    return Template(Path("template.yaml"), text)


@pytest.fixture
def stack(emulator: Clients) -> Iterator[Stack]:
    make_bucket(emulator, BUCKET)
    made = Stack(emulator, f"s-{uuid.uuid4().hex[:8]}")
    yield made
    made.delete(lambda _: None)
    for table in emulator["dynamodb"].list_tables()["TableNames"]:  # those that outlive the stack
        if table.startswith(PREFIX):
            emulator["dynamodb"].delete_table(TableName=table)


@pytest.fixture
def name() -> str:
    return f"{PREFIX}{uuid.uuid4().hex[:8]}"


def deploy(stack: Stack, wanted: Template, events: list[Event] | None = None) -> str:
    name = change_set_name()
    assert stack.propose(wanted, PARAMETERS, name)
    return stack.execute(name, [].append if events is None else events.append)


def test_a_change_set_that_is_discarded_leaves_nothing(stack: Stack, name: str) -> None:
    changes = stack.propose(template(name, name), PARAMETERS, "c")
    assert [(each.action, each.logical) for each in changes] == [("add", "Queue"), ("add", "Table")]
    stack.discard("c")
    assert stack.now().status == ""


def test_an_executed_one_tells_every_resource_and_then_nothing_changes(
    stack: Stack, name: str
) -> None:
    events: list[Event] = []
    assert deploy(stack, template(name, name), events) == "CREATE_COMPLETE"
    done = [e["LogicalResourceId"] for e in events if e["ResourceStatus"] == "CREATE_COMPLETE"]
    assert sorted(done[:2]) == ["Queue", "Table"]
    assert stack.propose(template(name, name), PARAMETERS, "d") == []


def test_an_update_tells_its_own_events_alone(stack: Stack, name: str) -> None:
    deploy(stack, template(name, name))
    events: list[Event] = []
    assert deploy(stack, template(f"{name}-2", name), events) == "UPDATE_COMPLETE"
    assert not [event for event in events if event["ResourceStatus"].startswith("CREATE")]


def test_a_replaced_queue_is_told_as_a_loss(stack: Stack, name: str) -> None:
    deploy(stack, template(name, name))
    (change,) = stack.propose(template(f"{name}-2", name), PARAMETERS, "d")
    assert (change.action, change.loses, change.properties) == (
        "replace",
        "messages",
        ("QueueName",),
    )
    stack.discard("d")


def test_an_update_that_fails_is_taken_back_and_names_its_own_cause(
    stack: Stack, name: str, emulator: Clients
) -> None:
    deploy(stack, template(name, name))
    for _ in range(2):
        change_set = change_set_name()
        stack.propose(template(name, name, BROKEN), PARAMETERS, change_set)
        with pytest.raises(
            LocalCloudError,
            match=r"ended as UPDATE_ROLLBACK_COMPLETE: Broken .*: .*no-such-role.*stands again",
        ):
            stack.execute(change_set, lambda _: None)
    assert stack.propose(template(name, name), PARAMETERS, "d") == []


def test_a_stack_whose_creation_failed_is_deleted_by_nobody_who_only_looks(
    stack: Stack, name: str
) -> None:
    stack.propose(template(name, name, BROKEN), PARAMETERS, "c")
    with pytest.raises(LocalCloudError, match=r"ended as ROLLBACK_COMPLETE: Broken"):
        stack.execute("c", lambda _: None)
    with pytest.raises(LocalCloudError, match=r"is ROLLBACK_COMPLETE: .* `clickstream destroy"):
        stack.propose(template(name, name), PARAMETERS, "d")
    assert stack.now().status == "ROLLBACK_COMPLETE"
    stack.delete(lambda _: None)
    assert deploy(stack, template(name, name)) == "CREATE_COMPLETE"


def test_a_table_that_outlived_its_stack_belongs_to_the_next(
    stack: Stack, name: str, emulator: Clients
) -> None:
    deploy(stack, template(name, name))
    emulator["dynamodb"].put_item(TableName=name, Item={"id": {"S": "kept"}})
    stack.delete(lambda _: None)
    changes = stack.propose(template(name, name), PARAMETERS, "c")
    assert {each.logical: each.action for each in changes} == {"Queue": "add", "Table": "import"}
    assert stack.execute("c", lambda _: None) == "CREATE_COMPLETE"
    assert emulator["dynamodb"].scan(TableName=name)["Items"] == [{"id": {"S": "kept"}}]


def test_a_template_that_is_refused_is_told(stack: Stack) -> None:
    with pytest.raises(LocalCloudError, match="deploy: the template was refused"):
        stack.propose(
            Template(Path("t"), "Resources: {A: {Type: AWS::SQS::Nothing}"), PARAMETERS, "c"
        )


def test_checkpoints_say_how_far_of_what_and_on_which_terms(emulator: Clients) -> None:
    make_bucket(emulator, BUCKET)
    files = {
        "offsets/9": "v1\n{}\nnot this one",
        "offsets/10": 'v1\n{}\n{"version": 1, "stream": "clickstream", "shards": {}}',
        "sessions/standing-9": '{"terms": {"gap": "1 seconds"}}',
        "sessions/standing-10": '{"terms": {"gap": "2 seconds"}}',
        "sessions/run-11/part": "",
    }
    for key, text in files.items():
        emulator["s3"].put_object(Bucket=BUCKET, Key=f"checkpoints/j/{key}", Body=text.encode())
    checkpoints = Checkpoints(emulator, BUCKET)
    assert checkpoints.read(f"s3://{BUCKET}/checkpoints/j/", "sessions") == Checkpoint(
        "v1", "clickstream", {"gap": "2 seconds"}
    )
    assert checkpoints.read(f"s3://{BUCKET}/checkpoints/none/", "sessions") == Checkpoint()
    assert Checkpoints(emulator, "no-such-bucket").read("s3://b/c/", None) == Checkpoint()


@pytest.fixture
def deployment(emulator: Clients) -> Iterator[Callable[..., Deployment]]:
    """Deployments of the template of this checkout to a stack and a bucket of their own."""
    environment = replace(load_environment("local"), stack="whole", bucket="artefacts-of-whole")
    make_bucket(emulator, environment.bucket)
    yield lambda **settings: Deployment(environment, emulator, load_template(), settings)
    Destruction(environment, emulator).run(lambda _: None, delete_data=True)


def test_the_template_is_proposed_deployed_refused_and_destroyed(
    deployment: Callable[..., Deployment], emulator: Clients
) -> None:
    first = deployment(ShardCount="1")
    looked_at = first.propose(ROOT, "look", upload=False)
    assert looked_at.uploaded == []
    first.discard(looked_at)
    proposal = first.propose(ROOT, "first")
    assert proposal.restarts == []
    assert first.execute(proposal, lambda _: None) == "CREATE_COMPLETE"
    assert "JobPackagesKey" in first.stack.now().parameters
    again = first.propose(ROOT, "again")
    assert (again.changes, again.restarts) == ([], [])
    emulator["s3"].put_object(
        Bucket="artefacts-of-whole",
        Key="checkpoints/click_sessions/sessions/standing-0",
        Body=b'{"terms": {"mode": "live", "gap": "60 seconds"}}',
    )
    with pytest.raises(LocalCloudError, match=r"SessionGap \(--gap\): found '1800 seconds'"):
        deployment().propose(ROOT, "second")
    with pytest.raises(LocalCloudError, match="JobPackagesKey: the deployment itself sets that"):
        deployment(JobPackagesKey="x").propose(ROOT, "third")
    with pytest.raises(LocalCloudError, match="no model at s3://artefacts-of-whole/models/"):
        deployment(ModelRepository="price-model").propose(ROOT, "fourth")
    plan = list(Destruction(first.environment, emulator).plan(delete_data=False))
    assert "table products: stays, with its items" in plan
    assert "bucket artefacts-of-whole: stays, with code, checkpoints, models and lake" in plan


def test_without_a_bucket_a_dry_run_says_how_to_make_it(emulator: Clients) -> None:
    environment = replace(load_environment("local"), stack="none", bucket="not-there-yet")
    nowhere = Deployment(environment, emulator, load_template(), {})
    with pytest.raises(LocalCloudError, match="make it with `aws s3 mb s3://not-there-yet`"):
        nowhere.propose(ROOT, "c", upload=False)


def test_what_is_not_there_is_not_destroyed(emulator: Clients) -> None:
    environment = replace(load_environment("local"), stack="never-was")
    with pytest.raises(LocalCloudError, match="no stack never-was in account 000000000000"):
        list(Destruction(environment, emulator).plan(delete_data=False))
