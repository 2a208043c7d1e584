"""Each control is shown a fault that it must find, and the same account without the fault."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from billproof.approvals.policy import Policy
from billproof.controls import catalogue
from billproof.controls.catalogue import CATALOGUE
from billproof.controls.service import findings_of
from billproof.findings import Severity
from billproof.masterdata.model import CrmState
from billproof.masterdata.parties import Account
from billproof.money import Money
from billproof.pipeline.artefacts import BATCH_PLAN, Artefacts
from billproof.pricing.model import AccountPricing, LineKind
from billproof.pricing.terms import AccountTerms
from tests.support.controls import BilledAccount, codes, findings, found_in, lines_of, publish, read
from tests.support.world import EUROPE, INC, World, flight


@pytest.fixture(scope="module")
def account() -> BilledAccount:
    world = World(accounts={"UA"})
    world.ingest([flight(1), flight(2)])
    world.bill()
    return read(world, "UA")


def test_sound_lines_have_no_finding(account: BilledAccount) -> None:
    assert codes(*account, lines_of(account[1])) == []


def test_a_charge_without_a_line_is_found(account: BilledAccount) -> None:
    lines = [line for line in lines_of(account[1]) if line.charge != "miles"]
    assert codes(*account, lines) == [
        ("charge_without_line", "UA-2013/miles"),
        ("quantity_not_billed", "UA-2013/miles"),
        ("period_gap_or_overlap", "UA-2013/miles"),
    ]


def test_a_quantity_that_is_not_billed_is_found(account: BilledAccount) -> None:
    lines = [
        line.model_copy(update={"billed_quantity": Decimal(1999)}) if line.charge == "miles" else line
        for line in lines_of(account[1])
    ]
    assert codes(*account, lines) == [("quantity_not_billed", "UA-2013/miles")]


def test_a_period_that_is_billed_twice_is_found(account: BilledAccount) -> None:
    lines = lines_of(account[1])
    platform = [line for line in lines if line.charge == "platform"]
    assert codes(*account, [*lines, platform[0]]) == [("period_gap_or_overlap", "UA-2013/platform")]


def test_a_period_that_is_left_out_is_found(account: BilledAccount) -> None:
    lines = lines_of(account[1])
    platform = [line for line in lines if line.charge == "platform"]
    lines.remove(platform[1])
    assert codes(*account, lines) == [("period_gap_or_overlap", "UA-2013/platform")]


def test_a_discount_outside_its_days_is_found() -> None:
    world = World()
    world.bill()
    terms, pricing, plan = read(world, "B6")
    contract = terms.contracts[0]
    ended = contract.discounts[0].model_copy(
        update={
            "effective": contract.discounts[0].effective.model_copy(
                update={"start": date(2012, 1, 1), "end": date(2013, 1, 1)}
            )
        }
    )
    lines = lines_of(pricing)
    assert codes(terms, pricing, plan, lines) == []
    for discounts, said in (((ended,), "is not effective in 2013-01"), ((), "is in no contract")):
        changed = terms.model_copy(update={"contracts": (contract.model_copy(update={"discounts": discounts}),)})
        (finding,) = found_in(changed, pricing, plan, lines)
        assert (finding.code, finding.path) == ("expired_discount", "B6-2013/launch")
        assert said in finding.message
        assert finding.amount_at_risk == Money.of("174.19", "USD")


def test_a_shortfall_that_is_not_billed_is_found() -> None:
    world = World(accounts={"UA"})
    publish(
        world,
        "UA",
        commitments=[
            {
                "id": "least",
                "name": "Minimum",
                "amount": "4000",
                "charges": ["flights"],
                "revenue_category": "usage",
                "effective": {"start": "2013-01-01"},
            }
        ],
    )
    world.ingest([flight(1)])
    world.bill()
    terms, pricing, plan = read(world, "UA")
    lines = lines_of(pricing)
    assert codes(terms, pricing, plan, lines) == []
    (finding,) = found_in(terms, pricing, plan, [line for line in lines if line.kind is not LineKind.COMMITMENT])
    assert (finding.code, finding.amount_at_risk) == ("commitment_not_billed", Money.of("3998.80", "USD"))


def test_a_renewal_without_its_uplift_is_found_until_the_new_version_is_there() -> None:
    world = World(accounts={"UA"})
    publish(world, "UA", renewal={"renews_on": "2013-01-15", "uplift_percent": "4"})
    found = findings(world.bill(), "UA")["renewal_uplift_missing"]
    assert found.amount_at_risk == Money.of("200", "USD")  # 4 % of the platform fee of January and February
    publish(world, "UA", effective={"start": "2013-01-15"}, renewal={"renews_on": "2014-01-15", "uplift_percent": "4"})
    assert "renewal_uplift_missing" not in findings(world.bill(), "UA")


def test_a_price_under_the_floor_is_found() -> None:
    world = World(accounts={"UA"})
    publish(world, "UA", charges={"miles": {"floor_unit_price": "0.0004"}})
    world.ingest([flight(1)])
    assert findings(world.bill(), "UA") == {}
    world = World(accounts={"UA"})
    publish(world, "UA", charges={"miles": {"floor_unit_price": "0.5"}})
    world.ingest([flight(1)])
    found = findings(world.bill(), "UA")["price_below_floor"]
    assert (found.amount_at_risk, found.severity) == (Money.of("499.59", "USD"), Severity.BLOCKING)


def test_more_seats_in_use_than_billed_are_found() -> None:
    world = World(accounts={"UA"})
    seats = {
        "name": "Dispatchers",
        "product": "platform",
        "revenue_category": "subscription",
        "timing": "in_arrears",
        "effective": {"start": "2013-01-01"},
        "price": {"model": "seats", "seats": 1, "unit_price": "30"},
        "seats_meter": "aircraft_seen",
    }
    publish(world, "UA", charges={"seats": seats})
    world.ingest([flight(1)])
    assert "seats_exceeded" not in findings(world.bill(), "UA")
    world = World(accounts={"UA"})
    publish(world, "UA", charges={"seats": seats})
    world.ingest([flight(n) for n in range(1, 4)])
    found = findings(world.bill(), "UA")["seats_exceeded"]
    assert (found.amount_at_risk, found.severity) == (Money.of("60", "USD"), Severity.WARNING)


def test_a_contract_that_differs_from_the_crm_is_found() -> None:
    world = World(accounts={"UA"})
    contract = world.directory.contracts("UA")[-1]
    right = contract.terms_digest
    for version, stated, terms_digest, said in (
        (1, 1, right, ""),
        (2, 2, right, "the CRM has version 2, billing has no such version"),
        (3, 1, "0" * 64, "version 1 has other terms in the CRM"),
        (4, 1, right, ""),
    ):
        world.publish(
            CrmState(id=contract.id, account="UA", version=version, contract_version=stated, terms_digest=terms_digest)
        )
        run = f"{INC}-2013-01-{version:03d}"
        world.start()
        world.plan(run)
        terms = read_terms(world, run)
        found = findings_of(
            terms, read_pricing(world), plan=Artefacts(world.objects).read(BATCH_PLAN, run, "0000-0000")
        )
        assert [finding.code for finding in found] == (["contract_drift"] if said else [])
        assert not said or said in found[0].message
        world.billing_runs.statuses[run] = "SUCCEEDED"


def read_terms(world: World, run: str) -> AccountTerms:
    plan = Artefacts(world.objects).read(BATCH_PLAN, run, "0000-0000")
    return next(terms for terms in plan.accounts if terms.account.id == "UA")


def read_pricing(world: World) -> AccountPricing:
    other = World(accounts={"UA"})
    other.bill()
    return read(other, "UA")[1]


@pytest.mark.parametrize(("number", "said"), [("DE136695976", ""), ("DE136695977", "no VAT number"), (None, "without")])
def test_tax_numbers_of_european_businesses_are_checked(number: str | None, said: str) -> None:
    world = World()
    account = world.directory.account("US")  # US Airways' German customer pays domestic VAT
    assert account is not None
    assert account.legal_entity == EUROPE
    world.publish(Account.model_validate(account.model_dump() | {"version": 2, "vat_number": number}))
    found = findings(world.bill(EUROPE), "US")
    assert said in found["tax_registration"].message if said else "tax_registration" not in found


def test_credits_that_eat_the_invoice_hold_it() -> None:
    world = World(accounts={"UA"})
    publish(
        world,
        "UA",
        discounts=[
            {
                "id": "big",
                "name": "30 %",
                "percent": "30",
                "charges": ["platform"],
                "effective": {"start": "2013-01-01"},
            }
        ],
    )
    found = findings(world.bill(), "UA")["credit_ratio"]
    assert (found.amount_at_risk, found.severity) == (Money.of("1500", "USD"), Severity.BLOCKING)


def test_an_invoice_over_the_limit_is_held() -> None:
    world = World(accounts={"UA"})
    policy = world.directory.policy(INC)
    world.publish(
        Policy.model_validate(policy.model_dump() | {"version": 2, "thresholds": {"invoice_limit": {"USD": "4999.99"}}})
    )
    assert findings(world.bill(), "UA")["invoice_over_limit"].message == "5000.00 USD net, the limit is 4999.99 USD"
    world.publish(
        Policy.model_validate(policy.model_dump() | {"version": 3, "thresholds": {"invoice_limit": {"USD": "5000"}}})
    )
    assert findings(world.bill(), "UA") == {}


def test_events_of_an_account_without_a_contract_are_found() -> None:
    world = World(accounts={"UA"})
    contract = world.directory.contracts("UA")[-1]
    world.publish(
        contract.model_copy(
            update={
                "version": 2,
                "effective": contract.effective.model_copy(update={"start": date(2012, 1, 1), "end": date(2013, 1, 1)}),
            }
        )
    )
    world.ingest([flight(1)])
    assert findings(world.bill(), "UA").keys() == {"orphan_usage"}


def test_the_codes_are_one_each_and_every_control_explains_itself() -> None:
    names = [control.code for control in CATALOGUE]
    modules = {path.stem for path in Path(catalogue.__path__[0]).glob("*.py")} - {"__init__"}
    assert sorted(names) == sorted(modules), "a control is not in the catalogue, or twice, or not named like its module"
    assert all(control.explanation.startswith("Find ") and control.explanation.endswith(".") for control in CATALOGUE)
