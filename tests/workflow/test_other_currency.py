"""Money in another currency than the invoice that it pays: converted once at a dated rate, the difference posted.

UA owes INC, whose books are in dollars, 30.00 EUR of January: booked at 1.25, 37.50 USD. From 10 February 1 EUR is
1.50 USD. Every figure here is worked out by hand from these.
"""

from decimal import Decimal

import pytest

from billproof.approvals.policy import MatchingRules
from billproof.errors import InvalidInput
from billproof.findings import VarianceCategory
from billproof.money import Money
from billproof.payments.desk import CashDecision
from billproof.payments.model import ReceiptStatus
from billproof.payments.service import book_receipt
from billproof.reconciliation.model import Cause
from tests.support.balances import JAN
from tests.support.cash import (
    cash_world,
    desk_of,
    eur,
    euro_world,
    number_of,
    open_of,
    sources,
    usd,
)
from tests.support.other_currency import YES, balances, in_books, matched, named, said, with_rate, with_rules
from tests.support.world import INC


def test_dollars_pay_an_invoice_in_euros_at_the_rate_of_their_day() -> None:
    """45.00 USD at 1.50 are 30.00 EUR. The receivable was booked at 37.50 USD: the gain is 7.50."""
    world = euro_world(JAN)
    state = matched(world, named(world, usd(45)), MatchingRules())
    assert (state.status, state.uses[-1].match.rule if state.uses[-1].match else "") == ("applied", "converted")
    assert open_of(world, JAN) == eur(0)
    assert in_books(world, state) == {"cash": "45.00", "receivable": "-37.50", "exchange": "-7.50"}
    assert "It is worth 30.00 EUR (1 EUR = 1.5 USD, European Central Bank, 2013-02-10)" in said(state)
    assert balances(world)


def test_a_difference_within_the_policys_share_is_one_of_exchange_rates() -> None:
    """44.40 USD at 1.50 are 29.60 EUR: 0.40 of 30.00 is less than 2 %. 37.50 - 44.40 = a gain of 6.90."""
    world = euro_world(JAN)
    state = matched(world, named(world, usd("44.40")))
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.APPLIED, eur(0))
    assert in_books(world, state) == {"cash": "44.40", "receivable": "-37.50", "exchange": "-6.90"}
    assert balances(world)


@pytest.mark.parametrize(
    ("came", "books"),
    [
        ("30.60", {"cash": "45.90", "receivable": "-37.50", "exchange": "-8.40"}),
        ("29.40", {"cash": "44.10", "receivable": "-37.50", "exchange": "-6.60"}),
    ],
)
def test_just_the_policys_share_is_within_it(came: str, books: dict[str, str]) -> None:
    """2 % of 30.00 EUR are 0.60: 30.60 EUR are 45.90 USD at 1.50, and 29.40 EUR are 44.10 USD."""
    world = euro_world(JAN)
    state = matched(world, named(world, usd(books["cash"])))
    assert state.applications[0].settlements[0].allocation.conversion.worth == eur(came)  # type: ignore[union-attr]
    assert in_books(world, state) == books


@pytest.mark.parametrize("amount", ["44.08", "45.92"])
def test_a_larger_difference_is_a_short_or_an_over_payment_and_a_persons(amount: str) -> None:
    """44.08 / 1.50 = 29.386..., rounded 29.39; 45.92 / 1.50 = 30.613..., rounded 30.61: both differ by 0.61."""
    world = euro_world(JAN)
    state = matched(world, named(world, usd(amount)))
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.PROPOSED, eur(30))
    assert "The difference is more than the policy's `exchange_share`" in said(state)


def test_what_a_person_applies_short_leaves_the_rest_open_and_the_currency_is_the_cause() -> None:
    """42.00 USD are 28.00 EUR, of 37.50 x 28 / 30 = 35.00 USD in the books: a gain of 7.00; 2.00 EUR stay open."""
    world = with_rules(euro_world(JAN))
    state = matched(world, named(world, usd(42)))
    number = number_of(world, JAN)
    state = desk_of(world).decide(state.receipt.id, account="UA", payments=[(number, usd(42))], decision=YES)
    again = desk_of(world).decide(state.receipt.id, account="UA", payments=[(number, usd(42))], decision=YES)
    assert again == state
    assert open_of(world, JAN) == eur(2)
    assert in_books(world, state) == {"cash": "42.00", "receivable": "-35.00", "exchange": "-7.00"}
    book_receipt(state, world.directory.legal_entity(INC), sources(world), world.erps)
    (left,) = [one for one in world.reconcile(period=JAN).unsettled if one.cause is Cause.SHORT_PAID]
    assert (left.category, left.invoiced - left.posted) == (VarianceCategory.CURRENCY, eur(2))
    assert balances(world)


def test_a_person_pays_in_full_with_a_part_and_the_rest_stays_on_the_account() -> None:
    """Of 60.00 USD 45.00 pay 30.00 EUR; told again nothing changes although nothing is open by then."""
    world = with_rules(euro_world(JAN))
    state = matched(world, named(world, usd(60)))
    assert state.status is ReceiptStatus.PROPOSED
    payments = [(number_of(world, JAN), usd(45))]
    state = desk_of(world).decide(state.receipt.id, account="UA", payments=payments, decision=YES)
    assert desk_of(world).decide(state.receipt.id, account="UA", payments=payments, decision=YES) == state
    assert (open_of(world, JAN), state.applied.amount, state.unapplied.amount) == (eur(0), usd(45), usd(15))
    assert in_books(world, state) == {
        "cash": "60.00", "receivable": "-37.50", "exchange": "-7.50", "unapplied": "-15.00"
    }  # fmt: skip
    with pytest.raises(InvalidInput, match=r"16\.00 USD cannot be paid of 15\.00 USD"):
        desk_of(world).decide(
            state.receipt.id, account="UA", payments=[(payments[0][0], usd(16))], decision=CashDecision(by="finance-1")
        )


