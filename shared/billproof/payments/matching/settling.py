"""How an amount pays documents in full: exactly, less a discount in its days, less what banks keep, nearly."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from billproof.payments.converting import value_date
from billproof.payments.matching.amounts import minor_units, money_of
from billproof.payments.matching.evidence import Evidence, open_units
from billproof.payments.model import Allocation, OpenItem

MOST_DISCOUNTS = 8
"""Discounts of which any may be taken and any not; of more, all are taken or none."""
LARGEST_PART_LOST = 5
"""Charges that nobody told of are at most this part of what is paid: more may as well be a payment in part."""


class Settling(StrEnum):
    """What the difference between what is open and what arrived is."""

    EXACT = "exact"
    DISCOUNT = "discount"
    CHARGES_TOLD = "charges-told"
    TOLERANCE = "tolerance"
    CHARGES = "charges"


@dataclass(frozen=True, slots=True)
class Settled:
    """Documents that an amount pays in full, and what the difference is."""

    settling: Settling
    allocations: tuple[Allocation, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Off:
    """What is taken off documents: discounts by their places, and what is lost, as charges or as a small difference."""

    discounts: dict[int, int]
    charges: int = 0
    tolerance: int = 0


def settle_in_full(evidence: Evidence, items: Sequence[OpenItem]) -> Settled | None:
    """Return how a receipt pays all of some documents in full; None where it does not, or in two ways."""
    whole = sum(open_units(items))
    short = whole - evidence.amount
    if short == 0:
        return _settled(evidence, items, Settling.EXACT, Off({}), "The amount is what is open, to the unit.")
    if short < 0:
        return None
    return (
        _less_discounts(evidence, items, short) or _less_told(evidence, items, short) or _less(evidence, items, short)
    )


def taken(evidence: Evidence, items: Sequence[OpenItem]) -> dict[int, int]:
    """Return the discounts that may be taken on the value date of a receipt, by the places of their documents."""
    offered = ((place, item.discount_on(value_date(evidence.receipt))) for place, item in enumerate(items))
    return {place: minor_units(discount) for place, discount in offered if discount is not None}


def _combinations(discounts: dict[int, int]) -> list[dict[int, int]]:
    """Return every choice of discounts, all of them first; of too many, all or none."""
    if len(discounts) > MOST_DISCOUNTS:
        return [discounts, {}]
    counts = range(len(discounts), -1, -1)
    return [{place: discounts[place] for place in places} for n in counts for places in combinations(discounts, n)]


def _less_discounts(evidence: Evidence, items: Sequence[OpenItem], short: int) -> Settled | None:
    choices = [off for off in _combinations(taken(evidence, items)) if off and sum(off.values()) == short]
    if len(choices) != 1:
        return None
    said = "The amount is what is open less discounts, within their days."
    return _settled(evidence, items, Settling.DISCOUNT, Off(choices[0]), said)


def _less_told(evidence: Evidence, items: Sequence[OpenItem], short: int) -> Settled | None:
    """Take off the charges that a bank told of, up to the policy's limit."""
    lost = evidence.lost
    if not 0 < lost <= limit(evidence, "charges"):
        return None
    choices = [off for off in _combinations(taken(evidence, items)) if sum(off.values()) + lost == short]
    if len(choices) != 1:
        return None
    said = "With the charges that the bank says it kept, the amount is what is open."
    return _settled(evidence, items, Settling.CHARGES_TOLD, Off(choices[0], charges=lost), said)


def _less(evidence: Evidence, items: Sequence[OpenItem], short: int) -> Settled | None:
    """Take off a difference that the policy gives up: as little as may be, after all discounts or none."""
    discounts = taken(evidence, items)
    for off in (discounts, {}) if discounts else ({},):
        lost = short - sum(off.values())
        if not lost > 0 or lost * LARGEST_PART_LOST > sum(open_units(items)) or _is_late_discount(items, short):
            continue
        if lost <= limit(evidence, "tolerance"):
            said = "The amount is short by a small difference that the policy gives up."
            return _settled(evidence, items, Settling.TOLERANCE, Off(off, tolerance=lost), said)
        if lost <= limit(evidence, "charges") and off == discounts:  # else it may be a discount and too much
            said = "The amount is short by what the policy takes for charges of banks."
            return _settled(evidence, items, Settling.CHARGES, Off(off, charges=lost), said)
    return None


def _is_late_discount(items: Sequence[OpenItem], short: int) -> bool:
    """Say whether what is short is a discount: after its days it is none, and no charges of banks either."""
    discounts = [minor_units(item.discount) for item in items if item.discount is not None]
    return short in {*discounts, sum(discounts)}


def limit(evidence: Evidence, kind: str) -> int:
    """Return what the policy gives up at most, in minor units."""
    limits = evidence.rules.tolerance if kind == "tolerance" else evidence.rules.charges
    amount = limits.get(evidence.currency)
    if amount is None:
        return 0
    return int(amount / money_of(1, evidence.currency).amount)


def in_full(evidence: Evidence, items: Sequence[OpenItem]) -> tuple[Allocation, ...]:
    """Pay all that is open of some documents."""
    return _allocations(evidence, items, Off({}))


def in_part(item: OpenItem, evidence: Evidence) -> tuple[Allocation, ...]:
    """Pay a part of a document with all of a receipt."""
    return (Allocation(document=item.document, number=item.number, paid=evidence.receipt.amount),)


def _settled(evidence: Evidence, items: Sequence[OpenItem], settling: Settling, off: Off, said: str) -> Settled | None:
    allocations = _allocations(evidence, items, off)
    if any(part.paid.amount <= 0 for part in allocations):
        return None
    taken_off = _off_said(evidence, off)
    said = f"{said[:-1]} ({taken_off})." if taken_off else said
    return Settled(settling, allocations, (said,))


def _off_said(evidence: Evidence, off: Off) -> str:
    parts = {"discount": sum(off.discounts.values()), "charges": off.charges, "difference": off.tolerance}
    return ", ".join(f"{name} {money_of(units, evidence.currency)}" for name, units in parts.items() if units)


def _allocations(evidence: Evidence, items: Sequence[OpenItem], off: Off) -> tuple[Allocation, ...]:
    """Pay documents; what is lost is taken off the one of which most is open, the last due of several."""
    units = open_units(items)
    bearer = max(range(len(items)), key=lambda place: (units[place], place))
    parts = []
    for place, item in enumerate(items):
        lost = place == bearer
        discount = off.discounts.get(place, 0)
        charges, tolerance = (off.charges, off.tolerance) if lost else (0, 0)
        parts.append(
            Allocation(
                document=item.document,
                number=item.number,
                paid=money_of(units[place] - discount - charges - tolerance, evidence.currency),
                discount=money_of(discount, evidence.currency) if discount else None,
                discount_taxes=item.discount_taxes if discount else (),
                charges=money_of(charges, evidence.currency) if charges else None,
                tolerance=money_of(tolerance, evidence.currency) if tolerance else None,
            )
        )
    return tuple(parts)
