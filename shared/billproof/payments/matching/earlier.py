"""What arrived before: whether a receipt that names nothing may be an earlier one that was sent twice."""

from datetime import date
from typing import Protocol

from billproof.payments.book import CashBook
from billproof.payments.model import CashReceipt


class EarlierReceipts(Protocol):
    """What is known of the receipts of an account."""

    def came(self, receipt: CashReceipt, account: str, since: date) -> bool:
        """Say whether another receipt of the same amount was booked since a day, and applied to an account."""


class EarlierCash:
    """The receipts of a legal entity's cash book."""

    def __init__(self, book: CashBook) -> None:
        self._book = book

    def came(self, receipt: CashReceipt, account: str, since: date) -> bool:
        """Say whether another receipt of the same amount was booked since a day, and pays documents of an account."""
        entity, amount = receipt.legal_entity, receipt.amount
        payments = (entry for entry in self._book.entries(entity, account) if not entry.is_reversal)
        others = {entry.receipt for entry in payments if entry.day >= since} - {receipt.id}
        receipts = (self._book.state(entity, other).receipt for other in sorted(others))
        return any(other.amount == amount and other.booked_on >= since for other in receipts)
