"""What is wrong with a month's bank statements: one that is missing or told twice, and money that went back.

A return that names no receipt waits, and so does a payment to a customer that no refund explains.
"""

from collections.abc import Iterator

from billproof.findings import VarianceCategory
from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.payments.continuity import Continuity, breaks
from billproof.payments.paid_back import payments_that_wait
from billproof.payments.receivables import Receivables
from billproof.payments.returns import BankReturn
from billproof.payments.statement_book import StatementBook
from billproof.periods import Period
from billproof.reconciliation.model import Cause, Variance
from billproof.reconciliation.rules import variance

_CAUSES = {Continuity.GAP: Cause.STATEMENT_GAP, Continuity.OVERLAP: Cause.STATEMENT_OVERLAP}


def compare_statements(
    entity: LegalEntity, book: StatementBook, month: Period, receivables: Receivables
) -> Iterator[Variance]:
    """Yield the breaks between statements of which the later one begins in a month, and what went back and waits.

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
    waiting = [*book.returns_that_wait(entity.id), *payments_that_wait(book.paid_to_customers(entity.id), receivables)]
    yield from (_of_return(one) for one in waiting if month.start <= one.booked_on < month.end)


def _of_return(returned: BankReturn) -> Variance:
    """Return the variance of money that went back; of a payment the customer is named where there is only one."""
    return variance(
        Cause.RETURN_WAITS,
        invoice="",
        reference=returned.reference,
        invoiced=returned.amount,
        posted=Money.zero(returned.amount.currency),
        since=returned.booked_on,
        billing_account=returned.accounts[0] if len(returned.accounts) == 1 else "",
        category=VarianceCategory.MISSING_IN_BILLING if returned.is_payment else None,
    )
