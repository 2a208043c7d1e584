"""Billproof comes to the amounts that were worked out by hand, over its whole chain."""

import pytest

from billproof.pipeline import account_planner
from tests.reference.bridge import Player
from tests.reference.bridge_answers import Product
from tests.reference.bridge_lines import amounts_of
from tests.reference.builders import charge, flat, life, version
from tests.reference.cases import Case
from tests.reference.cases_all import CASES
from tests.reference.cases_of_gaps import changes_timing
from tests.reference.cases_of_moves import MONTHS_IN_ARREARS
from tests.reference.figures import Document

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


def test_fees_stay_with_their_months_where_those_are_more_than_one_invoice_settles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Invoices settle two months each: the third, whose quarter is not due before June now, is left to the next."""
    monkeypatch.setattr(account_planner, "MAX_EARLIER", 2)
    late = changes_timing("in_advance", "in_arrears", since="2013-01-01", known="2013-06-10", until="2013-08")
    assert _billed(late) == {"2013-01": "900.00", "2013-03": "900.00"}


def test_a_one_off_fee_in_place_of_months_of_which_one_stays_is_billed_when_it_is_due() -> None:
    set_up = charge({"model": "one_off", "amount": "500", "due_on": "2013-05-10"})
    versions = [*MONTHS_IN_ARREARS, version(set_up, number=3, since="2013-03-01", known="2013-03-20")]
    assert _billed(life(versions, months=("2013-01", "2013-05"))) == {"2013-01": "620.00", "2013-05": "500.00"}


def _billed(document: Document) -> dict[str, str]:
    return {issued.month: f"{issued.money:.2f}" for issued in Product().billed(document) if issued.money}
