"""What exceptions and disputes add: how many were raised and for what, how long people took, and what they decided."""

from billproof.approvals.model import Decision, ExceptionRecord, Verdict
from billproof.insights.leakage import cause_of
from billproof.insights.recorded import RecordedFact
from billproof.insights.standing import Undecided
from billproof.money import Money
from billproof.receivables.disputes import DecidedDispute, DisputeVerdict, OpenedDispute

MOST_CAUSES = 40
"""Findings of one exception that are counted; it holds some fifty at most."""


def take_opened(fact: RecordedFact) -> None:
    """Add an exception that was raised: it takes the place of earlier ones about the same subject."""
    opened = ExceptionRecord.model_validate(fact.document)
    codes = tuple(dict.fromkeys(finding.code for finding in opened.findings))[:MOST_CAUSES]
    cause, place = str(cause_of(opened.kind, codes)), (opened.period, opened.subject)
    waiting = fact.standing.exceptions
    for earlier in [name for name, one in waiting.items() if one.place == place]:
        del waiting[earlier]
    waiting[opened.id] = Undecided(at=fact.at, place=place, kind=str(opened.kind), cause=cause)
    if opened.amount is not None:
        waiting[opened.id].currency, waiting[opened.id].amount = opened.amount.currency, opened.amount.amount
    fact.figures.add("exceptions", opened.amount)
    fact.figures.add("exceptions", opened.amount, by="kind", of=str(opened.kind))
    fact.figures.add("exceptions", opened.amount, by="cause", of=cause)
    for code in codes:
        fact.figures.add("exceptions", opened.amount, by="finding", of=code)
    if opened.kind == "contract":
        fact.figures.add("failed", by="integration", of="contracts")


def take_decided(fact: RecordedFact) -> None:
    """Add a person's decision; what a later run made needless was decided by nobody."""
    decision = Decision.model_validate(fact.document)
    waiting = fact.standing.exceptions.pop(decision.exception, None)
    if decision.verdict is Verdict.SUPERSEDED:
        return
    fact.figures.add("decided", by="verdict", of=str(decision.verdict))
    if waiting is None:
        return
    fact.figures.took("deciding", fact.since(waiting.at))
    if decision.verdict is Verdict.REJECTED:
        worth = Money(amount=waiting.amount, currency=waiting.currency) if waiting.currency else None
        fact.figures.add("prevented", worth, by="cause", of=waiting.cause)


def take_dispute(fact: RecordedFact) -> None:
    """Add a dispute, or how it was decided: it is won where the invoice was right."""
    if "verdict" not in fact.document:
        opened = OpenedDispute.model_validate(fact.document)
        fact.figures.add("disputes", opened.amount)
        fact.figures.add("disputes", opened.amount, by="cause", of=str(opened.cause))
        return
    decided = DecidedDispute.model_validate(fact.document)
    fact.figures.add("disputes_decided")
    if decided.verdict is DisputeVerdict.REJECTED:
        fact.figures.add("disputes_won")
