"""What earlier invoices say of terms of commitments over several months: of those that are over, and that are gone."""

from collections.abc import Iterable
from decimal import Decimal

from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.invoicing.model import Invoice
from billproof.money import exactly
from billproof.periods import Period
from billproof.pipeline.history import History, charged_of, earnings_after
from billproof.pricing.commitment_terms import CommitmentTerm, terms_over
from billproof.pricing.commitments import committed, gone_terms, term_key
from billproof.pricing.model import Adjusts, PricedLine
from billproof.pricing.service_periods import dues
from billproof.pricing.terms import AccountTerms, Committed

ZERO = Decimal(0)


def committed_before(
    terms: AccountTerms, versions: Iterable[Contract], history: History, period: Period
) -> tuple[Committed, ...]:
    """Return what earlier invoices say of the terms of commitments that are over, as far as their fees are billed.

    Where earlier months are billed again, also of those that no version states any more, or that have no day left.
    """
    governing = [*terms.contracts, *(contract for month in terms.earlier for contract in month.contracts)]
    over = timelines({(version.id, version.version): version for version in governing}.values(), period)
    known = [term for timeline in over for term in terms_over(timeline, period)]
    stated = any(commitment.months != 1 for version in versions for commitment in version.commitments)
    if terms.earlier:
        return _said_of(known, history, all_terms=known) if stated else ()
    own = timelines(terms.contracts, period, terms.billed_in)
    since = min((due.period.start for timeline in own for due in dues(timeline, period)), default=None)
    mine = [term for term in known if since is None or term.is_due_in(period) or term.days.end > since]
    return _said_of(mine, history) if mine else ()


def _said_of(
    terms: Iterable[CommitmentTerm], history: History, *, all_terms: Iterable[CommitmentTerm] | None = None
) -> tuple[Committed, ...]:
    """Return what documents say of terms; given all terms that there are, also of those that there are no more."""
    documents = history.documents()
    lasting = [document for document, is_concession in documents if not is_concession]
    lines = [_of_month(line.priced, document) for document in lasting for line in document.lines]
    notes = [line.priced for document, is_concession in documents if is_concession for line in document.lines]
    said = [_as_booked(_conceded(committed(term, lines), term, notes), documents, term) for term in terms]
    if all_terms is not None:
        gone = gone_terms(all_terms, [line.priced for document, _ in documents for line in document.lines], notes)
        said += [_as_booked(known, documents) for known in gone]
    return tuple(said)


def _of_month(line: PricedLine, document: Invoice) -> PricedLine:
    """Let a line say of which month it is, as what adjusts an earlier one does."""
    if line.adjusts is not None:
        return line
    return line.model_copy(update={"adjusts": Adjusts(period=document.period.name, line=line.id, numbers=())})


@exactly
def _conceded(known: Committed, term: CommitmentTerm, notes: Iterable[PricedLine]) -> Committed:
    """Take off what is billed of a shortfall what credit notes took back for good, and say how much that is."""
    conceded = -sum((line.net.amount for line in notes if term.is_true_up(line)), ZERO)
    return known.model_copy(update={"billed": known.billed - conceded, "conceded": conceded}) if conceded else known


def _as_booked(
    known: Committed, documents: Iterable[tuple[Invoice, bool]], term: CommitmentTerm | None = None
) -> Committed:
    """Add how a shortfall is earned, and what was charged for it where the books are in another currency."""
    key = known.contract, known.commitment, known.start
    charged, earnings = known.charged, known.earnings
    for document, is_concession in documents:
        for line in document.lines:
            if term.is_true_up(line.priced) if term else term_key(line.priced) == key:
                charged = charged_of(charged, line, document)
                earnings = earnings_after(earnings, line, document, is_concession=is_concession)
    return known.model_copy(update={"charged": charged, "earnings": earnings})
