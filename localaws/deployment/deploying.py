"""One deployment: checked, uploaded, proposed as a change set, and executed when it is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.deploy import has_object, keys_of, make_bucket, upload_artefacts
from localaws.deployment.changes import Change
from localaws.deployment.changesets import Progress, Stack
from localaws.deployment.checkpoints import Checkpoints
from localaws.deployment.definitions import (
    Resolver,
    is_changed,
    is_elsewhere,
    streaming_definitions,
)
from localaws.deployment.environments import Environment
from localaws.deployment.parameters import check_parameters
from localaws.deployment.preflight import check_continuation
from localaws.deployment.template import Template
from localaws.errors import LocalCloudError
from localaws.packaging import Artefact, build_artefacts


@dataclass(frozen=True)
class Proposal:
    """What a deployment would do.

    Attributes:
        change_set: its name; there is none when nothing changes.
        uploaded: keys of the artefacts that the bucket did not have.
        restarts: streaming jobs whose runs go on with what they have until they are started anew.
        anew: of these, those that are given another checkpoint.
    """

    change_set: str
    changes: list[Change]
    uploaded: list[str]
    restarts: list[str]
    anew: list[str]


class Deployment:
    """Deploys the template of a checkout to an environment.

    `settings` are parameters that win over those of the environment's file.
    """

    def __init__(
        self,
        environment: Environment,
        clients: Clients,
        template: Template,
        settings: Mapping[str, str],
    ) -> None:
        self.environment = environment
        self.stack = Stack(clients, environment.stack)
        self._clients = clients
        self._template = template
        self._settings = settings

    def propose(self, root: Path, change_set: str, *, upload: bool = True) -> Proposal:
        """Check everything, upload what the bucket lacks, and make a change set.

        Without `upload` the template alone goes to the bucket, for CloudFormation reads it there.

        Raises:
            LocalCloudError: a parameter is not right, a job could not go on from its checkpoint,
                or the template was refused; nothing has been changed then.
        """
        with TemporaryDirectory() as work:
            artefacts = build_artefacts(root, Path(work))
            parameters = self._parameters(artefacts)
            self._check_model(parameters)
            definitions = streaming_definitions(self._template, parameters)
            check_continuation(definitions, Checkpoints(self._clients, self.environment.bucket))
            uploaded = self._upload(artefacts) if upload else self._expect_bucket()
        changes = self.stack.propose(self._template, parameters, change_set)
        before = [(each, self._deployed(each.name)) for each in definitions]
        return Proposal(
            change_set,
            changes,
            uploaded,
            restarts=[each.name for each, job in before if job and is_changed(each, job)],
            anew=[each.name for each, job in before if job and is_elsewhere(each, job)],
        )

    def execute(self, proposal: Proposal, progress: Progress) -> str:
        """Do it, and wait; the stack's status.

        Raises:
            LocalCloudError: it failed, and CloudFormation has taken it back.
        """
        return self.stack.execute(proposal.change_set, progress)

    def discard(self, proposal: Proposal) -> None:
        """Leave everything as it is."""
        if proposal.changes:
            self.stack.discard(proposal.change_set)

    def _parameters(self, artefacts: Mapping[str, Artefact]) -> dict[str, str]:
        declared = self._template.parameters
        # On this machine the settings of `up` stay; an account has what its file says, and no more.
        stay = self.stack.now().parameters if self.environment.is_local else {}
        own = {**self.environment.parameters, **self._settings}
        keys = keys_of(artefacts, self.environment.bucket)
        taken = sorted(keys.keys() & own.keys())
        if taken:
            raise LocalCloudError(
                f"{self.environment.file}: {', '.join(taken)}: the deployment itself sets that;"
                " take it out"
            )
        kept = {name: value for name, value in stay.items() if name in declared}
        parameters = kept | own | keys
        check_parameters(declared, parameters, str(self.environment.file))
        return parameters

    def _check_model(self, parameters: Mapping[str, str]) -> None:
        """The endpoint of a new stack would wait ten minutes for an artefact that is not there."""
        repository = Resolver(self._template, parameters).text({"Ref": "ModelRepository"})
        key = Resolver(self._template, parameters).text({"Ref": "ModelDataKey"}) or ""
        bucket = self.environment.bucket
        if repository and not has_object(self._clients, bucket, key):
            raise LocalCloudError(
                f"{self.environment.file}: ModelRepository: found {repository!r}, but there is no"
                f" model at s3://{bucket}/{key}: put one there (docs/guides/deploy.md),"
                " or leave ModelRepository out"
            )

    def _upload(self, artefacts: Mapping[str, Artefact]) -> list[str]:
        make_bucket(self._clients, self.environment.bucket)
        return upload_artefacts(self._clients, artefacts.values(), self.environment.bucket)

    def _expect_bucket(self) -> list[str]:
        bucket = self.environment.bucket
        try:
            self._clients["s3"].head_bucket(Bucket=bucket)
        except ClientError as error:
            raise LocalCloudError(
                f"deploy: no bucket {bucket} ({error}), and CloudFormation reads the template from"
                f" it: make it with `aws s3 mb s3://{bucket}`; a deployment without --dry-run"
                " makes it itself"
            ) from error
        return []

    def _deployed(self, name: str) -> Mapping[str, Any] | None:
        """A job as it is deployed; None of one that is not."""
        try:
            found: Mapping[str, Any] = self._clients["glue"].get_job(JobName=name)["Job"]
        except self._clients["glue"].exceptions.EntityNotFoundException:
            return None
        return found
