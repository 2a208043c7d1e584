"""Each control is shown a fault that it must find, and the same account without the fault."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from billproof.approvals.model import Refusal
from billproof.approvals.policy import Policy
from billproof.contracts.model import Contract
from billproof.controls import catalogue
from billproof.controls.catalogue import CATALOGUE
from billproof.controls.service import findings_of
from billproof.findings import Finding, Severity, is_blocked
from billproof.masterdata.model import CrmState
from billproof.masterdata.parties import Account
from billproof.money import Money
from billproof.pipeline.artefacts import BATCH_PLAN, PRICED, Artefacts
from billproof.pipeline.model import RunStatement
from billproof.pricing.model import LineKind, PricedLine
from billproof.pricing.service import AccountPricing
from billproof.pricing.terms import AccountTerms, BatchPlan
from tests.support.world import EUROPE, INC, World, flight

FEBRUARY = datetime(2013, 3, 2, 12, tzinfo=UTC)
Found = tuple[AccountTerms, AccountPricing, BatchPlan]


@pytest.fixture(scope="module")
def account() -> Found:
    world = World()
    world.ingest([flight(1), flight(2)])
    world.bill()
    return read(world, "UA")


def read(world: World, account: str, run: str = f"{INC}-2013-01-001") -> Found:
    artefacts = Artefacts(world.objects)
    plan = artefacts.read(BATCH_PLAN, run, "0000-0000")
    pricing = artefacts.read(PRICED, run, "0000-0000")
    position = next(number for number, terms in enumerate(plan.accounts) if terms.account.id == account)
    return plan.accounts[position], pricing.accounts[position], plan


def found_in(terms: AccountTerms, pricing: AccountPricing, plan: BatchPlan, lines: list[PricedLine]) -> list[Finding]:
    assert pricing.priced is not None
    priced = pricing.priced.model_copy(update={"lines": tuple(lines)})
    found = findings_of(terms, pricing.model_copy(update={"priced": priced}), plan=plan)
    assert all(finding.remedy and finding.message for finding in found)
    assert is_blocked(found) == any(finding.severity is Severity.BLOCKING for finding in found)
    return list(found)


def codes(
    terms: AccountTerms, pricing: AccountPricing, plan: BatchPlan, lines: list[PricedLine]
) -> list[tuple[str, str]]:
    return [(finding.code, finding.path) for finding in found_in(terms, pricing, plan, lines)]


def publish(world: World, account: str, **changes: Any) -> None:
    """Publish the next version of an account's contract; `charges` changes charges by id, None leaves one out."""
    contract = world.directory.contracts(account)[-1]
    terms = contract.model_dump(mode="json")
    by_id = {charge["id"]: charge for charge in terms["charges"]}
    for name, change in changes.pop("charges", {}).items():
        by_id[name] = {**by_id.get(name, {"id": name}), **change}
    terms |= {"version": contract.version + 1, "charges": list(by_id.values()), **changes}
    world.publish(Contract.model_validate(terms))


def findings(statement: RunStatement, account: str) -> dict[str, Finding]:
    return {finding.code: finding for finding in statement.findings if finding.account == account}


def lines_of(pricing: AccountPricing) -> list[PricedLine]:
    assert pricing.priced is not None
    return list(pricing.priced.lines)


def test_sound_lines_have_no_finding(account: Found) -> None:
    assert codes(*account, lines_of(account[1])) == []


def test_a_charge_without_a_line_is_found(account: Found) -> None:
    lines = [line for line in lines_of(account[1]) if line.charge != "miles"]
    assert codes(*account, lines) == [
        ("charge_without_line", "UA-2013/miles"),
        ("quantity_not_billed", "UA-2013/miles"),
        ("period_gap_or_overlap", "UA-2013/miles"),
    ]


def test_a_quantity_that_is_not_billed_is_found(account: Found) -> None:
    lines = [
        line.model_copy(update={"billed_quantity": Decimal(1999)}) if line.charge == "miles" else line
        for line in lines_of(account[1])
    ]
    assert codes(*account, lines) == [("quantity_not_billed", "UA-2013/miles")]


def test_a_period_that_is_billed_twice_is_found(account: Found) -> None:
    lines = lines_of(account[1])
    platform = [line for line in lines if line.charge == "platform"]
    assert codes(*account, [*lines, platform[0]]) == [("period_gap_or_overlap", "UA-2013/platform")]


