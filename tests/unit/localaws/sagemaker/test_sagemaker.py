"""SageMaker of the local cloud, asked by boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.ports import ReservedPort
from localaws.sagemaker.fleet import ModelProcess

VARIANT = {"VariantName": "all", "InstanceType": "ml.m6i.large", "InitialInstanceCount": 1}
ACCOUNT_ARN = "arn:aws:sagemaker:us-east-1:000000000000"
Service = Any  # of conftest.py


def nobody_at() -> str:
    """A URL at which nobody listens."""
    port = ReservedPort()
    port.release()
    return port.url


def refused(call: Any, **asked: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**asked)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_an_endpoint_answers_by_the_model_that_it_was_made_of(service: Service) -> None:
    service.create("one")
    found = service.describe()
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "one")
    assert found["EndpointArn"] == f"{ACCOUNT_ARN}:endpoint/e"
    answer = service.ask()
    assert answer == {"model": "one", "path": "/endpoints/e/invocations", "asked": "x"}


def test_while_an_update_is_under_way_the_old_model_answers(service: Service) -> None:
    service.create("one")
    service.define("two")
    service.fleet.gate.clear()
    service.control.update_endpoint(EndpointName="e", EndpointConfigName="two")
    found = service.describe()
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("Updating", "one")
    assert service.ask()["model"] == "one"
    update = service.control.update_endpoint
    assert refused(update, EndpointName="e", EndpointConfigName="two") == (
        "ValidationException",
        f'Cannot update in-progress endpoint "{ACCOUNT_ARN}:endpoint/e".',
    )
    service.fleet.gate.set()
    assert service.settle()["EndpointConfigName"] == "two"
    assert service.ask()["model"] == "two"


def test_a_model_that_does_not_start_leaves_the_old_one_and_says_why(service: Service) -> None:
    service.create("one")
    service.define("broken")
    service.control.update_endpoint(EndpointName="e", EndpointConfigName="broken")
    found = service.settle()
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "one")
    assert "ended with code 1" in found["FailureReason"]
    assert service.ask()["model"] == "one"


def test_an_endpoint_that_never_came_up_has_failed_and_can_be_deleted(service: Service) -> None:
    service.create("broken")
    assert service.describe()["EndpointStatus"] == "Failed"
    service.control.delete_endpoint(EndpointName="e")
    code, message = refused(service.control.describe_endpoint, EndpointName="e")
    assert code == "ValidationException"
    assert message == f'Could not find endpoint "{ACCOUNT_ARN}:endpoint/e".'


@pytest.mark.parametrize(
    ("operation", "asked", "message"),
    [
        ("describe_model", {"ModelName": "X"}, f'Could not find model "{ACCOUNT_ARN}:model/x".'),
        (
            "describe_endpoint_config",
            {"EndpointConfigName": "X"},
            f'Could not find endpoint configuration "{ACCOUNT_ARN}:endpoint-config/x".',
        ),
        (
            "create_endpoint",
            {"EndpointName": "e", "EndpointConfigName": "one"},
            f'Cannot create already existing endpoint "{ACCOUNT_ARN}:endpoint/e".',
        ),
        (
            "update_endpoint",
            {"EndpointName": "f", "EndpointConfigName": "one"},
            f'Could not find endpoint "{ACCOUNT_ARN}:endpoint/f".',
        ),
        (
            "create_endpoint_config",
            {
                "EndpointConfigName": "two",
                "ProductionVariants": [{**VARIANT, "ModelName": "two"}],
            },
            f'Could not find model "{ACCOUNT_ARN}:model/two".',
        ),
        (
            "create_model",
            {"ModelName": "one", "ExecutionRoleArn": "arn:aws:iam::000000000000:role/r"},
            f'Cannot create already existing model "{ACCOUNT_ARN}:model/one".',
        ),
    ],
)
def test_a_request_is_refused_in_the_words_of_the_service(
    service: Service, operation: str, asked: dict[str, Any], message: str
) -> None:
    service.create("one")
    assert refused(getattr(service.control, operation), **asked) == ("ValidationException", message)


def test_a_machine_that_fails_leaves_no_endpoint_under_way(service: Service) -> None:
    service.create("full")
    found = service.describe()
    assert (found["EndpointStatus"], found["FailureReason"]) == ("Failed", "No space left")
    service.control.delete_endpoint(EndpointName="e")
    service.create("one")
    service.control.update_endpoint(EndpointName="e", EndpointConfigName="full")
    found = service.settle()
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "one")
    assert found["FailureReason"] == "No space left"
    assert service.ask()["model"] == "one"


@pytest.mark.parametrize("name", ["../../outside", "a/b", "-a", "a-", "a.b", "a" * 64, "a\n"])
def test_a_name_that_the_service_does_not_take_is_refused(service: Service, name: str) -> None:
    role = "arn:aws:iam::000000000000:role/r"
    for call, asked in (
        ("create_model", {"ModelName": name, "ExecutionRoleArn": role}),
        ("create_endpoint_config", {"EndpointConfigName": name, "ProductionVariants": [VARIANT]}),
        ("create_endpoint", {"EndpointName": name, "EndpointConfigName": "one"}),
        ("update_endpoint", {"EndpointName": "e", "EndpointConfigName": name}),
    ):
        code, message = refused(getattr(service.control, call), **asked)
        assert code == "ValidationException"
        assert "failed to satisfy constraint" in message


def test_an_operation_that_is_not_here_names_those_that_are(service: Service) -> None:
    code, message = refused(service.control.list_models)
    assert code == "UnknownOperationException"
    assert "ListModels: not on this machine" in message
    assert "UpdateEndpoint" in message


def test_what_was_created_is_described_as_it_was_asked_for(service: Service) -> None:
    service.define("one")
    model = service.control.describe_model(ModelName="one")
    assert model["PrimaryContainer"] == {"Image": "i", "ModelDataUrl": "s3://b/one"}
    config = service.control.describe_endpoint_config(EndpointConfigName="one")
    assert config["ProductionVariants"] == [{**VARIANT, "ModelName": "one"}]


def test_a_request_that_found_the_model_just_before_it_was_replaced_is_sent_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.create("one")
    now, gone = service.fleet.serving, [ModelProcess(None, nobody_at())]  # type: ignore[arg-type]
    monkeypatch.setattr(service.fleet, "serving", lambda name: gone.pop() if gone else now(name))
    assert service.ask()["model"] == "one"
    assert gone == []


def test_an_error_of_the_container_reaches_the_caller(service: Service) -> None:
    service.create("one")
    code, _ = refused(service.runtime.invoke_endpoint, EndpointName="e", Body="fail")
    assert code == "ModelError"


def test_an_endpoint_that_is_not_there_and_a_model_that_died_are_told_apart(
    service: Service,
) -> None:
    asked = {"EndpointName": "e", "Body": "x"}
    assert refused(service.runtime.invoke_endpoint, **asked) == (
        "ValidationError",
        "Endpoint e of account 000000000000 not found.",
    )
    service.create("one")
    service.fleet.close()
    service.fleet._servers.clear()
    assert refused(service.runtime.invoke_endpoint, **asked)[0] == "ServiceUnavailable"
