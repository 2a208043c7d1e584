"""What a receipt says and what the books know of it, read once for all rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from rapidfuzz.distance import OSA

from billproof.approvals.policy import MatchingRules
from billproof.invoicing.series import DocumentNumber
from billproof.payments.advices import RemittanceAdvice
from billproof.payments.matching.amounts import minor_units
from billproof.payments.matching.earlier import EarlierReceipts
from billproof.payments.matching.numbers import ReadNumbers, read_numbers
from billproof.payments.matching.numbers_before import near_numbers
from billproof.payments.matching.payers import KnownPayer, known_payer
from billproof.payments.matching.wording import text_of
from billproof.payments.model import CashReceipt, OpenItem
from billproof.payments.ports import Advices, OpenBook
from billproof.payments.references import numbers_of, without_marks

LONGEST_LINE = 140
"""Characters that a payment carries between banks; what is as long may have gone on."""
SENT_TWICE_WITHIN = timedelta(days=14)
"""How long after a receipt the same amount may be it once more; customers pay their monthly bill after longer."""
MOST_CANDIDATES = 20
"""Accounts with like names whose documents are read: more say nothing of who paid."""
_NEIGHBOURS = "0123456789"


class Naming(StrEnum):
    """How a document is named, the surest first."""

    STRUCTURED = "structured-reference"
    NUMBER = "number-in-text"
    CORRECTED = "corrected-number"
    SHORTENED = "shortened-number"
    NEAR = "mistyped-number"
    CUT_OFF = "number-cut-off"

    @property
    def is_whole(self) -> bool:
        """Whether it says which document: a whole number, or the end of one of the payer's own."""
        return self in {Naming.STRUCTURED, Naming.NUMBER, Naming.CORRECTED, Naming.SHORTENED}


class PayerStanding(StrEnum):
    """Whether the payer is one who pays some documents."""

    AGREES = "agrees"
    UNKNOWN = "unknown"
    CONFLICTS = "conflicts"


@dataclass(frozen=True, slots=True)
class Named:
    """A document that a receipt names."""

    item: OpenItem
    naming: Naming


