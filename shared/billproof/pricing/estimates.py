"""What usage that is not in the log would be worth: as if an account had used that share more, at its own prices."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from billproof.errors import BillproofError
from billproof.money import CONTEXT, Money
from billproof.pricing.service import price_account
from billproof.pricing.terms import AccountTerms, BatchPlan
from billproof.usage.model import AccountUsage
from billproof.usage.windows import Usages, by_window

PLACES = Decimal("1e-15")


def worth_of_more(terms: AccountTerms, *, plan: BatchPlan, usages: Usages, grown: Usages) -> Money | None:
    """Return what an account's period would come to more, in the books' currency; None where it cannot be priced.

    Raises ValidationError where it is more than any amount can be.
    """
    alone = terms.model_copy(update={"earlier": ()})
    try:
        before = price_account(alone, plan=plan, usages=usages)
        after = price_account(alone, plan=plan, usages=grown)
    except BillproofError:
        return None
    if before is None or after is None:
        return None
    zero = Money.zero(before.currency)
    more = sum((line.net for line in after.lines), zero) - sum((line.net for line in before.lines), zero)
    return plan.booked(more)


def worth_of_events(
    terms: AccountTerms, own: Iterable[AccountUsage], events: Mapping[str, int], *, plan: BatchPlan
) -> Money | None:
    """Return what more events of some types would be worth, as much each as the account's own of the period.

    None where the account used nothing of a type, or it cannot be priced: then only their number is known.
    """
    usages = by_window(own)
    used: dict[str, int] = {}
    for usage in usages.values():
        for kind, number in usage.metered_types.items():
            used[kind] = used.get(kind, 0) + number
    if not events or any(not used.get(kind) for kind in events):
        return None
    shares = {kind: Fraction(number, used[kind]) for kind, number in events.items()}
    by_meter = {meter.id: shares[meter.event_type] for meter in plan.meters if meter.event_type in shares}
    grown = {window: grown_by(usage, by_meter) for window, usage in usages.items()}
    try:
        return worth_of_more(terms, plan=plan, usages=usages, grown=grown)
    except ValidationError:  # more than any amount can be
        return None


def grown_by(usage: AccountUsage, shares: Mapping[str, Fraction]) -> AccountUsage:
    """Return usage that is a share more of some meters."""
    grown = []
    for measured in usage.quantities:
        share = shares.get(measured.meter, Fraction(0))
        changes: dict[str, Any] = {"quantity": _more(measured.quantity, share)}
        changes["prices"] = tuple(
            price.model_copy(update={"quantity": _more(price.quantity, share)}) for price in measured.prices
        )
        if measured.tally is not None:
            amounts = ("amount", "low_amount", "high_amount")
            rated = {name: _more(getattr(measured.tally, name), share) for name in amounts}
            changes["tally"] = measured.tally.model_copy(update=rated)
        grown.append(measured.model_copy(update=changes))
    return usage.model_copy(update={"quantities": tuple(grown)})


def _more(quantity: Decimal, share: Fraction) -> Decimal:
    top = CONTEXT.multiply(quantity, Decimal(share.numerator))
    more = CONTEXT.divide(top, Decimal(share.denominator)).quantize(PLACES, context=CONTEXT)
    return CONTEXT.add(quantity, more)
