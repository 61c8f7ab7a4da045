"""The endpoint as others change it and as SageMaker refuses it: told, and nothing replaced."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from glue_jobs.model_host import ModelHostError, hosting_of
from glue_jobs.model_release import champion_of, decide, release
from tests.unit.glue_jobs.fake_sagemaker import ENDPOINT, FakeAws
from tests.unit.glue_jobs.test_model_release import DAYS, GATE, HOSTING, host_of, run, sales


def refuse(**_: object) -> None:
    raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Operation")


@pytest.fixture
def served() -> FakeAws:
    """An endpoint whose champion learnt of another shop."""
    aws = FakeAws()
    run(aws, sales(elasticity=5.0))
    return aws


def test_a_candidate_is_not_served_in_the_place_of_a_model_that_it_was_not_compared_with(
    served: FakeAws,
) -> None:
    """Somebody rolls the endpoint back while the candidate is trained."""
    host = host_of(served)
    compared = champion_of(host)
    assert compared is not None
    candidate, decision = decide(DAYS, sales(2.0), compared.artefact, GATE)
    other = hosting_of("image:2", "arn:aws:iam::0:role/model", "ml.m6i.large")
    rolled_back = host.publish("old", compared.location, other, compared.config)
    with pytest.raises(ModelHostError, match="somebody changed it meanwhile; run the training"):
        release(host, candidate, decision, compared.hosting, compared)
    assert served.served() == rolled_back


def test_of_two_trainings_at_once_the_second_to_ask_is_told_so(served: FakeAws) -> None:
    """The first one's update is under way when the second has compared its candidate."""
    host = host_of(served)
    compared = champion_of(host)
    assert compared is not None
    candidate, decision = decide(DAYS, sales(2.0), compared.artefact, GATE)
    first = HOSTING.name("first")
    host._define(first, compared.location, HOSTING)
    served.update_endpoint(EndpointName=ENDPOINT, EndpointConfigName=first)
    with pytest.raises(ModelHostError, match=f"serves {first}, and the candidate was compared"):
        release(host, candidate, decision, compared.hosting, compared)
    assert served.served() == first


@pytest.mark.parametrize(
    "operation", ["describe_endpoint", "describe_endpoint_config", "describe_model"]
)
def test_what_sagemaker_refuses_is_told_of_the_endpoint(served: FakeAws, operation: str) -> None:
    setattr(served, operation, refuse)
    with pytest.raises(ModelHostError, match=f"endpoint {ENDPOINT}: .*AccessDenied"):
        host_of(served).served()


@pytest.mark.parametrize("operation", ["create_model", "update_endpoint", "put_object"])
def test_what_is_refused_while_a_model_is_published_is_told_too(
    served: FakeAws, operation: str
) -> None:
    setattr(served, operation, refuse)
    with pytest.raises(ModelHostError, match=f"endpoint {ENDPOINT}: .*AccessDenied"):
        run(served, sales(2.0))


@pytest.mark.parametrize("model", [{"Containers": []}, {"PrimaryContainer": {"Image": "i"}}])
def test_a_model_without_an_artefact_of_its_own_is_refused(
    served: FakeAws, model: dict[str, object]
) -> None:
    served.describe_model = lambda **_: model  # type: ignore[method-assign]
    with pytest.raises(ModelHostError, match="is not one container with a ModelDataUrl"):
        host_of(served).served()
