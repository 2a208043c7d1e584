"""What the deployed functions log while months are billed: nothing private, and one id for each run."""

import json
from collections.abc import Iterator

from billproof.adapters.aws.clients import client
from billproof_ops.target import Target
from tests.support.chain import INC, JANUARY
from tests.support.leaks import leaks


def logged() -> Iterator[str]:
    """Yield every message in every log group."""
    logs = client("logs")
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            for events in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in events["events"])


def test_the_logs_hold_nothing_private_and_the_id_of_their_run(billed: Target) -> None:
    del billed
    messages = list(logged())
    lines = [json.loads(message) for message in messages if message.lstrip().startswith("{")]
    run_id = f"{INC}-{JANUARY}-001"
    written = {line["message"] for line in lines if line.get("correlation_id") == run_id}
    assert {"plan_billing_run", "price_usage", "release_invoices", "close_billing_run"} <= written
    assert leaks("\n".join(messages)) == set()