def test_a_period_that_is_left_out_is_found(account: Found) -> None:
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
    world = World()
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


def test_what_the_invoice_before_billed_is_found_on_the_next() -> None:
    world = World()
    world.bill()
    january = lines_of(read(world, "UA")[1])
    world.moment = FEBRUARY
    world.bill(period="2013-02")
    terms, pricing, plan = read(world, "UA", f"{INC}-2013-02-001")
    lines = lines_of(pricing)
    assert codes(terms, pricing, plan, lines) == []
    twice = next(line for line in january if line.id == "platform:2013-02")
    found = {finding.code: finding for finding in found_in(terms, pricing, plan, [*lines, twice])}
    assert found["duplicate_invoice"].amount_at_risk == Money.of("2500", "USD")
    assert "SKY-US-2013-000010" in found["duplicate_invoice"].message


def test_a_service_period_that_no_invoice_billed_in_advance_is_found() -> None:
    world = World()
    publish(world, "B6", charges={"platform": {"timing": "in_advance"}}, discounts=[])
    world.bill()
    world.moment = FEBRUARY
    world.bill(period="2013-02")
    terms, pricing, plan = read(world, "B6", run=f"{INC}-2013-02-001")
    assert terms.before is not None
    assert codes(terms, pricing, plan, lines_of(pricing)) == []
    lacking = terms.model_copy(update={"before": terms.before.model_copy(update={"starts": {}})})
    found = found_in(lacking, pricing, plan, lines_of(pricing))
    assert {finding.code for finding in found} == {"period_gap_or_overlap"}
    assert "2013-02 is owed in advance" in found[0].message


def test_a_fee_that_a_later_version_bills_in_advance_is_billed_as_a_difference() -> None:
    world = World()
    publish(world, "B6", charges={"platform": {"timing": "in_arrears"}}, discounts=[])
    world.bill()
    publish(world, "B6", charges={"platform": {"timing": "in_advance"}})
    world.moment = FEBRUARY
    assert findings(world.bill(period="2013-02"), "B6") == {}
    lines = {line.priced.id: line.priced.net.text for line in world.invoice(f"{INC}.2013-02.B6").lines}
    assert lines["difference:platform:2013-02"] == lines["platform:2013-03"] == "1800.00"


def test_a_renewal_without_its_uplift_is_found_until_the_new_version_is_there() -> None:
    world = World()
    publish(world, "UA", renewal={"renews_on": "2013-01-15", "uplift_percent": "4"})
    found = findings(world.bill(), "UA")["renewal_uplift_missing"]
    assert found.amount_at_risk == Money.of("200", "USD")  # 4 % of the platform fee of January and February
    publish(world, "UA", effective={"start": "2013-01-15"}, renewal={"renews_on": "2014-01-15", "uplift_percent": "4"})
    assert "renewal_uplift_missing" not in findings(world.bill(), "UA")


def test_a_price_under_the_floor_is_found() -> None:
    world = World()
    publish(world, "UA", charges={"miles": {"floor_unit_price": "0.0004"}})
    world.ingest([flight(1)])
    assert findings(world.bill(), "UA") == {}
    world = World()
    publish(world, "UA", charges={"miles": {"floor_unit_price": "0.5"}})
    world.ingest([flight(1)])
    found = findings(world.bill(), "UA")["price_below_floor"]
    assert (found.amount_at_risk, found.severity) == (Money.of("499.59", "USD"), Severity.BLOCKING)


def test_more_seats_in_use_than_billed_are_found() -> None:
    world = World()
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
    world = World()
    publish(world, "UA", charges={"seats": seats})
    world.ingest([flight(n) for n in range(1, 4)])
    found = findings(world.bill(), "UA")["seats_exceeded"]
    assert (found.amount_at_risk, found.severity) == (Money.of("60", "USD"), Severity.WARNING)


@pytest.mark.parametrize(("flights", "said"), [(60, "rose by 500 %"), (0, "dropped by 100 %"), (12, "")])
def test_usage_that_changed_sharply_is_found(flights: int, said: str) -> None:
    world = World()
    world.ingest([flight(n) for n in range(10)])
    world.bill()
    world.moment = FEBRUARY
    world.ingest([flight(n, day="2013-02-05") for n in range(flights)])
    found = findings(world.bill(period="2013-02"), "UA")
    assert said in found["usage_changed"].message if said else "usage_changed" not in found


