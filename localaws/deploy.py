"""Deploys `infra/template.yaml` through the CloudFormation API, as it is deployed to AWS."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.environment import REGION
from localaws.errors import LocalCloudError
from localaws.packaging import Artefact, build_artefacts
from localaws.waiting import wait_until

STACK = "clickstream"
BUCKET = "clickstream-artefacts"
# CloudFormation takes a template of at most this many bytes in the request, else from S3.
_BODY_LIMIT = 51_200
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
_DEPLOY_SECONDS = 60.0


def upload(clients: Clients, root: Path, work: Path, bucket: str = BUCKET) -> dict[str, str]:
    """Build and upload the jobs' scripts, their packages and the functions' code.

    Returns:
        The template's parameters that name them; changed code is a changed key, and an update.

    Raises:
        LocalCloudError: a part of the repository or of the set-up is missing, or the bucket is
            somebody else's.
    """
    artefacts = build_artefacts(root, work)
    make_bucket(clients, bucket)
    upload_artefacts(clients, artefacts.values(), bucket)
    return keys_of(artefacts, bucket)


def keys_of(artefacts: Mapping[str, Artefact], bucket: str) -> dict[str, str]:
    """The template's parameters that name the artefacts and their bucket."""
    return {"ArtefactBucket": bucket, **{name: a.key for name, a in artefacts.items()}}


def make_bucket(clients: Clients, bucket: str) -> None:
    """Make the bucket unless it is there.

    Raises:
        LocalCloudError: it is somebody else's.
    """
    # us-east-1 is the one region that must not be named.
    region = {} if clients.region == REGION else {"LocationConstraint": clients.region}
    place = {"CreateBucketConfiguration": region} if region else {}
    try:
        clients["s3"].create_bucket(Bucket=bucket, **place)
    except ClientError as error:
        if _code(error) == "BucketAlreadyExists":
            raise LocalCloudError(
                f"bucket {bucket}: another account has one of that name; name another"
            ) from error
        if _code(error) != "BucketAlreadyOwnedByYou":
            raise


def upload_artefacts(clients: Clients, artefacts: Iterable[Artefact], bucket: str) -> list[str]:
    """Upload what is not there yet; its keys. A key names its content, so what is there is right.

    Raises:
        ClientError: the bucket cannot be written to.
    """
    missing = [each for each in artefacts if not has_object(clients, bucket, each.key)]
    for artefact in missing:
        body = artefact.path.read_bytes()
        clients["s3"].put_object(Bucket=bucket, Key=artefact.key, Body=body)
    return [artefact.key for artefact in missing]


def has_object(clients: Clients, bucket: str, key: str) -> bool:
    """Whether the bucket has an object of that key."""
    try:
        clients["s3"].head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _code(error) in ("404", "NoSuchKey", "NotFound"):
            return False
        raise
    return True


def deploy(
    clients: Clients, template: Path, parameters: Mapping[str, str], stack: str = STACK
) -> None:
    """Create the stack, or update it, and wait.

    Raises:
        LocalCloudError: it failed; the message names the resource and the reason.
    """
    if not template.is_file():
        raise LocalCloudError(f"deploy: no template at {template}; run from a checkout")
    request = {
        "StackName": stack,
        "Capabilities": CAPABILITIES,
        "Parameters": parameter_list(parameters),
        **template_source(clients, template.read_text(), parameters["ArtefactBucket"]),
    }
    _submit(clients["cloudformation"], request)
    _wait(clients["cloudformation"], stack)


def parameter_list(parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """The parameters as CloudFormation takes them."""
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]


def stack_output(clients: Clients, name: str, stack: str = STACK) -> str:
    """What the deployed stack gives under that name.

    Raises:
        LocalCloudError: it gives nothing of that name.
    """
    (found,) = clients["cloudformation"].describe_stacks(StackName=stack)["Stacks"]
    for output in found.get("Outputs", ()):
        if output["OutputKey"] == name:
            return str(output["OutputValue"])
    raise LocalCloudError(f"stack {stack}: no output {name}; deploy the template of this checkout")


def template_source(clients: Clients, text: str, bucket: str) -> dict[str, str]:
    """The template for a request: its text, or its URL once the bucket has it."""
    if len(text.encode()) <= _BODY_LIMIT:
        return {"TemplateBody": text}
    key = f"templates/clickstream-{hashlib.sha256(text.encode()).hexdigest()[:16]}.yaml"
    clients["s3"].put_object(Bucket=bucket, Key=key, Body=text.encode())
    endpoint = clients.endpoint or f"https://s3.{clients.region}.amazonaws.com"
    return {"TemplateURL": f"{endpoint}/{bucket}/{key}"}


def _submit(cloudformation: Any, request: Mapping[str, Any]) -> None:
    try:
        cloudformation.create_stack(**request)
    except ClientError as error:
        if _code(error) != "AlreadyExistsException":
            raise LocalCloudError(f"deploy: the template was refused: {error}") from error
        _update(cloudformation, request)


def _update(cloudformation: Any, request: Mapping[str, Any]) -> None:
    try:
        cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates" not in str(error):
            raise LocalCloudError(f"deploy: the template was refused: {error}") from error


def _wait(cloudformation: Any, stack: str) -> None:
    def status() -> str:
        return str(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"])

    wait_until(
        lambda: not status().endswith("_IN_PROGRESS"),
        _DEPLOY_SECONDS,
        lambda: f"deploy: stack {stack} is still {status()} after {_DEPLOY_SECONDS:g} s",
        interval=0.05,
    )
    if status() not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise LocalCloudError(
            f"deploy: stack {stack} ended as {status()}:"
            f" {earliest_failure(cloudformation.describe_stack_events(StackName=stack))}"
        )


def earliest_failure(answer: Mapping[str, Any]) -> str:
    """The earliest failure among the events, newest first: later ones follow from it."""
    failed = [e for e in answer["StackEvents"] if e["ResourceStatus"].endswith("_FAILED")]
    for event in reversed(failed):
        reason = event.get("ResourceStatusReason")
        if reason:
            return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
    return "no resource gave a reason; see logs/emulator.log"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
