"""A deployment whose jobs could not go on from their checkpoints is refused, job by job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from glue_jobs import ctr_batch, session_batch
from glue_jobs.click_sessions import Options as SessionOptions
from glue_jobs.ctr_anomalies import Options as CtrOptions
from glue_jobs.ctr_batch import detector_of
from localaws.deployment.checkpoints import Checkpoint
from localaws.deployment.definitions import (
    Definition,
    is_changed,
    is_elsewhere,
    streaming_definitions,
)
from localaws.deployment.preflight import check_continuation
from localaws.deployment.template import load_template
from localaws.deployment.terms import ctr_terms, session_terms
from localaws.errors import LocalCloudError
from transforms.detectors import profiles

TEMPLATE = load_template()
GIVEN = {name: "x" for name, rule in TEMPLATE.parameters.items() if "Default" not in rule}


def definitions(**parameters: str) -> dict[str, Definition]:
    found = streaming_definitions(TEMPLATE, {**GIVEN, "ArtefactBucket": "b", **parameters})
    return {definition.name: definition for definition in found}


class Checkpoints:
    """Checkpoints by path; one that is not named is not there."""

    def __init__(self, found: Mapping[str, Checkpoint]) -> None:
        self.found = found

    def read(self, path: str, folder: str | None) -> Checkpoint:
        return self.found.get(path, Checkpoint())


def check(found: Mapping[str, Checkpoint], **parameters: str) -> None:
    checkpoints: Any = Checkpoints({f"s3://b/checkpoints/{k}/": v for k, v in found.items()})
    check_continuation(definitions(**parameters).values(), checkpoints)


SESSIONS = Checkpoint(
    version="v1",
    stream="clickstream",
    terms={
        "mode": "live",
        "gap": "1800 seconds",
        "max-length": "86400 seconds",
        "allowed-lateness": "60 seconds",
        "history": "0 seconds",
    },
)
CTR = Checkpoint("v1", "browser_actions", ctr_terms({"--profile": "default"}))
PRICES = Checkpoint("v1", "clickstream")
CLICKS = Checkpoint("v1", "clickstream")
ALL = {
    "click_archive": CLICKS,
    "click_sessions": SESSIONS,
    "ctr_anomalies": CTR,
    "price_candidates": PRICES,
}


def test_every_streaming_job_is_checked() -> None:
    assert definitions().keys() == ALL.keys()


def test_the_jobs_of_the_template_go_on_from_their_own_checkpoints() -> None:
    check(ALL)


def test_a_first_deployment_has_no_checkpoints() -> None:
    check({})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"SessionGap": "10 minutes"},
            r"click_sessions: parameter SessionGap \(--gap\): found '600 seconds'; what stands"
            r" beside the checkpoint was made with '1800 seconds'; give that, or start anew from"
            r" the stream's oldest record with ClickSessionsCheckpoint=click_sessions-2",
        ),
        ({"SessionMode": "closed"}, r"SessionMode \(--mode\): found 'closed'; .* with 'live'"),
        ({"SessionLateness": "1 hour"}, r"SessionLateness \(--allowed-lateness\): found '3600 s"),
        ({"SessionHistory": "1 day"}, r"SessionHistory \(--history\): found '86400 seconds'"),
        ({"SessionMaxLength": "2 hours"}, r"SessionMaxLength \(--max-length\): found '7200 sec"),
        ({"CtrProfile": "lab"}, r"ctr_anomalies: parameter CtrProfile \(--profile\): found 'lab;"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_terms_that_state_was_not_made_with_are_refused(
    parameters: dict[str, str], message: str
) -> None:
    with pytest.raises(LocalCloudError, match=message):
        check(ALL, **parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {"SessionGap": "1800 seconds"},
        {"SessionWindow": "1 minute"},
        {"Window": "10 seconds", "AllowedLateness": "1 hour"},
        {"CtrLateness": "1 minute", "CtrClearAfter": "5 minutes"},
        {"SessionGap": "10 minutes", "ClickSessionsCheckpoint": "click_sessions-2"},
    ],
    ids=str,
)
def test_what_state_does_not_depend_on_and_a_new_checkpoint_are_allowed(
    parameters: dict[str, str],
) -> None:
    check(ALL, **parameters)


@pytest.mark.parametrize("job", sorted(ALL))
def test_positions_of_another_stream_are_refused(job: str) -> None:
    stream = definitions()[job].stream
    with pytest.raises(
        LocalCloudError,
        match=rf"{job}: --table: found the stream '{stream}'; .* positions of 'another'; give",
    ):
        check({job: replace(ALL[job], stream="another")})


@pytest.mark.parametrize("job", sorted(ALL))
def test_a_checkpoint_of_another_format_is_refused(job: str) -> None:
    with pytest.raises(LocalCloudError, match=rf"{job}: .*of format 'v9'; the job reads 'v1'"):
        check({job: replace(ALL[job], version="v9")})


def test_positions_that_do_not_say_of_which_stream_are_not_compared() -> None:
    check({"price_candidates": Checkpoint("v1", None)})


def test_every_job_that_cannot_go_on_is_told_at_once() -> None:
    with pytest.raises(LocalCloudError) as error:
        check(ALL, SessionGap="10 minutes", CtrProfile="lab")
    assert [line.split(":")[0].strip() for line in str(error.value).splitlines()] == [
        "deploy",
        "click_sessions",
        "ctr_anomalies",
    ]


def options(kind: Any, arguments: Mapping[str, str]) -> Any:
    """The options of a job as its script reads the arguments of its definition."""
    names = {field.replace("_", "-") for field in kind.__dataclass_fields__}
    given = {name[2:]: text for name, text in arguments.items() if name[2:] in names}
    return kind.from_texts({"JOB_NAME": "j", "lambda-function": "f", **given})


@pytest.mark.parametrize(
    "parameters", [{}, {"SessionGap": "2 hours", "SessionMode": "lab"}], ids=str
)
def test_the_terms_of_sessions_are_those_that_the_job_itself_checks(
    parameters: dict[str, str],
) -> None:
    arguments = definitions(**parameters)["click_sessions"].arguments
    assert session_terms(arguments) == session_batch.terms_of(options(SessionOptions, arguments))


@pytest.mark.parametrize("profile", ["lab", "default"])
def test_the_terms_of_click_through_rates_are_those_that_the_job_itself_checks(
    profile: str,
) -> None:
    arguments = definitions(CtrProfile=profile)["ctr_anomalies"].arguments
    batches = ctr_batch.CtrBatches(
        glue=None,  # type: ignore[arg-type]  # nothing is read
        options=options(CtrOptions, arguments),
        declared=None,  # type: ignore[arg-type]
        sink=None,  # type: ignore[arg-type]
    )
    expected = "; ".join(profiles.terms(detector_of(batches.options)).values())
    assert ctr_terms(arguments) == {"profile": expected}


def test_a_definition_has_the_arguments_that_the_deployed_job_will_have() -> None:
    found = definitions(SessionGap="5 minutes", ClickSessionsScriptKey="scripts/s.py")
    sessions = found["click_sessions"]
    assert sessions.script == "s3://b/scripts/s.py"
    assert sessions.arguments["--gap"] == "5 minutes"
    assert sessions.arguments["--table"] == "clickstream"
    assert sessions.arguments["--lambda-function"] == "session_writer"
    assert sessions.arguments["--checkpoint-path"] == "s3://b/checkpoints/click_sessions/"
    assert found["ctr_anomalies"].stream == "browser_actions"


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({}, False),
        ({"Command": {"ScriptLocation": "s3://b/other.py"}}, True),
        ({"DefaultArguments": {}}, True),
        ({"NumberOfWorkers": 3}, True),
        ({"WorkerType": "G.2X"}, True),
        ({"GlueVersion": "5.1"}, True),
        ({"Timeout": 5}, False),
    ],
    ids=str,
)
def test_a_job_is_started_anew_for_code_arguments_and_machine(
    change: dict[str, Any], changed: bool
) -> None:
    new = definitions()["click_sessions"]
    new = replace(new, sources={**new.sources, "--only-the-stack-knows": ()})
    assert is_changed(new, {**deployed_as(new), **change}) is changed


def test_a_job_is_started_anew_without_an_argument_that_was_taken_out() -> None:
    new = definitions()["click_sessions"]
    assert is_changed(new, deployed_as(new))


def deployed_as(new: Definition) -> dict[str, Any]:
    """The job as it is deployed, with one argument more."""
    return {
        "Command": {"ScriptLocation": new.script},
        "DefaultArguments": {**new.arguments, "--only-the-stack-knows": "x"},
        "GlueVersion": "6.0",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
    }


def test_another_checkpoint_is_a_start_anew() -> None:
    deployed = {"DefaultArguments": definitions()["click_sessions"].arguments}
    assert not is_elsewhere(definitions()["click_sessions"], deployed)
    elsewhere = definitions(ClickSessionsCheckpoint="click_sessions-2")["click_sessions"]
    assert is_elsewhere(elsewhere, deployed)
