"""The discount that a customer may take who pays an invoice soon, as its contract states it.

It is a share of the gross amount. Where it is taken it takes its share of the tax along, by jurisdiction, where the
law lowers the taxable amount by it (tax/cash_discounts.py).
"""

from collections.abc import Iterable

from billproof.contracts.model import CashDiscount, Contract
from billproof.invoicing.offered_discounts import DiscountTax, OfferedDiscount
from billproof.money import CONTEXT, Money, Rounding, Taxed
from billproof.tax.cash_discounts import law_that_reduces


def offered(
    contracts: Iterable[Contract], totals: Taxed, taxes: Iterable[tuple[str, Money]], rounding: Rounding
) -> OfferedDiscount | None:
    """Return the discount on an invoice: None where a contract that it bills states none, or another one."""
    stated = [contract.cash_discount for contract in contracts]
    terms = stated[0] if stated else None
    if terms is None or any(other != terms for other in stated):
        return None
    amount = _part(totals.gross, terms, rounding)
    if amount.amount <= 0:
        return None
    by_place: dict[str, Money] = {}
    for place, tax in taxes:
        if law_that_reduces(place):
            by_place[place] = by_place[place] + tax if place in by_place else tax
    parts = {place: _part(tax, terms, rounding) for place, tax in sorted(by_place.items())}
    return OfferedDiscount(
        percent=terms.percent,
        days=terms.days,
        amount=amount,
        taxes=tuple(DiscountTax(jurisdiction=place, amount=tax) for place, tax in parts.items() if not tax.is_zero),
    )


def _part(whole: Money, terms: CashDiscount, rounding: Rounding) -> Money:
    exact = CONTEXT.divide(CONTEXT.multiply(whole.amount, terms.percent), 100)
    return Money.rounded(exact, whole.currency, rounding)
