"""An invoice that comes to less than nothing."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Found
from billproof.findings import Owner, Severity


def _check(facts: ControlInput) -> Iterator[Found]:
    """Find invoices whose credits are more than their charges: that is a credit note, which an invoice cannot be."""
    if facts.net.amount < 0:
        yield Found("invoice/net", f"the lines come to {facts.net}", -facts.net)


CONTROL = Control(
    code="negative_invoice",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="credit the customer by a credit note",
    check=_check,
)
