"""Money in another currency than the invoice that it pays: converted once, and what the invoice is settled by.

    what the bank says that the payer sent | the bank's own rate | a published rate of the value date | none: it waits

What comes to all that is open, but for the policy's `exchange_share` of it, settles all of it: the receivable is
derecognised at what it was booked with, and what differs from the money that came is an exchange difference in profit
or loss (IAS 21.28, ASC 830-20-35-1). What the payer sent is known to the unit: it has no such difference.
"""

from collections.abc import Callable
from datetime import date
from typing import Protocol

from billproof.approvals.policy import MatchingRules
from billproof.masterdata.exchange_rates import ExchangeRate
from billproof.money import CONTEXT, Money, Rounding
from billproof.payments.model import Allocation, BankRate, CashReceipt, Conversion, OpenItem
from billproof.payments.proportions import share

THE_BANK = "the bank's statement"

type PublishedRate = Callable[[str, str, date], ExchangeRate | None]
"""Returns the rate between two currencies that holds on a day, or None."""


class Converts(Protocol):
    """What converts the money of receipts."""

    def converted(self, receipt: CashReceipt, part: Money, currency: str) -> Conversion | None:
        """Return what a part of a receipt is worth in another currency; None where no rate holds on its value date."""


def value_date(receipt: CashReceipt) -> date:
    """Return the day on which the payer's money was ours."""
    return receipt.value_on or receipt.booked_on


def no_rate(receipt: CashReceipt, currency: str) -> str:
    """Say that no rate converts a receipt into a currency."""
    return f"no exchange rate from {receipt.amount.currency} to {currency} holds on {value_date(receipt)}"


def convert(receipt: CashReceipt, part: Money, currency: str, *, books: str, rate: PublishedRate) -> Conversion | None:
    """Return what a part of a receipt is worth in another currency, rounded once; through the books' without a rate."""
    day, sent = value_date(receipt), receipt.original
    if sent is not None and sent.currency == currency:
        whole = receipt.amount if receipt.charges is None else receipt.amount + receipt.charges
        return Conversion(received=part, worth=share(sent, part, whole), rate=f"{sent} sent, {THE_BANK}, {day}")
    direct = _of_bank(receipt.bank_rate, day) if receipt.bank_rate else None
    if direct is None or not direct.is_between(part.currency, currency):
        direct = rate(part.currency, currency, day)
    if direct is not None:
        return Conversion(received=part, worth=direct.convert(part, Rounding.HALF_UP), rate=direct.text)
    first, second = rate(part.currency, books, day), rate(books, currency, day)
    if first is None or second is None:
        return None
    between = Money.construct_trusted(amount=first.exact(part), currency=books)
    worth = Money.rounded(second.exact(between), currency, Rounding.HALF_UP)
    return Conversion(received=part, worth=worth, rate=f"{first.text}; {second.text}")


def _of_bank(stated: BankRate, day: date) -> ExchangeRate:
    return ExchangeRate(id=f"{stated.base}-{stated.quote}", day=day, version=1, rate=stated.rate, source=THE_BANK)


def paying(
    item: OpenItem, receipt: CashReceipt, part: Money, *, book: Converts, rules: MatchingRules
) -> Allocation | None:
    """Return what a part of a receipt pays of an invoice in another currency; None where no rate converts it.

    What banks kept of the whole receipt frees the invoice, too, where it is paid in full with that, and so does its
    discount within its days.
    """
    currency = item.open.currency
    conversion = book.converted(receipt, part, currency)
    if conversion is None:
        return None
    lost = Money.zero(currency)
    if receipt.charges is not None and part == receipt.amount:
        kept = book.converted(receipt, receipt.charges, currency)
        lost = lost if kept is None else kept.worth
    ways = ways_in_full(item, receipt, conversion.worth + lost, rules)
    paid = item.open - ways[0] - lost if ways else conversion.worth
    if not ways or paid.amount <= 0:
        return Allocation(document=item.document, number=item.number, paid=conversion.worth, conversion=conversion)
    is_discounted = not ways[0].is_zero
    return Allocation(
        document=item.document,
        number=item.number,
        paid=paid,
        charges=None if lost.is_zero else lost,
        discount=ways[0] if is_discounted else None,
        discount_taxes=item.discount_taxes if is_discounted else (),
        conversion=conversion,
    )


def ways_in_full(item: OpenItem, receipt: CashReceipt, worth: Money, rules: MatchingRules) -> list[Money]:
    """Return which discounts, or nothing, may be taken where a worth pays an invoice in full; the nearest first."""
    offered = item.discount_on(value_date(receipt))
    is_sent = receipt.original is not None and receipt.original.currency == worth.currency
    limit = 0 if is_sent else CONTEXT.multiply(item.open.amount, rules.exchange_share)
    ways = (Money.zero(worth.currency), *((offered,) if offered else ()))
    misses = [(abs((item.open - discount - worth).amount), discount) for discount in ways]
    return [discount for miss, discount in sorted(misses, key=lambda one: one[0]) if miss <= limit]


def paid_by_a_person(item: OpenItem, receipt: CashReceipt, amount: Money) -> Allocation:
    """Return what a person's amount pays of an invoice: all of it where just a discount within its days is missing."""
    discount = item.discount_on(value_date(receipt))
    if discount is None or item.open - discount != amount:
        return Allocation(document=item.document, number=item.number, paid=amount)
    return Allocation(
        document=item.document, number=item.number, paid=amount, discount=discount, discount_taxes=item.discount_taxes
    )
