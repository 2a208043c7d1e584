"""The reference model comes to the amounts that were worked out by hand."""

import json
import re
from pathlib import Path

import pytest

from tests.reference import model
from tests.reference.cases import Case
from tests.reference.cases_all import CASES
from tests.reference.requests import amount_of

PAGE = (Path(__file__).parents[2] / "docs" / "pricing.md").read_text()
EXAMPLES = re.findall(r"```json\n(\{.*?\})\n```\n\n→ (-?[0-9.]+) [A-Z]{3}: ([^\n]+)", PAGE, re.DOTALL)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_comes_to_its_right_amount(case: Case) -> None:
    assert f"{case.ask(model, case.life):.2f}" == case.answer


@pytest.mark.parametrize(("request_json", "amount", "why"), EXAMPLES, ids=[why for _, _, why in EXAMPLES])
def test_a_worked_example_of_the_page_comes_to_what_it_says(request_json: str, amount: str, why: str) -> None:
    decimals = len(amount.partition(".")[2])
    assert f"{amount_of(json.loads(request_json)):.{decimals}f}" == amount, why


def test_every_amount_that_the_page_works_out_is_an_answer_of_the_tables() -> None:
    worked = {text.replace(",", "").lstrip("+") for text in re.findall(r"\*\*([+-]?[0-9,]+\.[0-9]{2})\*\*", PAGE)}
    assert len(worked) > 30
    assert worked <= {case.answer for case in CASES}


def test_the_page_has_its_examples_and_the_points_their_cases() -> None:
    assert len(EXAMPLES) >= 50
    points = {case.point for case in CASES}
    assert {f"2.{point}" for point in (*range(1, 9), 13, 14, 15, 16, 17)} <= points
    assert {f"3.{point}" for point in (1, 2, 3, 4, 5, 6, 11, 12)} <= points
