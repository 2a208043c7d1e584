"""More seats in use than billed."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath
from billproof.model import decimal_text
from billproof.money import CONTEXT, Money
from billproof.pricing.models.base import Used, price_steps
from billproof.readings import Reading


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find seat charges for which telemetry counted more seats than the contract bills."""
    for contract, charge in facts.charges:
        price = charge.price
        if charge.seats_meter is not None and not price.trues_up:
            reading = Reading(meter=charge.seats_meter)
            used = facts.quantities(contract.account)
            seats_used = max((measured.quantity for measured in used if measured.is_of(reading)), default=Decimal(0))
            billed = price.stated_quantity
            if seats_used > billed:
                (seats,) = price_steps(price, Used())
                more = CONTEXT.multiply(seats_used - billed, seats.unit_price)
                amount = Money.rounded(more, contract.currency, facts.plan.legal_entity.rounding)
                what = f"{decimal_text(seats_used)} seats in use, {decimal_text(billed)} billed"
                yield Observation(ContractPath(contract.id, charge.id), what, amount)


CONTROL = Control(
    code="seats_exceeded",
    severity=Severity.WARNING,
    owner=Owner.BILLING,
    remedy="agree the seats with the customer and publish a new version of the contract",
    check=_check,
)
