"""Credits that are a large part of the invoice."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.model import decimal_text
from billproof.money import total


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find invoices whose discounts, credits and negative differences exceed a percentage of the charges."""
    currency = facts.currency
    charged = total((line.net for line in facts.lines if line.net.amount > 0), currency)
    credited = total((-line.net for line in facts.lines if line.net.amount < 0), currency)
    limit = facts.plan.policy.thresholds.credit_percent
    if credited.amount * 100 > limit * charged.amount:
        what = f"{credited} credited of {charged} charged, the limit is {decimal_text(limit)} %"
        yield Observation("invoice/credits", what, credited)


CONTROL = Control(
    code="credit_ratio",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="have the credits approved",
    check=_check,
)
