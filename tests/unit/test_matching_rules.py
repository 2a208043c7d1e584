"""What each rule of matching does with a receipt, on a book that a person can check."""

from datetime import date
from decimal import Decimal

import pytest

from billproof.approvals.policy import MatchingRules
from billproof.money import Money
from billproof.payments.matching import RULES, match
from billproof.payments.model import CashReceipt, MatchOutcome, Payer
from billproof.payments.references import payment_reference
from tests.matching.book import MemoryBook
from tests.support.matching_by_hand import ACME, CUSTOMERS, POLICY, TODAY, bill, number, paid, receipt


@pytest.fixture
def book() -> MemoryBook:
    book = MemoryBook(
        CUSTOMERS,
        [
            bill(11, "acme", 100_000),
            bill(12, "acme", 45_678),
            bill(13, "acme", 20_000, discount=400),
            bill(14, "acme-berlin", 77_777),
            bill(21, "zenith", 33_333),
            bill(22, "zenith", 5_000, currency="USD"),
            bill(31, "twins", 11_900),
            bill(32, "twins", 11_900),
            bill(33, "twins", 50_000),
            bill(41, "acme", 9_900),
            bill(120, "zenit", 45_678),
        ],
        {"USD": Decimal("0.862")},
    )
    book.on(TODAY)
    book.settle("doc.41", 9_900)
    return book


ZENITH = Payer(name="ZENITH MEDIA SA", account="FR99")
TWINS = Payer(name="Twin Peaks", account="US01")
IDLE = Payer(account="CH01")
ZENIT = Payer(name="Zenit Media Ltd")
NOBODY = Payer(name="Mario Rossi", account="IT77")


