"""Deploys `infra/template.yaml` through the CloudFormation API, as it is deployed to AWS."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.packaging import build_artefacts
from localaws.waiting import wait_until

STACK = "clickstream"
BUCKET = "clickstream-artefacts"
# CloudFormation takes a template of at most this many bytes in the request, else from S3.
_BODY_LIMIT = 51_200
_DEPLOY_SECONDS = 60.0


def upload(clients: Clients, root: Path, work: Path, bucket: str = BUCKET) -> dict[str, str]:
    """Build and upload the jobs' scripts, their packages and the functions' code.

    Returns:
        The template's parameters that name them; changed code is a changed key, and an update.

    Raises:
        LocalCloudError: a part of the repository or of the set-up is missing.
    """
    artefacts = build_artefacts(root, work)
    _make_bucket(clients, bucket)
    for artefact in artefacts.values():
        body = artefact.path.read_bytes()
        clients["s3"].put_object(Bucket=bucket, Key=artefact.key, Body=body)
    return {"ArtefactBucket": bucket, **{name: a.key for name, a in artefacts.items()}}


def _make_bucket(clients: Clients, bucket: str) -> None:
    try:
        clients["s3"].create_bucket(Bucket=bucket)
    except ClientError as error:
        if _code(error) not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise


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
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        **_template(clients, template, parameters["ArtefactBucket"]),
    }
    _submit(clients["cloudformation"], stack, request)
    _wait(clients["cloudformation"], stack)


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


def _template(clients: Clients, template: Path, bucket: str) -> dict[str, str]:
    text = template.read_text()
    if len(text.encode()) <= _BODY_LIMIT:
        return {"TemplateBody": text}
    key = f"templates/clickstream-{hashlib.sha256(text.encode()).hexdigest()[:16]}.yaml"
    clients["s3"].put_object(Bucket=bucket, Key=key, Body=text.encode())
    return {"TemplateURL": f"{clients.endpoint}/{bucket}/{key}"}


def _submit(cloudformation: Any, stack: str, request: Mapping[str, Any]) -> None:
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
            f"deploy: stack {stack} ended as {status()}: {_reason(cloudformation, stack)}"
        )


def _reason(cloudformation: Any, stack: str) -> str:
    """The earliest failure: later ones follow from it."""
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [e for e in events if e["ResourceStatus"].endswith("_FAILED")]
    for event in reversed(failed):
        reason = event.get("ResourceStatusReason")
        if reason:
            return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
    return "no resource gave a reason; see logs/emulator.log"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
