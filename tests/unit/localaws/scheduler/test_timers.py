"""Triggers and schedules are read as the cloud has them, and what cannot be fired is told."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.scheduler.timers import (
    Condition,
    Invoke,
    StartJob,
    Timetable,
    activate,
    read_schedules,
    read_timetable,
)

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"
ROLE = "arn:aws:iam::000000000000:role/r"


class Written:
    """Writes triggers and schedules, and takes them away."""

    def __init__(self, clients: Clients) -> None:
        self.clients = clients
        self._triggers: list[str] = []
        self._schedules: list[str] = []

    def trigger(self, **changes: Any) -> str:
        name = f"t-{uuid.uuid4().hex[:8]}"
        self._triggers.append(name)
        base = {
            "Type": "SCHEDULED",
            "Schedule": "cron(0 * * * ? *)",
            "Actions": [{"JobName": "j"}],
            "StartOnCreation": True,
        }
        self.clients["glue"].create_trigger(Name=name, **{**base, **changes})
        return f"trigger {name}"

    def schedule(self, **changes: Any) -> str:
        name = f"s-{uuid.uuid4().hex[:8]}"
        self._schedules.append(name)
        base = {
            "ScheduleExpression": "rate(1 minute)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": FUNCTION, "RoleArn": ROLE, "Input": '{"a": 1}'},
        }
        self.clients["scheduler"].create_schedule(Name=name, **{**base, **changes})
        return f"schedule default/{name}"

    def remove(self) -> None:
        for name in self._triggers:
            self.clients["glue"].delete_trigger(Name=name)
        for name in self._schedules:
            self.clients["scheduler"].delete_schedule(Name=name)


@pytest.fixture
def written(emulator: Clients) -> Iterator[Written]:
    made = Written(emulator)
    yield made
    made.remove()


def test_a_trigger_starts_its_jobs_with_their_arguments(written: Written) -> None:
    actions = [{"JobName": "a", "Arguments": {"--day": "1"}, "Timeout": 5}, {"JobName": "b"}]
    name = written.trigger(Actions=actions)
    (timer,) = read_timetable(written.clients).timers
    assert timer.name == name
    assert timer.actions == (StartJob("a", {"--day": "1"}, 5), StartJob("b"))
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert timer.expression.after(noon) == noon + timedelta(hours=1)


def test_a_schedule_invokes_its_function_at_its_rate_from_its_start(written: Written) -> None:
    begins = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
    ends = begins + timedelta(hours=1)
    name = written.schedule(StartDate=begins, EndDate=ends)
    (timer,) = read_schedules(written.clients).timers
    assert (timer.name, timer.actions) == (name, (Invoke(FUNCTION, '{"a": 1}'),))
    assert (timer.begins, timer.ends) == (begins, ends)
    assert timer.expression.after(begins) == begins + timedelta(minutes=1)


def test_a_schedule_is_read_in_its_time_zone(written: Written) -> None:
    written.schedule(
        ScheduleExpression="cron(0 8 * * ? *)", ScheduleExpressionTimezone="Asia/Tokyo"
    )
    (timer,) = read_schedules(written.clients).timers
    midnight = datetime(2026, 3, 1, 0, tzinfo=UTC)
    assert timer.expression.after(midnight) == midnight + timedelta(hours=23)


def test_what_is_not_active_is_named_and_does_not_fire(written: Written) -> None:
    names = {written.trigger(StartOnCreation=False), written.schedule(State="DISABLED")}
    assert read_timetable(written.clients) == Timetable(inactive=frozenset(names))


def test_a_conditional_trigger_follows_its_jobs(written: Written) -> None:
    conditions = [
        {"LogicalOperator": "EQUALS", "JobName": job, "State": "SUCCEEDED"} for job in "ab"
    ]
    predicate = {"Logical": "ANY", "Conditions": conditions}
    name = written.trigger(Type="CONDITIONAL", Predicate=predicate)
    (follower,) = read_timetable(written.clients).followers
    assert (follower.name, follower.logical) == (name, "ANY")
    assert follower.conditions == (Condition("a", "SUCCEEDED"), Condition("b", "SUCCEEDED"))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"Schedule": "cron(0 0 * * *)"}, "cannot be scheduled by 'cron"),
        ({"Schedule": "rate(1 hour)"}, "cron(...), which is all that a trigger of Glue takes"),
        ({"Actions": [{"CrawlerName": "c"}]}, "jobs alone are started"),
        (
            {"Type": "CONDITIONAL", "Predicate": {"Conditions": [{"CrawlerName": "c"}]}},
            "runs of jobs alone count",
        ),
    ],
    ids=["expression", "rate", "action", "predicate"],
)
def test_a_trigger_that_cannot_be_fired_is_a_problem_of_its_own(
    written: Written, changes: dict[str, Any], problem: str
) -> None:
    name, good = written.trigger(**changes), written.trigger()
    table = read_timetable(written.clients)
    assert [timer.name for timer in table.timers] == [good]
    (found,) = table.problems
    assert found.startswith(f"{name}: ")
    assert problem in found


def test_a_schedule_of_something_else_than_a_function_is_a_problem(written: Written) -> None:
    target = {"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "RoleArn": ROLE}
    name = written.schedule(Target=target)
    (found,) = read_schedules(written.clients).problems
    assert found == f"{name}: found the target {target['Arn']}; functions alone are it"


def test_a_trigger_is_activated_by_its_name(written: Written) -> None:
    name = written.trigger(StartOnCreation=False)
    activate(written.clients, name.removeprefix("trigger "))
    assert [timer.name for timer in read_timetable(written.clients).timers] == [name]
    with pytest.raises(
        LocalCloudError, match=r"^trigger nightly: cannot .*`clickstream jobs list`"
    ):
        activate(written.clients, "nightly")


def test_some_of_them_may_be_picked_by_name(written: Written) -> None:
    name, _ = written.trigger(), written.trigger()
    table = read_timetable(written.clients)
    assert [timer.name for timer in table.only([name.removeprefix("trigger ")]).timers] == [name]
    with pytest.raises(LocalCloudError, match=r"--only: found nightly; there are t-.*, t-"):
        table.expect(["nightly"])


def test_one_that_was_picked_may_be_deactivated_meanwhile(written: Written) -> None:
    """A scheduler that picks it goes on, and so does it when it is activated again."""
    name = written.trigger()
    written.clients["glue"].stop_trigger(Name=name.removeprefix("trigger "))
    table = read_timetable(written.clients).only([name.removeprefix("trigger ")])
    assert (table.timers, table.inactive) == ((), {name})


def test_a_schedule_that_is_deleted_while_they_are_read_is_left_out(written: Written) -> None:
    name = written.schedule()
    assert [timer.name for timer in read_schedules(_Stale(written.clients)).timers] == [name]


class _Stale:
    """Clients whose list has a schedule more, which is gone."""

    def __init__(self, clients: Clients) -> None:
        self._scheduler = clients["scheduler"]
        self.get_schedule = self._scheduler.get_schedule

    def __getitem__(self, _: str) -> _Stale:
        return self

    def get_paginator(self, _: str) -> _Stale:
        return self

    def paginate(self) -> list[dict[str, Any]]:
        listed = self._scheduler.list_schedules()["Schedules"]
        return [{"Schedules": [*listed, {"Name": "gone", "GroupName": "default"}]}]
