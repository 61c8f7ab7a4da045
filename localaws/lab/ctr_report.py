"""The report of the click-through-rate lab, as JSON and for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.console import Console

from localaws.ctr.report import CtrReport
from localaws.ctr.show import clock
from localaws.lab.ctr_verdict import Verdict


@dataclass(frozen=True)
class CtrLabReport:
    """What became of the actions, and whether their burst was found."""

    run: CtrReport
    site: str
    profile: str
    verdict: Verdict

    @property
    def left_open(self) -> bool:
        """Whether an incident of the site was not told as resolved."""
        return any(row["status"] == "open" for row in self.run.incidents)

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        of_lab = {"site": self.site, "profile": self.profile, **self.verdict.to_json()}
        return self.run.to_json() | of_lab

    def show(self, console: Console) -> None:
        """Print it for people."""
        self.run.show(console)
        for text in self.lines():
            console.print(text, highlight=False, soft_wrap=True)

    def lines(self) -> list[str]:
        """Sentences about the burst, with markup."""
        burst = self.verdict.to_json()["burst"]
        when = f"burst {clock(burst['begin'])} to {clock(burst['end'])}"
        delay = self.verdict.delay_seconds
        if delay is None:
            found = f"{when}: [red]not found[/]"
        else:
            found = f"{when}: [green]found[/], {delay:.0f} s of event time after it began"
        alarms = len(self.verdict.false_alarms)
        style = "red" if alarms else "green"
        return [
            f"profile {self.profile}, {found}",
            f"[{style}]false alarms: {alarms}[/], in {len(self.run.rows)} windows",
            *(["[red]an incident is still open[/]"] if self.left_open else []),
            f"processes left: {self.run.processes_left}",
        ]
