"""Usage under many ids of one customer: whose it is by the crosswalks, published in time or late, bills once."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billproof.access.scopes import Client, Scope
from billproof.access.service import Grant
from billproof.contracts.model import Contract
from billproof.identities import InvoiceId
from billproof.pipeline.closing import read_statement
from billproof.pipeline.exposure import exposure
from billproof.pipeline.live_usage import running_usage
from billproof.proof.service import prove_invoice, prove_run
from billproof.usage.receiving import receive_usage
from billproof_ops.local.people import local_identity
from tests.support.charges import charge
from tests.support.compacted import compact
from tests.support.completeness import check, control_total
from tests.support.crosswalks import LEGACY, crosswalk, merger, publish
from tests.support.late_usage import FEB, JAN, MAR, RUN_DAYS
from tests.support.world import INC, World, flight

OLD, NEW = "VX", "UA"
FEE = Decimal("100.00")
BUCKETS = pytest.mark.parametrize("buckets", [1, 16], ids=["one bucket", "apart"])


def world_of(*accounts: str, buckets: int = 1) -> World:
    """Accounts that pay 2.00 for each flight, and a fee of 100.00 from which a month may take something back."""
    world = World(accounts=set(accounts), buckets=buckets)
    for account in accounts:
        for contract in world.directory.contracts(account):
            terms: dict[str, Any] = contract.model_dump(mode="json") | {
                "version": 2,
                "charges": [
                    charge("fee", {"model": "flat", "amount": "100"}),
                    charge("flights", {"model": "per_unit", "unit_price": "2.00"}, meter="flights_handled"),
                ],
                "discounts": [],
                "commitments": [],
                "credits": [],
            }
            world.publish(Contract.model_validate(terms))
    world.hold_for_no_amount()
    return world


def flights(account: str, numbers: Iterable[int], *, day: str = f"{JAN}-20", **changes: Any) -> list[dict[str, Any]]:
    """Flights whose ids do not tell the account: they are the same under each."""
    return [flight(number, account=account, day=day, id=f"{day}:{number}", **changes) for number in numbers]


def bill(world: World, month: str) -> dict[str, str]:
    """Bill and release a month; return what each account's invoice bills beside its fee, net."""
    world.moment = RUN_DAYS[month]
    world.bill(period=month)
    world.approve_all(period=month)
    world.post_all(period=month)
    released = (facts.released for facts in world.register.of_period(INC, month))
    invoices = [world.invoice(one.invoice) for one in released if one is not None]
    return {InvoiceId.parse(invoice.id).account: str(invoice.totals.net.amount - FEE) for invoice in invoices}


def assert_proved(world: World, *months: str) -> None:
    for month in months:
        assert prove_run(f"{INC}-{month}-001", stores=world.stores()).differences == ()


@BUCKETS
def test_usage_under_an_old_id_bills_to_its_account(buckets: int) -> None:
    world = world_of(NEW, buckets=buckets)
    publish(world, crosswalk((NEW, "2013-01-10", None), ids=("A-17", "A 18/x")))
    counts = world.ingest(
        [
            *flights(NEW, [1], source=LEGACY),
            *flights("A-17", [2, 3], source=LEGACY),
            *flights("A 18/x", [4], source=LEGACY),
            *flights("A-17", [5], source=LEGACY, day=f"{JAN}-09"),  # before the id was anybody's
            *flights("A-17", [6]),  # another source: its A-17 is somebody else
        ]
    )
    assert (counts.accepted, counts.quarantined) == (4, 2)
    assert bill(world, JAN) == {NEW: "8.00"}
    assert_proved(world, JAN)
    assert prove_invoice(f"{INC}.{JAN}.{NEW}", stores=world.stores()).differences == ()


@BUCKETS
def test_an_event_that_comes_under_both_ids_counts_once(buckets: int) -> None:
    world = world_of(NEW, buckets=buckets)
    publish(world, crosswalk((NEW, "2013-01-01", None), ids=("A-17",)))
    world.ingest(flights("A-17", [1, 2], source=LEGACY))
    world.ingest(flights(NEW, [2, 3], source=LEGACY))
    assert bill(world, JAN) == {NEW: "6.00"}
    events = read_statement(world.objects, f"{INC}-{JAN}-001").events
    assert (events.copies, events.duplicate, events.conflicting) == (4, 1, 0)
    assert_proved(world, JAN)


