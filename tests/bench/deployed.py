"""The functions' own handlers on moto, through the cost meter: one legal entity, its accounts, its month."""

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import Any

from moto import mock_aws

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.dynamodb import DynamoRecords
from billproof.approvals.governing import PolicyBook, PolicyConfirmation, PublishedPolicy
from billproof.approvals.policy import Policy
from billproof.callers import Identity
from billproof.composition import Composition
from billproof.contracts.model import Contract
from billproof.masterdata.keys import key_of, memberships
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import LegalEntity
from billproof.periods import instant_text
from billproof.ports import Record, Workflows
from billproof.settings import Settings
from billproof.webhooks.ports import SendResult, WebhookSender
from billproof_ops.demo import story
from billproof_ops.template import read_template
from tests.bench import load
from tests.bench.meter import CHUNK, CostMeter
from tests.support.fakes import MemoryWorkflows
from tests.support.quick_moto import quick_moto

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Billproof")
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "ERROR")
AT_ONCE = datetime(2013, 1, 2, tzinfo=UTC)
"""Events come when they happen: none is late."""
TABLES = (
    "contracts",
    "invoices",
    "ledger",
    "runs",
    "exceptions",
    "decisions",
    "audit",
    "idempotency",
    "events",
    "payments",
)

QUEUES = ("postings", "deliveries", "einvoices", "webhooks", "given-up")


class _Context:
    memory_limit_in_mb = 128
    aws_request_id = "3f0b6c1e-7d7e-4a8e-9f43-1f6a4f1d2c3b"
    log_group_name = log_stream_name = "log"

    def __init__(self, name: str) -> None:
        self.function_name = name
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Clocked(Composition):
    """Composition whose clock stands where it is put: events of long ago that are written today are late."""

    moment = AT_ONCE

    @cached_property
    def billing_runs(self) -> Workflows:
        """Executions that are noted and not run: the bench calls the steps itself."""
        return MemoryWorkflows()

    @cached_property
    def webhook_sender(self) -> WebhookSender:
        """What is told is answered at once, and goes nowhere."""
        return Answering()

    def now(self) -> datetime:
        return self.moment


class Answering:
    """Answers each request at once, and sends nothing."""

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> SendResult:
        """Take a body."""
        del url, headers, body
        return SendResult(status=200)


