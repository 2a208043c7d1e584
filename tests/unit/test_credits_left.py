"""What is left of a line after credit notes, what is asked of it, and what goes back to credits: amounts by hand."""

from decimal import Decimal
from typing import Any

import pytest

from billproof.invoicing.credit_amounts import Left, asked_amount, drawn_after, lefts_of
from billproof.invoicing.credit_limits import Rests
from billproof.invoicing.credit_requests import LineCredit
from billproof.money import Money
from billproof.pricing.terms import Drawn
from tests.support.credited import DRAW, FEE, MORE, draw, invoice_with, line


@pytest.mark.parametrize(
    ("net", "wanted", "amount"),
    [
        ("100", {"amount": "30"}, "30"),
        ("-100", {"amount": "30"}, "-30"),
        ("0", {"amount": "30"}, "30"),
        ("100", {"quantity": "3"}, "37.50"),
        ("-100", {"quantity": "3"}, "-37.50"),
        ("100", {"quantity": "8"}, "100"),
        ("0.05", {"quantity": "4"}, "0.03"),  # half up
        ("100", {}, "100"),
    ],
)
def test_what_is_asked_has_the_sign_of_the_line(net: str, wanted: dict[str, Any], amount: str) -> None:
    invoice, released = invoice_with(line(FEE, net, billed_quantity=Decimal(8)))
    (left,) = lefts_of(invoice, ()).values()
    asked = asked_amount(left, LineCredit.model_validate({"line": FEE, **wanted}), released)
    assert asked == Money.of(amount, "EUR")


def test_what_earlier_credit_notes_took_back_is_not_left() -> None:
    """Lines of one name and contract are told apart by their order, also on a credit note."""
    invoice, _ = invoice_with(line(FEE, "100"), line(FEE, "50"), line(FEE, "20", contract="L"))
    note, _ = invoice_with(line("credit:" + FEE, "-30"), line("credit:" + FEE, "-5"))
    again, _ = invoice_with(line("credit:" + FEE, "-20", contract="L"))
    lefts = list(lefts_of(invoice, [note, again]).values())
    assert [(left.net.text, left.tax.text) for left in lefts] == [
        ("70.00", "13.30"),
        ("45.00", "8.55"),
        ("0.00", "0.00"),
    ]
    assert [(left.booked.net.text, left.booked.gross.text) for left in lefts] == [
        ("70.00", "83.30"),
        ("45.00", "53.55"),
        ("0.00", "0.00"),
    ]
    assert [left.line for left in lefts] == list(invoice.lines)
    assert isinstance(lefts[0], Left)


def test_what_goes_back_to_credits_is_drawn_no_more() -> None:
    before = [
        Drawn(contract=contract, credit=credit, amount=Decimal(amount))
        for contract, credit, amount in (("K", "paid", "40"), ("L", "paid", "40"), ("K", "other", "7"))
    ]
    note, _ = invoice_with(
        line(FEE, "-9"), draw("credit:" + DRAW, "15", term="paid"), draw("credit:paid:" + MORE, "5", term="paid")
    )
    assert [(left.contract, left.credit, left.amount) for left in drawn_after(before, note.lines, Rests([note]))] == [
        ("K", "paid", Decimal(20)),
        ("L", "paid", Decimal(40)),
        ("K", "other", Decimal(7)),
    ]
    plain, _ = invoice_with(line(FEE, "-9"))
    assert drawn_after(before, plain.lines, Rests([plain])) == ()
