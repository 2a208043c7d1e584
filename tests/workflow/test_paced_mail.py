"""Mails leave no faster than the account may send: each recipient takes a turn from the one bucket of all."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from billproof.adapters.aws.limits import DynamoCallLimits
from billproof.adapters.paced_mail import MAILS, MOST_WAITS, PacedMailer
from billproof.errors import ExternalServiceUnavailable
from tests.support.fakes import MemoryCallLimits, MemoryMailer

TO = "ap@ua.example"


class Waits:
    """Time passes only where somebody waits for it."""

    def __init__(self) -> None:
        self.now = datetime(2013, 2, 4, 12, tzinfo=UTC)
        self.waited: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)


def test_a_mail_takes_a_turn_for_each_recipient() -> None:
    turns, mailer = MemoryCallLimits(), MemoryMailer()
    PacedMailer(mailer, turns).send(to=TO, message=b"x", copies=("a@ua.example", "b@ua.example"))
    assert (turns.taken, mailer.sent) == ({MAILS: 3}, [(TO, b"x")])


def test_a_mail_that_gets_no_turn_is_not_sent_and_goes_back() -> None:
    turns, mailer, waits = MemoryCallLimits(), MemoryMailer(), Waits()
    turns.burst = 0
    with pytest.raises(ExternalServiceUnavailable, match="wait for their turn"):
        PacedMailer(mailer, turns, wait=waits).send(to=TO, message=b"x")
    assert (len(waits.waited), mailer.sent) == (MOST_WAITS, [])


@mock_aws
def test_two_that_mail_at_once_send_no_more_than_the_rate_between_them() -> None:
    """Both take from one bucket of two a second: ten mails take four seconds, after the two that it holds at first."""
    client = boto3.client("dynamodb", region_name="us-east-1")
    client.create_table(
        TableName="idempotency",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    waits, mailer = Waits(), MemoryMailer()
    began = waits.now
    senders = [
        PacedMailer(
            mailer, DynamoCallLimits(client, "idempotency", burst=2, a_second=2, now=lambda: waits.now), wait=waits
        )
        for _ in range(2)
    ]
    for number in range(10):
        senders[number % 2].send(to=TO, message=b"x")
    assert len(mailer.sent) == 10
    assert waits.now - began == timedelta(seconds=4)
