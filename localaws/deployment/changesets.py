"""CloudFormation change sets: made, looked at, and executed or deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.deploy import CAPABILITIES, earliest_failure, parameter_list, template_source
from localaws.deployment.changes import Change, changes_of
from localaws.deployment.template import Template
from localaws.errors import LocalCloudError
from localaws.waiting import wait_until

# A SageMaker endpoint takes about ten minutes; CloudFormation itself gives up after hours.
_EXECUTION_SECONDS = 3_600.0
_CREATION_SECONDS = 300.0
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
Event = Mapping[str, Any]
Progress = Callable[[Event], None]


@dataclass(frozen=True)
class StackNow:
    """A stack as it stands: nothing of it when `status` is empty."""

    status: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def deployed(self) -> bool:
        """Whether there is something that an update would change."""
        return bool(self.status) and self.status not in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")


class Stack:
    """A stack of an environment, by its change sets.

    `pause` is the time between two looks, seconds: AWS refuses those who look too often.
    """

    def __init__(self, clients: Clients, name: str) -> None:
        self.name = name
        self._clients = clients
        self._cloudformation: Any = clients["cloudformation"]
        self._pause = 0.1 if clients.endpoint else 3.0

    def now(self) -> StackNow:
        """How it stands."""
        try:
            (found,) = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return StackNow()
            raise
        listed = found.get("Parameters", ())
        parameters = {each["ParameterKey"]: each["ParameterValue"] for each in listed}
        return StackNow(found["StackStatus"], parameters)

    def propose(
        self, template: Template, parameters: Mapping[str, str], change_set: str
    ) -> list[Change]:
        """Make a change set of that name and wait for it; nothing is changed yet.

        Returns:
            What it would do; nothing, and there is no change set, when all is as it should be.

        Raises:
            LocalCloudError: the template was refused, or the stack cannot be updated now.
        """
        now = self.now()
        self._check_idle(now)
        request = {
            "StackName": self.name,
            "ChangeSetName": change_set,
            "ChangeSetType": "UPDATE" if now.deployed else "CREATE",
            "Capabilities": CAPABILITIES,
            "Parameters": parameter_list(parameters),
            # Tables that outlived an earlier stack belong to the new one.
            "ImportExistingResources": not now.deployed,
            **template_source(self._clients, template.text, parameters["ArtefactBucket"]),
        }
        try:
            self._cloudformation.create_change_set(**request)
        except ClientError as error:
            raise LocalCloudError(f"deploy: the template was refused: {error}") from error
        return self._changes(change_set)

    def execute(self, change_set: str, progress: Progress) -> str:
        """Execute a change set and wait, telling each event; the stack's status at the end.

        Raises:
            LocalCloudError: it failed; the message names the earliest cause, and says what stands.
        """
        known = {event["EventId"] for event in self._events()}
        self._cloudformation.execute_change_set(StackName=self.name, ChangeSetName=change_set)
        status = self._follow(known, progress)
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            raise LocalCloudError(f"deploy: stack {self.name}: {self._failure(known, status)}")
        return status

    def discard(self, change_set: str) -> None:
        """Delete a change set, and the empty stack that it was made with, if it was."""
        self._cloudformation.delete_change_set(StackName=self.name, ChangeSetName=change_set)
        if self.now().status == "REVIEW_IN_PROGRESS":
            self.delete(lambda _: None)

    def delete(self, progress: Progress) -> None:
        """Delete the stack and wait.

        Raises:
            LocalCloudError: a resource could not be deleted; the message names it.
        """
        known = {event["EventId"] for event in self._events()}
        self._cloudformation.delete_stack(StackName=self.name)
        status = self._follow(known, progress)
        if status not in ("", "DELETE_COMPLETE"):
            raise LocalCloudError(f"destroy: stack {self.name}: {self._failure(known, status)}")

    def resources(self) -> list[Mapping[str, Any]]:
        """What it consists of: LogicalResourceId, PhysicalResourceId, ResourceType, ..."""
        pages = self._cloudformation.get_paginator("list_stack_resources")
        return [
            each
            for page in pages.paginate(StackName=self.name)
            for each in page["StackResourceSummaries"]
        ]

    def _check_idle(self, now: StackNow) -> None:
        if now.status.endswith("_IN_PROGRESS") and now.status != "REVIEW_IN_PROGRESS":
            raise LocalCloudError(
                f"deploy: stack {self.name} is {now.status}: somebody else changes it; try again"
                " when that is done"
            )
        if now.status == "ROLLBACK_COMPLETE":
            # It takes nothing but its deletion, which nobody has agreed to yet.
            raise LocalCloudError(
                f"deploy: stack {self.name} is {now.status}: its creation failed, and nothing of it"
                " stands; first `clickstream destroy --env ...`, then deploy again"
            )
        if now.status.endswith("_FAILED"):
            raise LocalCloudError(
                f"deploy: stack {self.name} is {now.status}: first"
                f" `aws cloudformation continue-update-rollback --stack-name {self.name}`,"
                " or delete it"
            )

    def _changes(self, change_set: str) -> list[Change]:
        found = self._wait_for(change_set)
        if found["Status"] == "FAILED":
            self.discard(change_set)
            reason = str(found.get("StatusReason", ""))
            if any(text in reason for text in _NO_CHANGES):
                return []
            raise LocalCloudError(f"deploy: the change set was refused: {reason}")
        changes = list(found["Changes"])
        while token := found.get("NextToken"):
            found = self._describe(change_set, NextToken=token)
            changes += found["Changes"]
        return changes_of(changes)

    def _wait_for(self, change_set: str) -> Mapping[str, Any]:
        wait_until(
            lambda: not self._describe(change_set)["Status"].endswith(("_PENDING", "_IN_PROGRESS")),
            _CREATION_SECONDS,
            lambda: f"deploy: no change set after {_CREATION_SECONDS:g} s; look at the console",
            interval=self._pause,
        )
        return self._describe(change_set)

    def _describe(self, change_set: str, **more: Any) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._cloudformation.describe_change_set(
            StackName=self.name, ChangeSetName=change_set, **more
        )
        return found

    def _follow(self, known: set[str], progress: Progress) -> str:
        """Tell each event that is not known until the operation has ended; how it ended."""
        told = set(known)

        def ended() -> bool:
            status = self.now().status
            for event in reversed([e for e in self._events() if e["EventId"] not in told]):
                told.add(event["EventId"])
                progress(event)
            # Before its first event the stack still has the status of the operation before.
            started = len(told) > len(known) or not status
            return started and not status.endswith("_IN_PROGRESS")

        wait_until(
            ended,
            _EXECUTION_SECONDS,
            lambda: f"stack {self.name}: still {self.now().status}; CloudFormation goes on alone",
            interval=self._pause,
        )
        return self.now().status

    def _failure(self, known: set[str], status: str) -> str:
        events = [event for event in self._events() if event["EventId"] not in known]
        cause = earliest_failure({"StackEvents": events})
        stands = (
            "what was deployed before stands again"
            if status == "UPDATE_ROLLBACK_COMPLETE"
            else f"see `aws cloudformation describe-stack-events --stack-name {self.name}`"
        )
        return f"ended as {status}: {cause}; {stands}"

    def _events(self) -> Iterator[Event]:
        """Its events, the newest first."""
        pages = self._cloudformation.get_paginator("describe_stack_events")
        try:
            for page in pages.paginate(StackName=self.name):
                yield from page["StackEvents"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
