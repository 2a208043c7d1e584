"""An invoice with a negative total."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find invoices whose credits are more than their charges, where no balance may be left to the customer.

    That is so where the legal entity's chart has no account for customers' balances. With one, what is taken back
    beyond a month's bill is a balance that later invoices draw, up to a limit (`balance_over_limit`).
    """
    chart = facts.plan.legal_entity.chart_of_accounts
    if facts.net.amount < 0 and chart.customer_balance is None:
        yield Observation("invoice/net", f"the lines come to {facts.net}", -facts.net)


CONTROL = Control(
    code="negative_invoice",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="credit the customer by a credit note",
    check=_check,
)
