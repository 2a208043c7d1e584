"""Late usage of months that no invoice bills."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.pricing.estimates import worth_of_events


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find late usage of a month that no invoice of the account bills.

    Its contract began later or was over, or billing began later. The amount at risk is an estimate: as if each event
    were worth as much as the account's own events of this period. It is a finding once: approved with its invoice it
    is excluded.
    """
    for usage in facts.pricing.unbilled:
        if usage.orphan_types:
            events = sum(usage.orphan_types.values())
            kinds = ", ".join(f"{number} of {kind}" for kind, number in sorted(usage.orphan_types.items()))
            what = f"{events} events of {usage.account} of {usage.period} came late, and no invoice bills that month"
            worth = worth_of_events(facts.terms, facts.pricing.own, usage.orphan_types, plan=facts.plan)
            yield Observation(f"usage/{usage.account}/{usage.period}", f"{what}: {kinds}", worth)


CONTROL = Control(
    code="usage_without_invoice",
    severity=Severity.BLOCKING,
    owner=Owner.BILLING,
    remedy=(
        "to bill it, publish a contract that covers the month, or an earlier day from which billing begins, and run "
        "the period again; to exclude it, approve with the reason"
    ),
    check=_check,
)
