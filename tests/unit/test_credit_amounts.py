"""How much of which line a credit note takes back, within what is left of it over all documents: amounts by hand."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.errors import InvalidInput
from billproof.invoicing.credit_amounts import amounts_to_credit, lefts_of
from billproof.invoicing.credit_limits import DaysLeft, Rests
from billproof.invoicing.credit_requests import CreditRequest, LineCredit
from billproof.model import decimal_text
from billproof.money import Money
from billproof.periods import Period
from billproof.pricing.model import PricedLine
from tests.support.credited import DRAW, FEE, MORE, OFF, draw, invoice_with, line, request, rests_with
from tests.support.taxes import difference, fee

MONTH = "2026-01"


def credited(
    lines: list[PricedLine], rests: Mapping[str, str], wanted: CreditRequest, **more: Any
) -> list[tuple[str, str]]:
    """The lines to credit with the amount that is asked of each, or what else of it."""
    invoice, released = invoice_with(*lines)
    taken = amounts_to_credit(wanted, lefts_of(invoice, ()), invoice, released, rests_with(invoice, rests, **more))
    return [(left.line.priced.id, _said(line_credit)) for left, line_credit in taken]


def _said(line_credit: LineCredit) -> str:
    if line_credit.quantity is not None:
        return f"quantity {decimal_text(line_credit.quantity)}"
    return "all" if line_credit.amount is None else decimal_text(line_credit.amount)


WHOLE: list[tuple[list[tuple[str, str]], dict[str, str], list[tuple[str, str]]]] = [
    # the lines of an invoice, what is left of each fee over all documents, what a credit note of all of it takes back
    ([(FEE, "100")], {FEE: "100"}, [(FEE, "100")]),
    ([(FEE, "100")], {}, [(FEE, "100")]),
    ([(FEE, "100")], {FEE: "60"}, [(FEE, "60")]),
    ([(FEE, "100")], {FEE: "99.50"}, [(FEE, "99.5")]),
    ([(FEE, "100")], {FEE: "140"}, [(FEE, "100")]),
    # a fee and what reduces it are taken back together
    ([(FEE, "100"), (OFF, "-30")], {FEE: "70"}, [(FEE, "100"), (OFF, "30")]),
    ([(FEE, "100"), (OFF, "-30")], {FEE: "50"}, [(FEE, "80"), (OFF, "30")]),
    ([(FEE, "100"), (OFF, "-30")], {FEE: "0"}, [(FEE, "30"), (OFF, "30")]),
    ([(FEE, "100"), (OFF, "-30")], {FEE: "-5"}, [(FEE, "30"), (OFF, "30")]),
    ([(OFF, "-30"), (FEE, "100")], {FEE: "50"}, [(OFF, "30"), (FEE, "80")]),
    # another fee is another matter
    ([(FEE, "100"), (MORE, "10")], {FEE: "60", MORE: "10"}, [(FEE, "60"), (MORE, "10")]),
    ([(FEE, "100"), (MORE, "10")], {FEE: "60", MORE: "4"}, [(FEE, "60"), (MORE, "4")]),
    # a line that took something back is charged again, unless nothing is left of what it took something back of
    ([(FEE, "-30")], {FEE: "70"}, [(FEE, "30")]),
]


@pytest.mark.parametrize(("lines", "rests", "taken"), WHOLE)
def test_an_invoice_is_credited_up_to_what_is_left_of_each_fee(
    lines: list[tuple[str, str]], rests: dict[str, str], taken: list[tuple[str, str]]
) -> None:
    assert credited([line(*each) for each in lines], rests, request()) == taken


def test_the_tax_that_is_left_of_a_line_without_a_net_amount_is_taken_back_whole() -> None:
    """All of the net amount was credited, and 18.99 of the 19.00 of tax."""
    invoice, released = invoice_with(line(FEE, "100"), line(MORE, "1"))
    note, _ = invoice_with(line("credit:" + FEE, "-100"))
    (back,) = note.lines
    short = back.amounts.model_copy(update={"tax": Money.of("-18.99", "EUR")})
    note = note.model_copy(update={"lines": (back.model_copy(update={"amounts": short}),)})
    rests = rests_with(invoice, {FEE: "0", MORE: "1"})
    taken = amounts_to_credit(request(), lefts_of(invoice, [note]), invoice, released, rests)
    assert [(left.line.priced.id, _said(wanted)) for left, wanted in taken] == [(FEE, "all"), (MORE, "1")]


def test_a_difference_is_a_line_of_its_own_month() -> None:
    december = fee("2025-12-01", "2026-01-01", id="fee:2025-12")
    lines = [line(FEE, "100"), difference(december, "50")]
    invoice, released = invoice_with(*lines)
    rests = Rests([invoice, invoice_with(difference(december, "-30"))[0]])
    taken = amounts_to_credit(request(), lefts_of(invoice, ()), invoice, released, rests)
    assert [(left.line.priced.id, _said(wanted)) for left, wanted in taken] == [
        (FEE, "100"),
        ("difference:fee:2025-12", "20"),
    ]


@pytest.mark.parametrize(
    ("net", "asked", "taken"),
    [
        ("100", None, [(FEE, "100"), (DRAW, "40")]),
        ("100", "60", [(FEE, "60")]),  # 60.00 were paid in money, and go back first
        ("100", "60.01", [(FEE, "60.01"), (DRAW, "0.01")]),
        ("100", "75", [(FEE, "75"), (DRAW, "15")]),
        ("100", "100", [(FEE, "100"), (DRAW, "40")]),
        ("70", None, [(FEE, "70"), (DRAW, "40")]),
    ],
)
def test_what_a_credit_paid_goes_back_to_it(net: str, asked: str | None, taken: list[tuple[str, str]]) -> None:
    lines, rests = [line(FEE, "100"), draw()], {FEE: net}
    wanted = request({"line": FEE, "amount": asked}) if asked else request()
    assert credited(lines, rests, wanted) == taken


def test_several_draws_go_back_in_their_order_and_those_of_another_fee_do_not() -> None:
    lines = [
        line(FEE, "100"),
        line(MORE, "50"),
        draw("paid:more:2026-01", "-50"),
        draw(net="-40"),
        draw("b:" + FEE, "-20"),
    ]
    rests = {FEE: "100", MORE: "50"}
    assert credited(lines, rests, request({"line": FEE, "amount": "90"})) == [
        (FEE, "90"),
        (DRAW, "40"),
        ("b:" + FEE, "10"),
    ]


def test_what_is_of_no_month_is_limited_by_its_own_invoice() -> None:
    """A term of months fell short of 100.00, of which a credit paid 40.00: the money goes back first."""
    name, paid = "least:2025-11-01_2026-02-01", "paid:least:2025-11-01_2026-02-01"
    lines = [line(name, "100"), draw(paid)]
    assert credited(lines, {}, request({"line": name, "amount": "75"})) == [(name, "75"), (paid, "15")]
    assert credited(lines, {}, request()) == [(name, "100"), (paid, "40")]


def test_a_quantity_stays_one_and_an_amount_is_what_is_left() -> None:
    usage = line(FEE, "100", billed_quantity=Decimal(8))
    assert credited([usage], {FEE: "100"}, request({"line": FEE, "quantity": "2"})) == [(FEE, "quantity 2")]
    assert credited([usage], {FEE: "60"}, request({"line": FEE})) == [(FEE, "60")]
    assert credited([usage], {FEE: "60"}, request({"line": FEE, "amount": "60"})) == [(FEE, "60")]


def test_what_is_uncollectible_is_written_off_whole_with_its_draws() -> None:
    lines = [line(FEE, "100"), draw()]
    assert credited(lines, {FEE: "10"}, request(reason="uncollectible")) == [(FEE, "all"), (DRAW, "all")]


def test_days_are_credited_of_the_fees_that_cover_them_by_what_is_left_of_each() -> None:
    """January and a half of February: 31 days of 62.00 cost 31.00 of a fee that covers 62 days."""
    covered = Period(start=date(2026, 1, 1), end=date(2026, 3, 4))
    long = line(FEE, "62").model_copy(update={"covered": covered})
    days = {"start": "2026-01-01", "end": "2026-02-01"}
    left = {
        (MONTH, "K", FEE): DaysLeft(net=Decimal(62), covered=covered),
        (MONTH, "K", MORE): DaysLeft(net=Decimal(10), covered=line(MORE, "10").covered),
    }
    lines = [long, line(OFF, "-2"), line(MORE, "10")]
    both = {FEE: "62", MORE: "10"}
    assert credited(lines, both, request(days=days), days=left) == [(FEE, "31"), (MORE, "10")]
    assert credited(lines, both, request({"line": FEE}, days=days), days=left) == [(FEE, "31")]
    assert credited(lines, both, request({"line": FEE, "amount": "31"}, days=days), days=left) == [(FEE, "31")]
    every_day = {"start": "2026-01-01", "end": "2026-03-04"}
    assert credited(lines, both, request({"line": FEE}, days=every_day), days=left) == [(FEE, "62")]
    later = {"start": "2026-02-01", "end": "2026-02-02"}
    assert credited(lines, both, request(days=later), days=left) == [(FEE, "1")]
    with pytest.raises(InvalidInput, match=r"^nothing is left of N-1 to credit$"):
        credited(lines, both, request(days={"start": "2026-03-04", "end": "2026-03-05"}), days=left)


def test_what_takes_back_is_not_charged_again_for_days() -> None:
    """A difference and a discount without its fee are no fee of those days: nothing of them is left to give back."""
    days = request(days={"start": "2026-01-01", "end": "2026-01-02"})
    left = {(MONTH, "K", name): DaysLeft(net=Decimal(31), covered=line(name, "31").covered) for name in (FEE, MORE)}
    back = [line(MORE, "31"), line(FEE, "-30"), line("off:other:2026-01", "-5")]
    assert credited(back, {FEE: "31", MORE: "31"}, days, days=left) == [(MORE, "1")]
    with pytest.raises(InvalidInput, match=r"^nothing is left of N-1 to credit$"):
        credited(back[1:], {FEE: "31"}, days, days=left)


TWICE = [line(FEE, "100"), line(FEE, "50", contract="L")]
REFUSED: list[tuple[list[PricedLine], dict[str, str], CreditRequest, str]] = [
    ([line(FEE, "100")], {FEE: "0"}, request(), "nothing is left of N-1 to credit"),
    ([line(FEE, "0")], {}, request(), "nothing is left of N-1 to credit"),
    (
        [line(FEE, "100")],
        {FEE: "60"},
        request({"line": FEE, "amount": "60.01"}),
        "60.01 EUR is more than the 60.00 EUR that are left of line fee:2026-01 of N-1",
    ),
    (
        [line(FEE, "100")],
        {FEE: "-1"},
        request({"line": FEE, "amount": "0.01"}),
        "0.01 EUR is more than the 0.00 EUR that are left of line fee:2026-01 of N-1",
    ),
    (
        [line(FEE, "0.50")],
        {FEE: "0.30"},
        request({"line": FEE, "amount": "0.40"}),
        "0.40 EUR is more than the 0.30 EUR that are left of line fee:2026-01 of N-1",
    ),
    (
        [line(FEE, "100", billed_quantity=Decimal(3))],
        {},
        request({"line": FEE, "quantity": "3.5"}),
        "line fee:2026-01 of N-1 billed 3, not 3.5",
    ),
    (
        [line(FEE, "100"), line(MORE, "1")],
        {},
        request({"line": "other", "amount": "1"}),
        "N-1 has no line of that name; its lines: fee:2026-01, more:2026-01",
    ),
    (
        TWICE,
        {},
        request({"line": FEE, "amount": "1"}),
        "N-1 has a line fee:2026-01 in each of K, L: name the contract",
    ),
    (
        [line(FEE, "100"), line(FEE, "50")],
        {},
        request({"line": FEE, "amount": "1"}),
        "N-1 has 2 lines fee:2026-01: credit the whole invoice",
    ),
    (
        [line(FEE, "100")],
        {},
        request({"line": FEE, "amount": "1"}, {"line": FEE, "contract": "K", "amount": "1"}),
        "a line of N-1 is named twice",
    ),
    (
        [line(FEE, "100")],
        {FEE: "100"},
        request({"line": FEE, "amount": "1"}, days={"start": "2025-12-31", "end": "2026-01-02"}),
        "line fee:2026-01 covers 2026-01-01 to 2026-02-01, not 2025-12-31 to 2026-01-02",
    ),
    (
        [line(FEE, "100")],
        {FEE: "100"},
        request({"line": FEE, "amount": "1"}, days={"start": "2026-01-31", "end": "2026-02-02"}),
        "line fee:2026-01 covers 2026-01-01 to 2026-02-01, not 2026-01-31 to 2026-02-02",
    ),
]


@pytest.mark.parametrize(("lines", "rests", "wanted", "said"), REFUSED)
def test_what_cannot_be_credited_says_why(
    lines: list[PricedLine], rests: dict[str, str], wanted: CreditRequest, said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        credited(lines, rests, wanted)
    assert refused.value.message == said


def test_a_contract_tells_lines_of_one_name_apart() -> None:
    assert credited(TWICE, {}, request({"line": FEE, "contract": "L", "amount": "50"})) == [(FEE, "50")]
    with pytest.raises(InvalidInput, match="has no line of that name"):
        credited(TWICE, {}, request({"line": FEE, "contract": "M", "amount": "50"}))
