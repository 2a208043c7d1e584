"""A milestone or one-off fee that was never billed."""

from collections.abc import Iterator

from billproof.contracts.prices import DueOnce
from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.money import Money


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find one-off charges and milestones that were due before this period and are not on any invoice."""
    for timeline in facts.timelines:
        latest = {span.term.id: span.term for span in timeline.charges}
        for charge in latest.values():
            if isinstance(charge.price, DueOnce) and f"{timeline.id}/{charge.id}" in facts.terms.unbilled_one_offs:
                amount = Money.rounded(charge.price.amount, timeline.currency, facts.plan.legal_entity.rounding)
                what = f"due on {charge.price.due_on} and on no invoice"
                yield Observation(f"{timeline.id}/{charge.id}", what, amount)


CONTROL = Control(
    code="one_off_not_billed",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="publish a version of the contract in which it is due in this period, then run it again",
    check=_check,
)
