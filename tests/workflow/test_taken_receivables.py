"""Open invoices that were taken over are facts one by one: payments can be matched to them by number and account."""

import json

import pytest

from billproof.errors import ImmutableDocument
from billproof.opening.receivables import TakenReceivables
from tests.support.taken_over import running_business, take_over
from tests.support.world import EUROPE, INC, World


def taken(world: World, entity: str = INC) -> TakenReceivables:
    return TakenReceivables(entity, world.register, world.objects, books="USD")


def test_each_open_invoice_is_found_by_its_number_and_of_its_account_by_when_it_is_due() -> None:
    world = running_business()
    assert list(taken(world)) == []
    take_over(world)
    found = taken(world).numbered("SKY-US-2013-000041")
    assert found is not None
    said = (found.account, found.issued.isoformat(), found.due.isoformat(), str(found.money))
    assert said == ("UA", "2013-01-02", "2013-02-01", "80.50 USD")
    assert [row.reference for row in taken(world).of("UA")] == ["R-871", "SKY-US-2013-000041"]
    assert taken(world).of("B6") == []
    assert taken(world).numbered("R-872") is None
    assert list(taken(world, EUROPE)) == []


def test_an_open_invoice_that_somebody_changed_is_no_fact_any_more() -> None:
    world = running_business()
    take_over(world)
    fact = world.register.openings.in_effect(INC)
    assert fact is not None
    document = json.loads(world.objects.items[fact.document])
    document["receivables"][0]["amount"] = "1.00"
    world.objects.items[fact.document] = json.dumps(document).encode()
    with pytest.raises(ImmutableDocument):
        taken(world).numbered("R-871")
