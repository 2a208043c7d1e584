"""What is due first, where documents have the same amount, and exact amounts beside charges that nobody told of."""

from datetime import date, timedelta

import pytest

from billproof.payments.matching import match
from billproof.payments.model import MatchOutcome
from tests.matching.bills import Bill
from tests.matching.book import MemoryBook
from tests.support.matching_by_hand import CUSTOMERS, POLICY, TODAY, bill, number, paid, receipt


def habitual(*days_late: int, first_due: date = date(2025, 1, 31)) -> MemoryBook:
    """A book in which acme owes 300.00 due on 3 March and 300.00 due on 31 March, and paid 300.00 before, so late."""
    dues = [first_due - timedelta(days=30 * (len(days_late) - place)) for place in range(len(days_late))]
    paid = [
        Bill(f"doc.{place}", number(place), "acme", due - timedelta(days=30), due, 30_000)
        for place, due in enumerate(dues, 51)
    ]
    owed = [
        Bill("doc.61", number(61), "acme", date(2025, 2, 1), date(2025, 3, 3), 30_000),
        Bill("doc.62", number(62), "acme", date(2025, 3, 1), date(2025, 3, 31), 30_000),
    ]
    book = MemoryBook(CUSTOMERS, [*paid, *owed])
    for one, late in zip(paid, days_late, strict=True):
        book.on(one.due + timedelta(days=late))
        book.settle(one.document, 30_000)
    book.on(date(2025, 3, 31))
    return book


@pytest.mark.parametrize(
    ("days_late", "booked_on", "rule"),
    [
        ((10, 12, 11), date(2025, 3, 14), "due-first"),  # 11 days late as ever; the other would be 17 days early
        ((0, 1, -2), date(2025, 3, 4), "due-first"),  # a day late; never more than two days early
        ((10, 12), date(2025, 3, 14), "several-readings"),  # two payments are no habit
        ((10, 12, -28), date(2025, 3, 14), "several-readings"),  # it paid 28 days early once, and 17 may be it again
        ((-25, -26, -24), date(2025, 3, 6), "several-readings"),  # it missed a month, and pays the next early as ever
        ((2, 3, 1), date(2025, 3, 14), "several-readings"),  # 11 days late is more than a week later than ever
        ((10, 12, 11), date(2025, 3, 31), "several-readings"),  # both are due
    ],
)
def test_of_two_documents_of_the_same_amount_what_is_due_is_paid_where_that_is_how_it_was_always_paid(
    days_late: tuple[int, ...], booked_on: date, rule: str
) -> None:
    book = habitual(*days_late)
    answer = match(receipt("300.00").model_copy(update={"booked_on": booked_on}), book, POLICY, earlier=book)
    assert answer.rule == rule
    assert paid(answer) == ({"61": "300.00"} if rule == "due-first" else {})


def test_what_is_due_is_not_paid_first_where_the_same_may_have_been_sent_twice() -> None:
    book = habitual(10, 12, 11)
    arrived = receipt("300.00").model_copy(update={"booked_on": date(2025, 3, 14)})
    assert match(arrived, book, POLICY).outcome is MatchOutcome.PROPOSED  # nobody knows what came before
    book.keep(arrived.model_copy(update={"reference": "0", "booked_on": date(2025, 3, 9)}), "acme")
    answer = match(arrived, book, POLICY, earlier=book)
    assert (answer.outcome, answer.rule) == (MatchOutcome.PROPOSED, "due-first")


def test_charges_that_nobody_told_of_are_no_second_reading_of_an_exact_amount() -> None:
    """300.00 is one document to the unit; the other of 306.24 would have lost just 6.24."""
    book = MemoryBook(CUSTOMERS, [bill(3, "acme", 30_000), bill(5, "acme", 30_624)])
    book.on(TODAY)
    answer = match(receipt("300.00"), book, POLICY, earlier=book)
    assert (answer.outcome, answer.rule, paid(answer)) == (MatchOutcome.APPLIED, "exact-amount", {"03": "300.00"})
