"""A minimum commitment that is not reached and not billed."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.controls.control import Case, Control, Found
from billproof.findings import Owner, Severity
from billproof.money import CONTEXT, Money, total
from billproof.periods import Proration


def _check(case: Case) -> Iterator[Found]:
    """Find commitments that the period's lines of their charges, discounts and shortfall together do not reach."""
    for contract in case.terms.contracts if case.priced else ():
        for commitment in contract.commitments:
            share = Proration.of(commitment.effective, case.plan.period)
            if share.days_covered == 0:
                continue
            counted = {*commitment.charges, commitment.id}
            billed = total(
                (
                    line.net
                    for line in case.lines
                    if line.charge in counted
                    and line.explanation.contract == contract.id
                    and line.adjusts is None
                    and line.service_period == case.plan.period
                ),
                contract.currency,
            )
            short = CONTEXT.subtract(share.share(commitment.amount), billed.amount)
            if short > Decimal("0.01"):  # the shortfall line is rounded once
                amount = Money.rounded(short, contract.currency, case.plan.legal_entity.rounding)
                yield Found(f"{contract.id}/{commitment.id}", f"{amount} short of the commitment", amount)


CONTROL = Control(
    code="commitment_not_billed",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="this is a fault in pricing: report it with the run's name",
    check=_check,
)
