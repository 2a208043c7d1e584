"""What no run could bill is refused when it is published, with the name of the field."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.approvals.policy import Policy
from billproof.errors import InvalidInput
from billproof.masterdata.parties import LegalEntity
from billproof.masterdata.service import SyncOutcome, sync_contract
from billproof.model import what_is_wrong
from tests.support.cash import cash_world
from tests.support.charges import fee
from tests.support.exchange_rates import rate
from tests.support.stripe_world import at_stripe
from tests.support.world import INC, JANUARY, World, flight

METER = {
    "kind": "meter",
    "id": "tails",
    "version": 1,
    "name": "Tails",
    "unit": "u",
    "event_type": "flight.departed",
    "aggregation": "sum",
    "value_property": "distance",
}


def contract(**changes: Any) -> dict[str, Any]:
    (known,) = World(accounts={"UA"}).directory.contracts("UA")
    return known.model_dump(mode="json") | {"version": 2, "charges": [fee("1")], **changes}


def account(**changes: Any) -> dict[str, Any]:
    known = World(accounts={"UA"}).directory.account("UA")
    assert known is not None
    return known.model_dump(mode="json") | {"version": 2, **changes}


def charted(**accounts: Any) -> dict[str, Any]:
    known = World(accounts={"UA"}).directory.legal_entity(INC).model_dump(mode="json")
    return known | {"version": 2, "chart_of_accounts": known["chart_of_accounts"] | accounts}


def recognized(end: str) -> dict[str, Any]:
    over = {"start": "2013-01-01", "end": end}
    return fee("1", recognition={"method": "straight_line_days", "over": over})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a category without an account": (
        contract(charges=[fee("1"), fee("1") | {"id": "b", "revenue_category": "usgae"}]),
        "charges.1.revenue_category",
    ),
    "a commitment's category without an account": (
        contract(
            commitments=[
                {"id": "least", "name": "L", "amount": "5", "charges": ["fee"], "revenue_category": "x"}
                | {"effective": {"start": "2013-01-01"}}
            ]
        ),
        "commitments.0.revenue_category",
    ),
    "a receivable without a name": (charted(receivable=""), "chart_of_accounts.receivable"),
    "an account of blanks": (charted(tax_payable=" "), "chart_of_accounts.tax_payable"),
    "an account with a blank": (charted(revenue={"usage": "4000 "}), "chart_of_accounts.revenue.usage"),
    "an account of many letters": (charted(bad_debt="6" * 65), "chart_of_accounts.bad_debt"),
    "revenue to the year 9999": (contract(charges=[recognized("9999-12-31")]), "charges.0.recognition.over"),
    "a line feed in a name": (account(name="United\nAirlines"), "name"),
    "a line separator in an address": (
        account(address={"lines": ["1 Main\u2028Street"], "city": "C", "postal_code": "1", "country": "US"}),
        "address.lines.0",
    ),
    "an escape in a charge's name": (contract(charges=[fee("1") | {"name": "\x1b[2J"}]), "charges.0.name"),
    "a sum of what another meter reads as text": (METER | {"value_property": "tail_number"}, "value_property"),
    "a sum of its own condition": (METER | {"where": {"distance": ["far"]}}, "value_property"),
    "a price that is text": (METER | {"price_property": "tail_number"}, "price_property"),
    "a rate of 23 digits": (rate("9" + "0" * 22).model_dump(mode="json"), "rate"),
    "a rate of nearly nothing": (rate("0.000000000000001").model_dump(mode="json"), "rate"),
    "an amount with a line end": (contract(charges=[fee("12\n")]), "charges.0.price.flat.amount"),
    "a number as a text": (account(version="2"), "version"),
    "a number with a line end": (contract(version="2\n"), "version"),
    "a number with a point": (METER | {"version": 1.0}, "version"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_the_name_of_the_field(case: str) -> None:
    document, field = REFUSED[case]
    world = World(accounts={"UA"})
    before = dict(world.records["contracts"].items)
    with pytest.raises((InvalidInput, ValidationError)) as refusal:
        sync_contract(json.dumps(document), directory=world.directory)
    error = refusal.value
    said = what_is_wrong(error) if isinstance(error, ValidationError) else str(error)
    assert f"{field}: " in said
    assert world.records["contracts"].items == before


def test_what_only_looks_alike_is_taken() -> None:
    world = World(accounts={"UA"})
    good = [
        contract(charges=[recognized("2033-01-01")]),
        METER | {"where": {"origin": ["EWR"]}},
        METER | {"id": "more", "where": {"distance": ["100"]}},
        account(name="Société Générale – 株式会社"),
    ]
    for document in good:
        assert sync_contract(json.dumps(document), directory=world.directory).outcome is SyncOutcome.STORED


def test_a_contract_may_come_before_its_account() -> None:
    world = World(master_data=False)
    assert sync_contract(json.dumps(contract(charges=[fee("1")])), directory=world.directory).outcome == "stored"


def test_a_version_that_is_stored_is_known_whatever_the_rules_of_today() -> None:
    world = World(accounts={"UA"})
    stored = world.directory.contracts("UA")[0].model_copy(update={"version": 9, "signed_by": "a\nb"})
    world.publish(stored)
    assert sync_contract(stored.model_dump_json(), directory=world.directory).outcome is SyncOutcome.KNOWN


def without_usage(entity: LegalEntity) -> LegalEntity:
    """The next version of a legal entity, whose chart has no account for usage."""
    chart = entity.chart_of_accounts
    revenue = {name: number for name, number in chart.revenue.items() if name != "usage"}
    poorer = chart.model_copy(update={"revenue": revenue})
    return entity.model_copy(update={"version": entity.version + 1, "chart_of_accounts": poorer})


def test_a_chart_that_lost_an_account_holds_the_invoice_before_its_number_is_taken() -> None:
    world = World(accounts={"UA", "B6"})
    world.ingest([flight(1), flight(2, account="B6")])
    entity = world.directory.legal_entity(INC)
    world.publish(without_usage(entity))
    world.bill()
    assert world.register.series(INC, 2013) == []
    (held,) = world.exception_store.of_subject(INC, JANUARY, "UA")
    assert [finding.code for finding in held.opened.findings] == ["revenue_without_account"]
    world.publish(entity.model_copy(update={"version": 3}))
    world.bill()
    assert len(world.register.series(INC, 2013)) == 2
    world.post_all()
    assert world.reconcile().variances == ()


def test_an_invoice_that_waits_is_not_released_while_the_chart_has_no_account() -> None:
    world = World(accounts={"UA"})
    world.ingest([flight(1)])
    policy = world.directory.policy(INC).model_dump() | {"version": 2, "thresholds": {"invoice_limit": {"USD": "1"}}}
    world.publish(Policy.model_validate(policy))
    entity = world.directory.legal_entity(INC)
    world.bill()
    (held,) = world.exception_store.of_subject(INC, JANUARY, "UA")
    assert world.decide(held.opened.id, "approved", "ben").outcome == "decided"
    world.publish(without_usage(entity))
    assert world.apply(held.opened.id).outcome != "released"
    assert world.register.series(INC, 2013) == []
    world.publish(entity.model_copy(update={"version": 3}))
    world.bill()
    assert world.approve_all()
    assert len(world.register.series(INC, 2013)) == 1


@pytest.mark.parametrize("parent", ["DL", "EV"])
def test_a_child_of_a_parent_that_cannot_bill_it_is_refused_by_the_queue_too(parent: str) -> None:
    world = World(accounts={"UA", "DL"})
    sync_contract(json.dumps(account(id="EV", version=1, parent="UA")), directory=world.directory)
    with pytest.raises(InvalidInput, match=r"^parent: a parent is an account of the same legal entity"):
        sync_contract(json.dumps(account(id="MQ", version=1, parent=parent)), directory=world.directory)
    later = sync_contract(json.dumps(account(id="MQ", version=1, parent="later")), directory=world.directory)
    assert later.outcome is SyncOutcome.STORED


def test_an_account_of_stripe_is_one_gateway_of_one_legal_entity() -> None:
    """Each gateway books whatever its account tells: what a second one were told would be booked twice."""
    world = cash_world()
    ours = at_stripe(world.directory.legal_entity(INC))
    sync_contract(ours.model_dump_json(), directory=world.directory)
    sync_contract(ours.model_copy(update={"version": ours.version + 1}).model_dump_json(), directory=world.directory)
    sister = ours.model_copy(update={"id": "sister", "version": 1, "number_prefix": "SIS"})
    with pytest.raises(InvalidInput, match=r"^gateways\.0\.stripe\.account: gateway cards of skymeter-inc is"):
        sync_contract(sister.model_dump_json(), directory=world.directory)
    (gateway,) = sister.gateways
    assert gateway.stripe is not None
    apart = gateway.model_copy(update={"stripe": gateway.stripe.model_copy(update={"account": "acct_1Sister"})})
    sync_contract(sister.model_copy(update={"gateways": (apart,)}).model_dump_json(), directory=world.directory)
    again = sister.model_copy(update={"id": "third", "gateways": (apart,)})
    with pytest.raises(InvalidInput, match="gateway cards of sister is this account"):
        sync_contract(again.model_dump_json(), directory=world.directory)
