"""What holds of every match, whatever arrives and whatever is open."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from billproof.approvals.policy import MatchingRules
from billproof.money import Money, total
from billproof.payments.matching import match
from billproof.payments.matching.amounts import MOST_SUBSETS, subsets
from billproof.payments.model import CashReceipt, Channel, Conversion, Match, MatchOutcome, OpenItem, Payer
from billproof.payments.references import payment_reference
from tests.matching.bills import Bill
from tests.matching.book import MemoryBook
from tests.matching.customers import Customer

DAY = date(2025, 3, 20)
POLICY = MatchingRules(tolerance={"EUR": Decimal("0.03")}, charges={"EUR": Decimal("0.10")})
NAMES = ["Acme GmbH", "Acme Berlin GmbH", "Acme Inc", "Zenith"]
OWNERS = [
    Customer(f"c{place}", name, f"DE{place}", known_iban=place % 2 == 0, paid_by="c0" if place == 1 else None)
    for place, name in enumerate(NAMES)
]
BILLS = st.lists(
    st.builds(
        lambda owner, gross, discount, age, currency: (owner, gross, discount and gross // 3, age, currency),
        st.sampled_from([owner.id for owner in OWNERS]),
        st.integers(1, 60),
        st.booleans(),
        st.integers(-3, 30),
        st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
    ),
    min_size=1,
    max_size=9,
)

PAYERS = st.builds(
    Payer, name=st.sampled_from([*NAMES, "ACME", "Nobody", None]), account=st.sampled_from(["DE0", "DE2", None])
)


class ShuffledBook:
    """A book that answers in another order each time."""

    def __init__(self, book: MemoryBook, seed: int) -> None:
        self._book, self._random = book, Random(seed)

    def _shuffled[T](self, values: Sequence[T]) -> list[T]:
        return self._random.sample(list(values), len(values))

    def numbered(self, number: str) -> OpenItem | None:
        return self._book.numbered(number)

    def prefixes(self) -> Sequence[str]:
        return self._shuffled(self._book.prefixes())

    def numbers_before(self) -> Sequence[str]:
        return self._shuffled(self._book.numbers_before())

    def of_account(self, account: str) -> Sequence[OpenItem]:
        return self._shuffled(self._book.of_account(account))

    def converted(self, receipt: CashReceipt, part: Money, currency: str) -> Conversion | None:
        return self._book.converted(receipt, part, currency)

    def days_after_due(self, account: str) -> Sequence[int]:
        return self._shuffled(self._book.days_after_due(account))

    def remembered(self, payer: Payer) -> frozenset[str]:
        return frozenset(self._shuffled(sorted(self._book.remembered(payer))))

    def names(self) -> Mapping[str, str]:
        return dict(self._shuffled(list(self._book.names().items())))


def euros(cents: int) -> Money:
    return Money.of(Decimal(cents) / 100, "EUR")


def number(place: int) -> str:
    return f"SKY-EU-2025-{place + 1:06d}"


def book_of(rows: Sequence[tuple[str, int, int, int, str]]) -> MemoryBook:
    bills = []
    for place, (owner, gross, discount, age, currency) in enumerate(rows):
        issued = DAY - timedelta(days=age)
        due, until = issued + timedelta(days=14), issued + timedelta(days=8)
        bills.append(Bill(f"d{place}", number(place), owner, issued, due, gross, currency, discount, until))
    book = MemoryBook(OWNERS, bills)
    book.on(DAY + timedelta(days=99))
    return book


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[tuple[str, int, int, int, str]], CashReceipt]:
    rows = draw(BILLS)
    places = draw(st.lists(st.integers(0, len(rows)), max_size=3))
    written = [draw(st.sampled_from([number(place), number(place)[-6:], number(place)[:-2]])) for place in places]
    whole = sum(rows[place][1] for place in set(places) if place < len(rows))
    amount = draw(st.one_of(st.integers(1, 200), st.integers(-12, 12).map(lambda more: max(1, whole + more))))
    references = [payment_reference(number(place)) for place in places[:1]]
    receipt = CashReceipt(
        legal_entity="skyline-eu",
        channel=Channel.BANK,
        source="bank",
        reference="1",
        amount=euros(amount),
        charges=draw(st.one_of(st.none(), st.integers(0, 9).map(euros))),
        booked_on=DAY,
        payer=draw(PAYERS),
        structured=draw(st.sampled_from([None, None, *references])),
        remittance=draw(st.sampled_from([", ", " ", "\n", ""])).join(written),
    )
    return rows, receipt


def every(answer: Match) -> list[Match]:
    return [answer, *answer.others]


@settings(max_examples=100, deadline=None)
@given(arrivals())
def test_no_more_is_paid_than_arrived_and_no_more_settled_than_is_open(
    arrival: tuple[list[tuple[str, int, int, int, str]], CashReceipt],
) -> None:
    rows, receipt = arrival
    book = book_of(rows)
    for answer in every(match(receipt, book, POLICY)):
        documents = [part.document for part in answer.allocations]
        assert len(documents) == len(set(documents))
        assert total((part.paid for part in answer.allocations), "EUR").amount <= receipt.amount.amount
        for part in answer.allocations:
            item = book.numbered(part.number)
            assert item is not None
            assert part.document == item.document
            assert part.paid.amount > 0
            assert part.settled.currency == item.open.currency == receipt.amount.currency
            assert part.settled.amount <= item.open.amount


@settings(max_examples=100, deadline=None)
@given(arrivals(), st.integers(0, 1000))
def test_a_match_is_the_same_in_whatever_order_the_books_answer(
    arrival: tuple[list[tuple[str, int, int, int, str]], CashReceipt], seed: int
) -> None:
    rows, receipt = arrival
    expected = match(receipt, book_of(rows), POLICY)
    assert match(receipt, ShuffledBook(book_of(rows), seed), POLICY) == expected


@settings(max_examples=100, deadline=None)
@given(arrivals())
def test_what_names_nothing_is_applied_only_where_one_choice_of_documents_has_the_amount(
    arrival: tuple[list[tuple[str, int, int, int, str]], CashReceipt],
) -> None:
    rows, receipt = arrival
    book = book_of(rows)
    receipt = receipt.model_copy(update={"remittance": "", "structured": None})
    answer = match(receipt, book, POLICY)
    if answer.outcome is MatchOutcome.APPLIED and answer.rule in {"exact-amount", "exact-subset"}:
        owners = {book.numbered(part.number).account for part in answer.allocations}  # type: ignore[union-attr]
        items = {item.document: item for owner in owners for item in book.of_account(owner)}
        amounts = [item.open.amount for item in items.values() if item.open.currency == "EUR"]
        sums = [sum(choice) for count in range(1, len(amounts) + 1) for choice in combinations(amounts, count)]
        assert sums.count(receipt.amount.amount) == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 30), max_size=9), st.integers(1, 120))
def test_subsets_are_those_that_trying_every_one_finds(amounts: list[int], whole: int) -> None:
    places = range(len(amounts))
    tried = [
        choice
        for count in range(1, len(amounts) + 1)
        for choice in combinations(places, count)
        if sum(amounts[place] for place in choice) == whole
    ]
    assert subsets(amounts, whole) == tried[:MOST_SUBSETS]


def test_of_too_many_amounts_it_is_not_known_whether_they_add_up() -> None:
    assert subsets(list(range(10_000, 10_040)), 55_555) is None
    assert subsets([*range(10_000, 10_040)], 9_999) == []
    assert subsets([1] * 40, 40) == [tuple(range(40))]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="SKYEURFCN-./ \n0123456789OISBxß\u00a0", max_size=160), st.text(max_size=12))
def test_no_text_and_no_name_stops_matching(text: str, name: str) -> None:
    receipt = CashReceipt(
        legal_entity="skyline-eu",
        channel=Channel.BANK,
        source="bank",
        reference="1",
        amount=euros(100),
        booked_on=DAY,
        payer=Payer(name=name, account="DE0"),
        structured=text[:35],
        remittance=text,
    )
    match(receipt, book_of([("c0", 100, 0, 3, "EUR"), ("c0", 70, 0, 3, "EUR")]), POLICY)
