"""What lines in another currency are booked with: converted once, and what is taken back as it was booked."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billproof.errors import UnpriceableCharge
from billproof.invoicing.booking import booked_accruals, booked_back, booked_lines
from billproof.invoicing.credit_amounts import Left
from billproof.invoicing.model import InvoiceLine
from billproof.money import Money, Rounding, Taxed
from billproof.periods import Period
from billproof.pricing.commitment_terms import MODEL
from billproof.pricing.issue_terms import IssueTerms
from billproof.pricing.model import Accrual, PricedLine
from billproof.pricing.terms import (
    AccountTerms,
    BookingRule,
    Charged,
    Committed,
    EarlierPeriod,
)
from tests.support.exchange_rates import rate
from tests.support.priced_accounts import billed_of, earlier_of, plan_of, terms_of
from tests.support.taxes import customer, difference, fee, invoice_of, seller

HALF_UP, HALF_EVEN = Rounding.HALF_UP, Rounding.HALF_EVEN
JANUARY, FEBRUARY = ("2013-01-01", "2013-02-01"), ("2013-02-01", "2013-03-01")


def taxed(net: str, tax: str = "0", currency: str = "EUR") -> Taxed:
    return Taxed.of(Money.of(net, currency), Money.of(tax, currency))


def said(amounts: Taxed | None) -> tuple[str, str] | None:
    return (amounts.net.text, amounts.tax.text) if amounts else None


def charged(net: str, tax: str, booked_net: str, booked_tax: str) -> Charged:
    return Charged(amounts=taxed(net, tax), booked=taxed(booked_net, booked_tax, "USD"))


def billed(line: PricedLine, of_before: Charged | None) -> EarlierPeriod:
    return earlier_of(line.service_period.name, billed=[billed_of(line, charged=of_before)])


def booked(
    *lines: tuple[PricedLine, Taxed], terms: AccountTerms | None = None, rounding: Rounding = HALF_UP, of: str = "1.255"
) -> list[tuple[str, str] | None]:
    return [said(amounts) for amounts in booked_lines(terms or terms_of(), lines, rate(of), rounding)]


def test_a_document_is_converted_once_and_shared_over_its_lines() -> None:
    """0.30 at 1.255 are 0.3765, of which each third is 0.1255: 0.13 + 0.13 + 0.12; line by line it were 0.39."""
    lines = [(fee(*JANUARY, "0.10", id=name), taxed("0.10", "0.02")) for name in "abc"]
    assert booked(*lines) == [("0.13", "0.03"), ("0.13", "0.03"), ("0.12", "0.02")]
    by_line = terms_of(booking=BookingRule.BY_LINE)
    assert booked(*lines, terms=by_line) == [("0.13", "0.03")] * 3
    assert booked_lines(by_line, lines, None, HALF_UP) == [None, None, None]
    assert booked() == []


@pytest.mark.parametrize(("rounding", "amount"), [(HALF_UP, "0.03"), (HALF_EVEN, "0.02")])
@pytest.mark.parametrize("rule", list(BookingRule))
def test_it_is_rounded_as_the_legal_entity_rounds(rounding: Rounding, amount: str, rule: BookingRule) -> None:
    lines = [(fee(*JANUARY, "0.10"), taxed("0.10", "0.10"))]
    assert booked(*lines, terms=terms_of(booking=rule), rounding=rounding, of="0.25") == [(amount, amount)]


BACK = [
    # net and tax of what takes back, of a line billed with 100.00 + 19.00, booked with 130.00 + 25.00; booked now at 2
    (("-50", "-9.50"), ("-65.00", "-12.50")),
    (("-100", "-19"), ("-130.00", "-25.00")),
    (("-99.99", "-18.99"), ("-129.99", "-24.99")),
    (("-101", "-20"), ("-132.00", "-27.00")),  # all of it, and the rest at 2
    (("10", "1.90"), ("20.00", "3.80")),
    (("0", "0"), ("0.00", "0.00")),
    (("-50", "1"), ("-65.00", "2.00")),  # each by itself
]


@pytest.mark.parametrize(("amounts", "books"), BACK)
def test_what_is_taken_back_comes_to_what_it_was_booked_with(amounts: tuple[str, str], books: tuple[str, str]) -> None:
    before = fee(*JANUARY, "100")
    terms = terms_of(earlier=(billed(before, charged("100", "19", "130", "25")),))
    assert booked((difference(before, amounts[0]), taxed(*amounts)), terms=terms, of="2") == [books]


def test_what_was_booked_is_of_the_line_of_its_month_group_and_contract() -> None:
    before = fee(*JANUARY, "100", dimension={"region": "eu"})
    taken = difference(before, "-50")
    known = charged("100", "0", "130", "0")
    amounts = taxed("-50")
    plain = terms_of(earlier=(billed(before, None), billed(fee(*FEBRUARY, dimension={"region": "eu"}), known)))
    assert booked((taken, amounts), terms=plain, of="2") == [("-100.00", "0.00")]
    of_another_group = terms_of(earlier=(billed(before.model_copy(update={"dimension": {}}), known),))
    assert booked((taken, amounts), terms=of_another_group, of="2") == [("-100.00", "0.00")]
    own = terms_of(earlier=(billed(before, known),))
    assert booked((taken, amounts), (fee(*FEBRUARY, "7"), taxed("7")), terms=own, of="2") == [
        ("-65.00", "0.00"),
        ("14.00", "0.00"),
    ]


def test_a_shortfall_that_is_taken_back_is_booked_as_its_term_was() -> None:
    def shortfall(start: str, net: str) -> tuple[PricedLine, Taxed]:
        line = fee(start, "2013-04-01", net, term="least")
        why = line.explanation.model_copy(update={"price_model": MODEL})
        return line.model_copy(update={"explanation": why}), taxed(net)

    known = Committed(
        contract="K",
        commitment="least",
        start=date(2013, 1, 1),
        reached=Decimal(0),
        billed=Decimal(100),
        charged=charged("100", "0", "130", "0"),
    )
    terms = terms_of(committed=(known,))
    lines = [shortfall("2013-01-01", "-50"), shortfall("2013-02-01", "-50")]
    assert booked(*lines, terms=terms, of="2") == [("-65.00", "0.00"), ("-100.00", "0.00")]


def accrual(name: str, earned: str) -> Accrual:
    line = fee(*JANUARY)
    facts: dict[str, Any] = {
        "contract": "K",
        "account": "UA",
        "line": name,
        "charge": "fee",
        "revenue_category": "fees",
        "service_period": line.service_period,
        "covered": line.covered,
    }
    return Accrual(**facts, earned=Money.of(earned, "EUR"))


def test_what_is_earned_and_not_billed_is_converted_once() -> None:
    accrued = [accrual(name, "0.10") for name in "abc"]
    in_books = booked_accruals(accrued, rate("1.255"), HALF_UP)
    assert [(share.line, share.in_books.text) for share in in_books] == [("a", "0.13"), ("b", "0.13"), ("c", "0.12")]
    assert {share.in_books.currency for share in in_books} == {"USD"}
    assert [share.earned for share in in_books] == [share.earned for share in accrued]
    assert [share.in_books.text for share in booked_accruals(accrued[:1], rate("0.25"), HALF_EVEN)] == ["0.02"]
    assert booked_accruals(accrued, None, HALF_UP) == tuple(accrued)
    assert booked_accruals([], rate(), HALF_UP) == ()


def left(net: str, tax: str, booked_net: str, booked_tax: str, *, whole: tuple[str, str] = ("100", "19")) -> Left:
    """What is left of a line of 100.00 + 19.00, booked with 130.00 + 25.00."""
    invoice = invoice_of(seller("DE"), customer("DE"), fee(*JANUARY, whole[0]), issued="2013-02-01")
    line: InvoiceLine = invoice.lines[0].model_copy(
        update={"amounts": taxed(*whole), "booked": taxed("130", "25", "USD")}
    )
    rest = taxed(net, tax)
    return Left(line, rest.net, rest.tax, taxed(booked_net, booked_tax, "USD"))


def test_credit_notes_take_back_what_was_booked_to_the_last_unit() -> None:
    """A third of 100.00 + 19.00 each time: of 130.00 and of 25.00, counted from the first one."""
    first = booked_back([(left("100", "19", "130", "25"), taxed("-33.33", "-6.33"))])
    assert [said(back) for back in first] == [("-43.33", "-8.33")]
    second = booked_back([(left("66.67", "12.67", "86.67", "16.67"), taxed("-33.33", "-6.33"))])
    assert [said(back) for back in second] == [("-43.33", "-8.33")]
    rest = booked_back([(left("33.34", "6.34", "43.34", "8.34"), taxed("-33.34", "-6.34"))])
    assert [said(back) for back in rest] == [("-43.34", "-8.34")]


def test_all_of_an_amount_takes_all_of_it_back_and_some_a_share() -> None:
    net_alone = booked_back([(left("50", "9.50", "65.01", "12.49"), taxed("-50", "-1"))])
    assert [said(back) for back in net_alone] == [("-65.01", "-1.31")]  # 25 x 8.50 / 19 of the tax are kept: 11.18
    nothing = booked_back([(left("0", "9.50", "0.01", "12.49"), taxed("0", "0"))])
    assert [said(back) for back in nothing] == [("-0.01", "0.01")]  # 25 x 9.50 / 19 are 12.50


def test_a_line_that_bore_no_tax_books_none_back() -> None:
    free = left("100", "0", "130", "25", whole=("100", "0"))
    assert [said(back) for back in booked_back([(free, taxed("-50", "3"))])] == [("-65.00", "-25.00")]


def test_a_note_is_rounded_once_and_shared_over_its_lines() -> None:
    """0.013 of each of three lines are 0.04 in all: 0.01 + 0.01 + 0.02."""
    three = [(left("100", "19", "130", "25"), taxed("-0.01", "0")) for _ in range(3)]
    assert [said(back) for back in booked_back(three)] == [("-0.01", "0.00"), ("-0.01", "0.00"), ("-0.02", "0.00")]


def test_amounts_are_booked_at_the_rate_of_the_plan_or_wait_for_one() -> None:
    plan = plan_of("2013-01", rates=(rate("0.5", pair="EUR-GBP"), rate("1.25")))
    assert plan.booked(Money.of("10", "EUR")) == Money.of("12.50", "USD")
    assert plan.booked(Money.of("10", "USD")) == Money.of("10", "USD")
    assert plan.rate_of("EUR") == rate("1.25")
    assert plan.rate_of("GBP") is None
    with pytest.raises(UnpriceableCharge) as refused:
        plan.booked(Money.of("10", "GBP"))
    assert refused.value.message == "no rate of GBP in USD of 2013-02-01, nor of the 7 days before it"
    assert refused.value.details == {"contract": "currency"}
    later = IssueTerms(day=date(2013, 5, 1), rates=(rate("2", "2013-05-01"),))
    issued = plan.on_issue_of(terms_of(issue=later))
    assert (issued.issue_date, issued.rates, issued.period) == (later.day, later.rates, Period.month("2013-01"))
    assert plan.on_issue_of(terms_of()) == plan


def test_what_was_charged_adds_up_in_both_currencies() -> None:
    assert charged("1", "2", "3", "4") + charged("10", "20", "30", "40") == charged("11", "22", "33", "44")
