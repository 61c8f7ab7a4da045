"""What is to be fired and when, read from the running cloud: Glue triggers and schedules."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.scheduler.expressions import Expression, firings, parse, parse_of_glue


@dataclass(frozen=True)
class StartJob:
    """Starts a run of a job with arguments of its own; without a timeout, with the job's."""

    job: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    timeout_minutes: float | None = None


@dataclass(frozen=True)
class Invoke:
    """Invokes a Lambda function with this JSON text."""

    function: str
    payload: str


@dataclass(frozen=True)
class Timer:
    """Fires its actions at the times of its expression.

    Attributes:
        begins: no firing before it, if there is one; likewise `ends`, none after it.
    """

    name: str
    expression: Expression
    actions: tuple[StartJob | Invoke, ...]
    begins: datetime | None = None
    ends: datetime | None = None

    def firings(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Its firings later than `after`, and not later than `until`, in their order."""
        if self.begins is not None:
            after = max(after, self.begins - timedelta.resolution)
        return firings(self.expression, after, min(until, self.ends or until))


@dataclass(frozen=True)
class Condition:
    """That the latest run of a job ended in a state."""

    job: str
    state: str


@dataclass(frozen=True)
class Follower:
    """Fires its actions when runs of other jobs have ended as it says.

    Attributes:
        conditions: of which `logical` must hold: AND, all of them; ANY, one.
    """

    name: str
    conditions: tuple[Condition, ...]
    logical: Literal["AND", "ANY"]
    actions: tuple[StartJob | Invoke, ...]


@dataclass(frozen=True)
class Timetable:
    """All that the cloud has.

    Attributes:
        inactive: names of what is there and must not fire now.
        problems: what cannot be fired, each in a sentence.
    """

    timers: tuple[Timer, ...] = ()
    followers: tuple[Follower, ...] = ()
    inactive: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()

    def only(self, names: Collection[str]) -> Timetable:
        """Of it, the timers and followers of these names; what is not there is not missed."""
        return replace(
            self,
            timers=tuple(t for t in self.timers if t.name.partition(" ")[2] in names),
            followers=tuple(f for f in self.followers if f.name.partition(" ")[2] in names),
        )

    def expect(self, names: Collection[str]) -> None:
        """Nothing, if it has timers and followers of all these names.

        Raises:
            LocalCloudError: one of the names is none of theirs.
        """
        there = [timer.name for timer in self.timers] + [one.name for one in self.followers]
        known = {name.partition(" ")[2] for name in there}
        unknown = sorted(set(names) - known)
        if unknown:
            idle = ", ".join(sorted(self.inactive)) or "none"
            raise LocalCloudError(
                f"--only: found {', '.join(unknown)}; there are {', '.join(sorted(known))},"
                f" and not active: {idle}"
            )

    def __add__(self, other: Timetable) -> Timetable:
        return Timetable(
            self.timers + other.timers,
            self.followers + other.followers,
            self.inactive | other.inactive,
            self.problems + other.problems,
        )


def activate(clients: Clients, trigger: str) -> None:
    """Let a trigger fire from now on, as `aws glue start-trigger` does.

    Raises:
        LocalCloudError: there is none of that name.
    """
    try:
        clients["glue"].start_trigger(Name=trigger)
    except ClientError as error:
        raise LocalCloudError(
            f"trigger {trigger}: cannot be activated ({error}); `clickstream jobs list` names them"
        ) from error


def read_timetable(clients: Clients) -> Timetable:
    """The triggers and the schedules, as they are deployed now."""
    return sum((*_triggers(clients), read_schedules(clients)), Timetable())


def read_schedules(clients: Clients) -> Timetable:
    """The schedules of EventBridge Scheduler alone."""
    pages = clients["scheduler"].get_paginator("list_schedules").paginate()
    listed = [schedule for page in pages for schedule in page["Schedules"]]
    found = (_described(clients, one["Name"], one["GroupName"]) for one in listed)
    return sum((_of_schedule(one) for one in found if one is not None), Timetable())


def _described(clients: Clients, name: str, group: str) -> Mapping[str, Any] | None:
    """The schedule; None when it was deleted since it was listed."""
    try:
        found: Mapping[str, Any] = clients["scheduler"].get_schedule(Name=name, GroupName=group)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    return found


def _triggers(clients: Clients) -> Iterator[Timetable]:
    for page in clients["glue"].get_paginator("get_triggers").paginate():
        yield from map(_of_trigger, page["Triggers"])


def _of_trigger(trigger: Mapping[str, Any]) -> Timetable:
    name = f"trigger {trigger['Name']}"
    if trigger["Type"] not in ("SCHEDULED", "CONDITIONAL"):
        return Timetable()
    if trigger["State"] != "ACTIVATED":
        return Timetable(inactive=frozenset({name}))
    try:
        actions = tuple(_start(action, name) for action in trigger["Actions"])
        if trigger["Type"] == "CONDITIONAL":
            return Timetable(followers=(_follower(trigger, name, actions),))
        expression = parse_of_glue(trigger["Schedule"], name)
        return Timetable(timers=(Timer(name, expression, actions),))
    except LocalCloudError as error:
        return Timetable(problems=(str(error),))


def _start(action: Mapping[str, Any], where: str) -> StartJob:
    if "JobName" not in action:
        raise LocalCloudError(f"{where}: found an action {dict(action)}; jobs alone are started")
    return StartJob(action["JobName"], action.get("Arguments") or {}, action.get("Timeout"))


def _follower(
    trigger: Mapping[str, Any], name: str, actions: tuple[StartJob | Invoke, ...]
) -> Follower:
    predicate = trigger["Predicate"]
    conditions = [
        Condition(one["JobName"], one["State"])
        for one in predicate.get("Conditions", ())
        if "JobName" in one
    ]
    if len(conditions) != len(predicate.get("Conditions", ())) or not conditions:
        raise LocalCloudError(f"{name}: found the predicate {predicate}; runs of jobs alone count")
    logical: Literal["AND", "ANY"] = "ANY" if predicate.get("Logical") == "ANY" else "AND"
    return Follower(name, tuple(conditions), logical, actions)


def _of_schedule(schedule: Mapping[str, Any]) -> Timetable:
    name = f"schedule {schedule['GroupName']}/{schedule['Name']}"
    if schedule["State"] != "ENABLED":
        return Timetable(inactive=frozenset({name}))
    try:
        begins, ends = schedule.get("StartDate"), schedule.get("EndDate")
        expression = parse(
            schedule["ScheduleExpression"],
            name,
            begins or schedule["CreationDate"],
            schedule.get("ScheduleExpressionTimezone") or "UTC",
        )
        action = _invoke(schedule["Target"], name)
        return Timetable(timers=(Timer(name, expression, (action,), begins, ends),))
    except LocalCloudError as error:
        return Timetable(problems=(str(error),))


def _invoke(target: Mapping[str, Any], where: str) -> Invoke:
    if ":lambda:" not in target["Arn"]:
        raise LocalCloudError(f"{where}: found the target {target['Arn']}; functions alone are it")
    return Invoke(target["Arn"], target.get("Input") or "{}")
