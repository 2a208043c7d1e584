"""A life whose usage comes under many ids, with crosswalks at random moments, bills what it bills under one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.contracts.model import Contract
from billproof.identities import InvoiceId
from billproof.masterdata.crosswalk_book import CrosswalkBook, KnownCrosswalk
from billproof.masterdata.crosswalks import ACCOUNTS, Crosswalk
from billproof.masterdata.meters import Meter
from billproof.proof.service import prove_run
from tests.support.charges import charge
from tests.support.crosswalks import crosswalk, publish
from tests.support.late_usage import FEB, JAN, MAR, RUN_DAYS
from tests.support.levels import LEVEL
from tests.support.world import INC, World, flight

pytestmark = pytest.mark.long

MERGED = ("VX", "HA", "UA")
"""Accounts of which each may go into a later one."""
MONTHS = (JAN, FEB, MAR)
FEE = Decimal(1000)


@dataclass(frozen=True)
class Life:
    """Versions of what each account goes into, each with the month before whose run it comes; and events likewise."""

    versions: tuple[tuple[int, Crosswalk], ...]
    events: tuple[tuple[int, dict[str, Any]], ...]


@st.composite
def lives(draw: st.DrawFn) -> Life:
    days = st.dates(min_value=date(2013, 1, 1), max_value=date(2013, 3, 28))
    versions: list[tuple[int, Crosswalk]] = []
    for place, account in enumerate(MERGED[:-1]):
        moments = sorted(draw(st.lists(st.integers(0, 2), max_size=3)))
        for number, moment in enumerate(moments, start=1):
            first, second = sorted(draw(st.lists(days, min_size=2, max_size=2, unique=True)))
            into = draw(st.permutations(MERGED[place + 1 :]))
            entries = [(into[0], str(first), str(second)), *([(into[-1], str(second), None)] * draw(st.booleans()))]
            merged = crosswalk(*entries, ids=(account,), system=ACCOUNTS, id=f"of-{account}", version=number)
            versions.append((moment, merged))
    events: list[tuple[int, dict[str, Any]]] = []
    for number in range(draw(st.integers(1, 14))):
        day = draw(days)
        arrives = draw(st.integers(day.month - 1, 2))
        for account in draw(st.lists(st.sampled_from(MERGED), min_size=1, max_size=2)):
            told = {"id": f"id-{number}", "time": f"{day}T{number:02d}:00:00Z", "data": {"distance": str(700 + number)}}
            event = flight(number, account=account, day=str(day), **told)
            events.append((arrives, event))
    return Life(tuple(versions), tuple(draw(st.permutations(events))))


def world_of(buckets: int, *, levels: bool = True) -> World:
    """Flights in tiers of a month, miles, a level, and a fee that keeps invoices above zero."""
    world = World(accounts=set(MERGED), buckets=buckets)
    tiers = [{"up_to": "2", "unit_price": "3"}, {"up_to": None, "unit_price": "1.25"}]
    charges = [
        charge("fee", {"model": "flat", "amount": str(FEE)}),
        charge("flights", {"model": "graduated", "tiers": tiers}, meter="flights_handled"),
        charge("miles", {"model": "per_unit", "unit_price": "0.001"}, meter="miles_tracked", group_by=["origin"]),
    ]
    if levels:
        charges.append(charge("level", {"model": "per_unit", "unit_price": "0.01"}, meter="last_distance"))
        distance = {"event_type": "flight.departed", "aggregation": "latest", "value_property": "distance"}
        named = {"id": "last_distance", "version": 1, "name": "Last distance", "unit": "miles", "required": True}
        world.publish(Meter.model_validate({"kind": "meter", **named, **distance}))
    for account in MERGED:
        for contract in world.directory.contracts(account):
            terms = {"version": 2, "charges": charges, "discounts": [], "commitments": [], "credits": []}
            world.publish(Contract.model_validate(contract.model_dump(mode="json") | terms))
    entity = world.directory.legal_entity(INC)
    world.publish(entity.model_copy(update={"version": entity.version + 1, "usage_sources": ("somebody/else",)}))
    world.hold_for_no_amount()  # nor for a source that pauses: it is no source of the legal entity
    return world


def play(
    world: World, versions: Iterable[tuple[int, Crosswalk]], events: Iterable[tuple[int, Any]]
) -> dict[str, Decimal]:
    """Bill three months; return what each account was billed in all of them."""
    billed: dict[str, Decimal] = defaultdict(Decimal)
    for place, month in enumerate(MONTHS):
        before_run = RUN_DAYS[month] - timedelta(days=1)
        world.moment = before_run
        coming = [event for moment, event in events if moment == place]
        cut = len(coming) // 2
        world.ingest(coming[:cut])
        for number, (moment, version) in enumerate(versions):
            if moment == place:
                publish(world, version, at=before_run + timedelta(seconds=number))
        world.ingest(coming[cut:])
        world.moment = RUN_DAYS[month]
        world.bill(period=month)
        world.approve_all(period=month)
        world.post_all(period=month)
        for facts in world.register.of_period(INC, month):
            assert facts.released is not None
            net = world.invoice(facts.released.invoice).totals.net.amount - FEE
            billed[InvoiceId.parse(facts.released.invoice).account] += net
        assert prove_run(f"{INC}-{month}-001", stores=world.stores()).differences == ()
    return dict(billed)


@settings(max_examples=4 * LEVEL)
@given(lives(), st.sampled_from([1, 8]))
def test_usage_under_many_ids_bills_what_it_bills_under_one(life: Life, buckets: int) -> None:
    last: dict[str, Crosswalk] = {}
    for _, version in life.versions:
        last[version.id] = max(version, last.get(version.id, version), key=lambda one: one.version)
    book = CrosswalkBook.of(KnownCrosswalk(data, "") for data in last.values())
    under_one: dict[str, tuple[int, dict[str, Any]]] = {}
    for moment, event in life.events:
        account = book.account_of(event["source"], event["subject"], f"{event['time'][:-1]}.000000Z")
        known = under_one.get(f"{account} {event['id']}")
        under_one[f"{account} {event['id']}"] = (
            min(moment, known[0]) if known else moment,
            {**event, "subject": account},
        )
    expected = play(world_of(1), (), list(under_one.values()))
    assert play(world_of(buckets), life.versions, life.events) == expected


def test_the_life_that_every_kind_of_move_is_in() -> None:
    """By hand: a flight is 3.00 + 1.00 for its miles, up to the second of a month; the third one 1.25 + 1.00."""
    move = crosswalk(("UA", "2013-01-15", None), ids=("VX",), system=ACCOUNTS, id="of-VX")
    back = crosswalk(("UA", "2013-02-01", None), ids=("VX",), system=ACCOUNTS, id="of-VX", version=2)
    day = date(2013, 1, 20)
    events = [
        (0, flight(number, account=account, day=str(day), id=f"id-{number}", time=f"{day}T12:00:00Z"))
        for number, account in enumerate(["VX", "VX", "VX", "UA"])
    ]
    assert play(world_of(4, levels=False), [(1, move)], events) == {
        "UA": Decimal("12.50"),
        "VX": Decimal("0.00"),
        "HA": Decimal("0.00"),
    }
    assert play(world_of(4, levels=False), [(1, move), (2, back)], events) == {
        "UA": Decimal("4.00"),
        "VX": Decimal("10.25"),
        "HA": Decimal("0.00"),
    }
