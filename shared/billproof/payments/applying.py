"""What a use of a receipt changes of accounts' documents, worked out on what was read of them once.

read the entries of each account | what is open by them | settle | write under the next ordinals
                                                                  ^ another was faster: taken, and all is read again
"""

from collections.abc import Iterable, Iterator, Sequence

from billproof.errors import InvalidInput
from billproof.invoicing.balance import Worth
from billproof.invoicing.model import Released
from billproof.payments.cash import CashEntry, ReceiptState, ReceiptUse, SettledPart
from billproof.payments.model import Allocation, UseKind
from billproof.payments.receivables import Receivables


class ReadAccounts:
    """The documents that a receipt pays, and the entries of their accounts, read once."""

    def __init__(self, documents: Iterable[str], receivables: Receivables) -> None:
        self._receivables = receivables
        self._released: dict[str, Released] = {}
        self._entries: dict[tuple[str, str], list[CashEntry]] = {}
        for document in documents:
            released = receivables.released(document)
            if released is None:
                message = "only a released document can be paid"
                raise InvalidInput(message)
            self._released[document] = released
            if self._account(document) not in self._entries:
                self._entries[self._account(document)] = receivables.entries_of(released)

    def _account(self, document: str) -> tuple[str, str]:
        released = self._released[document]
        return released.account, released.document.totals.gross.currency

    def open_worth(self, document: str) -> Worth:
        """Return what is open of a document."""
        return self._receivables.open_worth(self._released[document], self._entries[self._account(document)])

    def settle(self, state: ReceiptState, allocations: Sequence[Allocation]) -> tuple[SettledPart, ...]:
        """Return what allocations settle, as it is booked; raises InvalidInput where that is more than there is."""
        if len({allocation.document for allocation in allocations}) != len(allocations):
            message = "a document is paid once by an application"
            raise InvalidInput(message)
        left, parts = state.unapplied, []
        for allocation in allocations:
            worth = self.open_worth(allocation.document)
            _refuse_too_much(allocation, left, worth)
            spent, settled = left.part(allocation.spent), worth.part(allocation.settled)
            parts.append(SettledPart(allocation=allocation, booked=settled.booked, paid_booked=spent.booked))
            left += -spent
        return tuple(parts)

    def entries(self, receipt: str, uses: Iterable[ReceiptUse]) -> Iterator[tuple[str, CashEntry]]:
        """Yield what uses add to each account, under the ordinals that come next."""
        last = {account: entries[-1].ordinal if entries else 0 for account, entries in self._entries.items()}
        for use in uses:
            by_account: dict[tuple[str, str], list[SettledPart]] = {}
            for part in use.settlements:
                by_account.setdefault(self._account(part.allocation.document), []).append(part)
            for account, parts in by_account.items():
                last[account] += 1
                yield (
                    account[0],
                    CashEntry(
                        ordinal=last[account],
                        receipt=receipt,
                        use=use.ordinal,
                        day=use.day,
                        settlements=tuple(parts),
                        is_reversal=use.kind is UseKind.REVERSED,
                    ),
                )


def _refuse_too_much(allocation: Allocation, left: Worth, worth: Worth) -> None:
    """Raise InvalidInput where an allocation takes more than is left of the receipt, or open of its document."""
    spent, settled = allocation.spent, allocation.settled
    if settled.currency != worth.amount.currency or spent.currency != left.amount.currency:
        message = f"the invoice is in {worth.amount.currency}, and the receipt in {left.amount.currency}"
        raise InvalidInput(message)
    if not 0 < spent.amount <= left.amount.amount:
        message = f"{spent} cannot be paid of {left.amount}, which is left of the receipt"
        raise InvalidInput(message)
    if allocation.paid.amount <= 0:
        message = f"{spent} is worth nothing in {worth.amount.currency}"
        raise InvalidInput(message)
    if settled.amount > worth.amount.amount:
        message = f"{settled} cannot be settled of {worth.amount}, which is open of the invoice"
        raise InvalidInput(message)
