"""The jobs of the lake in the template: one way to commit, and no right too many."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from catalog.lake import CLICKS
from glue_jobs.click_archive import Options as ArchiveOptions
from glue_jobs.lake_maintenance import Options

Resources = dict[str, dict[str, Any]]
OF_GLUE = {
    "--job-language",
    "--enable-metrics",
    "--custom-logGroup-prefix",
    "--extra-py-files",
    "--extra-jars",
    "--datalake-formats",
    "--conf",
}


def delta_jobs(resources: Resources) -> dict[str, dict[str, Any]]:
    """The arguments of each job that has Delta."""
    jobs = {n: r["Properties"] for n, r in resources.items() if r["Type"] == "AWS::Glue::Job"}
    return {
        name: job["DefaultArguments"]
        for name, job in jobs.items()
        if "--datalake-formats" in job["DefaultArguments"]
    }


def test_every_job_with_delta_commits_with_the_log_store(resources: Resources) -> None:
    """One without it would overwrite the others' commits in silence."""
    jobs = delta_jobs(resources)
    assert "LakeMaintenanceJob" in jobs
    jar = {"Fn::Sub": "s3://${ArtefactBucket}/${LakeLogStoreKey}"}
    assert [name for name, each in jobs.items() if each["--extra-jars"] != jar] == []
    setting = "spark.delta.logStore.s3.impl=lake_log_store.S3ConditionalLogStore"
    confs = {name: each["--conf"].split(" --conf ") for name, each in jobs.items()}
    assert [name for name, conf in confs.items() if setting not in conf] == []


def parquet_settings(resources: Resources, job: str) -> set[str]:
    prefix = "spark.hadoop.parquet."
    conf = delta_jobs(resources)[job]["--conf"].split(" --conf ")
    return {each.removeprefix(prefix) for each in conf if each.startswith(prefix)}


def test_the_maintenance_begins_no_dictionary_of_what_never_repeats(resources: Resources) -> None:
    unlike = ("event_id", "event_key", "sequence_number")
    off = {f"enable.dictionary#{name}=false" for name in unlike}
    assert parquet_settings(resources, "LakeMaintenanceJob") == off
    assert {*unlike} <= {*CLICKS.schema.names}


def test_the_archive_leaves_dictionaries_to_the_maintenance(resources: Resources) -> None:
    assert parquet_settings(resources, "ClickArchiveJob") == {"enable.dictionary=false"}


def test_the_archive_reads_as_much_a_batch_as_the_job_does_by_default(resources: Resources) -> None:
    arguments = delta_jobs(resources)["ClickArchiveJob"]
    assert arguments["--max-fetch-records-per-shard"] == (
        str(ArchiveOptions.max_fetch_records_per_shard)
    )


def test_the_maintenance_gets_every_option(resources: Resources) -> None:
    job = resources["LakeMaintenanceJob"]["Properties"]
    assert (job["Name"], job["Command"]["Name"]) == ("lake_maintenance", "glueetl")
    options = {f"--{field.name.replace('_', '-')}" for field in fields(Options)} - {"--JOB-NAME"}
    assert set(job["DefaultArguments"]) - OF_GLUE == options


def test_the_maintenance_runs_every_hour_and_ends_before_the_retention_does(
    resources: Resources,
) -> None:
    assert resources["LakeMaintenanceSchedule"]["Properties"]["Schedule"] == "cron(30 * * * ? *)"
    assert resources["LakeMaintenanceJob"]["Properties"]["Timeout"] <= 48 * 60


def test_the_maintenance_changes_the_lake_and_the_figures_alone(resources: Resources) -> None:
    (policy,) = resources["LakeMaintenanceRole"]["Properties"]["Policies"]
    by_sid = {each["Sid"]: each for each in policy["PolicyDocument"]["Statement"]}
    written = {
        sid: each["Resource"]
        for sid, each in by_sid.items()
        if any(action.startswith(("s3:Put", "s3:Delete")) for action in each["Action"])
    }
    lake = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${ArtefactBucket}/lake/*"}
    assert written == {"KeepLake": lake}
    assert by_sid["TellFigures"]["Action"] == ["glue:GetTable", "glue:UpdateTable"]
    assert len(by_sid["TellFigures"]["Resource"]) == 5


def test_the_stack_takes_a_retention_if_the_job_does(template: dict[str, Any]) -> None:
    pattern = re.compile(template["Parameters"]["LakeRetention"]["AllowedPattern"])
    hours = [n for n in range(1, 2000) if pattern.fullmatch(f"{n} hours")]
    days = [n for n in range(1, 100) if pattern.fullmatch(f"{n} days")]
    assert (hours, days) == (list(range(48, 169)), list(range(2, 8)))
