"""What credit notes of whole invoices give back where invoices bill differences of one another, worked out by hand."""

import pytest

from tests.lives import checks
from tests.reference.bridge import Player
from tests.reference.builders import charge, credit_note, flat, life, per_unit, usage_charge, used, version
from tests.reference.cases import FEBRUARY, FIRST, MARCH, PREPAID, Q1, minimum
from tests.reference.figures import Document

TWO_MONTHS = ("2013-01", "2013-02")
CUT = life(
    [
        version(usage_charge(per_unit("1")), until=MARCH),
        version(usage_charge(per_unit("2")), number=2, since="2013-01-22", until=MARCH, known="2013-02-10"),
    ],
    [used("2013-01-24", "12")],
    months=TWO_MONTHS,
)
"""12.00 in January; in February a version cuts the line: 12.00 less of the one part, 24.00 of the other."""
TERM = life(
    version(
        usage_charge(per_unit("1")),
        until=MARCH,
        commitments=[minimum("100", ["usage"], until=MARCH, months=2)],
        credits=[{**PREPAID, "amount": "60"}],
    ),
    [used("2013-01-10", "30"), used("2013-01-11", "40", late="2013-03-20")],
    months=Q1,
)
"""
January     usage 30.00, drawn 30.00
February    shortfall 70.00, drawn 30.00
March       usage 40.00, drawn 30.00; shortfall -40.00, drawn -30.00: the usage draws before the shortfall
"""
TAKEN_BACK = life(
    [
        version(charge(flat("100"), timing="in_advance", since=FEBRUARY), charge(flat("20"), "other")),
        version(charge(flat("20"), "other"), number=2, known="2013-02-10"),
    ],
    months=TWO_MONTHS,
)
"""A fee of 100.00 for February is billed in January, and taken back in February, beside 20.00 for each month."""


@pytest.mark.parametrize(
    ("document", "given_back"),
    [
        pytest.param(CUT, ["12.00", "12.00"], id="a line that a version has cut since"),
        pytest.param(TERM, ["0.00", "30.00", "10.00"], id="a term whose shortfall changed, with what it drew"),
        pytest.param(TAKEN_BACK, ["20.00", "20.00"], id="a fee that was taken back is not charged again"),
    ],
)
def test_whole_invoices_are_credited_by_what_is_left_of_them(document: Document, given_back: list[str]) -> None:
    player = Player(document)
    player.play()
    player.credit_everything()
    notes = [each for each in player.issued if each.note is not None]
    assert [f"{-sum(part.amount for part in note.parts):.2f}" for note in notes] == given_back


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("document", [CUT, TERM, TAKEN_BACK], ids=["cut", "term", "taken back"])
def test_in_whatever_order_nothing_is_left(document: Document, *, newest_first: bool) -> None:
    check = checks.full_credit(document, newest_first=newest_first)
    assert check.got == check.right


@pytest.mark.parametrize("amount", ["30", "100"])
@pytest.mark.parametrize("rebill", [False, True])
def test_what_a_later_invoice_drew_goes_back_to_the_credit(amount: str, *, rebill: bool) -> None:
    """January's 100.00 are billed in money, and drawn in February: a credit note of January gives no money back."""
    note = credit_note("2013-03-10", "usage", (FIRST, FEBRUARY), amount=amount, rebill=rebill)
    document = life(
        [
            version(usage_charge(per_unit("1"))),
            version(usage_charge(per_unit("1")), number=2, known="2013-02-10", credits=[PREPAID]),
        ],
        [used("2013-01-10", "100")],
        months=Q1,
        credit_notes=[note],
    )
    issued = checks.played(document)
    in_money = [f"{sum(part.amount for part in each.parts):.2f}" for each in issued]
    assert in_money == ["100.00", "-100.00", "0.00", "0.00"]
    left = checks.left_at_the_end(document, issued)
    assert left.got == left.right
