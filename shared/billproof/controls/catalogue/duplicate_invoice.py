"""Lines that the previous invoice already billed."""

from collections.abc import Iterator

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.money import total
from billproof.pricing.differences import is_given_back


def _check(facts: ControlInput) -> Iterator[Observation]:
    """Find lines that the previous invoice already billed: the same contract, charge, service period and dimension.

    If this invoice also credits the earlier line, because a backdated version bills it later, it is not a duplicate.
    """
    before = facts.terms.before
    if before is None:
        return
    taken_back = {
        (line.explanation.contract, line.adjusts.line)
        for line in facts.lines
        if line.adjusts is not None and line.adjusts.period == before.period.name and is_given_back(line)
    }
    twice = [
        line
        for line in facts.charge_lines
        if not line.net.is_zero
        and before.has_line(line.explanation.contract, line.id)
        and (line.explanation.contract, line.id) not in taken_back
    ]
    if twice:
        amount = total((facts.money(line) for line in twice), facts.currency)
        names = ", ".join(line.id for line in twice)
        yield Observation(before.number, f"{names} are on {before.number} already", amount)


CONTROL = Control(
    code="duplicate_invoice",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="find out which of the two invoices is right; credit the other",
    check=_check,
)
