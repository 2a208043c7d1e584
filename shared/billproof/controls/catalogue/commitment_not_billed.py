"""A minimum commitment whose shortfall is not billed."""

from decimal import Decimal

from billproof.controls.control import Control, ControlInput, Observation
from billproof.findings import Owner, Severity
from billproof.identities import ContractPath
from billproof.money import Money, exactly, total, unit
from billproof.pricing.commitment_terms import terms_over
from billproof.pricing.model import LineKind
from billproof.pricing.term_lines import term_share


@exactly
def _check(facts: ControlInput) -> list[Observation]:
    """Find commitments whose counted fees and shortfall line together are less than the committed amount.

    Fees that were billed in advance count, too, and every fee on this invoice must count. A commitment over several
    months must have a line when its term has ended.
    """
    observations: list[Observation] = []
    for timeline in facts.timelines if facts.priced else ():
        for term in terms_over(timeline, facts.plan.period):
            if term.is_due_in(facts.plan.period) and not any(term.is_true_up(line) for line in facts.lines):
                amount = Money.rounded(term.amount, timeline.currency, facts.plan.legal_entity.rounding)
                path = ContractPath(timeline.id, term.span.term.id)
                observations.append(Observation(path, "the term is over and has no line", amount))
        for span in timeline.commitments:
            if span.term.months > 1:
                continue
            share = term_share(span, facts.plan.period)
            if share.days_covered == 0:
                continue
            committed = share.share(span.term.amount)
            mine = [
                line
                for line in facts.lines
                if (line.kind, line.explanation.contract, line.term) == (LineKind.COMMITMENT, timeline.id, span.term.id)
            ]
            reached = sum((-step.amount for line in mine for step in line.explanation.steps[1:]), Decimal(0))
            here = total(
                (
                    line.net
                    for line in facts.lines
                    if line.charge in span.term.charges
                    and (line.explanation.contract, line.service_period) == (timeline.id, facts.plan.period)
                    and line.adjusts is None
                    and line.kind is not LineKind.CREDIT
                ),
                timeline.currency,
            )
            short = committed - max(reached, here.amount) - sum((line.net.amount for line in mine), Decimal(0))
            if not mine:
                short = committed - here.amount
            if short > unit(timeline.currency):  # the shortfall line is rounded once
                amount = Money.rounded(short, timeline.currency, facts.plan.legal_entity.rounding)
                path = ContractPath(timeline.id, span.term.id)
                observations.append(Observation(path, f"{amount} short of the commitment", amount))
    return observations


CONTROL = Control(
    code="commitment_not_billed",
    severity=Severity.BLOCKING,
    owner=Owner.ENGINEERING,
    remedy="this is a fault in pricing: report it with the run's name",
    check=_check,
)
