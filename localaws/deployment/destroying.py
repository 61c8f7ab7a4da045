"""The end of a deployment: the stack goes, and what people cannot make again stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.deployment.changesets import Progress, Stack
from localaws.deployment.environments import Environment
from localaws.deployment.template import load_template
from localaws.errors import LocalCloudError

_RETAINED = ("Retain", "RetainExceptOnCreate")
_LEFT = ("DELETE_SKIPPED", "DELETE_COMPLETE")


class Destruction:
    """Deletes the stack of an environment."""

    def __init__(self, environment: Environment, clients: Clients) -> None:
        self._environment = environment
        self._clients = clients
        self._stack = Stack(clients, environment.stack)
        self._template = load_template()

    def plan(self, *, delete_data: bool) -> Iterator[str]:
        """What would go and what would stay, a line each.

        Raises:
            LocalCloudError: there is no such stack, nor data of one that was to go with it.
        """
        kept = self._kept_tables()
        if self._stands():
            yield f"stack {self._environment.stack}: {len(self._resources())} resources go"
            if self._environment.is_local:
                yield "the job that runs here fails without them, and `clickstream up` ends with it"
        elif not delete_data or not (kept or self._has_bucket()):
            raise LocalCloudError(self._nothing(kept))
        else:
            yield f"stack {self._environment.stack}: has gone; what it left behind follows"
        fate = "goes too" if delete_data else "stays"
        for table in kept:
            yield f"table {table}: {fate}, with its items"
        yield f"bucket {self._environment.bucket}: {fate}, with code, checkpoints, models and lake"

    def run(self, progress: Progress, *, delete_data: bool) -> None:
        """Stop the jobs and delete the stack; then the data, if that was asked for.

        Raises:
            LocalCloudError: a resource could not be deleted; the message names it. The same
                command goes on from there.
        """
        tables = self._kept_tables()
        if self._stands():
            self._stop_runs()
            self._stack.delete(progress)
        if delete_data:
            for table in tables:
                self._clients["dynamodb"].delete_table(TableName=table)
            self._delete_bucket()

    def _stands(self) -> bool:
        return self._stack.now().deployed

    def _kept_tables(self) -> list[str]:
        """The tables that outlive the stack; once it has gone, those that it left behind."""
        retained = {
            logical: properties["TableName"]
            for logical, properties in self._template.of_type("AWS::DynamoDB::Table")
            if self._template.resources[logical].get("DeletionPolicy") in _RETAINED
        }
        if not self._stands():
            return sorted(name for name in retained.values() if self._is_left(name))
        return sorted(
            each["PhysicalResourceId"]
            for each in self._resources()
            if each["LogicalResourceId"] in retained
        )

    def _resources(self) -> list[Mapping[str, Any]]:
        """What the stack consists of still, after a creation or a deletion that failed too."""
        listed = self._stack.resources()
        return [each for each in listed if each["ResourceStatus"] != "DELETE_COMPLETE"]

    def _is_left(self, table: str) -> bool:
        """Whether it is there, and of no other stack of this account."""
        try:
            self._clients["dynamodb"].describe_table(TableName=table)
            found = self._clients["cloudformation"].describe_stack_resources(
                PhysicalResourceId=table
            )["StackResources"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return False
            if "does not exist" in str(error):
                return True
            raise
        # A stack that has gone is remembered for a while, what it left behind with it.
        return all(each["ResourceStatus"] in _LEFT for each in found)

    def _has_bucket(self) -> bool:
        try:
            self._clients["s3"].head_bucket(Bucket=self._environment.bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
                return False
            raise
        return True

    def _nothing(self, kept: list[str]) -> str:
        environment = self._environment
        left = f"; `--delete-data` deletes what it left: {', '.join(kept)}" if kept else ""
        return (
            f"destroy: no stack {environment.stack} in account"
            f" {environment.account}, {environment.region}{left}"
        )

    def _stop_runs(self) -> None:
        """Stop what runs: a run goes on without its job, and fails on what is gone."""
        glue = self._clients["glue"]
        for resource in self._resources():
            if resource["ResourceType"] == "AWS::Glue::Job":
                name = resource["PhysicalResourceId"]
                runs = glue.get_job_runs(JobName=name)["JobRuns"]
                going = [run["Id"] for run in runs if _goes_on(run)]
                if going:
                    glue.batch_stop_job_run(JobName=name, JobRunIds=going)

    def _delete_bucket(self) -> None:
        if not self._has_bucket():
            return
        s3, bucket = self._clients["s3"], self._environment.bucket
        pages = s3.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            if keys:
                self._check(s3.delete_objects(Bucket=bucket, Delete=_quietly(keys)))
        try:
            s3.delete_bucket(Bucket=bucket)
        except ClientError as error:
            raise LocalCloudError(
                f"destroy: bucket {bucket}: {error}; somebody writes to it still: try again"
            ) from error

    def _check(self, answer: Mapping[str, Any]) -> None:
        """Amazon S3 says of each object why it stays, in an answer that is no error."""
        if errors := answer.get("Errors"):
            first = errors[0]
            raise LocalCloudError(
                f"destroy: bucket {self._environment.bucket}: {len(errors)} objects stay, such as"
                f" {first['Key']}: {first.get('Code')}: {first.get('Message')}; mend that, then"
                " give the same command again"
            )


def _quietly(keys: list[dict[str, str]]) -> dict[str, Any]:
    return {"Objects": keys, "Quiet": True}


def _goes_on(run: Mapping[str, Any]) -> bool:
    return run["JobRunState"] in ("STARTING", "RUNNING", "WAITING")
