"""What a run costs by its calls: the functions' own handlers on moto, through the cost meter."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from moto import mock_aws

from billproof.adapters.aws.clients import client
from billproof.adapters.aws.dynamodb import DynamoRecords
from billproof.approvals.governing import PolicyBook, PolicyConfirmation, PublishedPolicy
from billproof.approvals.policy import Policy
from billproof.callers import SCHEDULE, Identity
from billproof.composition import Composition
from billproof.masterdata.directory import _memberships, key_of
from billproof.masterdata.meters import Meter
from billproof.masterdata.parties import LegalEntity
from billproof.periods import instant_text
from billproof.pipeline.starting import start_billing_run
from billproof.ports import Record
from billproof.settings import Settings
from billproof_ops.cost import CHUNK, CostMeter
from billproof_ops.demo import story
from functions.aggregate_usage import app as aggregate_usage
from functions.calculate_tax import app as calculate_tax
from functions.check_completeness import app as check_completeness
from functions.close_billing_run import app as close_billing_run
from functions.deliver_invoice import app as deliver_invoice
from functions.draft_invoices import app as draft_invoices
from functions.ingest_usage import app as ingest_usage
from functions.plan_billing_run import app as plan_billing_run
from functions.post_to_erp import app as post_to_erp
from functions.price_usage import app as price_usage
from functions.release_invoices import app as release_invoices
from functions.validate_pricing import app as validate_pricing
from tests.bench import load
from tests.bench.ratios import Measure
from tests.support.fakes import MemoryWorkflows

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "Billproof")
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "ERROR")
RUN = "skymeter-inc-2013-01-001"
STATES_OF_A_BATCH = 9
"""Transitions of one item of InvoiceBatches: the start of its child execution, and eight states of that."""
STATES_OF_A_RUN = 8
AT_ONCE = datetime(2013, 1, 2, tzinfo=UTC)
"""Events come when they happen: none is late."""
TABLES = ("contracts", "invoices", "ledger", "runs", "exceptions", "decisions", "audit", "idempotency")


class _Context:
    function_name = "function"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id = "request"
    log_group_name = log_stream_name = "log"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class _Clocked(Composition):
    """Composition whose clock stands where it is put: events of long ago that are written today are late."""

    moment = AT_ONCE

    def now(self) -> datetime:
        return self.moment


@contextmanager
def _deployed(*, buckets: int) -> Iterator[tuple[_Clocked, CostMeter]]:
    with mock_aws(), CostMeter() as meter:
        client("s3").create_bucket(Bucket="data")
        for table in TABLES:
            keys = ("id",) if table == "idempotency" else ("partition", "sort")
            client("dynamodb").create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                ],
            )
        queues = {name: client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in ("postings", "deliveries")}
        environment = {f"{table.upper()}_TABLE": table for table in TABLES} | {
            "DATA_BUCKET": "data",
            "POSTINGS_QUEUE_URL": queues["postings"],
            "DELIVERIES_QUEUE_URL": queues["deliveries"],
            "BUCKET_COUNT": str(buckets),
            "BATCH_SIZE": "100",
            "BATCH_CONCURRENCY": "40",
            "CUT_OFF_GRACE_HOURS": "24",
            "EVENT_AGE_DAYS": "400",
        }
        yield _Clocked(Settings(environment)), meter


def _publish(ports: Composition, accounts: int) -> None:
    found = story.master_data()
    shared: list[LegalEntity | Meter] = [*found.legal_entities, *found.meters]
    for each in shared:
        ports.directory.add(each)
    for policy in found.policies:
        _adopt(ports.policies, policy)
    account = next(each for each in found.accounts if each.id == "UA")
    contract = next(each for each in found.contracts if each.account == "UA")
    records = DynamoRecords(client("dynamodb"), "contracts")
    for name in map(load.account_name, range(accounts)):
        mine = account.model_copy(update={"id": name})
        terms = contract.model_copy(update={"id": f"{name}-2013", "account": name})
        for data in (mine, terms):  # one by one: a transaction copies all of moto's tables
            records.create(Record(key_of(data), data.model_dump(mode="json")))
        for membership in _memberships(mine):
            records.create(membership)


def _adopt(policies: PolicyBook, policy: Policy) -> None:
    """Let a policy take effect, published and confirmed by two people."""
    first, second = (Identity(issuer="bench", subject=name) for name in ("one", "another"))
    at = instant_text(AT_ONCE)
    policies.publish(PublishedPolicy(policy=policy, published_by=first, published_at=at))
    confirmation = PolicyConfirmation(version=policy.version, confirmed_by=second, person="another", confirmed_at=at)
    policies.confirm(policy.id, confirmation)


def _call(module: Any, event: dict[str, Any], ports: Composition, meter: CostMeter) -> Any:
    meter.note("lambda request", 1, call="lambda Invoke")
    return module.handler(event, _Context(), ports)


def _poll(meter: CostMeter, messages: list[str]) -> None:
    """Lambda's poller receives ten messages at a time, billed by 64 KB, and deletes ten at a time."""
    size = sum(map(len, messages))
    receives = max(math.ceil(len(messages) / 10), math.ceil(size / CHUNK))
    meter.note(
        "sqs request", receives + math.ceil(len(messages) / 10), call="sqs ReceiveMessage and DeleteMessageBatch"
    )