REFERENCE = payment_reference(number(12))
APPLIED = [
    ("structured-reference", receipt("456.78", structured=REFERENCE), {"12": "456.78"}),
    ("structured-reference", receipt("456.78", f"/{REFERENCE[:9]} {REFERENCE[9:]}/ thanks"), {"12": "456.78"}),
    ("structured-reference", receipt("456.78", payer=NOBODY, structured=REFERENCE), {"12": "456.78"}),
    ("number-in-text", receipt("456.78", "Invoice SKY-EU-2025-000012"), {"12": "456.78"}),
    ("number-in-text", receipt("456.78", "re skyeu 2025/000012 of 12.03.2025"), {"12": "456.78"}),
    ("number-in-text", receipt("1456.78", "SKY-EU-2025-000011, SKY-EU-2025-000012"), {"11": "1000.00", "12": "456.78"}),
    ("number-in-text", receipt("333.33", "SKY-EU-2025-000021", NOBODY), {"21": "333.33"}),
    ("number-in-text", receipt("777.77", "SKY-EU-2025-000014"), {"14": "777.77"}),
    ("corrected-number", receipt("456.78", "SKY-EU-2O25-OOOOI2"), {"12": "456.78"}),
    ("shortened-number", receipt("456.78", "Inv 00\n0012 of March"), {"12": "456.78"}),
    ("corrected-number", receipt("456.78", "your invoice number SKY-EU-2025-000\n012 of March"), {"12": "456.78"}),
    ("shortened-number", receipt("456.78", "Inv 000012"), {"12": "456.78"}),
    ("shortened-number", receipt("119.00", "2025-000032", TWINS), {"32": "119.00"}),
    ("mistyped-number", receipt("1000.00", "SKY-EU-2025-000111"), {"11": "1000.00"}),
    ("mistyped-number", receipt("1000.00", "SKY-EU-2025-00011 vom 12.03."), {"11": "1000.00"}),
    ("mistyped-number", receipt("1000.00", "SKY-EU-2025-000021"), {"11": "1000.00"}),
    ("number-cut-off", receipt("1456.78", "SKY-EU-2025-000011 SKY-EU-2025-00"), {"11": "1000.00", "12": "456.78"}),
    ("discount-taken", receipt("196.00", "SKY-EU-2025-000013"), {"13": "196.00"}),
    ("charges-told", receipt("446.78", "SKY-EU-2025-000012", charges="10"), {"12": "446.78"}),
    ("small-difference", receipt("456.75", "SKY-EU-2025-000012"), {"12": "456.75"}),
    ("bank-charges", receipt("441.78", "SKY-EU-2025-000012"), {"12": "441.78"}),
    ("bank-charges", receipt("441.78", "SKY-EU-2025-000012 456,78 /CHGS/EUR15,00/"), {"12": "441.78"}),
    ("bank-charges", receipt("441.78", "SKY-EU-2025-000012 Rg 456,78 vom 15.00.25"), {"12": "441.78"}),
    ("part-payment", receipt("250.00", "SKY-EU-2025-000012"), {"12": "250.00"}),
    ("part-payment", receipt("250.00", "5KY-EU-2025-OOO012"), {"12": "250.00"}),
    ("over-payment", receipt("500.00", "SKY-EU-2025-000012"), {"12": "456.78"}),
    ("duplicate", receipt("99.00", "SKY-EU-2025-000041"), {}),
    ("duplicate", receipt("99.00", "Rg 000041"), {}),
    ("exact-amount", receipt("456.78"), {"12": "456.78"}),
    ("exact-amount", receipt("456.78", payer=Payer(name="Acme Robotics", account=None)), {"12": "456.78"}),
    ("exact-amount", receipt("777.77"), {"14": "777.77"}),
    ("exact-subset", receipt("1456.78"), {"11": "1000.00", "12": "456.78"}),
    ("nearly-exact-amount", receipt("196.00"), {"13": "196.00"}),
    ("nearly-exact-subset", receipt("2430.55"), {"11": "1000.00", "12": "456.78", "13": "196.00", "14": "777.77"}),
    ("nothing-open", receipt("70.00", payer=IDLE), {}),
    ("converted", receipt("43.10", "SKY-EU-2025-000022", ZENITH), {"22": "50.00"}),
]
PROPOSED = [
    ("other-currency", receipt("43.11", "SKY-EU-2025-000022", ZENITH)),
    ("reused-reference", receipt("456.78", "SKY-EU-2025-000041")),
    ("duplicate", receipt("99.00", "SKY-EU-2025-000041", NOBODY)),
    ("duplicate", receipt("98.00", "SKY-EU-2025-000041")),
    ("structured-reference", receipt("456.78", payer=ZENIT, structured=REFERENCE)),
    ("number-in-text", receipt("456.78", "SKY-EU-2025-000012 SKY-EU-2025-9", ACME)),
    ("bank-charges", receipt("441.78", "SKY-EU-2025-000012", NOBODY)),
    ("part-payment", receipt("250.00", "SKY-EU-2025-000012", NOBODY)),
    ("part-payment", receipt("456.78", "SKY-EU-2025-000011")),
    ("over-payment", receipt("1656.78", "SKY-EU-2025-000011 and more")),
    ("named-unclear", receipt("1200.00", "SKY-EU-2025-000011, SKY-EU-2025-000012")),
    ("named-unclear", receipt("1234.00", "SKY-EU-2025-777777")),
    ("named-unclear", receipt("456.78", structured=payment_reference(number(999)))),
    ("named-unclear", receipt("456.78", f"ref. {payment_reference(number(999))}")),
    ("structured-reference", receipt("456.78", payment_reference(number(999)), structured=REFERENCE)),
    ("named-unclear", receipt("456.78", structured=payment_reference(number(10)))),
    ("named-unclear", receipt("456.78", structured=payment_reference("SKY-EU-CN-2025-000012"))),
    ("named-unclear", receipt("456.78", "SKY-EU-CN-2025-000012")),
    ("named-unclear", receipt("456.78", "Gutschrift 000012")),
    ("number-in-text", receipt("456.78", "SKY-EU-2025-000012 less credit note no. 2025-000011")),
    ("bank-charges", receipt("441.78", "SKY-EU-2025-000012 abzgl. CN-2025-000003")),
    ("bank-charges", receipt("441.78", "SKY-EU-2025-000012 456,78 abzgl. Gutschrift 15,00")),
    ("bank-charges", receipt("441.78", "SKY-EU-2025-000012 less 15.00 for the day it was down")),
    ("small-difference", receipt("456.75", "SKY-EU-2025-000012 minus 0,03 credit")),
    ("several-readings", receipt("119.00", payer=TWINS)),
    ("payer-only", receipt("456.77", payer=Payer(name="Acme Robotics Hamburg"))),
    ("payer-only", receipt("333.33", payer=Payer(name="Zenit Media"))),
    ("payer-only", receipt("120.00")),
    ("payer-only", receipt("70.00", payer=Payer(name="Idle Holding AG"))),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "arrived", "pays"), APPLIED)
def test_a_receipt_with_one_reading_is_applied(
    rule: str, arrived: CashReceipt, pays: dict[str, str], book: MemoryBook
) -> None:
    answer = match(arrived, book, POLICY, earlier=book)
    assert (answer.outcome, answer.rule, paid(answer)) == (MatchOutcome.APPLIED, rule, pays), answer
    assert answer.account is not None
    assert answer.evidence


@pytest.mark.parametrize(("rule", "arrived"), PROPOSED)
def test_a_receipt_with_two_readings_is_proposed(rule: str, arrived: CashReceipt, book: MemoryBook) -> None:
    answer = match(arrived, book, POLICY, earlier=book)
    assert (answer.outcome, answer.rule) == (MatchOutcome.PROPOSED, rule), answer
    assert answer.evidence


def test_what_nobody_knows_is_unknown(book: MemoryBook) -> None:
    answer = match(receipt("456.78", "thank you", NOBODY), book, POLICY)
    assert (answer.outcome, answer.rule, answer.account) == (MatchOutcome.UNKNOWN, "unknown", None)


def test_every_rule_has_an_example() -> None:
    shown = {rule for rule, *_ in APPLIED} | {rule for rule, _ in PROPOSED} | {"unknown"}
    shown |= {"remittance-advice", "due-first"}  # workflow/test_remittance_advices, and below
    assert shown == {rule.name for rule in RULES}


