"""An invoice that comes to less than nothing."""

from collections.abc import Iterator

from billproof.controls.control import Case, Control, Found
from billproof.findings import Owner, Severity


def _check(case: Case) -> Iterator[Found]:
    """Find invoices whose credits are more than their charges: that is a credit note, which an invoice cannot be."""
    if case.net.amount < 0:
        yield Found("invoice/net", f"the lines come to {case.net}", -case.net)


CONTROL = Control(
    code="negative_invoice",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="credit the customer by a credit note",
    check=_check,
)