def _records(messages: list[str]) -> dict[str, Any]:
    attributes = {"SentTimestamp": str(int(AT_ONCE.timestamp() * 1000)), "SenderId": "AIDAEXAMPLE"}
    return {
        "Records": [
            {"messageId": f"m{number}-{hash(body)}", "body": body, "attributes": attributes}
            for number, body in enumerate(messages)
        ]
    }


def measure(*, events: int = 50_000, accounts: int = 480, buckets: int = 16) -> tuple[list[Measure], dict[str, int]]:
    """Run a month through the handlers and price its calls; return the measures and the calls by operation."""
    with _deployed(buckets=buckets) as (ports, meter):
        _publish(ports, accounts)
        meter.clear()
        for batch in load.calls(events, accounts=accounts, days=1):
            bodies = [message.body for message in batch]
            meter.note(
                "sqs request", sum(max(math.ceil(len(body) / CHUNK), 1) for body in bodies), call="sqs SendMessage"
            )
            _poll(meter, bodies)
            _call(ingest_usage, _records(bodies), ports, meter)
        ports.settle()
        ingest = meter.dollars() / events * 1e6
        chain = meter.dollars_of_table("audit") / events * 1e6
        calls = dict(meter.calls)
        meter.clear()
        ports.moment = AT_ONCE + timedelta(days=60)
        _bill(ports, meter)
        invoices = len(ports.register.series("skymeter-inc", 2013))
        month = meter.dollars() / invoices * 1_000
        chain_of_month = meter.dollars_of_table("audit") / invoices * 1_000
        calls = {f"ingest: {name}": number for name, number in sorted(calls.items())}
        calls |= {f"run: {name}": number for name, number in sorted(meter.calls.items())}
    detail = f"{events:,} events, 100 a message, 5,000 a call, {buckets} buckets"
    detail_of_run = f"{invoices:,} invoices, {accounts:,} accounts, batches of up to 100, without e-mail"
    return [
        Measure("dollars for a million events, by calls", round(ingest, 4), "<= 0.03", ingest <= 0.03, detail),
        Measure(
            "dollars for a million events, of it for the audit chain",
            round(chain, 5),
            "<= 0.002",
            chain <= 0.002,
            detail,
        ),
        Measure("dollars for a thousand invoices, by calls", round(month, 4), "<= 0.04", month <= 0.04, detail_of_run),
        Measure(
            "dollars for a thousand invoices, of it for the audit chain",
            round(chain_of_month, 4),
            "<= 0.02",
            chain_of_month <= 0.02,
            detail_of_run,
        ),
    ], calls


def _bill(ports: _Clocked, meter: CostMeter) -> None:
    start_billing_run(
        legal_entity="skymeter-inc",
        period="2013-01",
        records=ports.runs,
        workflows=MemoryWorkflows(),
        directory=ports.directory,
        now=ports.moment,
        grace=ports.settings.grace,
        requested_by=SCHEDULE,
    )
    event = {"run_id": RUN, "legal_entity": "skymeter-inc", "period": "2013-01", "requested_by": SCHEDULE}
    _call(plan_billing_run, event, ports, meter)
    found = json.loads(ports.objects.get(f"runs/{RUN}/maps/batches.json"))
    buckets = json.loads(ports.objects.get(f"runs/{RUN}/maps/buckets.json"))
    for item in buckets:
        _call(aggregate_usage, item, ports, meter)
    _call(check_completeness, {"run_id": RUN}, ports, meter)
    for item in found:
        for step in (price_usage, validate_pricing, calculate_tax, draft_invoices, release_invoices):
            _call(step, item, ports, meter)
    _call(close_billing_run, {"run_id": RUN}, ports, meter)
    meter.note(
        "states transition",
        STATES_OF_A_RUN + 2 * len(buckets) + STATES_OF_A_BATCH * len(found),
        call="states transition",
    )
    for queue, consumer in (("postings", post_to_erp), ("deliveries", deliver_invoice)):
        bodies = [json.dumps({"invoice": name}) for name in ports.register.series("skymeter-inc", 2013)]
        for start in range(0, len(bodies), 10):
            chunk = bodies[start : start + 10]
            _poll(meter, chunk)
            answer = _call(consumer, _records(chunk), ports, meter)
            if answer["batchItemFailures"]:
                message = f"{queue} failed"
                raise AssertionError(message)
