"""The ports of payments: the book of receipts, and what takes them in. Each is built on first use."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from billproof.event_ports import EventPorts

if TYPE_CHECKING:
    from billproof.audit.stores import AuditedRecords
    from billproof.payments.book import CashBook


class PaymentPorts(EventPorts):
    """Where receipts are kept."""

    def _records(self, store: str, table: str) -> AuditedRecords:
        raise NotImplementedError

    @cached_property
    def payments(self) -> AuditedRecords:
        """The facts of receipts."""
        return self._records("payments", self.settings.payments_table)

    @cached_property
    def cash_book(self) -> CashBook:
        """Receipts and what they pay."""
        from billproof.payments.book import CashBook

        return CashBook(self.payments)
