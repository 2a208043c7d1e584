"""What is wrong with a month's bank statements: one that is missing or told twice, and returns that name no receipt."""

from collections.abc import Iterator

from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.payments.continuity import Continuity, breaks
from billproof.payments.statement_book import StatementBook
from billproof.periods import Period
from billproof.reconciliation.model import Cause, Variance
from billproof.reconciliation.rules import variance

_CAUSES = {Continuity.GAP: Cause.STATEMENT_GAP, Continuity.OVERLAP: Cause.STATEMENT_OVERLAP}


def compare_statements(entity: LegalEntity, book: StatementBook, month: Period) -> Iterator[Variance]:
    """Yield the breaks between statements of which the later one begins in a month, and its returns that wait.

    Of a break the amounts are the closing balance before and the opening balance after, in the account's currency.
    """
    for account in entity.cash_accounts:
        for broken in breaks(book.of_account(entity.id, account.source)):
            if month.start <= broken.on < month.end:
                yield variance(
                    _CAUSES[broken.continuity],
                    invoice="",
                    reference=broken.later,
                    invoiced=broken.closing,
                    posted=broken.opening,
                    since=broken.on,
                )
    for returned in book.returns_that_wait(entity.id):
        if month.start <= returned.booked_on < month.end:
            yield variance(
                Cause.RETURN_WAITS,
                invoice="",
                reference=returned.reference,
                invoiced=returned.amount,
                posted=Money.zero(returned.amount.currency),
                since=returned.booked_on,
            )
