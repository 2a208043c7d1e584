"""What is free of a charge's usage: what was carried into the month first, then the part's own allowance.

Quantities that add up use what was carried in turn, part after part. A quantity that is measured once for the whole
month is priced by every part, so each part has all that was carried, and leaves its days' share of its own allowance.

Shares by days have 15 decimals: each part has what all parts up to it have together, less what those before it have.

    10 of February to 11 and 18 of 29 days    3.793103448275862 + 6.206896551724138 = 10
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billproof.contracts.charges import Charge
from billproof.model import decimal_text
from billproof.money import CONTEXT
from billproof.proration import Proration

ZERO = Decimal(0)
FINEST_DIGITS = 15
FINEST_UNITS = 10**FINEST_DIGITS


@dataclass(frozen=True, slots=True)
class Free:
    """What is free of a quantity, how much of it was carried over, and what the part leaves to the next month."""

    included: Decimal
    carried: Decimal
    unused: Decimal

    @property
    def note(self) -> str:
        """Say what was carried over, where something was."""
        return f", {decimal_text(self.carried)} carried over from the month before" if self.carried else ""


class Allowances:
    """The allowances of one contract in a month, from what was carried into it by contract and charge."""

    def __init__(self, contract: str, carried: Mapping[tuple[str, str], Decimal]) -> None:
        self._carried = {charge: quantity for (name, charge), quantity in carried.items() if name == contract}
        self._shared: dict[str, Fraction] = {}

    def use(self, charge: Charge, quantity: Decimal, share: Proration, *, adds_up: bool) -> Free:
        """Return what is free of a part's quantity; `share` is the part's of the month."""
        if charge.included_quantity is None:
            return Free(ZERO, ZERO, ZERO)
        allowed = self._shared_out(charge, charge.included_quantity, share) if adds_up else charge.included_quantity
        carried = ZERO
        if charge.rollover:
            left = self._carried.get(charge.id, ZERO)
            carried = max(min(left, quantity), ZERO)
            if adds_up:
                self._carried[charge.id] = left - carried
        included = max(min(quantity, allowed + carried), ZERO)
        unused = max(allowed - max(included - carried, ZERO), ZERO) if charge.rollover else ZERO
        return Free(included, carried, unused if adds_up else self._shared_out(charge, unused, share))

    def _shared_out(self, charge: Charge, quantity: Decimal, share: Proration) -> Decimal:
        """Return a part's days of a quantity; the parts of a month that cover it whole have the whole of it."""
        before = self._shared.get(charge.id, Fraction(0))
        upto = self._shared[charge.id] = before + Fraction(quantity) * share.exact
        return CONTEXT.subtract(_floor(upto), _floor(before))


def _floor(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator * FINEST_UNITS // exact.denominator).scaleb(-FINEST_DIGITS, context=CONTEXT)
