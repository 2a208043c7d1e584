"""Where what was taken over went: into the ERP, or not there yet. It is in the statement of the first period's runs."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.conservation.model import Equation
from billproof.erp.lookup import PostedDocuments
from billproof.erp.port import PostedDocument
from billproof.errors import ImmutableDocument, NotFound
from billproof.invoicing.openings import OpeningInEffect
from billproof.masterdata.charts import ChartOfAccounts
from billproof.masterdata.parties import LegalEntity
from billproof.money import total
from billproof.opening.entries import BOOKED, opening_reference
from billproof.opening.model import Opening, OpeningKind
from billproof.opening.reading import stored_opening
from billproof.ports import Objects

LOST = Equation(code="openings", currency=None, total=Decimal(1), parts={"readable": Decimal(0)})
"""The document of an opening is not there as it was: what it says is in no place."""


def opening_equations(
    fact: OpeningInEffect, entity: LegalEntity, objects: Objects, lookup: PostedDocuments
) -> Iterator[Equation]:
    """Yield for each kind that is booked what its rows come to in the books, and what the ERP holds of it."""
    try:
        opening = stored_opening(fact, objects)
    except (ImmutableDocument, NotFound):
        yield LOST
        return
    for kind in BOOKED:
        if opening.rows(kind):
            yield _equation(kind, opening, entity, lookup.under(fact.erp, opening_reference(entity.id, kind)))


def _equation(kind: OpeningKind, opening: Opening, entity: LegalEntity, held: list[PostedDocument]) -> Equation:
    books = entity.currency
    if kind is OpeningKind.RECEIVABLES:
        rows = [row.worth(books).booked for row in opening.receivables]
    elif kind is OpeningKind.DEFERRED:
        rows = [row.money for row in opening.deferred]
    else:
        rows = [row.worth(books).booked for row in opening.balances]
    whole = total(rows, books).amount
    account = _account(kind, entity.chart_of_accounts)
    posted = abs(total((document.on(account) for document in held if document.currency == books), books).amount)
    return Equation(
        code=f"opening {kind}",
        currency=books,
        total=whole,
        parts={"posted": posted, "not posted": Decimal(0) if held else whole},
    )


def _account(kind: OpeningKind, chart: ChartOfAccounts) -> str:
    accounts = {
        OpeningKind.RECEIVABLES: chart.receivable,
        OpeningKind.DEFERRED: chart.deferred_revenue,
        OpeningKind.BALANCES: chart.balance_account,
    }
    return accounts[kind]