class Evidence:
    """A receipt with what the books know of it; nothing of it depends on the order in which they answer."""

    def __init__(
        self,
        receipt: CashReceipt,
        book: OpenBook,
        rules: MatchingRules,
        earlier: EarlierReceipts | None,
        advices: Advices | None,
    ) -> None:
        self.receipt, self.book, self.rules, self.earlier, self._advices = receipt, book, rules, earlier, advices
        self._open: dict[str, tuple[OpenItem, ...]] = {}
        self._numbered: dict[str, OpenItem | None] = {}
        self.currency = receipt.amount.currency
        self.amount = minor_units(receipt.amount)
        self.lost = minor_units(receipt.charges) if receipt.charges is not None else 0

    @cached_property
    def advices(self) -> Sequence[RemittanceAdvice]:
        """The remittance advices of payments of its amount."""
        return self._advices.of_amount(self.receipt.legal_entity, self.receipt.amount) if self._advices else ()

    @cached_property
    def payer(self) -> KnownPayer:
        """Who paid."""
        return known_payer(self.receipt.payer, self.book)

    @cached_property
    def own(self) -> tuple[OpenItem, ...]:
        """What is open of those who may have paid, in the receipt's currency; nothing where too many may have."""
        return self.open_of(self._candidates)

    @cached_property
    def _candidates(self) -> frozenset[str]:
        accounts = self.payer.accounts
        return accounts if len(accounts) <= MOST_CANDIDATES else frozenset()

    def open_of(self, accounts: Iterable[str]) -> tuple[OpenItem, ...]:
        """Return what is open of some accounts in the receipt's currency, oldest due first."""
        items = {item.document: item for account in accounts for item in self.of_account(account)}
        return in_order(item for item in items.values() if item.open.currency == self.currency)

    def of_account(self, account: str) -> tuple[OpenItem, ...]:
        """Return what is open of an account in any currency, oldest due first; the books are asked once."""
        if account not in self._open:
            self._open[account] = in_order(item for item in self.book.of_account(account) if item.open.amount > 0)
        return self._open[account]

    def numbered(self, number: str) -> OpenItem | None:
        """Return the document of a number; the books are asked once."""
        if number not in self._numbered:
            self._numbered[number] = self.book.numbered(number)
        return self._numbered[number]

    @cached_property
    def covered(self) -> frozenset[str]:
        """The accounts whose documents the payer may pay: its own, and those of its children."""
        children = {item.account for account in self._candidates for item in self.of_account(account)}
        return self.payer.accounts | children

    def standing(self, items: Iterable[OpenItem]) -> PayerStanding:
        """Say whether the payer is one who pays some documents."""
        if not self.payer.accounts:
            return PayerStanding.UNKNOWN
        owners = {item.account for item in items}
        if owners <= self.payer.accounts or owners <= self.covered:
            return PayerStanding.AGREES
        return PayerStanding.CONFLICTS

    @cached_property
    def numbers(self) -> ReadNumbers:
        """The numbers in its text."""
        return read_numbers(text_of(self.receipt), self.prefixes, self.book.numbers_before())

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """What numbers begin with."""
        return tuple(sorted(set(self.book.prefixes())))

    @cached_property
    def _referenced(self) -> tuple[str, ...]:
        return (*numbers_of(self.receipt.structured or "", self.prefixes), *self.numbers.referenced)

    @cached_property
    def all_named(self) -> tuple[Named, ...]:
        """The documents named as a whole, open or paid, each once and by the surest of its namings."""
        read = (
            (Naming.STRUCTURED, self._referenced),
            (Naming.NUMBER, (*self.numbers.clean, *self.numbers.before)),
            (Naming.CORRECTED, tuple(self.numbers.corrected)),
        )
        named: dict[str, Named] = {}
        for naming, numbers in read:
            for number in numbers:
                item = self.numbered(number)
                if item is not None:
                    named.setdefault(item.document, Named(item, naming))
        return tuple(sorted(named.values(), key=lambda name: _place(name.item)))

    @cached_property
    def named_open(self) -> tuple[Named, ...]:
        """The documents named as a whole of which something is open, without what may be a mistyped one of the payer's.

        A number of somebody else's document that is one stroke away from the payer's own is not whole evidence.
        """
        names = (name for name in self.all_named if name.item.open.amount > 0)
        return tuple(name for name in names if name.item.document not in self._mistyped)

    @cached_property
    def named_paid(self) -> tuple[Named, ...]:
        """The documents of which nothing is open that are named as a whole, or, of the payer, by their ends."""
        paid = (name for name in self.all_named if name.item.open.amount <= 0)
        whole = {name.item.document: name for name in paid if name.item.document not in self._mistyped}
        return (*whole.values(), *(name for name in self._shortened_paid if name.item.document not in whole))

    @cached_property
    def _shortened_paid(self) -> tuple[Named, ...]:
        this_year = self.receipt.booked_on.year
        numbers = {
            str(DocumentNumber(prefix, year, int(short.digits)))
            for short in self.numbers.shortened
            for prefix in self.prefixes
            for year in ((this_year, this_year - 1) if short.year is None else (short.year,))
        }
        items = (self.numbered(number) for number in sorted(numbers))
        paid = (item for item in items if item is not None and item.open.amount <= 0)
        return tuple(Named(item, Naming.SHORTENED) for item in paid if self._is_of_payer(item))

    def _is_of_payer(self, item: OpenItem) -> bool:
        return self.standing([item]) is PayerStanding.AGREES

    @cached_property
    def _mistyped(self) -> dict[str, OpenItem]:
        """What of the payer's own is one stroke away from somebody else's document that is named.

        One that is named itself is not mistyped: the payer pays for somebody else, too.
        """
        near: dict[str, OpenItem] = {}
        named = {name.item.document for name in self.all_named}
        for name in self.all_named:
            if name.naming is not Naming.STRUCTURED and self.standing([name.item]) is PayerStanding.CONFLICTS:
                candidates = self._near(without_marks(name.item.number))
                if len(candidates) == 1 and candidates[0].document not in named:
                    near[name.item.document] = candidates[0]
        return near

    @cached_property
    def unreadable(self) -> tuple[str, ...]:
        """What begins as a number, and is none of a document: letters and digits, after `RF` in a whole reference."""
        whole = (*self.numbers.clean, *self.numbers.corrected)
        unknown = {without_marks(number) for number in whole if self.numbered(number) is None}
        known = {without_marks(number) for number in self._referenced if self.numbered(number) is not None}
        unknown |= {f"RF{letters}" for letters in {*map(without_marks, self._referenced)} - known}
        return tuple(sorted({*self.numbers.broken, *unknown}))

    def _near(self, letters: str) -> tuple[OpenItem, ...]:
        """Return what of the payer's own has a number one stroke away; of several the one that has the amount."""
        numbers = ((item, without_marks(item.number)) for item in self.own)
        prefix = self._prefix_of(letters)
        numbers = ((item, number) for item, number in numbers if self._prefix_of(number) == prefix)
        near = tuple(item for item, number in numbers if OSA.distance(letters, number, score_cutoff=1) == 1)
        exact = tuple(item for item in near if minor_units(item.open) == self.amount)
        return exact if len(exact) == 1 else near

    def _prefix_of(self, letters: str) -> str:
        """Return the longest prefix that letters and digits begin with: another's number is no mistyped one of ours."""
        starts = (without_marks(prefix) for prefix in self.prefixes)
        return max((start for start in starts if letters.startswith(start)), key=len, default="")

    @cached_property
    def hinted(self) -> tuple[Named, ...]:
        """The payer's own documents that are named in part: shortened, mistyped."""
        whole = {name.item.document for name in self.all_named}
        hinted: dict[str, Named] = {}
        near = [*self._mistyped.values(), *(item for text in self.unreadable for item in self._near(text))]
        for item in near:
            hinted.setdefault(item.document, Named(item, Naming.NEAR))
        for short in self.numbers.shortened:
            for item in self.own:
                if short.may_be(item.number):
                    hinted.setdefault(item.document, Named(item, Naming.SHORTENED))
        names = (name for name in hinted.values() if name.item.document not in whole)
        return tuple(sorted(names, key=lambda name: _place(name.item)))

    @cached_property
    def is_cut_off(self) -> bool:
        """Whether more numbers may have stood there."""
        return bool(self.numbers.cut_off) or len(self.receipt.remittance) >= LONGEST_LINE

    @cached_property
    def unresolved(self) -> tuple[str, ...]:
        """What begins as a number, and is near to none of the payer's documents, or to several."""
        return tuple(text for text in self.unreadable if len(self._near(text)) != 1)

    @cached_property
    def named_surely(self) -> tuple[Named, ...]:
        """The open documents whose naming does not need the amount."""
        return tuple(name for name in (*self.named_open, *self.hinted) if name.naming.is_whole)

    def came_shortly_before(self, items: Iterable[OpenItem]) -> bool | None:
        """Say whether those who owe some documents, or the payer, paid the same amount before; None: nobody knows."""
        if self.earlier is None:
            return None
        booked_on = self.receipt.booked_on
        since = booked_on - min(SENT_TWICE_WITHIN, booked_on - date.min)
        accounts = {item.account for item in items} | self.payer.accounts
        return any(self.earlier.came(self.receipt, account, since) for account in sorted(accounts))

    def neighbours(self, item: OpenItem) -> list[OpenItem]:
        """Return other open documents of the same amount whose numbers are one mistyped digit, or two swapped, away."""
        number, start = item.number, len(item.number.rstrip("0123456789"))
        numbers = set(near_numbers(number, self.book.numbers_before()))
        for at in range(start, len(number)):
            numbers |= {f"{number[:at]}{digit}{number[at + 1 :]}" for digit in _NEIGHBOURS}
            if at + 1 < len(number):
                numbers.add(f"{number[:at]}{number[at + 1]}{number[at]}{number[at + 2 :]}")
        others = (self.numbered(other) for other in sorted(numbers - {number}))
        return [other for other in others if other is not None and other.open == item.open]


def in_order(items: Iterable[OpenItem]) -> tuple[OpenItem, ...]:
    """Put documents in order: oldest due first, then by their numbers."""
    return tuple(sorted(items, key=_place))


def open_units(items: Sequence[OpenItem]) -> list[int]:
    """Return what is open of each document, in minor units."""
    return [minor_units(item.open) for item in items]


def _place(item: OpenItem) -> tuple[object, ...]:
    return (item.due, item.number)
