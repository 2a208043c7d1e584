"""An invoice that is too large to go out unseen."""

from collections.abc import Iterator

from billproof.controls.control import Case, Control, Found
from billproof.findings import Owner, Severity
from billproof.model import decimal_text


def _check(case: Case) -> Iterator[Found]:
    """Find invoices whose net amount is over the limit that the policy sets for their currency."""
    limit = case.plan.policy.thresholds.invoice_limit.get(case.plan.legal_entity.currency)
    if limit is not None and case.net.amount > limit:
        currency = case.plan.legal_entity.currency
        yield Found("invoice/net", f"{case.net} net, the limit is {decimal_text(limit)} {currency}", case.net)


CONTROL = Control(
    code="invoice_over_limit",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="have the invoice approved",
    check=_check,
)
