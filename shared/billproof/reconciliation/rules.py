"""What differs between a released invoice and its posting."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial

from billproof.erp.port import PostedDocument
from billproof.findings import Finding, Owner, VarianceCategory
from billproof.invoicing.model import Released
from billproof.ledger.model import JournalEntry
from billproof.ledger.rules import receivable_in_books
from billproof.masterdata.charts import ChartOfAccounts
from billproof.money import Money, total
from billproof.reconciliation.model import CATEGORIES, Cause, Variance

_CORRECT = "correct the ledger by a new entry; the invoice is immutable"
_REMEDIES: dict[Cause, tuple[Owner, str]] = {
    Cause.NOT_POSTED: (
        Owner.BILLING,
        "look in the erp-postings dead-letter queue, remove the cause, run the period again",
    ),
    Cause.UNCONFIRMED: (Owner.BILLING, "run the period again: it finds the posting and confirms it"),
    Cause.AMOUNT_DIFFERS: (Owner.BILLING, _CORRECT),
    Cause.TAX_DIFFERS: (Owner.TAX, _CORRECT),
    Cause.DATE_DIFFERS: (Owner.BILLING, "reverse it and post it on the invoice's date, or document why it moved"),
    Cause.CURRENCY_DIFFERS: (Owner.BILLING, "reverse it; post it in the currency of the legal entity's books"),
    Cause.ACCOUNT_DIFFERS: (
        Owner.BILLING,
        "move it back by a new entry; if the other account is right, publish it in the chart of accounts",
    ),
    Cause.POSTED_IN_PARTS: (
        Owner.BILLING,
        "nothing is missing: reverse the parts and post the invoice as one document, or document why it was divided",
    ),
    Cause.POSTED_TWICE: (Owner.BILLING, "reverse all postings but one"),
    Cause.DOCUMENT_CHANGED: (Owner.ENGINEERING, "restore the document's version whose digest the release names"),
    Cause.OPENING_NOT_POSTED: (Owner.BILLING, "confirm the opening again: it posts what is missing"),
    Cause.CASH_NOT_POSTED: (
        Owner.BILLING,
        "look in the payment-events dead-letter queue, remove the cause, then send the message again",
    ),
    Cause.NOT_DECIDED: (
        Owner.ENGINEERING,
        "find what wrote it, with billproof audit verify; a person decides it anew, or reverses it",
    ),
    Cause.VERDICT_NOT_GIVEN: (
        Owner.ENGINEERING,
        "find what wrote it, with billproof audit verify; it counts for nothing: a person decides the dispute",
    ),
    Cause.STATEMENT_GAP: (Owner.BILLING, "ask the bank for the statements between, and import them"),
    Cause.STATEMENT_OVERLAP: (
        Owner.BILLING,
        "compare both statements: what both tell of was booked once, unless they came at once",
    ),
    Cause.RETURN_WAITS: (
        Owner.BILLING,
        "find the receipt that the bank took back or we paid back, and give it back",
    ),
    Cause.PAYOUT_DIFFERS: (
        Owner.BILLING,
        "ask the gateway for what the payout settles: a report is missing, or it kept something that it does not tell",
    ),
    Cause.PAYOUT_NOT_FOUND: (Owner.BILLING, "import the bank's statement; ask the gateway where the payout is"),
    Cause.CHARGE_UNKNOWN: (Owner.BILLING, "ask the gateway for the report of the charge, and import it"),
    Cause.GATEWAY_DIFFERENCE: (
        Owner.BILLING,
        "ask the gateway; then say whether it is the customer's, or other income or a loss of ours",
    ),
    Cause.NOT_INVOICED: (Owner.BILLING, "find who posted it; reverse it by a new entry"),
    Cause.NOT_DRAFTED: (
        Owner.BILLING,
        "look at why it is held: remove the cause and run the period again, or exclude it by a decision",
    ),
    Cause.NOT_RELEASED: (Owner.BILLING, "decide its exception, or remove the cause and run the period again"),
    Cause.SHORT_PAID: (Owner.BILLING, "ask the customer for the rest; or credit it, write it off or give it up"),
    Cause.OVER_PAID: (Owner.BILLING, "apply what is too much to another invoice, or give it back"),
    Cause.UNAPPLIED: (Owner.BILLING, "say which invoice it pays, or give it back"),
    Cause.OF_NOBODY: (Owner.BILLING, "find out whose it is and what it pays, or give it back"),
    Cause.NOT_DELIVERED: (
        Owner.BILLING,
        "ask the customer for an address that works, and send it again; or remove why it was not sent, and redrive it",
    ),
}


Totals = Mapping[str, Money]
"""What a document moves on each ledger account, without those that come to zero."""


def variance(
    cause: Cause,
    *,
    invoice: str,
    reference: str,
    invoiced: Money,
    posted: Money,
    account: str = "",
    since: date | None = None,
    billing_account: str = "",
    category: VarianceCategory | None = None,
) -> Variance:
    """Name a difference, with its owner and remedy; its category is that of its cause where none is named."""
    owner, remedy = _REMEDIES[cause]
    return Variance(
        cause=cause,
        invoice=invoice,
        external_reference=reference,
        invoiced=invoiced,
        posted=posted,
        owner=owner,
        remedy=remedy,
        account=account,
        category=category or CATEGORIES[cause],
        since=since,
        billing_account=billing_account,
    )


def troubled(document: str, currency: str, finding: Finding) -> Variance:
    """Name a document whose comparison raised: what it differs by is not known."""
    return Variance(
        cause=Cause.INTERNAL_ERROR,
        invoice=document,
        external_reference="",
        invoiced=Money.zero(currency),
        posted=Money.zero(currency),
        owner=finding.owner,
        category=CATEGORIES[Cause.INTERNAL_ERROR],
        remedy=f"{finding.message}: find the trace in the logs, remove the cause, then reconcile again",
    )


def compare(
    released: Released,
    documents: Sequence[PostedDocument],
    *,
    is_confirmed: bool,
    chart: ChartOfAccounts,
    expected: Totals | None = None,
) -> list[Variance]:
    """Return what differs between a released invoice and what is posted under its number.

    `expected` is what its posting moves on each account; None where that is not known.
    """
    totals = released.document.in_books
    books = totals.gross.currency
    differs = partial(
        variance,
        invoice=released.invoice,
        reference=released.number,
        since=released.issue_date,
        billing_account=released.account,
    )
    if not documents:
        moves_nothing = totals.gross.is_zero and totals.net.is_zero and not expected
        if is_confirmed and moves_nothing:
            return []
        gone = VarianceCategory.MISSING_IN_ERP if is_confirmed else None
        return [differs(Cause.NOT_POSTED, invoiced=totals.gross, posted=Money.zero(books), category=gone)]
    variances = [
        differs(Cause.CURRENCY_DIFFERS, invoiced=totals.gross, posted=document.on(chart.receivable))
        for document in documents
        if document.currency != books
    ]
    in_books = [document for document in documents if document.currency == books]
    if not in_books:
        return variances
    together = _added_up(in_books)
    receivable = together.on(chart.receivable)
    amounts = list(_amounts(released, together, chart, expected))
    if len(in_books) > 1:
        cause = Cause.POSTED_TWICE if amounts else Cause.POSTED_IN_PARTS
        return [*variances, differs(cause, invoiced=totals.gross, posted=receivable)]
    variances += amounts
    if together.document_date != released.issue_date:
        variances.append(differs(Cause.DATE_DIFFERS, invoiced=totals.gross, posted=receivable))
    if not variances and not is_confirmed:
        variances.append(differs(Cause.UNCONFIRMED, invoiced=totals.gross, posted=receivable))
    return variances


def compare_revenue(
    reference: str, documents: Sequence[PostedDocument], entries: Iterable[JournalEntry]
) -> Iterator[Variance]:
    """Find what differs of what is posted for a month's revenue of a document, given what it is under each chart.

    The last chart holds, where it is right under none; nothing is known where there is no entry.
    """
    first = documents[0]
    differs = partial(variance, invoice="", reference=reference, since=first.document_date)
    if len(documents) > 1:
        together = (document.debits for document in documents if document.currency == first.currency)
        yield differs(Cause.POSTED_TWICE, invoiced=first.debits, posted=total(together, first.currency))
        return
    expected = [PostedDocument.of_entry(entry, external_reference=reference, erp_id="") for entry in entries]
    if not expected or any(document.accounting == first.accounting for document in expected):
        return
    last = next((document for document in expected if document.totals == first.totals), expected[-1])
    if first.currency != last.currency:
        yield differs(Cause.CURRENCY_DIFFERS, invoiced=last.debits, posted=first.debits)
        return
    if first.document_date != last.document_date:
        yield differs(Cause.DATE_DIFFERS, invoiced=last.debits, posted=first.debits)
    for account in sorted(last.totals.keys() | first.totals.keys()):
        wanted, posted = last.on(account), first.on(account)
        if wanted != posted:
            yield differs(Cause.ACCOUNT_DIFFERS, invoiced=wanted, posted=posted, account=account)


def _added_up(documents: Sequence[PostedDocument]) -> PostedDocument:
    """Return documents of one currency as if they were one, with the first one's date."""
    first = documents[0]
    return PostedDocument.of_lines(
        (line for document in documents for line in document.totals.items()),
        external_reference=first.external_reference,
        erp_id=first.erp_id,
        document_date=first.document_date,
        currency=first.currency,
    )


def _amounts(
    released: Released, document: PostedDocument, chart: ChartOfAccounts, expected: Totals | None
) -> Iterator[Variance]:
    """Find the receivable and the tax that differ or, where both agree, each other account that does.

    An entry balances: where the receivable differs, so does another account, which says nothing new.
    """
    if document.totals == expected:
        return
    due, totals = receivable_in_books(released, chart), released.document.in_books
    receivable, tax = document.on(chart.receivable), -document.on(chart.tax_payable)
    differs = partial(
        variance,
        invoice=released.invoice,
        reference=released.number,
        since=released.issue_date,
        billing_account=released.account,
    )
    if receivable != due:
        yield differs(Cause.AMOUNT_DIFFERS, invoiced=due, posted=receivable)
    if tax != totals.tax:
        yield differs(Cause.TAX_DIFFERS, invoiced=totals.tax, posted=tax)
    if expected is None or (receivable, tax) != (due, totals.tax):
        return
    zero = Money.zero(document.currency)
    for account in sorted(expected.keys() | document.totals.keys()):
        wanted, posted = expected.get(account, zero), document.on(account)
        if wanted != posted:
            yield differs(Cause.ACCOUNT_DIFFERS, invoiced=wanted, posted=posted, account=account)