def test_a_month_that_nobody_billed_is_found_until_it_is() -> None:
    world = World()
    contract = world.directory.contracts("UA")[0]
    world.bill()
    account = world.directory.account("UA")
    assert account is not None
    world.publish(account.model_copy(update={"id": "LATE"}))
    world.publish(contract.model_copy(update={"id": "LATE-2013", "account": "LATE"}))
    world.moment = FEBRUARY
    statement = world.bill(period="2013-02")
    found = findings(statement, "LATE")["month_not_billed"]
    assert (found.path, found.severity) == ("LATE-2013/2013-01", Severity.WARNING)
    assert found.message == "LATE-2013 was in force in 2013-01, which has no invoice"
    assert "month_not_billed" not in findings(statement, "UA")
    world.bill(period="2013-01")
    world.moment = datetime(2013, 4, 2, 12, tzinfo=UTC)
    assert "month_not_billed" not in findings(world.bill(period="2013-03"), "LATE")


def test_a_contract_that_begins_with_the_month_leaves_no_gap() -> None:
    world = World()
    assert not [each for each in world.bill().findings if each.code == "month_not_billed"]


def test_a_one_off_that_was_due_and_never_billed_is_found() -> None:
    world = World()
    world.bill()
    fee = {
        "name": "Onboarding",
        "product": "services",
        "revenue_category": "services",
        "timing": "in_arrears",
        "effective": {"start": "2013-01-01"},
        "price": {"model": "one_off", "amount": "750", "due_on": "2013-01-20"},
    }
    publish(world, "UA", charges={"onboarding": fee})  # signed late: January is billed
    world.moment = FEBRUARY
    found = findings(world.bill(period="2013-02"), "UA")["one_off_not_billed"]
    assert found.amount_at_risk == Money.of("750", "USD")
    publish(world, "UA", charges={"onboarding": {"price": {**fee["price"], "due_on": "2013-02-20"}}})  # type: ignore[dict-item] # a price
    assert findings(world.bill(period="2013-02"), "UA") == {}


def test_a_one_off_that_was_billed_in_its_month_is_no_finding() -> None:
    world = World()
    world.bill()
    world.moment = FEBRUARY
    statement = world.bill(period="2013-02")
    assert "one_off_not_billed" not in {finding.code for finding in statement.findings}


def test_a_contract_that_differs_from_the_crm_is_found() -> None:
    world = World()
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
    other = World()
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
    world = World()
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
    world = World()
    policy = world.directory.policy(INC)
    world.publish(
        Policy.model_validate(policy.model_dump() | {"version": 2, "thresholds": {"invoice_limit": {"USD": "4999.99"}}})
    )
    assert findings(world.bill(), "UA")["invoice_over_limit"].message == "5000.00 USD net, the limit is 4999.99 USD"
    world.publish(
        Policy.model_validate(policy.model_dump() | {"version": 3, "thresholds": {"invoice_limit": {"USD": "5000"}}})
    )
    assert findings(world.bill(), "UA") == {}


def test_an_invoice_that_comes_to_less_than_nothing_is_held() -> None:
    world = World()
    publish(world, "EV", charges={"flights": {"price": {"model": "per_unit", "unit_price": "1"}}})
    world.ingest([flight(1, account="EV")])
    world.bill()
    world.ingest([flight(2, account="EV", retracts="2013-01-05:EV:1", data={})])
    world.moment = FEBRUARY
    found = findings(world.bill(period="2013-02"), "EV")
    assert {"negative_invoice", "credit_ratio"} <= found.keys()
    assert world.decide(f"{INC}.2013-02.EV.001", "approved", "ben").refusal is Refusal.NOTHING_TO_RELEASE


def test_events_of_an_account_without_a_contract_are_found() -> None:
    world = World()
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


def test_a_converted_quantity_is_compared_with_what_was_converted_before() -> None:
    world = World()
    publish(world, "UA", charges={"miles": {"conversion": {"divide_by": "1000", "decimals": 0, "rounding": "up"}}})
    world.ingest([flight(1), flight(2)])
    world.bill()
    world.moment = FEBRUARY
    world.ingest([flight(1, day="2013-02-05"), flight(2, day="2013-02-05")])
    assert "usage_changed" not in findings(world.bill(period="2013-02"), "UA")
