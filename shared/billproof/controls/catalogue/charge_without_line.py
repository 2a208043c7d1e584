"""A contracted charge that is missing on the invoice."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find charges that are due on the invoice of the period and have no line."""
    if facts.priced is None:
        return
    billed = {(line.explanation.contract, line.charge) for line in facts.charge_lines}
    for timeline, owed in facts.dues:
        for charge in sorted({due.span.term.id for due in owed}):
            if (timeline.id, charge) not in billed:
                what = f"charge {charge} is due in {facts.plan.period.name} and has no line"
                yield Observation(ContractPath(timeline.id, charge), what)


CONTROL = Control(
    code="charge_without_line",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="this is a fault in pricing: report it with the run's name",
    check=_check,
)
