"""What the deployed stack is sent, and how a test waits for what comes of it."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout

import pytest

from billproof.adapters.aws.clients import client
from billproof.invoicing.facts import InvoiceFacts
from billproof_ops.cli import main
from billproof_ops.demo import story
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.world import flight

INC, EUROPE, JANUARY = "skymeter-inc", "skymeter-europe", "2013-01"
OVER_HTTP = "over-http"
"""The id of an event of December that a test sends over HTTP."""
DRAIN_SECONDS = 480  # a message of a call that died is visible again after 360
FLIGHTS = [
    *(flight(number, account="UA") for number in range(1, 1_201)),
    *(flight(number, account="UA", type="flight.cancelled") for number in range(2_001, 2_011)),
    *(flight(number, account="DL", data={"air_time": "600.5"}) for number in range(1, 1_001)),
    flight(1, account="B6", time="2013-01-31T23:30:00-05:00"),
    flight(1, account="EV", type="flight.cancelled"),  # nobody says what it costs: EV is held
]


def master_data() -> list[str]:
    """The demo's master data, and a version of EV's contract that does not exclude cancelled flights."""
    (contract,) = [each for each in story.master_data().contracts if each.account == "EV"]
    changed = contract.model_copy(update={"version": 2, "exclusions": ()})
    return [*story.master_data().messages(), changed.model_dump_json()]


def send(target: Target, queue: str, bodies: list[str]) -> None:
    for body in bodies:
        client("sqs").send_message(QueueUrl=target.outputs[queue], MessageBody=body)


def drained(target: Target, queue: str) -> None:
    """Wait until a queue is empty and nothing of it is being worked on."""
    until(
        lambda: True if target.queue_depth(queue) == 0 else None,
        what=f"draining {queue}",
        timeout_seconds=DRAIN_SECONDS,
    )


def facts(target: Target, entity: str = INC, period: str = JANUARY) -> dict[str, InvoiceFacts]:
    """A month's invoices of a legal entity, by account; no credit notes."""
    return {document.account: document for document in _documents(target, entity, period) if not document.id.is_credit}


def settled(target: Target, entity: str, period: str = JANUARY) -> None:
    """Wait until a month's documents are posted and delivered, but for credit notes that wait for a person.

    Both follow a run, by queues of their own.
    """

    def look() -> bool | None:
        documents = [
            document
            for document in _documents(target, entity, period)
            if document.released is not None or not document.id.is_credit
        ]
        is_over = all(document.status.value == "posted" and document.is_delivered for document in documents)
        return True if documents and is_over else None

    until(look, what="posting and delivering", timeout_seconds=DRAIN_SECONDS)


def _documents(target: Target, entity: str, period: str) -> list[InvoiceFacts]:
    return list(target.ports.register.of_period(entity, period))


def run_command(*words: str) -> tuple[int, str, str]:
    """Run `billproof` in this process, which has imported it already; return its code, output and errors."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["billproof", *words])
        with pytest.raises(SystemExit) as left:
            main()
    code = left.value.code
    return code if isinstance(code, int) else int(code is not None), output.getvalue(), errors.getvalue()
