"""Playing a year's receipts in order: what is applied, what a person decides, and what was applied wrongly."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from billproof.approvals.policy import MatchingRules
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierReceipts
from billproof.payments.model import CashReceipt, Match, MatchOutcome
from billproof.payments.ports import OpenBook
from tests.matching.book import MemoryBook
from tests.matching.year import Label, Labelled, Year

POLICY = MatchingRules(
    tolerance={"EUR": Decimal("0.05"), "USD": Decimal("0.05"), "GBP": Decimal("0.05")},
    charges={"EUR": Decimal(15), "USD": Decimal(15), "GBP": Decimal(15)},
)


class Matching(Protocol):
    """Matches a receipt."""

    def __call__(
        self, receipt: CashReceipt, book: OpenBook, rules: MatchingRules, *, earlier: EarlierReceipts | None = None
    ) -> Match:
        """Return what a receipt pays."""


@dataclass(slots=True)
class Score:
    """What came of the receipts of a year."""

    receipts: int = 0
    applied: int = 0
    cpu_seconds: float = 0
    wrong: list[tuple[Labelled, Match]] = field(default_factory=list)
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_kind: Counter[tuple[str, str]] = field(default_factory=Counter)
    people: list[tuple[Labelled, Match]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The part that no person saw."""
        return self.applied / self.receipts


def play(
    year: Year,
    *,
    matching: Matching = match,
    knows_earlier: bool = True,
    rates: Mapping[str, Decimal] | None = None,
    rules: MatchingRules = POLICY,
) -> Score:
    """Match every receipt in the order of days; a person decides what is proposed, as its label says."""
    book = MemoryBook(year.customers, year.bills, rates)
    earlier = book if knows_earlier else None
    score = Score()
    for labelled in year.receipts:
        receipt, label = labelled.receipt, labelled.label
        book.on(receipt.booked_on)
        begun = time.process_time()
        answer = matching(receipt, book, rules, earlier=earlier)
        score.cpu_seconds += time.process_time() - begun
        score.receipts += 1
        book.keep(receipt, answer.account if answer.outcome is MatchOutcome.APPLIED else next(iter(label.accounts), ""))
        score.by_rule[answer.rule, answer.outcome] += 1
        score.by_kind[label.kind, answer.outcome] += 1
        if answer.outcome is not MatchOutcome.APPLIED:
            score.people.append((labelled, answer))
            _decide(book, labelled)
            continue
        score.applied += 1
        if is_wrong(receipt, label, answer):
            score.wrong.append((labelled, answer))
        for document, settled in label.settled.items():
            _settle(book, document, settled)
    return score


def is_wrong(receipt: CashReceipt, label: Label, answer: Match) -> bool:
    """Say whether what was applied differs from what was meant, by a cent of a document or by whose the rest is."""
    paid = {part.document: _units(part.spent.amount) for part in answer.allocations}
    settled = {part.document: _units(part.settled.amount) for part in answer.allocations}
    if len(paid) != len(answer.allocations) or settled != label.settled:
        return True
    if sum(paid.values()) != sum(label.paid.values()) or (len(paid) == 1 and paid != label.paid):
        return True  # of several documents paid short, any may bear what is lost
    rest = _units(receipt.amount.amount) - sum(paid.values())
    return bool(rest) and answer.account not in label.accounts


def _decide(book: MemoryBook, labelled: Labelled) -> None:
    for document, settled in labelled.label.settled.items():
        _settle(book, document, settled)
    if len(labelled.label.accounts) == 1:
        book.remember(labelled.receipt.payer, *labelled.label.accounts)


def _settle(book: MemoryBook, document: str, settled: int) -> None:
    book.settle(document, min(settled, book.open_of(document)))


def _units(amount: Decimal) -> int:
    return int(amount.scaleb(2))
