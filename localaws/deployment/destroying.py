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


class Destruction:
    """Deletes the stack of an environment."""

    def __init__(self, environment: Environment, clients: Clients) -> None:
        self._environment = environment
        self._clients = clients
        self._stack = Stack(clients, environment.stack)

    def plan(self, *, delete_data: bool) -> Iterator[str]:
        """What would go and what would stay, a line each.

        Raises:
            LocalCloudError: there is no such stack.
        """
        if not self._stack.now().deployed:
            raise LocalCloudError(
                f"destroy: no stack {self._environment.stack} in account"
                f" {self._environment.account}, {self._environment.region}"
            )
        fate = "goes too" if delete_data else "stays"
        kept = self._kept_tables()
        yield f"stack {self._environment.stack}: {len(self._stack.resources())} resources go"
        if self._environment.is_local:
            yield "the job that runs here fails without them, and `clickstream up` ends with it"
        for table in kept:
            yield f"table {table}: {fate}, with its items"
        yield f"bucket {self._environment.bucket}: {fate}, with code, checkpoints, models and lake"

    def run(self, progress: Progress, *, delete_data: bool) -> None:
        """Stop the jobs and delete the stack; then the data, if that was asked for.

        Raises:
            LocalCloudError: a resource could not be deleted; the message names it.
        """
        tables = self._kept_tables()
        self._stop_runs()
        self._stack.delete(progress)
        if delete_data:
            for table in tables:
                self._clients["dynamodb"].delete_table(TableName=table)
            self._delete_bucket()

    def _kept_tables(self) -> list[str]:
        """The tables of the stack that outlive it."""
        resources = load_template().resources
        return sorted(
            each["PhysicalResourceId"]
            for each in self._stack.resources()
            if each["ResourceType"] == "AWS::DynamoDB::Table"
            and resources.get(each["LogicalResourceId"], {}).get("DeletionPolicy") in _RETAINED
        )

    def _stop_runs(self) -> None:
        """Stop what runs: a run goes on without its job, and fails on what is gone."""
        glue = self._clients["glue"]
        for resource in self._stack.resources():
            if resource["ResourceType"] == "AWS::Glue::Job":
                name = resource["PhysicalResourceId"]
                runs = glue.get_job_runs(JobName=name)["JobRuns"]
                going = [run["Id"] for run in runs if _goes_on(run)]
                if going:
                    glue.batch_stop_job_run(JobName=name, JobRunIds=going)

    def _delete_bucket(self) -> None:
        s3, bucket = self._clients["s3"], self._environment.bucket
        pages = s3.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            keys = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            if keys:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        try:
            s3.delete_bucket(Bucket=bucket)
        except ClientError as error:
            raise LocalCloudError(
                f"destroy: bucket {bucket}: {error}; somebody writes to it still: try again"
            ) from error


def _goes_on(run: Mapping[str, Any]) -> bool:
    return run["JobRunState"] in ("STARTING", "RUNNING", "WAITING")