@BUCKETS
def test_a_merger_that_is_published_late_moves_what_was_billed_once(buckets: int) -> None:
    world = world_of(OLD, NEW, buckets=buckets)
    world.ingest([*flights(OLD, range(5)), *flights(OLD, range(5, 8), day=f"{JAN}-05"), *flights(NEW, [50, 51])])
    assert bill(world, JAN) == {OLD: "16.00", NEW: "4.00"}
    world.moment = datetime(2013, 2, 20, tzinfo=UTC)
    publish(world, merger(OLD, NEW, day="2013-01-10"))
    world.ingest([*flights(OLD, [9], day=f"{FEB}-04"), *flights(NEW, [52], day=f"{FEB}-04")])
    assert bill(world, FEB) == {OLD: "-10.00", NEW: "14.00"}  # five flights of January move; two of February are UA's
    assert bill(world, MAR) == {OLD: "0.00", NEW: "0.00"}
    assert_proved(world, JAN, FEB, MAR)
    assert prove_invoice(f"{INC}.{FEB}.{OLD}", stores=world.stores()).differences == ()


@BUCKETS
def test_a_month_that_is_run_again_comes_to_the_invoices_that_it_made(buckets: int) -> None:
    world = world_of(OLD, NEW, buckets=buckets)
    world.ingest([*flights(OLD, range(3)), *flights(NEW, [50])])
    assert bill(world, JAN) == {OLD: "6.00", NEW: "2.00"}
    documents = [world.invoice(f"{INC}.{JAN}.{account}") for account in (OLD, NEW)]
    publish(world, merger(OLD, NEW, day="2013-01-01"))
    world.moment = RUN_DAYS[JAN].replace(day=3)
    statement = world.bill(period=JAN)
    assert [world.invoice(f"{INC}.{JAN}.{account}") for account in (OLD, NEW)] == documents
    assert statement.findings == ()
    assert prove_run(f"{INC}-{JAN}-002", stores=world.stores()).differences == ()
    assert bill(world, FEB) == {OLD: "-6.00", NEW: "6.00"}


@BUCKETS
def test_a_crosswalk_that_was_wrong_is_put_right_by_another_version(buckets: int) -> None:
    world = world_of(OLD, NEW, "HA", buckets=buckets)
    world.ingest(flights(OLD, range(4)))
    publish(world, merger(OLD, "HA", day="2013-01-01"), at=datetime(2013, 1, 31, tzinfo=UTC))
    assert bill(world, JAN) == {OLD: "0.00", NEW: "0.00", "HA": "8.00"}
    world.moment = datetime(2013, 2, 20, tzinfo=UTC)
    publish(world, merger(OLD, NEW, day="2013-01-01", version=2))
    assert bill(world, FEB) == {OLD: "0.00", NEW: "8.00", "HA": "-8.00"}
    world.moment = datetime(2013, 3, 20, tzinfo=UTC)
    publish(world, merger(OLD, NEW, day="2013-02-01", version=3))  # January was its own after all
    assert bill(world, MAR) == {OLD: "8.00", NEW: "-8.00", "HA": "0.00"}
    assert_proved(world, JAN, FEB, MAR)


def test_what_was_refused_as_unknown_is_billed_once_it_is_sent_again() -> None:
    world = world_of(NEW)
    refused = flights("A-17", [1, 2], source=LEGACY)
    assert world.ingest(refused).quarantined == 2
    assert bill(world, JAN) == {NEW: "0.00"}
    world.moment = datetime(2013, 2, 20, tzinfo=UTC)
    publish(world, crosswalk((NEW, "2013-01-01", None), ids=("A-17",)))
    assert world.ingest(refused).accepted == 2
    assert bill(world, FEB) == {NEW: "4.00"}
    assert_proved(world, JAN, FEB)


def test_an_account_whose_successor_goes_into_another_one_bills_to_the_last() -> None:
    world = world_of(OLD, NEW, "HA")
    publish(world, crosswalk((OLD, "2013-01-01", None), ids=("A-17",)))
    publish(world, merger(OLD, NEW, day="2013-01-10", id="first"))
    publish(world, merger(NEW, "HA", day="2013-01-20", id="second"))
    world.ingest(
        [event for day in ("05", "15", "25") for event in flights("A-17", [1], source=LEGACY, day=f"{JAN}-{day}")]
    )
    assert bill(world, JAN) == {OLD: "2.00", NEW: "2.00", "HA": "2.00"}
    assert_proved(world, JAN)


