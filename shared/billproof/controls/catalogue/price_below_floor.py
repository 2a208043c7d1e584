"""A price below the contract's floor."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath
from billproof.model import decimal_text
from billproof.money import CONTEXT, Money, total
from billproof.pricing.model import LineKind


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find charges whose price per unit, after tiers and discounts, is below the contract's floor."""
    for contract, charge in facts.charges:
        if charge.floor_unit_price is not None:
            mine = [
                line
                for line in facts.lines
                if (line.explanation.contract, line.charge) == (contract.id, charge.id)
                and line.adjusts is None
                and line.kind is not LineKind.CREDIT
            ]
            units = sum((line.billed_quantity for line in mine if line.kind is LineKind.CHARGE), Decimal(0))
            if units <= 0:
                continue
            net = total((line.net for line in mine), contract.currency)
            least = CONTEXT.multiply(charge.floor_unit_price, units)
            if net.amount < least:
                short = Money.rounded(
                    CONTEXT.subtract(least, net.amount), contract.currency, facts.plan.legal_entity.rounding
                )
                floor = decimal_text(charge.floor_unit_price)
                what = f"{net} for {decimal_text(units)} units, the floor is {floor} a unit"
                yield Observation(ContractPath(contract.id, charge.id), what, short)


CONTROL = Control(
    code="price_below_floor",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="have the discount or the price approved by who may go below the floor, or correct the contract",
    check=_check,
)
