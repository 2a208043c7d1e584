"""Which errors of AWS are worth another try, and which say that the request itself is wrong."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from billproof.adapters.aws.dynamodb import DynamoRecords
from billproof.adapters.aws.faults import WRONG_INPUT, outside
from billproof.adapters.aws.sqs import SqsQueue
from billproof.adapters.aws.stepfunctions import StateMachine
from billproof.errors import BillproofError, ExternalServiceUnavailable, InvalidInput
from billproof.ports import Key, Record

PRIVATE = "jane roe <jane@example.com>"
OPERATIONS = {
    "dynamodb": ["GetItem", "PutItem", "TransactWriteItems", "Query", "UpdateItem", "DeleteItem"],
    "s3": ["GetObject", "PutObject", "ListObjectsV2"],
    "secretsmanager": ["GetSecretValue"],
    "ses": ["SendRawEmail"],
    "sqs": ["SendMessageBatch"],
    "stepfunctions": ["StartExecution", "RedriveExecution", "DescribeExecution", "SendTaskSuccess"],
}
"""What the adapters, and the idempotency of Powertools, call."""
READ_BEFORE = {
    *("ConditionalCheckFailedException", "TransactionConflictException", "TransactionCanceledException", "NoSuchKey"),
    *("ExecutionAlreadyExists", "ExecutionDoesNotExist", "TaskDoesNotExist", "InvalidToken", "TaskTimedOut"),
    *("MessageRejected", "UnsupportedOperation"),
}
"""What an adapter gives a meaning of its own."""
SERVICE_OR_SET_UP = {
    *("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException", "InternalServerError"),
    *("ReplicatedWriteConflictException", "TransactionInProgressException", "ResourceNotFoundException"),
    *("InvalidObjectState", "NoSuchBucket", "RequestThrottled", "QueueDoesNotExist", "InvalidSecurity"),
    *("KmsDisabled", "KmsInvalidState", "KmsNotFound", "KmsOptInRequired", "KmsThrottled", "KmsAccessDenied"),
    *("KmsInvalidKeyUsage", "InvalidAddress", "KmsAccessDeniedException", "KmsInvalidStateException"),
    *("KmsThrottlingException", "ExecutionLimitExceeded", "StateMachineDoesNotExist", "StateMachineDeleting"),
    *("ExecutionNotRedrivable", "DecryptionFailure", "InternalServiceError", "InvalidRequestException"),
    *("MailFromDomainNotVerifiedException", "ConfigurationSetDoesNotExist", "ConfigurationSetSendingPausedException"),
    "AccountSendingPausedException",
}
"""What the service, or a person beside the request, puts right: the same request may then succeed."""


def declared() -> Iterator[str]:
    """Yield every error that the services declare for what is called."""
    client: Any = boto3.client
    for service, operations in OPERATIONS.items():
        model = client(service).meta.service_model
        for operation in operations:
            for shape in model.operation_model(operation).error_shapes:
                yield shape.metadata.get("error", {}).get("code") or shape.name


def test_every_error_that_a_service_declares_is_classified_once() -> None:
    codes = set(declared())
    assert codes - WRONG_INPUT == READ_BEFORE | SERVICE_OR_SET_UP
    assert len(codes & WRONG_INPUT) > 10


def raised(code: str) -> BillproofError:
    with pytest.raises(BillproofError) as error, outside("a service"):
        raise ClientError({"Error": {"Code": code, "Message": f"bad value: {PRIVATE}"}}, "PutItem")
    return error.value


@pytest.mark.parametrize("code", sorted(WRONG_INPUT))
def test_wrong_input_is_not_tried_again_and_not_repeated(code: str) -> None:
    error = raised(code)
    assert (type(error), error.retryable, error.details["code"]) == (InvalidInput, False, code)
    assert PRIVATE not in str(error)


@pytest.mark.parametrize("code", [*sorted(SERVICE_OR_SET_UP), "AccessDeniedException", "SlowDown", "a new one"])
def test_all_else_is_tried_again(code: str) -> None:
    error = raised(code)
    assert (type(error), error.retryable) == (ExternalServiceUnavailable, True)


def test_a_request_that_the_client_refuses_is_wrong_input_and_an_endpoint_that_is_away_is_not() -> None:
    with pytest.raises(InvalidInput) as refused, outside("dynamodb"):
        boto3.client("dynamodb").get_item(TableName="t", Key={"partition": PRIVATE})
    assert PRIVATE not in str(refused.value)
    with pytest.raises(ExternalServiceUnavailable), outside("dynamodb"):
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")


def test_a_page_instead_of_an_answer_is_trouble_of_the_service_and_is_not_repeated() -> None:
    page = f"Unable to parse response, invalid XML received:\n{PRIVATE}"
    with pytest.raises(ExternalServiceUnavailable) as error, outside("s3"):
        raise ResponseParserError(page)
    assert PRIVATE not in str(error.value)


def test_an_item_that_dynamodb_refuses_is_wrong_input() -> None:
    with Stubber(boto3.client("dynamodb")) as stub:
        stub.add_client_error("put_item", service_error_code="ValidationException", service_message=PRIVATE)
        with pytest.raises(InvalidInput) as error:
            DynamoRecords(stub.client, "t").create(Record(Key("p", "s"), {"n": 1}))
    assert PRIVATE not in str(error.value)


def test_an_execution_name_that_step_functions_refuses_is_wrong_input() -> None:
    with Stubber(boto3.client("stepfunctions")) as stub:
        stub.add_client_error("start_execution", service_error_code="InvalidName", service_message=PRIVATE)
        with pytest.raises(InvalidInput):
            StateMachine(stub.client, "arn:aws:states:us-east-1:1:stateMachine:m").start(name="x", document={})


@pytest.mark.parametrize("kind", [InvalidInput, ExternalServiceUnavailable])
def test_a_message_that_sqs_refuses_is_wrong_input_only_where_it_says_so(kind: type[BillproofError]) -> None:
    with Stubber(boto3.client("sqs")) as stub:
        failed = {"Id": "0", "SenderFault": kind is InvalidInput, "Code": "SomeCode", "Message": PRIVATE}
        stub.add_response("send_message_batch", {"Successful": [], "Failed": [failed]})
        with pytest.raises(kind) as error:
            SqsQueue(stub.client, "http://127.0.0.1/q").send(["body"])
    assert type(error.value) is kind
    assert (PRIVATE in str(error.value)) == (kind is ExternalServiceUnavailable)
