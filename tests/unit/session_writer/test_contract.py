"""What the job's destination sends, the function takes: both sides of the contract, joined."""

import json
import random
from types import SimpleNamespace
from typing import Any

from glue_jobs.destination_requests import Destination, Record, send_all
from lambdas.session_writer.app import handle

DESTINATION = Destination("session_writer", "arn:aws:glue:us-east-1:1:job/click_sessions")
TIME = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)


def rows(make: SimpleNamespace, count: int) -> list[Record]:
    """Sessions of five users: opened, then closed or withdrawn, in the order of each user."""
    made = []
    for number in range(count):
        user, session = f"user-{number % 5} é", number // 10
        status = ("open", "closed", "open", "withdrawn")[number // 5 % 2 + 2 * (number % 2)]
        row = make.row | {
            "user_id": user,
            "started_at": f"2026-01-{session + 1:02}T09:30:00.000Z",
            "revision": number,
            "status": status,
        }
        made.append(Record(f"row-{number}", user, 1_000 + number, json.dumps(row)))
    return made


def test_rows_arrive_whatever_fails_on_the_way(make: SimpleNamespace) -> None:
    rng = random.Random(7)
    undisturbed, disturbed = make.world(), make.world()

    def invoke(world: Any, request: bytes, failing: float) -> bytes:
        busy = make.client_error("ThrottlingException")
        users = [f"user-{number} é" for number in range(5)]
        world.table.failing = {user: busy for user in users if rng.random() < failing}
        answer = json.dumps(handle(json.loads(request), TIME, world.parts))
        return b"cut" if rng.random() < failing else answer.encode()

    sent = rows(make, 100)
    list(send_all(sent, DESTINATION, lambda request: invoke(undisturbed, request, 0)))
    few = Destination(DESTINATION.function, DESTINATION.application_arn, 7, attempts=50)
    settled = send_all(sent, few, lambda request: invoke(disturbed, request, 0.3), lambda _: None)

    assert [failure for request in settled for _, failure in request] == [None] * 100
    assert disturbed.rows() == undisturbed.rows()
    assert len(undisturbed.rows()) == 50
    assert {row["status"] for row in undisturbed.rows()} == {"closed", "withdrawn"}
