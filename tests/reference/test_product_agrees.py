"""Billproof comes to the amounts that were worked out by hand, over its whole chain; NOT_YET says where it does not."""

import pytest

from tests.reference.bridge import NotAnsweredError
from tests.reference.bridge_answers import Product
from tests.reference.bridge_not_yet import NOT_YET
from tests.reference.cases import Case
from tests.reference.cases_all import CASES

PRODUCT = Product()


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in NOT_YET], ids=lambda case: case.name)
def test_billproof_comes_to_the_right_amount_of_a_case(case: Case) -> None:
    assert f"{case.ask(PRODUCT, case.life):.2f}" == case.answer


@pytest.mark.parametrize("case", [case for case in CASES if case.name in NOT_YET], ids=lambda case: case.name)
def test_what_is_not_right_yet_leaves_the_table_once_it_is(case: Case) -> None:
    try:
        got = f"{case.ask(PRODUCT, case.life):.2f}"
    except NotAnsweredError:
        return
    assert got != case.answer, "it is right now: take it out of NOT_YET"


def test_the_table_names_cases_once() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert set(NOT_YET) <= set(names)
