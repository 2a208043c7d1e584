"""Open items in memory, which receipts settle: what the books would say on a day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from billproof.money import Money, Rounding
from billproof.payments.model import CashReceipt, Conversion, OpenItem, Payer
from tests.matching.bills import PREFIX, Bill
from tests.matching.customers import Customer


class MemoryBook:
    """An open book of bills; one is there from the day on that it was issued."""

    def __init__(
        self, customers: Iterable[Customer], bills: Iterable[Bill], rates: Mapping[str, Decimal] | None = None
    ) -> None:
        customers, self._rates = list(customers), rates or {}
        self._names = {customer.id: customer.name for customer in customers}
        self._children: dict[str, list[str]] = defaultdict(list)
        self._remembered: dict[str, set[str]] = defaultdict(set)
        self._receipts: dict[str, list[CashReceipt]] = defaultdict(list)
        for customer in customers:
            self._children[customer.paid_by or customer.id].append(customer.id)
            if customer.known_iban:
                self._remembered[customer.iban].add(customer.id)
        self._coming = sorted(bills, key=lambda bill: bill.issued, reverse=True)
        self._bills: dict[str, Bill] = {}
        self._today = date.min
        self._days: dict[str, dict[str, int]] = defaultdict(dict)
        self._open: dict[str, int] = {}
        self._numbers: dict[str, str] = {}
        self._of_account: dict[str, dict[str, None]] = defaultdict(dict)

    def on(self, day: date) -> None:
        """Take in what is issued up to a day."""
        self._today = day
        while self._coming and self._coming[-1].issued <= day:
            bill = self._coming.pop()
            self._bills[bill.document] = bill
            self._open[bill.document] = bill.gross
            self._numbers[bill.number] = bill.document
            self._of_account[bill.account][bill.document] = None

    def open_of(self, document: str) -> int:
        """Return what is open of a document, in minor units."""
        return self._open[document]

    def settle(self, document: str, amount: int) -> None:
        """Free a document of an amount; never of more than is open."""
        left = self._open[document] - amount
        if left < 0:
            message = f"{document} has less open than it is settled by"
            raise ValueError(message)
        self._open[document] = left
        bill = self._bills[document]
        self._days[bill.account][document] = (self._today - bill.due).days
        if not left:
            del self._of_account[self._bills[document].account][document]

    def days_after_due(self, account: str) -> Sequence[int]:
        """Return how many days after it was due each of the last six documents of an account was paid."""
        return list(self._days[account].values())[-6:]

    def remember(self, payer: Payer, account: str) -> None:
        """Keep that a person decided whose money comes from a bank account."""
        if payer.account is not None:
            self._remembered[payer.account].add(account)

    def keep(self, receipt: CashReceipt, account: str | None) -> None:
        """Keep that a receipt is an account's."""
        self._receipts[account or ""].append(receipt)

    def came(self, receipt: CashReceipt, account: str, since: date) -> bool:
        family = {account, *self._children.get(account, ())}
        others = (other for member in family for other in self._receipts.get(member, ()))
        return any(other.amount == receipt.amount and other.booked_on >= since for other in others)

    def numbered(self, number: str) -> OpenItem | None:
        document = self._numbers.get(number)
        return None if document is None else self._item(document)

    def prefixes(self) -> Sequence[str]:
        return (PREFIX, f"{PREFIX}-CN")

    def numbers_before(self) -> Sequence[str]:
        return ()

    def of_account(self, account: str) -> Sequence[OpenItem]:
        family = {account, *self._children.get(account, ())}
        items = [self._item(document) for member in family for document in self._of_account.get(member, ())]
        return sorted(items, key=lambda item: (item.due, item.document))

    def converted(self, receipt: CashReceipt, part: Money, currency: str) -> Conversion | None:
        """Return what euros are worth at the one rate that the book knows of a currency, in euros for one unit."""
        rate = self._rates.get(currency) if receipt.amount.currency == "EUR" else None
        if rate is None:
            return None
        worth = Money.rounded(part.amount / rate, currency, Rounding.HALF_UP)
        return Conversion(received=part, worth=worth, rate=f"1 {currency} = {rate} EUR")

    def remembered(self, payer: Payer) -> frozenset[str]:
        return frozenset(self._remembered.get(payer.account or "", ()))

    def names(self) -> Mapping[str, str]:
        return self._names

    def _item(self, document: str) -> OpenItem:
        bill = self._bills[document]
        return OpenItem.construct_trusted(
            document=document,
            number=bill.number,
            account=bill.account,
            issued=bill.issued,
            due=bill.due,
            gross=_money(bill.gross, bill.currency),
            open=_money(self._open[document], bill.currency),
            discount=_money(bill.discount, bill.currency) if bill.discount else None,
            discount_until=bill.discount_until,
            discount_taxes=(),
        )


def _money(units: int, currency: str) -> Money:
    return Money.construct_trusted(amount=Decimal(units).scaleb(-2), currency=currency)
