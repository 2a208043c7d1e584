"""Money that came before the rate of its tax changed: British Columbia left the HST on 1 April 2013.

15 March   500.00 USD arrive, of UA, with no number       1 May   April's invoice: held, a person looks
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.approvals.policy import MatchingRules
from billproof.masterdata.parties import Account, LegalEntity
from billproof.payments.desk import CashDesk
from billproof.payments.model import Match, MatchOutcome
from tests.support.balances import APR, FEB, JAN, MAR, bill
from tests.support.cash import by_number, cash_world, desk_of, open_of, receipt, usd
from tests.support.held import release_as_held
from tests.support.taxes import address_of
from tests.support.world import INC, World

CODE = "paid_before_rate_change"


def moved(region: str, *, registered: bool = True) -> World:
    """UA and its seller are in a province; what it was billed before is of another place, without tax."""
    world = cash_world(JAN, FEB, MAR)
    here = {"address": address_of("CA", region, "V5K 0A1", "Vancouver"), "version": 3}
    numbers: list[dict[str, Any]] = [{"jurisdiction": each, "number": "1"} for each in ("CA", f"CA-{region}")]
    absent = [{"jurisdiction": "CA", "reason": "sells nothing there"}]
    facts = {"tax_registrations": numbers} if registered else {"tax_registrations": [], "not_registered": absent}
    entity = world.directory.legal_entity(INC).model_dump(mode="json")
    account = world.directory.account_record("UA").account.model_dump(mode="json")
    own = here if registered else {"version": 3}
    world.publish(LegalEntity.model_validate(entity | own | facts), Account.model_validate(account | here))
    return world


def unapplied(world: World, day: str) -> None:
    theirs = Match(outcome=MatchOutcome.APPLIED, rule="payer", confidence=Decimal(1), account="UA")
    desk(world).take(receipt(usd(500), booked_on=day), lambda *_: theirs, MatchingRules())


def desk(world: World) -> CashDesk:
    return desk_of(world, today=date(2013, 4, 2))


def codes(world: World, month: str) -> list[str]:
    facts = world.register.facts(f"{INC}.{month}.UA")
    assert facts is not None
    return [finding.code for finding in facts.held.findings] if facts.held else []


@pytest.mark.parametrize("day", ["2013-03-15", "2013-03-31"])
def test_money_of_before_the_change_holds_the_invoice_and_a_person_releases_it(day: str) -> None:
    world = moved("BC")
    unapplied(world, day)
    assert bill(world, APR) is None
    assert CODE in codes(world, APR)
    release_as_held(world, f"{INC}-{APR}-001", "UA")
    assert open_of(world, APR).amount > 0


@pytest.mark.parametrize(
    ("region", "day", "registered"),
    [("BC", "2013-04-01", True), ("ON", "2013-03-15", True), ("BC", "2013-03-15", False)],
    ids=["after the change", "where no rate changed", "of a seller that is not registered there"],
)
def test_other_money_holds_nothing(region: str, day: str, *, registered: bool) -> None:
    world = moved(region, registered=registered)
    unapplied(world, day)
    bill(world, APR)
    assert CODE not in codes(world, APR)


def test_money_that_pays_an_earlier_invoice_holds_nothing() -> None:
    world = moved("BC")
    number = world.register.released(f"{INC}.{MAR}.UA")
    assert number is not None
    paying = receipt(usd(30), booked_on="2013-03-20", remittance=number.number)
    desk(world).take(paying, by_number, MatchingRules())
    bill(world, APR)
    assert CODE not in codes(world, APR)
