"""Each control is shown a fault that it must find, and the same account without the fault."""

from decimal import Decimal

import pytest

from billproof.artefacts import Artefacts
from billproof.contracts.terms import PLAN, AccountTerms, BatchPlan
from billproof.controls.service import findings_of
from billproof.findings import Severity, is_blocked
from billproof.pricing.model import PricedLine
from billproof.pricing.service import PRICED, AccountPricing, BatchPricing
from tests.support.world import INC, World, flight


@pytest.fixture(scope="module")
def account() -> tuple[AccountTerms, AccountPricing]:
    world = World()
    world.ingest([flight(1), flight(2)])
    world.bill()
    artefacts = Artefacts(world.objects)
    run = f"{INC}-2013-01-001"
    plan = artefacts.read(run, PLAN, "0000-0000", BatchPlan)
    pricing = artefacts.read(run, PRICED, "0000-0000", BatchPricing)
    position = next(number for number, terms in enumerate(plan.accounts) if terms.account.id == "UA")
    return plan.accounts[position], pricing.accounts[position]


def codes(terms: AccountTerms, pricing: AccountPricing, lines: list[PricedLine]) -> list[tuple[str, str]]:
    assert pricing.priced is not None
    priced = pricing.priced.model_copy(update={"lines": tuple(lines)})
    found = findings_of(terms, pricing.model_copy(update={"priced": priced}))
    assert all(finding.severity is Severity.BLOCKING and finding.remedy for finding in found)
    assert is_blocked(found) == bool(found)
    return [(finding.code, finding.path) for finding in found]


def lines_of(pricing: AccountPricing) -> list[PricedLine]:
    assert pricing.priced is not None
    return list(pricing.priced.lines)


def test_sound_lines_have_no_finding(account: tuple[AccountTerms, AccountPricing]) -> None:
    assert codes(*account, lines_of(account[1])) == []


def test_a_charge_without_a_line_is_found(account: tuple[AccountTerms, AccountPricing]) -> None:
    lines = [line for line in lines_of(account[1]) if line.charge != "miles"]
    assert codes(*account, lines) == [
        ("charge_without_line", "UA-2013/miles"),
        ("quantity_not_billed", "UA-2013/miles"),
        ("period_gap_or_overlap", "UA-2013/miles"),
    ]


def test_a_quantity_that_is_not_billed_is_found(account: tuple[AccountTerms, AccountPricing]) -> None:
    lines = [
        line.model_copy(update={"billed_quantity": Decimal(1999)}) if line.charge == "miles" else line
        for line in lines_of(account[1])
    ]
    assert codes(*account, lines) == [("quantity_not_billed", "UA-2013/miles")]


def test_a_period_that_is_billed_twice_is_found(account: tuple[AccountTerms, AccountPricing]) -> None:
    lines = lines_of(account[1])
    platform = [line for line in lines if line.charge == "platform"]
    assert codes(*account, [*lines, platform[0]]) == [("period_gap_or_overlap", "UA-2013/platform")]


def test_a_period_that_is_left_out_is_found(account: tuple[AccountTerms, AccountPricing]) -> None:
    lines = lines_of(account[1])
    platform = [line for line in lines if line.charge == "platform"]
    lines.remove(platform[1])
    assert codes(*account, lines) == [("period_gap_or_overlap", "UA-2013/platform")]