@contextmanager
def deployed(*, buckets: int, batch_size: int = 100) -> Iterator[tuple[Clocked, CostMeter]]:
    """Make the stack's bucket, tables and queues; yield the ports over them, and the meter."""
    with mock_aws(), quick_moto(), CostMeter() as meter:
        for bucket in ("data", "audit"):
            client("s3").create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == "audit")
        for table in TABLES:
            _create_table(table)
        queues = {name: client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        client("events").create_event_bus(Name="events")
        client("secretsmanager").create_secret(Name="webhooks", SecretString="a key")
        environment = {f"{table.upper()}_TABLE": table for table in TABLES} | {
            "DATA_BUCKET": "data",
            "AUDIT_BUCKET": "audit",
            "AUDIT_RETENTION_DAYS": "3653",
            "ARCHIVE_LOCK_MODE": "GOVERNANCE",
            "POSTINGS_QUEUE_URL": queues["postings"],
            "DELIVERIES_QUEUE_URL": queues["deliveries"],
            "EINVOICES_QUEUE_URL": queues["einvoices"],
            "WEBHOOK_DELIVERIES_QUEUE_URL": queues["webhooks"],
            "WEBHOOK_DEAD_LETTERS_URL": queues["given-up"],
            "WEBHOOK_KEY_ARN": "webhooks",
            "EVENTS_BUS": "events",
            "INVOICE_EXCEPTION_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:invoice-exception",
            "BUCKET_COUNT": str(buckets),
            "BATCH_SIZE": str(batch_size),
            "BATCH_CONCURRENCY": "40",
            "PART_SIZE": "5000",
            "CUT_OFF_GRACE_HOURS": "24",
            "EVENT_AGE_DAYS": "400",
            "UNBILLED_EVERY_MINUTES": "60",
            "MAILS_A_SECOND": "14",
        }
        yield Clocked(Settings(environment)), meter


def _create_table(table: str) -> None:
    keys = ("id",) if table == "idempotency" else ("partition", "sort")
    client("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)],
    )


def publish(ports: Composition, accounts: int, *, lines: int) -> None:
    """Publish a legal entity with so many accounts, each of them invoiced so many lines."""
    master_data = story.master_data()
    shared: list[LegalEntity | Meter] = [*master_data.legal_entities, *master_data.meters]
    for item in shared:
        ports.directory.add(item)
    for policy in master_data.policies:
        _adopt(ports.policies, policy)
    account = next(account for account in master_data.accounts if account.id == "UA")
    contract = _of_lines(next(item for item in master_data.contracts if item.account == "UA"), lines)
    records = DynamoRecords(client("dynamodb"), "contracts")
    for name in map(load.account_name, range(accounts)):
        own = account.model_copy(update={"id": name})
        terms = contract.model_copy(update={"id": f"{name}-2013", "account": name})
        for data in (own, terms):  # the audit chain of master data is no cost of a month
            records.create(Record(key_of(data), data.model_dump(mode="json")))
        for membership in memberships(own):
            records.create(membership)
        ports.chain.keys.digest(name, b"")  # an account has its key of digests since its first month


def _of_lines(contract: Contract, lines: int) -> Contract:
    """Return a contract whose charges come to so many lines: its own, and copies of its first fixed one."""
    fixed = next(charge for charge in contract.charges if charge.meter is None)
    cheap = fixed.model_copy(update={"price": fixed.price.model_copy(update={"amount": Decimal(10)})})
    more = [cheap.model_copy(update={"id": f"{fixed.id}-{number}"}) for number in range(lines - len(contract.charges))]
    return contract.model_copy(update={"charges": (*contract.charges, *more)[:lines]})


def _adopt(policies: PolicyBook, policy: Policy) -> None:
    """Let a policy take effect, published and confirmed by two people."""
    first, second = (Identity(issuer="bench", subject=name) for name in ("one", "another"))
    at = instant_text(AT_ONCE)
    policies.publish(PublishedPolicy(policy=policy, published_by=first, published_at=at))
    confirmation = PolicyConfirmation(version=policy.version, confirmed_by=second, person="another", confirmed_at=at)
    policies.confirm(policy.id, confirmation)


@cache
def memory_of(function: str) -> int:
    """Return the memory that the template gives a function, in megabytes."""
    template = read_template()
    resource = template["Resources"]["".join(word.capitalize() for word in function.split("_"))]
    every: dict[str, Any] = template["Globals"]["Function"]
    return int(resource["Properties"].get("MemorySize", every["MemorySize"]))


def call(module: Any, event: dict[str, Any], ports: Composition, meter: CostMeter) -> Any:
    """Invoke a function as Lambda does, through the meter."""
    name = module.__name__.split(".")[-2]
    ports.chain.keys.forget()  # of another process, which has to look the keys up
    with meter.stage(name, memory=memory_of(name)):
        return module.handler(event, _Context(name), ports)


def poll(stage: str, meter: CostMeter, messages: list[str]) -> None:
    """Lambda's poller receives ten messages at a time, billed by 64 KB, and deletes ten at a time."""
    size = sum(map(len, messages))
    receives = max(math.ceil(len(messages) / 10), math.ceil(size / CHUNK))
    number = receives + math.ceil(len(messages) / 10)
    meter.note(stage, "sqs request", number, call="sqs ReceiveMessage and DeleteMessageBatch")


def queued(messages: list[str]) -> dict[str, Any]:
    """Return the event of a queue's consumer."""
    attributes = {"SentTimestamp": str(int(AT_ONCE.timestamp() * 1000)), "SenderId": "AIDAEXAMPLE"}
    return {
        "Records": [
            {"messageId": f"m{number}-{hash(body)}", "body": body, "attributes": attributes}
            for number, body in enumerate(messages)
        ]
    }


def stored(ports: Composition, key: str) -> Any:
    """Return an object that a stage wrote; nobody is billed for this look."""
    return json.loads(ports.objects.get(key))
