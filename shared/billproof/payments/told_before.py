"""Money that another statement of the same days told of: it is booked once, also where the bank gave it no reference.

day 5: 30.00, 40.00 | day 5 anew, one text of it differs: the receipts of the first one, and not two more
a week              | a day of it: the same

A credit without a reference is called by its statement, so that anything a bank writes anew would be money once more.
Where two statements overlap, as many credits of a day and amount are the same as both tell of. What differs in one of
them beside these is told under the name of the first one, and refused there: a person looks at it.
"""

from collections.abc import Sequence
from functools import cached_property

from billproof.money import total
from billproof.payments.book import CashBook
from billproof.payments.continuity import StatementSpan, in_order, overlaps
from billproof.payments.model import CashReceipt
from billproof.payments.returns import BankReturn
from billproof.payments.statement_book import StatementBook, TakenStatement
from billproof.payments.statements import BankStatement
from billproof.periods import month_name


class ToldBefore:
    """What statements that overlap with one told of."""

    def __init__(self, statement: BankStatement, legal_entity: str, *, book: StatementBook, cash: CashBook) -> None:
        self._statement, self._legal_entity = statement, legal_entity
        self._book, self._cash = book, cash

    @cached_property
    def _others(self) -> frozenset[str]:
        taken = self._book.of_account(self._legal_entity, self._statement.account)
        return frozenset(other.id for other in taken if overlaps(other, self._statement) or self._shares_a_day(other))

    def _shares_a_day(self, other: TakenStatement) -> bool:
        """Say whether one ends on the day on which the other begins, and both tell of that day: balances differ by it.

        Of two that only follow each other on a day, the later one opens with what the earlier one closes with.
        """
        if other.id == self._statement.id:
            return False
        earlier, later = in_order(list[StatementSpan]([other, self._statement]))
        if earlier.closing is None or later.opening is None or earlier.currency != later.currency:
            return False
        of_day = (one.amount for one in self._statement.entries if one.booked_on == later.starts_on)
        twice = earlier.closing - later.opening
        return earlier.ends_on == later.starts_on and not twice.is_zero and twice == total(of_day, later.currency)

    def receipts(self, arrived: Sequence[CashReceipt]) -> list[CashReceipt]:
        """Return receipts under the references with which they were told first: those that are alike before others."""
        if not self._others:
            return list(arrived)
        known = self._known(arrived)
        own, here = {one.id for one in known}, {receipt.id for receipt in arrived}
        left = [one for one in known if one.statement in self._others and one.id not in here]
        named = list(arrived)
        for is_alike in (True, False):
            for place, receipt in enumerate(named):
                same = None if receipt.id in own else _told_as(receipt, left, is_alike=is_alike)
                if same is not None:
                    named[place] = receipt.model_copy(update={"reference": same.reference})
                    left.remove(same)
        return named

    def _known(self, arrived: Sequence[CashReceipt]) -> list[CashReceipt]:
        """Return the receipts of the account in the months of some others."""
        months = sorted({month_name(receipt.booked_on) for receipt in arrived})
        states = (state for month in months for state in self._cash.received(self._legal_entity, month))
        return [state.receipt for state in states if state.receipt.source == self._statement.account]

    def returns(self, taken_back: Sequence[BankReturn]) -> list[BankReturn]:
        """Return what was taken back as it was told first."""
        if not taken_back or not self._others:
            return list(taken_back)
        known = self._book.taken_back(self._legal_entity)
        own = {one.reference for one in known if one.source == self._statement.account}
        left = [one for one in known if one.statement in self._others]
        return [one if one.reference in own else _returned_as(one, left) for one in taken_back]


def _told_as(receipt: CashReceipt, left: Sequence[CashReceipt], *, is_alike: bool) -> CashReceipt | None:
    """Return a receipt that is left of a day and amount, one of the same content or any."""
    for one in left:
        if (one.booked_on, one.amount) == (receipt.booked_on, receipt.amount):
            named = receipt.model_copy(update={"reference": one.reference})
            if one.tells_of(named) or not is_alike:
                return one
    return None


def _returned_as(returned: BankReturn, left: list[BankReturn]) -> BankReturn:
    """Return what is left of the same kind, day, amount and reference of the bank, which then is left no more."""
    facts = _facts_of(returned)
    for one in left:
        if _facts_of(one) == facts:
            left.remove(one)
            return one
    return returned


def _facts_of(one: BankReturn) -> tuple[object, ...]:
    return one.is_payment, one.booked_on, one.amount, one.bank_reference
