"""What stands in the tables after writers side by side: the same in memory and on an engine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tests.unit.anomaly_notifier.rows import anomaly, at, cleared, text
from tests.unit.price_updater.fakes import client_error

NAMES = ("windows", "messages", "held", "revision", "status")


def summary(world: Any) -> list[tuple[Any, ...]]:
    return [tuple(each[name] for name in NAMES) for each in world.rows("incidents")]


def test_rows_and_their_replay_end_the_same(engine: Any) -> None:
    rows = [
        anomaly(0),
        anomaly(10, severity=14),
        cleared(10, 300),
        anomaly(400),
        anomaly(2000, clicks=0, CTRPERCENT=None, attribution_low=1e-200),
        anomaly(2010, severity=5),
        anomaly(5, severity=99),
    ]
    for _ in range(2):
        assert engine.send(*rows) == ["Ok"] * 7
        assert engine.kinds() == ["opened", "escalated", "resolved"]
        # The cap of three holds back the second opening; it is told no more that day.
        assert summary(engine) == [(4, 3, 0, 6, "resolved"), (2, 0, 1, 2, "open")]
    newest = engine.rows("incidents")[1]
    assert (newest["peak_percent"], "told_at" in newest, "resolved_at" in newest) == (
        0,
        False,
        False,
    )
    assert len(engine.rows("anomalies")) == 6
    assert [state for _, state in engine.states()] == ["sent", "sent", "sent", "held"]


def test_what_others_added_to_an_incident_is_kept(engine: Any) -> None:
    engine.send(anomaly(0), cleared(0, 300))
    (item,) = engine.dynamodb.scan(TableName="incidents")["Items"]
    more = item | {"cause": {"S": "a broken banner"}}
    engine.dynamodb.put_item(TableName="incidents", Item=more)
    engine.send(anomaly(400))
    incident = engine.incident()
    assert (incident["cause"], incident["windows"]) == ("a broken banner", 2)
    assert "resolved_at" not in incident


def test_an_incident_that_another_invocation_moved_is_read_again(world: Any) -> None:
    world.send(anomaly(0))
    moves = [lambda n=n: world.send(anomaly(n)) and None for n in (10, 20)]
    world.dynamodb.faults.meanwhile["transact_write_items"] = moves
    assert world.send(anomaly(30)) == ["Ok"]
    assert summary(world) == [(4, 1, 0, 4, "open")]


def test_an_incident_that_moves_all_the_time_sends_the_row_again(world: Any) -> None:
    world.send(anomaly(0))
    item = world.dynamodb.tables["incidents"][("shop", text(0))]

    def move() -> None:
        item["revision"] = {"N": str(int(item["revision"]["N"]) + 1)}
        world.dynamodb.faults.meanwhile["transact_write_items"] = [move]

    world.dynamodb.faults.meanwhile["transact_write_items"] = [move]
    assert world.send(anomaly(10)) == ["DeliveryFailed"]
    world.dynamodb.faults.meanwhile.clear()
    assert world.send(anomaly(10)) == ["Ok"]
    assert world.incident()["windows"] == 2


def test_a_transaction_that_met_another_is_tried_again(world: Any) -> None:
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    canceled = client_error("TransactionCanceledException", CancellationReasons=reasons)
    world.dynamodb.faults.before["transact_write_items"] = [canceled, canceled]
    assert world.send(anomaly(0)) == ["Ok"]
    assert world.kinds() == ["opened"]


def test_a_transaction_whose_answer_was_lost_is_known_as_done(
    make: SimpleNamespace, world: Any
) -> None:
    world.dynamodb.faults.after["transact_write_items"] = [make.throttled()]
    assert world.send(anomaly(0)) == ["DeliveryFailed"]
    assert world.send(anomaly(0)) == ["Ok"]
    assert (world.kinds(), summary(world)) == (["opened"], [(1, 1, 0, 1, "open")])


def test_a_cleared_row_whose_answer_was_lost_is_known_as_done(
    make: SimpleNamespace, world: Any
) -> None:
    world.send(anomaly(0))
    world.dynamodb.faults.after["transact_write_items"] = [make.throttled()]
    assert world.send(cleared(0, 300)) == ["DeliveryFailed"]
    assert world.kinds() == ["opened"]
    assert world.send(cleared(0, 300)) == ["Ok"]
    assert world.kinds() == ["opened", "resolved"]


def test_two_invocations_with_the_same_rows_make_one_incident(world: Any) -> None:
    rows = [anomaly(0), anomaly(10), cleared(10, 300), anomaly(1000)]
    world.dynamodb.faults.meanwhile["transact_write_items"] = [lambda: world.send(*rows) and None]
    assert world.send(*rows) == ["Ok"] * 4
    assert summary(world) == [(2, 2, 0, 3, "resolved"), (1, 1, 0, 1, "open")]
    assert world.kinds() == ["opened", "resolved", "opened"]


def test_a_claim_holds_for_its_lease_and_no_longer(engine: Any) -> None:
    engine.sns.faults.before["publish shop"] = [client_error("InternalError")]
    assert engine.send(anomaly(0)) == ["Ok"]
    (alert,) = engine.parts.alerts.pending("shop")
    claim, release = engine.parts.alerts.claim, engine.parts.alerts.release
    assert claim(alert, "a", at(0)) == "claimed"
    assert claim(alert, "a", at(1)) == "claimed"  # as the SDK tries again
    assert [claim(alert, "b", at(second)) for second in (29, 30)] == ["busy", "claimed"]
    release(alert, "a")  # a claim that is no longer its own
    assert claim(alert, "c", at(31)) == "busy"
    release(alert, "b")
    assert claim(alert, "c", at(31)) == "claimed"
    engine.parts.alerts.mark_sent(alert, "sns-1")
    assert claim(alert, "c", at(100)) == "done"
    assert engine.parts.alerts.pending("shop") == []
    (item,) = engine.rows("alerts")
    assert {"claimed_until", "claimed_by"} & set(item) == set()
    assert item["sns_message_id"] == "sns-1"


def test_what_waits_is_found_by_age_whatever_site_it_is_of(engine: Any) -> None:
    sites = ("shop", "b", "c")
    for seconds, site in zip((20, 0, 10), sites, strict=True):
        engine.sns.faults.before[f"publish {site}"] = [client_error("InternalError")]
        engine.send(anomaly(seconds, site=site))
    engine.send(anomaly(5, site="sent at once"))
    assert [alert.site for alert in engine.parts.alerts.oldest()] == ["b", "c", "shop"]
    assert engine.sweep() == (3, 3, 0)
    assert engine.parts.alerts.oldest() == []
