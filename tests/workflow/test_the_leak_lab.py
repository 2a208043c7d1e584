"""The leak lab, small: a clean company raises nothing, some leaks are found as what they are, and a miss is a miss."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from lab.judging import judge
from lab.playing import Outcome, clean_company
from lab.scene import Strength
from tests.lives.in_process import in_one_process

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def clean() -> Iterator[Outcome]:
    with in_one_process():
        yield clean_company()


def test_a_clean_company_raises_nothing_and_bills_every_account_each_month(clean: Outcome) -> None:
    assert clean.signals == []
    scene = clean.stage.scene
    assert len(clean.billed) == len(scene.accounts) * len(scene.months)


def test_usage_that_is_lost_is_held_before_the_release(clean: Outcome) -> None:
    judged = judge("lost_on_the_way", Strength.MEDIUM, clean)
    assert judged.in_time == judged.injected == judged.found
    assert judged.injected > 0
    assert judged.is_named
    assert judged.codes == ("control_total_gap", "usage_irregular")


def test_a_price_that_was_not_signed_is_held_as_a_difference_from_the_crm(clean: Outcome) -> None:
    judged = judge("price_mistyped", Strength.CRUDE, clean)
    assert judged.in_time == judged.injected == judged.found
    assert judged.injected > 0
    assert judged.is_named


def test_a_posting_that_is_lost_is_found_after_the_release_with_its_amount(clean: Outcome) -> None:
    judged = judge("posting_lost", Strength.GENTLE, clean)
    assert judged.injected == judged.found == judged.stated > 0
    assert judged.in_time is None
    assert judged.is_named


def test_what_is_sent_twice_costs_what_a_naive_bill_would_have_cost(clean: Outcome) -> None:
    judged = judge("doubled_with_the_same_id", Strength.MEDIUM, clean)
    assert judged.injected == judged.found > 0
    assert judged.prevented
    assert judged.codes == ("billed_right", "events_duplicate")


def test_what_nobody_can_know_is_reported_as_missed(clean: Outcome) -> None:
    judged = judge("paper_says_more", Strength.GENTLE, clean)
    assert judged.injected > 0
    assert (judged.found, judged.in_time, judged.codes) == (Decimal(0), Decimal(0), ())
