"""A renewal whose price increase is missing."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.model import decimal_text
from billproof.money import CONTEXT, Money


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find contracts that are past their renewal date and are still billed by the old terms."""
    for timeline in facts.timelines if facts.priced else ():
        contract = timeline.in_force(facts.plan.period)
        renewal = contract.renewal if contract is not None else None
        if (
            contract is None
            or renewal is None
            or renewal.automatic
            or contract.effective.start >= renewal.renews_on
            or renewal.renews_on >= facts.plan.period.end
        ):
            continue
        lines = [line for line in facts.charge_lines if line.explanation.contract == contract.id]
        base = sum((line.net.amount for line in lines), Decimal(0))
        percent = renewal.uplift_percent or Decimal(0)
        worth = CONTEXT.divide(CONTEXT.multiply(base, percent), Decimal(100)) + (renewal.uplift_amount or 0)
        uplift = f"{decimal_text(percent)} %" if percent else "an"
        what = f"renewed on {renewal.renews_on} with {uplift} uplift, and version "
        what += f"{contract.version} of {contract.effective.start} is billed"
        amount = Money.rounded(worth, contract.currency, facts.plan.legal_entity.rounding)
        yield Observation(contract.id, what, amount)


CONTROL = Control(
    code="renewal_uplift_missing",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="publish the renewed version of the contract, then run the period again",
    check=_check,
)
