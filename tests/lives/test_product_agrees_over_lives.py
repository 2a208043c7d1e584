"""Random lives on the whole chain of billproof against the reference model, each check alone: LIVES=100 SEED=7 pytest.

`make lives` plays many more of them once each (soak.py). A life that fails here is shrunk by hypothesis and printed as
a table, with its document: it becomes a case of the tables.
"""

import os

from hypothesis import HealthCheck, assume, given, seed, settings

from tests.lives import checks
from tests.lives.checks import Checked
from tests.lives.drawing import conceded, priced_at_once, shuffled
from tests.reference.bridge import NotAnsweredError
from tests.reference.bridge_tables import table_of
from tests.reference.figures import Document
from tests.reference.lives import lives
from tests.reference.lives_family import families

SEED = int(os.environ.get("SEED", "0"))
LIVES = settings(
    max_examples=int(os.environ.get("LIVES", "25")),
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


def hold(
    life: Document, *, previews: bool = False, late: bool = False, own: bool = False, by_document: bool = False
) -> None:
    """Fail with a table of the first check that does not hold of a life.

    With `by_document`, a life in which one credit note of it takes several documents of billproof is not asked: each of
    those rounds by itself.
    """
    try:
        issued = checks.played(life, previews=previews)
        assume(not by_document or all(each.note is None or len(each.documents) <= 1 for each in issued))
        made = [checks.by_document(life, issued), checks.left_at_the_end(life, issued)]
        if own:
            made.append(checks.nothing_below_zero(life, issued))
        if not late:
            made.append(checks.earned_to_date(life, issued))
        if own and not late:
            made.append(checks.earned_by_month(life, issued))
        if previews:
            made.append(checks.previews(issued))
    except NotAnsweredError as error:
        made = [checks.refused(error)]
    for check in made:
        answered(life, check)


def answered(life: Document, check: Checked) -> None:
    assert check.holds, f"{check.name}\n{table_of(life, check.right, check.got)}"


@seed(SEED)
@LIVES
@given(lives())
def test_a_life_is_billed_and_earned_as_is_right(life: Document) -> None:
    hold(life, own=True)


@seed(SEED)
@LIVES
@given(conceded())
def test_a_concession_of_a_fee_that_is_amended_is_earned_back_as_is_right(life: Document) -> None:
    hold(life, own=True, by_document=True)


@seed(SEED)
@LIVES
@given(families())
def test_a_family_is_billed_as_is_right_and_a_preview_is_its_invoice(life: Document) -> None:
    hold(life, previews=True)


@seed(SEED)
@LIVES
@given(shuffled())
def test_months_that_are_run_late_are_billed_as_is_right(life: Document) -> None:
    hold(life, late=True, own=True)


@seed(SEED)
@LIVES
@given(lives())
def test_in_advance_and_in_arrears_come_to_the_same(life: Document) -> None:
    answered(life, checks.advance_and_arrears(life))


@seed(SEED)
@LIVES
@given(lives())
def test_an_invoice_and_its_full_credit_note_are_zero(life: Document) -> None:
    """In money, in tax, in credits that were drawn, and in revenue: the account is in a state that taxes."""
    answered(life, checks.full_credit(life))


@seed(SEED)
@LIVES
@given(lives())
def test_a_price_request_of_the_first_month_comes_to_its_invoice(life: Document) -> None:
    assume(priced_at_once(life) is not None)
    for check in checks.priced(life):
        answered(life, check)
