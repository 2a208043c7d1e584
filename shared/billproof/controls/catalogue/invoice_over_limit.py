"""An invoice that is so large that a person must approve it."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.model import decimal_text


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find invoices whose net amount is over the policy's limit for their currency.

    If the policy has no limit in that currency, the limit in the currency of the books applies, after conversion.
    """
    limits = facts.plan.policy.thresholds.invoice_limit
    net = facts.net if facts.currency in limits else facts.plan.booked(facts.net)
    limit = limits.get(net.currency)
    if limit is not None and net.amount > limit:
        yield Observation("invoice/net", f"{net} net, the limit is {decimal_text(limit)} {net.currency}", facts.net)


CONTROL = Control(
    code="invoice_over_limit",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="have the invoice approved",
    check=_check,
)
