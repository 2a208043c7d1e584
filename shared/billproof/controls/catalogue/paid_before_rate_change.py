"""Money that came before the rate of its tax changed, and that may be for what is billed now."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find money that waits since before a change of rate, where a payment makes the tax point of a supply."""
    for paid in facts.terms.paid_ahead if facts.lines else ():
        what = (
            f"{paid.amount} of {paid.booked_on} is applied to nothing, and the rate changed on {paid.rate_changed_on}"
        )
        yield Observation(f"payments/{paid.receipt}", what, paid.amount)


CONTROL = Control(
    code="paid_before_rate_change",
    severity=Severity.BLOCKING,
    owner=Owner.TAX,
    remedy="apply or return the money and run again; approve the invoice where the money is not for it",
    check=_check,
)