def test_nothing_is_given_up_that_the_policy_does_not_give_up(book: MemoryBook) -> None:
    short = receipt("456.75", "SKY-EU-2025-000012")
    assert match(short, book, MatchingRules()).rule == "part-payment"


def test_a_discount_after_its_days_stays_open(book: MemoryBook) -> None:
    late = receipt("196.00", "SKY-EU-2025-000013").model_copy(update={"booked_on": date(2025, 3, 23)})
    answer = match(late, book, POLICY)
    assert (answer.outcome, answer.rule, paid(answer)) == (MatchOutcome.APPLIED, "part-payment", {"13": "196.00"})
    assert str(answer.allocations[0].settled) == "196.00 EUR"


def test_a_number_next_to_one_that_is_named_too_is_anothers_and_not_mistyped(book: MemoryBook) -> None:
    """000021 is zenith's, one stroke from acme's 000011: acme names both, and pays both to the cent."""
    answer = match(receipt("1333.33", "SKY-EU-2025-000011, SKY-EU-2025-000021"), book, POLICY, earlier=book)
    assert (answer.outcome, answer.rule) == (MatchOutcome.PROPOSED, "number-in-text")
    assert paid(answer) == {"11": "1000.00", "21": "333.33"}
    assert "The payer is not who owes the document." in answer.evidence


def test_a_number_of_somebody_elses_document_of_the_same_amount_is_for_people() -> None:
    """Acme may have mistyped its 000003, or pay zenith's 000004: both have 300.00."""
    for amount, outcome in ((30_000, MatchOutcome.PROPOSED), (29_900, MatchOutcome.APPLIED)):
        book = MemoryBook(CUSTOMERS, [bill(3, "acme", 30_000), bill(4, "zenith", amount)])
        book.on(TODAY)
        answer = match(receipt("300.00", "SKY-EU-2025-000004"), book, POLICY, earlier=book)
        assert (answer.outcome, answer.rule, paid(answer)) == (outcome, "mistyped-number", {"03": "300.00"})


def test_what_is_given_up_is_said(book: MemoryBook) -> None:
    answer = match(receipt("441.78", "SKY-EU-2025-000012"), book, POLICY)
    assert answer.allocations[0].charges == Money.of("15.00", "EUR")
    assert any("charges 15.00 EUR" in said for said in answer.evidence)


def test_a_policy_that_asks_for_more_is_proposed_what_others_are_applied(book: MemoryBook) -> None:
    strict = POLICY.model_copy(update={"apply_from": Decimal("0.99")})
    assert match(receipt("456.78", "SKY-EU-2025-000012"), book, strict).outcome is MatchOutcome.PROPOSED
    assert match(receipt("456.78", structured=REFERENCE), book, strict).outcome is MatchOutcome.APPLIED


def test_a_lenient_policy_applies_no_ties(book: MemoryBook) -> None:
    lenient = POLICY.model_copy(update={"apply_from": Decimal(0)})
    answers = [match(arrived, book, lenient) for _, arrived in PROPOSED]
    assert {answer.outcome for answer in answers} == {MatchOutcome.PROPOSED}


def test_the_same_amount_shortly_after_may_have_been_sent_twice(book: MemoryBook) -> None:
    arrived = receipt("456.78")
    book.keep(arrived.model_copy(update={"reference": "0", "booked_on": date(2025, 3, 8)}), "acme")
    answer = match(arrived, book, POLICY, earlier=book)
    assert (answer.outcome, answer.rule) == (MatchOutcome.PROPOSED, "exact-amount")


def test_without_what_came_earlier_only_what_is_due_within_a_week_is_paid_by_its_amount(book: MemoryBook) -> None:
    early = receipt("456.78").model_copy(update={"booked_on": date(2025, 3, 18)})
    assert match(early, book, POLICY).outcome is MatchOutcome.PROPOSED
    assert match(receipt("456.78"), book, POLICY).outcome is MatchOutcome.APPLIED


def test_a_number_next_to_one_of_the_same_amount_needs_the_payer(book: MemoryBook) -> None:
    """000120 and 000020 are one digit apart; if 000020 owed the same, a slip of the finger would pay another's."""
    alone = match(receipt("456.78", "SKY-EU-2025-000120", NOBODY), book, POLICY)
    assert alone.outcome is MatchOutcome.APPLIED
    book = MemoryBook(CUSTOMERS, [bill(120, "zenit", 45_678), bill(20, "acme", 45_678)])
    book.on(TODAY)
    answer = match(receipt("456.78", "SKY-EU-2025-000120", NOBODY), book, POLICY)
    assert (answer.outcome, answer.rule) == (MatchOutcome.PROPOSED, "number-in-text")


def test_the_evidence_holds_no_private_text(book: MemoryBook) -> None:
    arrived = receipt("456.78", "private words SKY-EU-2025-000012", Payer(name="Acme Robotics GmbH", account="DE01"))
    answer = match(arrived, book, POLICY)
    text = " ".join(answer.evidence)
    assert not [word for word in ("private words", "Acme", "DE01") if word in text]
