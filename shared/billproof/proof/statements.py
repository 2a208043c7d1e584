"""What a proof checks of a run's statement: what it says of accounts, invoices and findings is what the steps wrote.

drafts, releases of every batch -> counts, totals, findings = statement
ids that several accounts have  -> findings                 = statement
warnings of the check           -> findings                 = statement
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from billproof.errors import NotFound, ObjectUnreadable
from billproof.findings import Finding
from billproof.nets import INTERNAL_ERROR
from billproof.pipeline.artefacts import CHECK_WARNINGS, SHARED_IDS, Artefacts
from billproof.pipeline.check_warnings import check_warnings
from billproof.pipeline.closing import RunSums
from billproof.pipeline.model import RunPlan, RunStatement
from billproof.pipeline.quarantine import quarantine_findings
from billproof.pipeline.shared_ids import SHARED_ID, shared_id_findings
from billproof.proof.model import NONE, Difference, DifferenceKind

OF_THE_MOMENT = frozenset({ObjectUnreadable.code, INTERNAL_ERROR})
"""Codes of what closing itself ran into: what could not be read then may be there again."""


def compare_statement(
    plan: RunPlan, statement: RunStatement, sums: RunSums, artefacts: Artefacts
) -> Iterator[Difference]:
    """Compare a statement with what its run's steps wrote; one of a run of before had other rules."""
    if not plan.lists:
        return
    try:
        shared = list(shared_id_findings(plan, artefacts))
    except (NotFound, ObjectUnreadable) as error:
        yield Difference.of(DifferenceKind.STATEMENT, SHARED_IDS.key(plan.run), "ids of several accounts", error)
        shared = [finding for finding in statement.findings if finding.code == SHARED_ID]
    own = sums.all_findings
    stated = Counter(_substances(statement.findings))
    proved = Counter(_substances([*own, *quarantine_findings(statement.quarantine, plan.period.name), *shared]))
    try:
        proved |= Counter(_substances(check_warnings(plan, artefacts)))
    except (NotFound, ObjectUnreadable) as error:
        where = CHECK_WARNINGS.key(plan.run)
        yield Difference.of(DifferenceKind.STATEMENT, where, "what the check of completeness warned of", error)
    more = stated - proved
    wrong = [substance for substance in more.elements() if substance[0] not in OF_THE_MOMENT]
    if wrong or proved - stated:
        yield Difference.of(DifferenceKind.STATEMENT, plan.run, _text(wrong), _text((proved - stated).elements()))
    at_closing = [finding for finding in statement.findings if finding.substance in more]
    for name, value in sums.stated([*own, *at_closing]).items():
        if getattr(statement, name) != value:
            yield Difference.of(DifferenceKind.STATEMENT, f"{plan.run} {name}", getattr(statement, name), value)


def _substances(findings: Iterable[Finding]) -> Iterator[tuple[str, ...]]:
    return (finding.substance for finding in findings)


def _text(substances: Iterable[tuple[str, ...]]) -> str:
    return "; ".join(" ".join(filter(None, substance)) for substance in sorted(substances)) or NONE
