"""A contract as the CRM has it beside the one that is billed: the same terms, or a difference with an amount."""

from collections.abc import Sequence
from decimal import Decimal

from billproof.contracts.charges import Charge
from billproof.contracts.model import Contract
from billproof.ids import digest
from billproof.money import CONTEXT, Money, Rounding
from billproof.pricing.models.flat import Flat
from billproof.pricing.models.one_off import OneOff
from billproof.pricing.models.per_unit import PerUnit


def latest_of(contract: str, versions: Sequence[Contract]) -> Contract | None:
    """Return the latest version of a contract, or None."""
    return max((one for one in versions if one.id == contract), key=lambda one: one.version, default=None)


def canonical_digest(contract: Contract) -> str:
    """Return the SHA-256 of what a contract says, whatever its version."""
    return digest(contract.model_dump(mode="json", exclude={"version"}))


def as_version(contract: Contract, version: int) -> Contract:
    """Return the same terms under the number of a version."""
    return contract.model_copy(update={"version": version})


def amount_between(stated: Contract, billed: Contract) -> Money | None:
    """Return what two contracts differ by, of what their charges come to in a service period each.

    None where that is not stated: a price of usage, terms beside the charges, or another currency.
    """
    mine, theirs = ({charge.id: charge for charge in contract.charges} for contract in (stated, billed))
    changed = [name for name in {**mine, **theirs} if mine.get(name) != theirs.get(name)]
    if stated.currency != billed.currency or not changed:
        return None
    amounts = [_between(mine.get(name), theirs.get(name)) for name in changed]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    return Money.rounded(sum(known, Decimal(0)), stated.currency, Rounding.HALF_UP)


def stated_amount(contract: Contract) -> Money | None:
    """Return what the charges of a contract come to in a service period each; None where one is of usage."""
    amounts = [_amount(charge) for charge in contract.charges]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    return Money.rounded(sum(known, Decimal(0)), contract.currency, Rounding.HALF_UP)


def _between(mine: Charge | None, theirs: Charge | None) -> Decimal | None:
    """Return what two charges differ by: by their prices, or the larger of them where they differ otherwise."""
    amounts = [_amount(charge) for charge in (mine, theirs) if charge is not None]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    if mine is None or theirs is None:
        return known[0]
    own = {"price", "quantity"}
    is_price_alone = mine.model_dump(exclude=own) == theirs.model_dump(exclude=own)
    return abs(known[0] - known[1]) if is_price_alone else max(known)


def _amount(charge: Charge) -> Decimal | None:
    match charge.price:
        case Flat() | OneOff() as price:
            return price.amount
        case PerUnit() as price if charge.quantity is not None:
            return CONTEXT.multiply(price.unit_price, charge.quantity)
        case _:
            return None
