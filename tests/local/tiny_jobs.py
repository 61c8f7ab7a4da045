"""Jobs of a few lines and no Spark, in a cloud, and the command that runs and schedules them."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import Any

from localaws import deploy
from localaws.cloud import Cloud
from localaws.ctr.mailbox import wait_until_collected
from localaws.environment import ROOT
from localaws.runs.store import RunStore
from localaws.state import HOME_VARIABLE
from localaws.waiting import wait_until


class Jobs:
    """A cloud with jobs of the test's own, and the command."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.store = RunStore(cloud.state.runs)
        self.glue = cloud.clients["glue"]

    def create(self, script: str, **job: Any) -> str:
        """A job of this Python text; its name."""
        name = f"j-{uuid.uuid4().hex[:8]}"
        self.glue.create_job(
            Name=name,
            Role="r",
            Command={"Name": "glueetl", "ScriptLocation": self.upload(f"tests/{name}.py", script)},
            **job,
        )
        return name

    def upload(self, key: str, script: str) -> str:
        self.cloud.clients["s3"].put_object(Bucket=deploy.BUCKET, Key=key, Body=script.encode())
        return f"s3://{deploy.BUCKET}/{key}"

    def replace(self, job: str, script: str) -> None:
        """Let a job of the stack run another script."""
        place = self.glue.get_job(JobName=job)["Job"]["Command"]["ScriptLocation"]
        self.upload(place.removeprefix(f"s3://{deploy.BUCKET}/"), script)

    def hourly(self, job: str) -> str:
        """A trigger of it; its name."""
        name = f"t-{uuid.uuid4().hex[:8]}"
        actions = [{"JobName": job, "Arguments": {"--by": "trigger"}}]
        self.glue.create_trigger(
            Name=name,
            Type="SCHEDULED",
            Schedule="cron(0 * * * ? *)",
            Actions=actions,
            StartOnCreation=True,
        )
        return name

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "localaws.cli", *arguments],
            cwd=ROOT,
            env=self.cloud.supervisor.environment
            | {HOME_VARIABLE: str(self.cloud.state.path), "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        with self.command(*arguments) as process:
            out, err = process.communicate(timeout=120)
        assert process.returncode == code, err
        return out + err

    def schedule(self, *arguments: str) -> list[tuple[str, str]]:
        """What the scheduler said: when, and what became of the firing."""
        said = self.run("scheduler", "--json", *arguments).splitlines()
        return [(told["at"][11:16], told["what"]) for told in map(json.loads, said)]

    def alerts(self) -> list[str]:
        """The texts of the messages so far."""
        wait_until_collected(self.cloud.clients)
        lines = self.cloud.state.alerts_file.read_text().splitlines()
        return [json.loads(line)["text"] for line in lines]

    def wait_for(self, job: str, state: str) -> None:
        wait_until(
            lambda: any(run.state == state for run in self.store.records(job)),
            60,
            lambda: f"{job}: never {state}: {self.store.records(job)}",
        )
