"""What receipts do to invoices, as other systems are told: one is paid, or open again."""

from collections.abc import Iterator
from decimal import Decimal

from billproof.invoicing.model import Released
from billproof.invoicing.register import Register
from billproof.payments.book import CashBook
from billproof.payments.cash import CashEntry
from billproof.payments.receivables import still_open
from billproof.ports import Key, Records
from billproof.store_keys import BalanceKey, PartitionName

ZERO = Decimal(0)
PAID, OPEN_AGAIN = "paid", "reopened"


def changes_by_receipts(
    key: Key, entry: CashEntry, payments: Records, invoices: Records
) -> Iterator[tuple[str, Released]]:
    """Yield the invoices that an entry of an account pays to the last unit, or opens again, with what becomes of them.

    What is open is reckoned with the credit notes of now: an event that is asked for later may so be told no more.
    """
    entity, account = PartitionName.parse(key.partition).parts
    currency, register = BalanceKey.parse(key.sort).currency, Register(invoices)
    earlier = [one for one in CashBook(payments).entries(entity, account, currency) if one.ordinal < entry.ordinal]
    for document in dict.fromkeys(part.allocation.document for part in entry.settlements):
        released = register.released(document)
        if released is None:
            continue
        before = still_open(released, register, earlier)
        after = still_open(released, register, [*earlier, entry])
        was_open, is_open = before.amount.amount > ZERO, after.amount.amount > ZERO
        if was_open is not is_open:
            yield (OPEN_AGAIN if is_open else PAID), released
