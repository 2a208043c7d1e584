"""Billproof comes to the amounts that were worked out by hand, over its whole chain."""

import pytest

from tests.reference.bridge import Player
from tests.reference.bridge_answers import Product
from tests.reference.bridge_lines import amounts_of
from tests.reference.builders import charge, flat, life, version
from tests.reference.cases import Case
from tests.reference.cases_all import CASES

PRODUCT = Product()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_billproof_comes_to_the_right_amount_of_a_case(case: Case) -> None:
    assert f"{case.ask(PRODUCT, case.life):.2f}" == case.answer


def test_the_table_names_cases_once() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)


def test_invoices_that_are_credited_whole_the_older_first_leave_nothing() -> None:
    """The later one took back a half of what the older one billed: that is neither given back nor charged twice."""
    versions = [version(charge(flat("310"))), version(charge(flat("155")), number=2, known="2013-02-10")]
    player = Player(life(versions, months=("2013-01", "2013-02")))
    player.play()
    player.credit_everything()
    assert amounts_of(part for each in player.issued for part in each.parts) == {}
