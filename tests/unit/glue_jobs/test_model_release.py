"""Publishing: in one order, once, and finished by the next run wherever this one was killed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from price_model.artefact import Artefact, unpack
from price_model.gate import Decision
from price_model.history import COLUMNS
from price_model.train import train

from glue_jobs.model_host import ModelHost, ModelHostError, hosting_of
from glue_jobs.model_release import Gate, champion_of, decide, release
from glue_jobs.options import OptionError
from tests.unit.glue_jobs.fake_sagemaker import BUCKET, ENDPOINT, FOLDER, FakeAws, KilledError

HOSTING = hosting_of("image:1", "arn:aws:iam::0:role/model", "ml.m6i.large")
DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(10)]
GATE = Gate(holdout_days=7, tolerance=0.01)
Learnt = Callable[[Sequence[date]], pd.DataFrame]


def sales(elasticity: float) -> Learnt:
    """The history of a shop of 12 products, each day at a price of its own."""

    def learnt(days: Sequence[date]) -> pd.DataFrame:
        rows = []
        for day, product in itertools.product(days, range(12)):
            ratio = 0.7 + 0.1 * ((day.day + product) % 7)
            units = round(400 * 0.2 * ratio**-elasticity)
            rows.append((f"p-{product}", "shoes", round(1_000 * ratio), 1_000, 400, units))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    return learnt


def host_of(aws: FakeAws) -> ModelHost:
    return ModelHost(ENDPOINT, FOLDER, 60.0, sagemaker=aws, s3=aws, sleep=lambda _: None)


def run(aws: FakeAws, learnt: Learnt, days: Sequence[date] = DAYS) -> tuple[Artefact, Decision]:
    """What the job does after it has looked at the days."""
    host = host_of(aws)
    champion = champion_of(host)
    found = decide(days, learnt, champion.artefact if champion else None, GATE)
    hosting = champion.hosting if champion else HOSTING
    release(host, *found, hosting, champion)
    return found


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture
def served(aws: FakeAws) -> FakeAws:
    """An endpoint whose champion learnt of another shop."""
    run(aws, sales(elasticity=5.0))
    aws.writes.clear()
    return aws


def champion(aws: FakeAws) -> dict[str, str]:
    found: dict[str, str] = json.loads(aws.objects["models/price_model/champion.json"])
    return found


def test_a_first_model_makes_the_endpoint_and_needs_no_comparison(aws: FakeAws) -> None:
    candidate, decision = run(aws, sales(2.0))
    assert (decision.publish, decision.reason, decision.champion) == (True, "first", None)
    assert aws.writes == [
        "put model.tar.gz",
        "put decision.json",
        "create model",
        "create endpoint-config",
        "create endpoint",
        "put champion.json",
    ]
    assert champion(aws) == {
        "version": candidate.version,
        "artefact": f"{FOLDER}{candidate.version}/model.tar.gz",
        "endpoint_config": aws.served(),
    }


def test_the_candidate_learns_from_all_but_the_last_fifth_of_the_days(aws: FakeAws) -> None:
    candidate, _ = run(aws, sales(2.0))
    assert candidate == train(sales(2.0)(DAYS[:8]))


def test_a_better_candidate_takes_the_place_and_is_hosted_as_the_champion_was(
    served: FakeAws,
) -> None:
    candidate, decision = run(served, sales(2.0))
    assert decision.publish
    assert decision.candidate_score is not None
    assert decision.champion_score is not None
    assert decision.candidate_score > decision.champion_score
    assert decision.held_out == ("2026-01-09", "2026-01-10")
    assert served.writes[2:5] == ["create model", "create endpoint-config", "update endpoint"]
    host = host_of(served)
    now = host.served()
    assert now is not None
    assert (now.artefact, now.hosting) == (candidate, HOSTING)
    kept = served.objects[f"models/price_model/{candidate.version}/decision.json"]
    assert json.loads(kept) == decision.to_json()


def test_a_worse_candidate_is_kept_with_the_decision_and_not_served(served: FakeAws) -> None:
    run(served, sales(2.0))
    before = champion(served)
    learnt = sales(2.0)

    def turned(days: Sequence[date]) -> pd.DataFrame:
        """What the candidate learns from is not what the held-out days are like."""
        return sales(6.0)(days) if len(days) > 2 else learnt(days)

    candidate, decision = run(served, turned)
    assert (decision.publish, decision.reason) == (False, "worse")
    assert champion(served) == before
    assert f"models/price_model/{candidate.version}/model.tar.gz" in served.objects


def test_a_run_that_is_repeated_writes_nothing(served: FakeAws) -> None:
    run(served, sales(2.0))
    served.writes.clear()
    _, decision = run(served, sales(2.0))
    assert (decision.publish, decision.reason) == (False, "same")
    assert served.writes == []


def test_too_few_days_to_hold_some_out_leave_the_champion(served: FakeAws) -> None:
    _, decision = run(served, sales(2.0), DAYS[:4])
    assert (decision.publish, decision.reason, decision.held_out) == (False, "too_few_days", ())


@pytest.mark.parametrize("number", range(1, 7))
def test_a_kill_after_any_write_ends_as_if_there_had_been_none(number: int) -> None:
    """The write has been done: it is its answer that nobody gets."""
    undisturbed, killed = FakeAws(), FakeAws()
    for aws in (undisturbed, killed):
        run(aws, sales(5.0))
    expected, _ = run(undisturbed, sales(2.0))
    killed.left = number
    with pytest.raises(KilledError):
        run(killed, sales(2.0))
    host = host_of(killed)
    half = host.served()
    assert half is not None  # whatever was written by then, a whole model is served
    killed.left = None
    run(killed, sales(2.0))
    assert killed.state() == undisturbed.state()
    assert champion(killed)["version"] == expected.version


@pytest.mark.parametrize("number", range(1, 7))
def test_a_kill_while_the_first_model_is_published_is_made_good_too(number: int) -> None:
    undisturbed, killed = FakeAws(), FakeAws()
    run(undisturbed, sales(2.0))
    killed.left = number
    with pytest.raises(KilledError):
        run(killed, sales(2.0))
    killed.left = None
    run(killed, sales(2.0))
    assert killed.state() == undisturbed.state()


def test_a_kill_before_the_champion_is_written_down_is_made_good_though_the_history_moved(
    served: FakeAws,
) -> None:
    """The next candidate is refused, so that only the start of the run can mend it."""
    served.left = 5
    with pytest.raises(KilledError):
        run(served, sales(2.0))
    served.left = None
    _, decision = run(served, sales(2.0), DAYS[:4])
    assert not decision.publish
    assert champion(served)["endpoint_config"] == served.served()
    assert champion(served)["version"] == decision.champion


def test_an_endpoint_that_does_not_take_the_model_keeps_the_champion(served: FakeAws) -> None:
    before = served.served(), champion(served)
    candidate = train(sales(2.0)(DAYS[:8]))
    served.breaks.add(HOSTING.name(candidate.version))
    with pytest.raises(ModelHostError, match="container did not answer; it did not take"):
        run(served, sales(2.0))
    assert (served.served(), champion(served)) == before


def test_the_artefact_that_is_served_is_the_one_that_was_compared(served: FakeAws) -> None:
    candidate, _ = run(served, sales(2.0))
    key = champion(served)["artefact"].removeprefix(f"s3://{BUCKET}/")
    assert unpack(served.objects[key], key) == candidate


def test_an_update_that_takes_too_long_is_an_error_that_says_so(served: FakeAws) -> None:
    served.describe_endpoint = lambda **_: {"EndpointStatus": "Updating"}  # type: ignore[method-assign]
    with pytest.raises(ModelHostError, match="still Updating after 60 s"):
        host_of(served).served()


def test_a_champion_whose_artefact_is_gone_is_an_error_that_says_what_to_do(
    served: FakeAws,
) -> None:
    served.objects.clear()
    with pytest.raises(ModelHostError, match=r"cannot be read .*NoSuchKey.*put it back"):
        run(served, sales(2.0))


def test_an_endpoint_of_several_variants_is_refused(served: FakeAws) -> None:
    config = served.registry.describe("endpoint-config", str(served.served()))
    config["ProductionVariants"].append(config["ProductionVariants"][0])
    with pytest.raises(ModelHostError, match="has 2 variants"):
        host_of(served).served()


def test_another_image_is_another_name() -> None:
    other = hosting_of("image:2", "arn:aws:iam::0:role/model", "ml.m6i.large")
    assert HOSTING.name("v") == HOSTING.name("v") != other.name("v")
    assert HOSTING.name("v").startswith("price-model-v-")


@pytest.mark.parametrize("folder", ["models/", "s3://", "s3://b", "s3://b/", "file:/models"])
def test_a_folder_that_is_not_in_s3_is_refused(folder: str) -> None:
    with pytest.raises(OptionError, match="--models-path: found"):
        ModelHost(ENDPOINT, folder, 1.0, sagemaker=FakeAws(), s3=FakeAws())


def test_scores_are_numbers(served: FakeAws) -> None:
    _, decision = run(served, sales(2.0))
    assert np.isfinite([decision.candidate_score, decision.champion_score]).all()
