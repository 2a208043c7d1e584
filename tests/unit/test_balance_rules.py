"""What documents leave to a customer's balance and draw of it, and its statement: amounts by hand."""

from datetime import date

import pytest

from billproof.invoicing.balance import BalanceChange, BalanceEntry, Settlement, Worth, change_of, statement_of
from billproof.money import Money

NOTHING = ("0", "0")
CHANGES: list[tuple[str, tuple[str, str], tuple[str, str], tuple[str, str], tuple[str, str]]] = [
    # settlement, gross, balance before, open of its invoice, change: each in euros and in dollars of the books
    ("invoice", ("30", "40"), ("120", "150"), NOTHING, ("-30", "-37.5")),
    ("invoice", ("120", "160"), ("120", "150"), NOTHING, ("-120", "-150")),
    ("invoice", ("130", "170"), ("120", "150"), NOTHING, ("-120", "-150")),
    ("invoice", ("0.01", "0.01"), ("120", "150"), NOTHING, ("-0.01", "-0.01")),
    ("invoice", ("30", "40"), NOTHING, NOTHING, NOTHING),
    ("invoice", ("30", "40"), ("-5", "-6"), NOTHING, NOTHING),
    ("invoice", ("0", "0"), ("120", "150"), NOTHING, NOTHING),
    ("invoice", ("-120", "-150"), ("10", "12"), NOTHING, ("120", "150")),
    ("invoice", ("-120", "-150"), NOTHING, ("50", "60"), ("120", "150")),
    ("credit_note", ("-50", "-60"), NOTHING, ("30", "40"), ("20", "20")),
    ("credit_note", ("-50", "-60"), NOTHING, ("50", "61"), ("0", "-1")),
    ("credit_note", ("-50", "-60"), NOTHING, ("80", "88"), ("0", "5")),
    ("credit_note", ("-50", "-60"), NOTHING, ("0", "0.01"), ("50", "59.99")),
    ("credit_note", ("-50", "-60"), NOTHING, ("-5", "-6"), ("50", "60")),
    ("credit_note", ("-50", "-60"), NOTHING, ("0.01", "0.01"), ("49.99", "59.99")),
    ("whole", ("-50", "-60"), ("7", "8"), ("30", "40"), ("50", "60")),
    ("none", ("-50", "-60"), ("7", "8"), ("30", "40"), NOTHING),
    ("none", ("50", "60"), ("7", "8"), ("30", "40"), NOTHING),
]


def worth(amounts: tuple[str, str]) -> Worth:
    return Worth(Money.of(amounts[0], "EUR"), Money.of(amounts[1], "USD"))


@pytest.mark.parametrize(("settlement", "gross", "before", "due", "change"), CHANGES)
def test_what_a_document_changes_of_a_balance(
    settlement: str, gross: tuple[str, str], before: tuple[str, str], due: tuple[str, str], change: tuple[str, str]
) -> None:
    assert change_of(worth(gross), worth(before), Settlement(settlement), worth(due)) == worth(change)


def test_a_part_of_what_is_worth_something_is_booked_with_its_share() -> None:
    whole = worth(("3", "1"))
    assert whole.part(Money.of("1", "EUR")) == worth(("1", "0.33"))
    assert whole.part(Money.of("1.5", "EUR")) == worth(("1.5", "0.5"))
    assert worth(("2", "0.05")).part(Money.of("1", "EUR")) == worth(("1", "0.03"))  # half up
    assert worth(("0", "4")).part(Money.of("0", "EUR")) == worth(("0", "4"))
    assert whole + -whole == whole.nothing == worth(NOTHING)


def entry(number: int, day: str, change: str, opening: str = "0") -> BalanceEntry:
    amount, before = Money.of(change, "EUR"), Money.of(opening, "EUR")
    booked = BalanceChange(ordinal=number, opening=before, change=amount, opening_booked=before, change_booked=amount)
    return BalanceEntry(document=f"D{number}", number=str(number), issue_date=date.fromisoformat(day), change=booked)


ENTRIES = [
    entry(1, "2013-01-31", "120"),
    entry(2, "2013-02-02", "-30", "120"),
    entry(3, "2013-02-01", "-40", "90"),  # released after the one of 2 February, and counted with it
    entry(4, "2013-03-01", "7", "50"),
]


@pytest.mark.parametrize(
    ("first", "last", "opening", "numbers", "closing"),
    [
        (None, None, "0", "1234", "57"),
        ("2013-01-31", None, "0", "1234", "57"),
        ("2013-02-01", None, "120", "234", "57"),
        ("2013-02-02", "2013-02-02", "120", "23", "50"),
        (None, "2013-02-01", "0", "1", "120"),
        (None, "2013-02-02", "0", "123", "50"),
        ("2013-02-03", "2013-02-28", "50", "", "50"),
        ("2013-03-01", "2013-03-01", "50", "4", "57"),
        ("2013-03-02", None, "57", "", "57"),
        (None, "2013-01-30", "0", "", "0"),
    ],
)
def test_a_statement_begins_with_what_was_before_and_ends_with_what_is_left(
    first: str | None, last: str | None, opening: str, numbers: str, closing: str
) -> None:
    days = [date.fromisoformat(day) if day else None for day in (first, last)]
    statement = statement_of(ENTRIES, legal_entity="inc", account="UA", currency="EUR", first=days[0], last=days[1])
    assert (statement.legal_entity, statement.account, statement.currency) == ("inc", "UA", "EUR")
    assert [statement.first, statement.last] == days
    assert (statement.opening, statement.closing) == (Money.of(opening, "EUR"), Money.of(closing, "EUR"))
    assert "".join(shown.number for shown in statement.entries) == numbers


def test_a_statement_without_days_is_of_all_of_them_and_one_without_entries_of_nothing() -> None:
    whole = statement_of(ENTRIES, legal_entity="inc", account="UA", currency="EUR")
    assert (whole.first, whole.last, len(whole.entries)) == (None, None, 4)
    nothing = statement_of([], legal_entity="inc", account="UA", currency="EUR")
    assert (nothing.opening, nothing.entries, nothing.closing) == (Money.zero("EUR"), (), Money.zero("EUR"))
    change = ENTRIES[1].change
    assert (change.drawn, change.left, change.after) == (
        Money.of("30", "EUR"),
        Money.zero("EUR"),
        Worth(Money.of("90", "EUR"), Money.of("90", "EUR")),
    )
    assert (ENTRIES[0].change.drawn, ENTRIES[0].change.left) == (Money.zero("EUR"), Money.of("120", "EUR"))
