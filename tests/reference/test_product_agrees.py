"""Billproof comes to the amounts that were worked out by hand, over its whole chain."""

import pytest

from tests.reference.bridge_answers import Product
from tests.reference.cases import Case
from tests.reference.cases_all import CASES

PRODUCT = Product()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_billproof_comes_to_the_right_amount_of_a_case(case: Case) -> None:
    assert f"{case.ask(PRODUCT, case.life):.2f}" == case.answer


def test_the_table_names_cases_once() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
