"""A milestone or one-off fee that was never billed."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath
from billproof.money import Money
from billproof.pricing.models.base import Used, amount_of, price_steps


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find one-off charges and milestones that were due before this period and are not on any invoice."""
    for timeline in facts.timelines:
        latest = {span.term.id: span.term for span in timeline.charges}
        for charge in latest.values():
            due_day = charge.price.due_day
            if due_day is not None and str(ContractPath(timeline.id, charge.id)) in facts.terms.unbilled_one_offs:
                exact = amount_of(price_steps(charge.price, Used()))
                amount = Money.rounded(exact, timeline.currency, facts.plan.legal_entity.rounding)
                what = f"due on {due_day} and on no invoice"
                yield Observation(ContractPath(timeline.id, charge.id), what, amount)


CONTROL = Control(
    code="one_off_not_billed",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy="publish a version of the contract in which it is due in this period, then run it again",
    check=_check,
)
