"""What may be taken off an invoice that is paid soon, worked out by hand; where its tax falls is in workflow tests."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from billproof.contracts.model import CashDiscount, Contract
from billproof.invoicing.cash_discounts import offered
from billproof.invoicing.offered_discounts import OfferedDiscount
from billproof.money import Money, Rounding, Taxed
from billproof.returns.discounts import shared_over
from billproof.tax.cash_discounts import law_that_reduces

TWO = CashDiscount(percent=Decimal(2), days=10)


def contract(terms: CashDiscount | None) -> Contract:
    return Contract.construct_trusted(cash_discount=terms)


def eur(amount: str) -> Money:
    return Money.of(amount, "EUR")


def of(net: str, tax: str, place: str, *terms: CashDiscount | None) -> OfferedDiscount | None:
    totals = Taxed.of(eur(net), eur(tax))
    return offered([contract(one) for one in terms], totals, [(place, eur(tax))], Rounding.HALF_UP)


def test_two_percent_of_all_with_its_share_of_the_tax() -> None:
    """119.00 x 2 % = 2.38; the tax in it is 19.00 x 2 % = 0.38."""
    discount = of("100", "19", "DE", TWO)
    assert discount is not None
    assert discount.amount == eur("2.38")
    assert [(tax.jurisdiction, tax.amount) for tax in discount.taxes] == [("DE", eur("0.38"))]
    assert discount.until(date(2026, 2, 25)) == date(2026, 3, 7)


def test_it_is_rounded_once_by_the_policy_of_the_legal_entity() -> None:
    """22.75 x 2 % = 0.455, rounded half up 0.46; the tax 3.63 x 2 % = 0.0726, rounded 0.07."""
    discount = of("19.12", "3.63", "DE", TWO)
    assert discount is not None
    assert (discount.amount, discount.taxes[0].amount) == (eur("0.46"), eur("0.07"))


@pytest.mark.parametrize("place", ["US-NY", "CA-ON", "AU"])
def test_where_no_law_lowers_the_tax_there_is_none_in_it(place: str) -> None:
    discount = of("100", "8", place, TWO)
    assert discount is not None
    assert (discount.amount, discount.taxes) == (eur("2.16"), ())


@pytest.mark.parametrize("terms", [(), (None,), (TWO, None), (TWO, CashDiscount(percent=Decimal(3), days=10))])
def test_contracts_that_do_not_state_the_same_offer_none(terms: tuple[CashDiscount | None, ...]) -> None:
    assert of("100", "19", "DE", *terms) is None


def test_two_contracts_that_state_the_same_offer_it() -> None:
    assert of("100", "19", "DE", TWO, TWO) == of("100", "19", "DE", TWO)


def test_an_invoice_below_zero_offers_none() -> None:
    assert of("-100", "-19", "DE", TWO) is None


@pytest.mark.parametrize(("percent", "days"), [("0", 10), ("2", 0), ("20.01", 10), ("2.125", 10), ("2", 366)])
def test_terms_that_make_no_sense_are_refused(percent: str, days: int) -> None:
    with pytest.raises(ValidationError):
        CashDiscount(percent=Decimal(percent), days=days)


def test_every_correction_names_its_law() -> None:
    assert "section 17(1) UStG" in (law_that_reduces("DE") or "")
    assert "Value Added Tax Act" in (law_that_reduces("GB") or "")
    assert law_that_reduces("PT-20") == law_that_reduces("PT")


@pytest.mark.parametrize(
    ("whole", "lines", "shares"),
    [
        ("18.24", ["912.00", "0.00"], ["18.24", "0.00"]),
        ("4.00", ["300.00", "-100.00", "100.00"], ["3.00", "0.00", "1.00"]),
        ("-0.38", ["-19.00"], ["-0.38"]),  # 2 % of what an invoice gives back where another jurisdiction's is more
    ],
)
def test_the_return_corrects_just_what_the_ledger_does(whole: str, lines: list[str], shares: list[str]) -> None:
    assert shared_over(eur(whole), [eur(line) for line in lines]) == [eur(share) for share in shares]