def test_a_proof_finds_a_crosswalk_that_was_changed_or_taken_away() -> None:
    world = world_of(OLD, NEW)
    publish(world, merger(OLD, NEW, day="2013-01-10"))
    world.ingest(flights(OLD, range(3)))
    bill(world, JAN)
    contracts = world.records["contracts"]
    (key,) = (key for key in contracts.items if "crosswalk" in key.sort and key.partition == "catalog")
    whole = contracts.items[key]
    changed = {**whole, "entries": [{**whole["entries"][0], "account": OLD}]}
    for document in (changed, None):
        if document is None:
            del contracts.items[key]
        else:
            contracts.items[key] = document
        (difference,) = prove_run(f"{INC}-{JAN}-001", stores=world.stores()).differences
        assert (difference.kind, difference.where) == ("terms_changed", "crosswalks of bucket 0000")


def test_circles_that_two_people_published_at_once_move_nothing() -> None:
    world = world_of(OLD, NEW)
    world.directory.add(merger(OLD, NEW, day="2013-01-01", id="one"))
    world.directory.add(merger(NEW, OLD, day="2013-01-01", id="two"))
    world.ingest([*flights(OLD, [1, 2]), *flights(NEW, [3])])
    assert bill(world, JAN) == {OLD: "4.00", NEW: "2.00"}
    assert_proved(world, JAN)


@BUCKETS
def test_late_usage_under_an_old_id_is_billed_with_the_next_invoice(buckets: int) -> None:
    world = world_of(NEW, buckets=buckets)
    publish(world, crosswalk((NEW, "2013-01-01", None), ids=("A-17",)), at=datetime(2013, 1, 5, tzinfo=UTC))
    world.ingest(flights("A-17", [1], source=LEGACY))
    assert bill(world, JAN) == {NEW: "2.00"}
    world.moment = datetime(2013, 2, 20, tzinfo=UTC)
    world.ingest(flights("A-17", [2, 3], source=LEGACY))
    assert_proved(world, JAN)  # what the run did not see is marked
    assert bill(world, FEB) == {NEW: "4.00"}
    assert_proved(world, JAN, FEB)


@BUCKETS
def test_usage_under_old_ids_is_compared_with_control_totals_once(buckets: int) -> None:
    world = world_of(OLD, NEW, buckets=buckets)
    publish(world, merger(OLD, NEW, day="2013-01-01"))
    world.ingest([*flights(OLD, [1, 2], day=f"{JAN}-05"), *flights(NEW, [3], day=f"{JAN}-05"), control_total(3)])
    assert check(world).findings == ()


def test_who_sends_for_one_legal_entity_sends_nothing_for_another_under_an_id() -> None:
    """Its own account's id, of a source that a crosswalk gives to an account of somebody else."""
    world = World(accounts={NEW, "DL"})
    publish(world, crosswalk(("DL", "2013-01-01", "2013-02-01"), ids=(NEW, "A-17"), id="theirs"))
    publish(world, crosswalk((NEW, "2013-01-01", None), ids=("A-18",), id="ours"))
    client = Client(id="metering", identities=(local_identity("metering"),), scopes=(Scope.USAGE_WRITE,))
    grants = {INC: Grant(INC, "metering", client)}

    def accepted(subject: str, **changes: Any) -> bool:
        receipt = receive_usage(
            [json.dumps(flight(1, account=subject, **changes)).encode()],
            receipt="r",
            grants=grants,
            covers_all=False,
            reference_data=world.reference_data,
            most_age=timedelta(days=400),
            now=world.now(),
            queue=None,
        )
        return receipt.accepted == 1

    assert accepted(NEW)
    assert accepted("A-18", source=LEGACY)
    assert accepted(NEW, source=LEGACY, day="2013-02-01")
    assert not accepted(NEW, source=LEGACY)
    assert not accepted("A-17", source=LEGACY)
    assert not accepted("A-17")


@BUCKETS
def test_compacted_days_and_live_usage_follow_the_crosswalks(buckets: int) -> None:
    world = world_of(OLD, NEW, buckets=buckets)
    publish(world, merger(OLD, NEW, day="2013-01-10"))
    world.ingest([*flights(OLD, range(3)), *flights(OLD, [7], day=f"{JAN}-05"), *flights(NEW, [50])])
    compact(world)
    world.ingest(flights(OLD, [2, 4]))
    sources = world.preview_sources()
    used = {
        account: running_usage(legal_entity=INC, account=account, period=JAN, sources=sources, now=world.now())
        for account in (OLD, NEW)
    }
    assert {account: (use.counts.metered, use.counts.duplicate) for account, use in used.items()} == {
        OLD: (1, 0),
        NEW: (5, 1),
    }
    owed = exposure(legal_entity=INC, period=JAN, sources=sources, now=world.now()).accounts
    assert bill(world, JAN) == {OLD: "2.00", NEW: "10.00"}
    assert {one.account: one.net.text if one.net else None for one in owed} == {OLD: "102.00", NEW: "110.00"}
    assert_proved(world, JAN)
