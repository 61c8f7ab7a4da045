"""What the template says of the training: its options, what it may do, and the model's own role."""

from __future__ import annotations

import dataclasses
from typing import Any

from glue_jobs.price_training import Options
from localaws.environment import ROOT
from tests.unit.infra.test_template import RESERVED

Resources = dict[str, dict[str, Any]]


def statements(resources: Resources, role: str) -> Resources:
    """What a role may do, by statement."""
    (policy,) = resources[role]["Properties"]["Policies"]
    return {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}


def names(resource: Any) -> list[str]:
    """The resources of a statement, without what comes before the service's part."""
    found = resource if isinstance(resource, list) else [resource]
    return [each["Fn::Sub"].rpartition("${AWS::AccountId}:")[2] for each in found]


def test_the_job_gets_options_that_it_has_and_none_of_a_single_run(resources: Resources) -> None:
    job = resources["PriceTrainingJob"]["Properties"]
    assert (job["Name"], job["GlueVersion"], job["Command"]["Name"]) == (
        "price_training",
        "6.0",
        "glueetl",
    )
    fields = {f"--{f.name.replace('_', '-')}" for f in dataclasses.fields(Options)}
    of_a_run = {"--JOB-NAME", "--today", "--from-day", "--to-day"}
    of_a_new_endpoint = {"--model-image", "--model-role", "--instance-type"}
    given = set(job["DefaultArguments"]) - RESERVED - {"--datalake-formats", "--extra-jars"}
    assert given == fields - of_a_run - of_a_new_endpoint


def test_the_defaults_of_the_template_are_those_of_the_job(resources: Resources) -> None:
    arguments = resources["PriceTrainingJob"]["Properties"]["DefaultArguments"]
    texts = {
        name.removeprefix("--"): value
        for name, value in arguments.items()
        if isinstance(value, str) and name not in RESERVED and name != "--datalake-formats"
    }
    required = {"JOB_NAME": "j", "lake-path": "s3://b/l/", "models-path": "s3://b/m/"}
    assert Options.from_texts({**required, **texts}) == Options.from_texts(required)


def test_it_is_trained_once_a_day_when_the_day_has_ended(
    template: dict[str, Any], resources: Resources
) -> None:
    trigger = resources["PriceTrainingSchedule"]["Properties"]
    assert (trigger["Type"], trigger["Schedule"]) == ("SCHEDULED", {"Ref": "TrainingSchedule"})
    assert template["Parameters"]["TrainingSchedule"]["Default"] == "cron(10 4 * * ? *)"
    assert trigger["Actions"] == [{"JobName": {"Ref": "PriceTrainingJob"}}]


def test_it_changes_its_own_endpoint_and_models_alone(resources: Resources) -> None:
    rights = statements(resources, "PriceTrainingRole")
    changing = {
        action: names(each["Resource"])
        for each in rights.values()
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
        if action.startswith("sagemaker:") and "Describe" not in action
    }
    of_models = ["endpoint-config/price-model-*", "model/price-model-*"]
    of_endpoint = ["endpoint/price-model", "endpoint-config/price-model-*"]
    assert changing == {
        "sagemaker:CreateModel": of_models,
        "sagemaker:CreateEndpointConfig": of_models,
        "sagemaker:CreateEndpoint": of_endpoint,
        "sagemaker:UpdateEndpoint": of_endpoint,
    }


def test_it_passes_the_model_s_role_alone_and_to_sagemaker_alone(resources: Resources) -> None:
    found = statements(resources, "PriceTrainingRole")["PassModelRole"]
    condition, own, other = found["Resource"]["Fn::If"]
    assert (condition, own) == ("HostsModel", {"Fn::GetAtt": ["ModelRole", "Arn"]})
    assert names(other) == ["role/${ModelRoleName}"]
    service = found["Condition"]["StringEquals"]
    assert service == {"iam:PassedToService": "sagemaker.amazonaws.com"}


def test_it_reads_clicks_and_writes_observations_and_models_alone(resources: Resources) -> None:
    writes = {
        each["Resource"]["Fn::Sub"].rpartition("${ArtefactBucket}/")[2]
        for each in statements(resources, "PriceTrainingRole").values()
        if {"s3:PutObject", "s3:DeleteObject"}
        & set(each["Action"] if isinstance(each["Action"], list) else [each["Action"]])
    }
    assert writes == {
        "lake/price_observations/*",
        "lake/price_observations/_delta_log/*",
        "models/price_model/*",
    }


def test_the_model_may_read_every_artefact_that_a_training_publishes(resources: Resources) -> None:
    found = statements(resources, "ModelRole")["ReadArtefact"]
    keys = [each["Fn::Sub"].rpartition("${ArtefactBucket}/")[2] for each in found["Resource"]]
    assert keys == ["${ModelDataKey}", "models/price_model/*"]


def test_what_it_installs_are_the_versions_that_the_tests_ran_with(resources: Resources) -> None:
    arguments = resources["PriceTrainingJob"]["Properties"]["DefaultArguments"]
    pinned = (ROOT / "requirements" / "constraints.txt").read_text(encoding="utf-8").split()
    installed = arguments["--additional-python-modules"].split(",")
    assert [each.partition("==")[0] for each in installed] == ["pydantic", "scipy"]
    assert [each for each in installed if each not in pinned] == []


def test_it_does_not_start_together_with_the_maintenance(
    template: dict[str, Any], resources: Resources
) -> None:
    training = template["Parameters"]["TrainingSchedule"]["Default"]
    maintenance = resources["LakeMaintenanceSchedule"]["Properties"]["Schedule"]
    minutes = [cron.partition("(")[2].split()[0] for cron in (training, maintenance)]
    assert minutes == ["10", "30"]
