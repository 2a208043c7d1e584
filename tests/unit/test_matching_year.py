"""A small year of receipts: nothing is applied wrongly, and people see few. `make matching` plays the whole."""

from datetime import date

from billproof.approvals.policy import MatchingRules
from billproof.payments.matching import match
from billproof.payments.matching.earlier import EarlierReceipts
from billproof.payments.model import Allocation, CashReceipt, Match, MatchOutcome
from billproof.payments.ports import OpenBook
from tests.matching.mixes import NASTY, USUAL
from tests.matching.play import play
from tests.matching.year import draw_year


def test_of_a_usual_year_97_percent_are_applied_without_a_person_and_none_wrongly() -> None:
    score = play(draw_year(2025, USUAL, 2_000))
    assert score.receipts == 2_000
    assert score.wrong == []
    assert score.rate >= 0.97


def test_of_a_nasty_year_none_is_applied_wrongly() -> None:
    score = play(draw_year(1, NASTY, 1_000))
    assert score.wrong == []
    assert score.rate >= 0.7


def test_without_what_came_earlier_few_more_are_asked_about() -> None:
    year = draw_year(2, USUAL, 500)
    assert 0 <= play(year).applied - play(year, knows_earlier=False).applied < 25


def pays_the_oldest(
    receipt: CashReceipt, book: OpenBook, rules: MatchingRules, *, earlier: EarlierReceipts | None = None
) -> Match:
    """Match as usual, but where people would be asked and one account may be meant, pay what is due first."""
    answer = match(receipt, book, rules, earlier=earlier)
    accounts = book.remembered(receipt.payer)
    if answer.outcome is MatchOutcome.APPLIED or len(accounts) != 1:
        return answer
    items = [item for item in book.of_account(min(accounts)) if item.open.currency == receipt.amount.currency]
    fitting = [item for item in items if item.open.amount <= receipt.amount.amount]
    if not fitting:
        return answer
    oldest = Allocation(document=fitting[0].document, number=fitting[0].number, paid=fitting[0].open)
    applied = {"outcome": MatchOutcome.APPLIED, "account": min(accounts), "allocations": (oldest,)}
    return answer.model_copy(update=applied)


def test_the_measure_sees_what_is_applied_wrongly() -> None:
    year = draw_year(1, NASTY, 600)
    assert play(year).wrong == []
    wrong = play(year, matching=pays_the_oldest).wrong
    assert len(wrong) > 5


def test_a_year_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    one, same, other = (draw_year(seed, USUAL, 60) for seed in (1, 1, 2))
    assert one == same
    assert one.receipts != other.receipts
    days = [labelled.receipt.booked_on for labelled in one.receipts]
    assert days == sorted(days)
    assert min(days) > date(2024, 12, 31)
