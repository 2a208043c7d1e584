"""Writing down what made an amount, so that it can be computed again by hand."""

from decimal import Decimal

from billproof.contracts.model import Contract
from billproof.money import Rounding
from billproof.pricing.model import Explanation
from billproof.pricing.models.base import Step
from billproof.proration import Proration

SHOWN_DIGITS = Decimal("1e-30")
"""How far an explanation shows a share by days that never ends."""


def shown(exact: Decimal) -> Decimal:
    """Cut an amount that may never end where an explanation stops showing it."""
    return exact.quantize(SHOWN_DIGITS)


def explain(
    contract: Contract,
    model: str,
    exact: Decimal,
    steps: tuple[Step, ...],
    rounding: Rounding,
    *,
    proration: Proration | None = None,
    note: str = "",
) -> Explanation:
    """Write down what made an amount. The exact amount is text: a share by days may never end."""
    return Explanation(
        contract=contract.id,
        contract_version=contract.version,
        price_model=model,
        steps=steps,
        proration=proration,
        exact_amount=shown(exact),
        rounding=rounding,
        note=note,
    )