def test_euros_pay_an_invoice_in_dollars_and_what_the_rate_takes_is_a_loss() -> None:
    """19.80 EUR at 1.50 are 29.70 USD for 30.00: within 2 %. 30.00 - 29.70 = a loss of 0.30."""
    world = cash_world(JAN)
    with_rate(world, "EUR-USD", "2013-02-15", "1.50")
    state = matched(world, named(world, eur("19.80")))
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.APPLIED, usd(0))
    assert in_books(world, state) == {"euros": "29.70", "receivable": "-30.00", "exchange": "0.30"}
    assert balances(world)


@pytest.mark.parametrize(
    ("currency", "pair", "rate", "amount"),
    [("JPY", "USD-JPY", "150", "4500"), ("KWD", "KWD-USD", "3.2", "9.375")],
)
def test_currencies_with_other_units_are_converted_and_rounded_by_theirs(
    currency: str, pair: str, rate: str, amount: str
) -> None:
    """4,500 JPY at 150 are 30.00 USD, and so are 9.375 KWD at 3.2."""
    world = cash_world(JAN)
    entity = world.directory.legal_entity(INC)
    document = entity.model_dump(mode="json")
    document["cash_accounts"].append({"source": "OTHER-1", "currency": currency, "ledger_account": "1010"})
    world.publish(type(entity).model_validate(document | {"version": entity.version + 1}))
    with_rate(world, pair, "2013-02-15", rate)
    state = matched(world, named(world, Money.of(amount, currency), source="OTHER-1"))
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.APPLIED, usd(0))
    assert in_books(world, state) == {"euros": "30.00", "receivable": "-30.00"}


def test_neither_currency_is_that_of_the_books() -> None:
    """6,750 JPY at 150 to the dollar are 45.00 USD, and these at 1.50 30.00 EUR: rounded once, at the end."""
    world = euro_world(JAN)
    entity = world.directory.legal_entity(INC)
    document = entity.model_dump(mode="json")
    document["cash_accounts"].append({"source": "OTHER-1", "currency": "JPY", "ledger_account": "1010"})
    world.publish(type(entity).model_validate(document | {"version": entity.version + 1}))
    with_rate(world, "USD-JPY", "2013-02-15", "150")
    state = matched(world, named(world, Money.of(6750, "JPY"), source="OTHER-1"))
    assert open_of(world, JAN) == eur(0)
    assert in_books(world, state) == {"euros": "45.00", "receivable": "-37.50", "exchange": "-7.50"}


def test_the_value_date_says_which_rate_holds() -> None:
    """On 8 February 1 EUR was 1.25 USD: 37.50 USD of that value date are 30.00 EUR, booked by the bank on the 15th."""
    world = euro_world(JAN)
    state = matched(world, named(world, usd("37.50"), value_on="2013-02-08"))
    assert open_of(world, JAN) == eur(0)
    assert in_books(world, state) == {"cash": "37.50", "receivable": "-37.50"}


def test_what_the_bank_says_that_the_payer_sent_goes_before_any_rate() -> None:
    """30.00 EUR were sent and 44.00 USD arrived: paid to the unit. 37.50 - 44.00 = a gain of 6.50."""
    world = euro_world(JAN)
    state = matched(world, named(world, usd(44), original=eur(30)), MatchingRules())
    assert open_of(world, JAN) == eur(0)
    assert in_books(world, state) == {"cash": "44.00", "receivable": "-37.50", "exchange": "-6.50"}


def test_what_was_sent_short_is_a_short_payment_however_wide_the_policys_share_is() -> None:
    world = euro_world(JAN)
    state = matched(world, named(world, usd(45), original=eur("29.90")), MatchingRules(exchange_share=Decimal("0.1")))
    assert (state.status, open_of(world, JAN)) == (ReceiptStatus.PROPOSED, eur(30))


def test_charges_of_a_payment_that_was_converted_are_booked_as_charges() -> None:
    """30.00 EUR were sent, 45.00 USD, of which a bank kept 1.00: it is 30 / 45 = 0.67 EUR, and 29.33 are paid.

    In the books 0.67 of 30.00 EUR are 37.50 x 0.67 / 30 = 0.84 USD; 37.50 - 44.00 - 0.84 = a gain of 7.34.
    """
    world = euro_world(JAN)
    rules = MatchingRules(charges={"USD": Decimal(5)})
    state = matched(world, named(world, usd(44), original=eur(30), charges=usd(1)), rules)
    assert open_of(world, JAN) == eur(0)
    assert in_books(world, state) == {"cash": "44.00", "receivable": "-37.50", "charges": "0.84", "exchange": "-7.34"}
    assert balances(world)


def test_charges_above_the_policys_limit_are_a_persons() -> None:
    world = euro_world(JAN)
    state = matched(world, named(world, usd(44), original=eur(30), charges=usd(1)), MatchingRules())
    assert state.status is ReceiptStatus.PROPOSED


def test_the_banks_own_rate_goes_before_a_published_one() -> None:
    """At the bank's 1.40 42.00 USD are 30.00 EUR; at the published 1.50 they would be 28.00."""
    world = euro_world(JAN)
    rate = {"base": "EUR", "quote": "USD", "rate": "1.40"}
    state = matched(world, named(world, usd(42), bank_rate=rate), MatchingRules())
    assert open_of(world, JAN) == eur(0)
    assert "1 EUR = 1.4 USD, the bank's statement" in said(state)
    assert in_books(world, state) == {"cash": "42.00", "receivable": "-37.50", "exchange": "-4.50"}
