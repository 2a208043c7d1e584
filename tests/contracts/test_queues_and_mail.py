from collections.abc import Callable

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from billproof.adapters.aws.dynamodb import DynamoRecords
from billproof.adapters.aws.s3 import S3Objects
from billproof.adapters.aws.ses import SesMailer
from billproof.adapters.aws.sqs import SqsQueue, deliver_at_once
from billproof.errors import BillproofError, ExternalServiceUnavailable, MailRefused
from billproof.ports import Key, Record


@mock_aws
def test_messages_are_sent_ten_at_a_time() -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="q")["QueueUrl"]
    SqsQueue(client, url).send(str(number) for number in range(25))
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "25"
    SqsQueue(client, url).send([])


@mock_aws
def test_a_message_that_is_delivered_at_once_does_not_wait_for_the_queue_s_time_out() -> None:
    client = boto3.client("sqs")
    url = client.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "360"})["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    SqsQueue(client, url).send(["a"])
    (first,) = client.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in client.receive_message(QueueUrl=url)
    deliver_at_once(client, queue_arn=arn, receipt_handle=first["ReceiptHandle"])
    (again,) = client.receive_message(QueueUrl=url)["Messages"]
    assert again["MessageId"] == first["MessageId"]
    with pytest.raises(BillproofError):
        deliver_at_once(client, queue_arn=arn, receipt_handle="of nothing")


def test_a_message_that_was_not_taken_is_an_error() -> None:
    client = boto3.client("sqs")
    with Stubber(client) as stub:
        failed = [{"Id": "0", "SenderFault": False, "Code": "InternalError", "Message": "try later"}]
        stub.add_response("send_message_batch", {"Successful": [], "Failed": failed})
        with pytest.raises(ExternalServiceUnavailable, match="try later"):
            SqsQueue(client, "https://queue").send(["a"])


@mock_aws
def test_a_mail_from_a_verified_sender_is_taken() -> None:
    client = boto3.client("ses")
    client.verify_email_identity(EmailAddress="billing@skymeter.example")
    message = b"From: billing@skymeter.example\r\nTo: a@b.example\r\nSubject: x\r\n\r\nhello"
    SesMailer(client).send(to="a@b.example", message=message)


def test_a_mail_goes_to_all_who_get_copies() -> None:
    client = boto3.client("ses")
    with Stubber(client) as stub:
        expected = {"Destinations": ["a@b.example", "c@b.example"], "RawMessage": {"Data": b"hello"}}
        stub.add_response("send_raw_email", {"MessageId": "1"}, expected)
        SesMailer(client).send(to="a@b.example", message=b"hello", copies=["c@b.example"])
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "error"), [("MessageRejected", MailRefused), ("Throttling", ExternalServiceUnavailable)]
)
def test_a_mail_that_is_never_taken_is_told_from_one_that_is_not_taken_now(
    code: str, error: type[BillproofError]
) -> None:
    client = boto3.client("ses")
    with Stubber(client) as stub:
        stub.add_client_error("send_raw_email", service_error_code=code)
        with pytest.raises(error, match=code):
            SesMailer(client).send(to="a@b.example", message=b"")


@pytest.mark.parametrize("operation", ["get", "create", "create_all", "query"])
def test_a_service_that_fails_is_worth_another_try(operation: str) -> None:
    client = boto3.client("dynamodb")
    records = DynamoRecords(client, "t")
    calls: dict[str, tuple[str, Callable[[], object]]] = {
        "get": ("get_item", lambda: records.get(Key("p", "s"))),
        "create": ("put_item", lambda: records.create(Record(Key("p", "s"), {}))),
        "create_all": ("transact_write_items", lambda: records.create_all([Record(Key("p", "s"), {})])),
        "query": ("query", lambda: list(records.query("p"))),
    }
    method, call = calls[operation]
    with Stubber(client) as stub:
        stub.add_client_error(method, service_error_code="InternalServerError", http_status_code=500)
        with pytest.raises(ExternalServiceUnavailable, match="InternalServerError"):
            call()


def test_a_store_that_fails_is_worth_another_try() -> None:
    client = boto3.client("s3")
    with Stubber(client) as stub:
        stub.add_client_error("get_object", service_error_code="SlowDown", http_status_code=503)
        with pytest.raises(ExternalServiceUnavailable, match="SlowDown"):
            S3Objects(client, "b").get("k")
