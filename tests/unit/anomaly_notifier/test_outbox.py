"""Messages are sent once, whatever fails between the table and the topic, and none is lost."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.unit.anomaly_notifier.rows import anomaly, cleared
from tests.unit.price_updater.fakes import client_error


class Killed(BaseException):
    """The invocation ends here, without a word."""


def test_a_message_that_sns_did_not_take_goes_when_its_row_comes_again(
    make: SimpleNamespace, world: Any
) -> None:
    world.sns.faults.before["publish shop"] = [make.throttled()]
    assert world.send(anomaly(0), anomaly(10)) == ["Ok", "Ok"]
    assert world.states() == [("opened", "pending")]
    assert world.incident()["windows"] == 2
    assert world.send(anomaly(0)) == ["Ok"]
    assert (world.kinds(), world.states()) == (["opened"], [("opened", "sent")])


def test_after_a_failure_no_later_message_of_the_site_overtakes(
    make: SimpleNamespace, world: Any
) -> None:
    world.sns.faults.before["publish shop"] = [make.throttled()]
    rows = [anomaly(0), cleared(0, 300), anomaly(0, site="b")]
    assert world.send(*rows) == ["Ok"] * 3
    assert [each["site"] for each in world.sns.published] == ["b"]
    assert world.send(*rows) == ["Ok"] * 3
    kinds = [each["kind"] for each in world.sns.published if each["site"] == "shop"]
    assert kinds == ["opened", "resolved"]
    assert len(world.sns.published) == 3


def test_a_message_that_sns_refuses_stops_no_other(world: Any) -> None:
    world.sns.faults.before["publish shop"] = [client_error("InvalidParameter")]
    assert world.send(anomaly(0), cleared(0, 300)) == ["Ok", "Ok"]
    assert world.kinds() == ["resolved"]
    assert world.states() == [("opened", "pending"), ("resolved", "sent")]


def test_a_replay_sends_nothing(world: Any) -> None:
    rows = [anomaly(0), anomaly(600, severity=20), cleared(600, 900)]
    assert world.send(*rows) == ["Ok"] * 3
    before = world.tables()
    assert [world.send(*rows) for _ in range(3)] == [["Ok"] * 3] * 3
    assert world.kinds() == ["opened", "escalated", "resolved"]
    assert world.tables() == before


def test_what_an_invocation_left_behind_goes_with_the_next_row_of_the_site(
    make: SimpleNamespace, world: Any
) -> None:
    world.sns.faults.before["publish shop"] = [make.throttled()]
    world.send(anomaly(0))
    assert world.send(anomaly(300, site="b")) == ["Ok"]
    assert world.kinds() == ["opened"]
    assert world.send(cleared(0, 300)) == ["Ok"]
    shop = [each["kind"] for each in world.sns.published if each["site"] == "shop"]
    assert shop == ["opened", "resolved"]


def test_an_invocation_that_is_killed_before_it_sends_leaves_the_message_to_the_next(
    world: Any,
) -> None:
    world.dynamodb.faults.before["claim"] = [Killed()]
    with pytest.raises(Killed):
        world.send(anomaly(0))
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == ["opened"]


def test_one_that_is_killed_with_a_claim_holds_the_message_until_the_lease_ends(
    world: Any,
) -> None:
    world.sns.faults.before["publish shop"] = [Killed()]
    with pytest.raises(Killed):
        world.send(anomaly(0))
    world.wait(29)
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == []
    world.wait(1)
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == ["opened"]


def test_one_that_is_killed_between_sending_and_marking_sends_twice(world: Any) -> None:
    """The one repetition that the outbox does not prevent."""
    world.dynamodb.faults.before["mark"] = [Killed()]
    with pytest.raises(Killed):
        world.send(anomaly(0))
    world.wait(30)
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == ["opened", "opened"]
    assert len({each["message_id"] for each in world.sns.published}) == 1


def test_two_invocations_with_one_row_send_it_once(world: Any) -> None:
    answers: list[str] = []

    def second() -> None:
        answers.extend(world.send(anomaly(0)))

    world.sns.faults.meanwhile["publish shop"] = [second]
    assert world.send(anomaly(0)) == ["Ok"]
    assert answers == ["Ok"]
    assert world.kinds() == ["opened"]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == ["opened"]


def test_a_message_that_another_invocation_has_sent_meanwhile_is_done(world: Any) -> None:
    world.dynamodb.faults.meanwhile["claim"] = [lambda: world.send(anomaly(0)) and None]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == ["opened"]


@pytest.mark.parametrize("failures", [1, 2])
def test_a_mark_is_tried_again(make: SimpleNamespace, world: Any, failures: int) -> None:
    world.dynamodb.faults.before["mark"] = [make.throttled() for _ in range(failures)]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.states() == [("opened", "sent")]


def test_a_publish_whose_answer_was_lost_is_tried_again(world: Any) -> None:
    world.sns.faults.after["publish shop"] = [ReadTimeoutError(endpoint_url="http://sns")]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.states() == [("opened", "pending")]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == ["opened", "opened"]


def test_a_claim_that_is_not_given_back_ends_by_itself(make: SimpleNamespace, world: Any) -> None:
    world.sns.faults.before["publish shop"] = [make.throttled()]
    world.dynamodb.faults.before["release"] = [make.throttled()]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == []
    world.wait(30)
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == ["opened"]


def test_when_what_waits_is_not_known_nothing_is_sent_that_could_overtake(
    make: SimpleNamespace, world: Any
) -> None:
    world.sns.faults.before["publish shop"] = [make.throttled()]
    world.send(anomaly(0))
    world.dynamodb.faults.before["query alerts shop"] = [make.throttled()]
    assert world.send(cleared(0, 300)) == ["Ok"]
    assert world.kinds() == []
    assert world.sweep() == (2, 2, 0)
    assert world.kinds() == ["opened", "resolved"]


def test_a_claim_whose_answer_was_lost_and_that_the_sdk_tries_again_is_a_claim(world: Any) -> None:
    update_item = world.dynamodb.update_item

    def twice(**request: Any) -> None:
        update_item(**request)
        update_item(**request)

    world.dynamodb.update_item = twice
    world.sns.faults.before["publish shop"] = [client_error("ServiceUnavailable")]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.states() == [("opened", "pending")]
    assert world.send(anomaly(0)) == ["Ok"]
    assert (world.kinds(), world.states()) == (["opened"], [("opened", "sent")])


def test_a_fault_in_sending_fails_no_row_that_is_recorded(
    world: Any, caplog: pytest.LogCaptureFixture
) -> None:
    world.sns.faults.before["publish shop"] = [ZeroDivisionError("division by zero")]
    assert world.send(anomaly(0), anomaly(10)) == ["Ok", "Ok"]
    assert "a fault of the function" in caplog.text
    assert world.states() == [("opened", "pending")]
    world.wait(30)
    assert world.sweep() == (1, 1, 0)


def test_held_messages_are_kept_with_the_reason_and_never_sent(make: SimpleNamespace) -> None:
    world = make.world(QUIET_HOURS="22:00-10:40 Europe/Berlin")  # to 09:40 UTC
    assert world.send(anomaly(0), anomaly(10), anomaly(590)) == ["Ok"] * 3
    assert world.states() == [("opened", "held"), ("opened", "sent")]
    held, sent = world.rows("alerts")
    assert held["reason"] == "quiet hours 22:00-10:40 Europe/Berlin"
    assert "reason" not in sent
    assert sent["text"].endswith("Held back on this site before this: 1 message.")
    assert (world.incident()["messages"], world.incident()["held"]) == (1, 0)


def test_the_cap_counts_the_messages_of_a_site_and_a_day(make: SimpleNamespace) -> None:
    world = make.world(DAILY_CAP="3")
    world.dynamodb.page_items = 2
    hours = [anomaly(3600 * hour) for hour in range(4)]
    ends = [cleared(3600 * hour, 3600 * hour + 300) for hour in range(4)]
    rows = [row for pair in zip(hours, ends, strict=True) for row in pair]
    assert set(world.send(*rows)) == {"Ok"}
    # The second incident's opening is the third message; its end goes all the same.
    assert world.kinds() == ["opened", "resolved", "opened", "resolved"]
    states = [state for _, state in world.states()]
    assert states == ["sent", "sent", "sent", "sent", "held", "held"]
    world.send(anomaly(16 * 3600))  # 01:30 of the next day
    assert world.kinds()[4:] == ["opened"]
    assert world.sns.published[-1]["text"].endswith("before this: 2 messages.")
    assert world.send(anomaly(3600 * 3, site="b")) == ["Ok"]
    assert world.sns.published[-1]["site"] == "b"
