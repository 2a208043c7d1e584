"""The rehearsal of docs/continuity.md: another stack with the tables of a moment, the objects, and empty queues.

It comes first: the month is billed and settled, and no other test has put anything into the stack.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from billproof.adapters.aws.clients import client
from billproof.invoicing.credit_requests import CreditReason, WantedCredit
from billproof_ops import exceptions
from billproof_ops.local import saves
from billproof_ops.recovery.in_flight import InFlightKind, in_flight
from billproof_ops.recovery.rehearsal import rehearse
from billproof_ops.target import Target
from billproof_ops.waiting import until
from tests.support.chain import DRAIN_SECONDS, EUROPE, INC, JANUARY, drained

pytestmark = pytest.mark.long

FEBRUARY = "2013-02"
CONSUMERS = ("PostToErpName", "DeliverInvoiceName")


@contextmanager
def no_consumer(target: Target) -> Iterator[None]:
    """Let nobody take the messages about released documents: they are in their queues when those are lost."""
    functions = client("lambda")
    names = [target.outputs[name] for name in CONSUMERS]
    mappings = [
        mapping["UUID"]
        for name in names
        for mapping in functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    ]
    for mapping in mappings:
        functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        yield
    finally:
        for mapping in mappings:
            functions.update_event_source_mapping(UUID=mapping, Enabled=True)


def credit(target: Target, account: str) -> str:
    """Ask for a credit note and return the exception in which it waits for a decision."""
    wanted = WantedCredit(
        id=f"restore-{account}",
        invoice=f"{EUROPE}.{JANUARY}.{account}",
        reason=CreditReason.GOODWILL,
        note="a rehearsal",
    )
    asked = exceptions.ask_for_credit(target, wanted, who="ana")
    until(
        lambda: target.ports.exception_store.last_token(asked.exception), what="the wait", timeout_seconds=DRAIN_SECONDS
    )
    return asked.exception


def test_a_store_is_restored_and_what_was_in_flight_comes_back(
    billed: Target, own_folder: Path, tmp_path: Path
) -> None:
    waits = credit(billed, "US")
    with no_consumer(billed):
        approved = credit(billed, "AA")
        assert exceptions.decide(billed, approved, "approved", who="ben", reason="a rehearsal").outcome == "decided"
        assert exceptions.has_ended(billed, approved)
        assert {(thing.kind, thing.name) for thing in in_flight(billed)} == {
            (kind, f"{EUROPE}.{JANUARY}.AA~01") for kind in (InFlightKind.POSTING, InFlightKind.DELIVERY)
        }
        until_saved(own_folder / "state")
        rehearsal = rehearse(billed, own_folder / "state", tmp_path / "rehearsal", who="carla", month=FEBRUARY)
    assert rehearsal.books.hold, rehearsal.books
    assert {(thing.kind, thing.name) for thing in rehearsal.in_flight} == {
        (InFlightKind.POSTING, f"{EUROPE}.{JANUARY}.AA~01"),
        (InFlightKind.DELIVERY, f"{EUROPE}.{JANUARY}.AA~01"),
        (InFlightKind.EXCEPTION, waits),
    }
    assert (rehearsal.books.runs, rehearsal.left) == (2, ())
    assert {end.run for end in rehearsal.billed} == {f"{entity}-{FEBRUARY}-001" for entity in (EUROPE, INC)}
    assert rehearsal.holds, rehearsal.books_after
    for queue in ("ErpPostingsQueueUrl", "DeliveriesQueueUrl"):
        drained(billed, queue)
    assert billed.ports.register.released(f"{INC}.{JANUARY}.UA") is not None


def until_saved(state: Path) -> None:
    """Wait until what was done so far is in a copy of the server's state."""
    now = datetime.now(UTC)
    until(
        lambda: True if (saved := saves.saved_at(state)) and saved > now else None,
        what="the copy",
        timeout_seconds=DRAIN_SECONDS,
    )
