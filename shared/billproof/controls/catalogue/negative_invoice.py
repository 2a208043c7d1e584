"""An invoice with a negative total."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find invoices whose credits are more than their charges. An invoice cannot be negative; use a credit note."""
    if facts.net.amount < 0:
        yield Observation("invoice/net", f"the lines come to {facts.net}", -facts.net)


CONTROL = Control(
    code="negative_invoice",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="credit the customer by a credit note",
    check=_check,
)
