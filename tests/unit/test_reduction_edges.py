"""What comes off a month's fees where amounts are small, change within the month, or are of fees billed elsewhere."""

from typing import Any

import pytest

from billproof.contracts.model import Contract
from billproof.contracts.timeline import timelines
from billproof.identities import LineIdFormat
from billproof.model import decimal_text
from billproof.money import Rounding
from billproof.periods import Period
from billproof.pricing.lines import Basis
from billproof.pricing.model import PricedLine
from billproof.pricing.owed import contract_lines
from billproof.pricing.terms import BookingRule
from tests.support.whole_contracts import charge, off, version

A, B, BASE = charge("a", "0.50"), charge("b", "0.10"), charge("base", "31")
YEARLY = charge("year", "365", timing="in_advance", cadence={"interval": "year", "anchor": "2013-01-01"})
YEAR = {**YEARLY, "effective": {"start": "2013-01-01"}}
SIXTEEN = {"start": "2013-01-01", "end": "2013-01-17"}
TENTHS = [charge(name, "0.10") for name in "abef"]


def plain(*charges: dict[str, Any], **terms: Any) -> tuple[Contract, ...]:
    return (version(1, "2012-01-01", *charges, **terms),)


def changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[Contract, ...]:
    """A contract of a fee of 31.00 whose other terms change on 11 January."""
    return (version(1, "2012-01-01", BASE, **before), version(2, "2013-01-11", BASE, **after))


def least(amount: str, *charges: str) -> dict[str, Any]:
    return {"commitments": [{**off("least", amount=amount), "charges": charges, "revenue_category": "fees"}]}


def discount(name: str = "d", **terms: Any) -> dict[str, Any]:
    return {"discounts": [off(name, **terms)]}


def lines_of(versions: tuple[Contract, ...], month: str = "2013-01", **basis: Any) -> list[PricedLine]:
    period = Period.month(month)
    (timeline,) = timelines(versions, period)
    facts: dict[str, Any] = {"period": period, "meters": {}, "quantities": (), "rounding": Rounding.HALF_UP, **basis}
    return contract_lines(timeline, Basis(**facts), {})


def said(line: PricedLine) -> tuple[str, str, str]:
    return line.id, line.net.text, line.explanation.steps[-1].label


CASES: list[tuple[str, str, tuple[Contract, ...], list[tuple[str, str, str]]]] = [
    (
        "a percentage of the document: 0.10 of four times 0.10, and not four times 0.03",
        "2013-01",
        plain(*TENTHS, **discount(percent="25", rounding="per_document")),
        [
            ("d:a:2013-01", "-0.03", "25 % of 0.10 USD"),
            ("d:b:2013-01", "-0.02", "25 % of 0.10 USD"),
            ("d:e:2013-01", "-0.03", "25 % of 0.10 USD"),
            ("d:f:2013-01", "-0.02", "25 % of 0.10 USD"),
        ],
    ),
    (
        "a percentage of each line",
        "2013-01",
        plain(*TENTHS[:2], **discount(percent="25")),
        [("d:a:2013-01", "-0.03", "25 % of 0.10 USD"), ("d:b:2013-01", "-0.03", "25 % of 0.10 USD")],
    ),
    (
        # 28 days of the year at 1.00 less 25 % are 21.00, and 0.20 less 0.05: 8.85 short of 30.00
        "a percentage of the document's own lines, beside a year that another month bills",
        "2013-02",
        plain(YEAR, *TENTHS[:2], **discount(percent="25", rounding="per_document"), **least("30", "year", "a", "b")),
        [
            ("d:a:2013-02", "-0.03", "25 % of 0.10 USD"),
            ("d:b:2013-02", "-0.02", "25 % of 0.10 USD"),
            ("least:2013-02", "8.85", "billed"),
        ],
    ),
    (
        "all of it, pro rata",
        "2013-01",
        plain(A, B, **discount(amount="0.60")),
        [("d:a:2013-01", "-0.50", "of 0.60 USD left"), ("d:b:2013-01", "-0.10", "of 0.60 USD left")],
    ),
    (
        "a half of it, pro rata",
        "2013-01",
        plain(A, B, **discount(amount="0.30")),
        [("d:a:2013-01", "-0.25", "of 0.30 USD left"), ("d:b:2013-01", "-0.05", "of 0.30 USD left")],
    ),
    (
        "one unit, which goes to the larger share",
        "2013-01",
        plain(B, A, **discount(amount="0.01")),
        [("d:a:2013-01", "-0.01", "of 0.01 USD left")],
    ),
    (
        "more than there is",
        "2013-01",
        plain(A, B, **discount(amount="5")),
        [("d:a:2013-01", "-0.50", "of 5.00 USD left"), ("d:b:2013-01", "-0.10", "of 5.00 USD left")],
    ),
    (
        "in order",
        "2013-01",
        plain(A, B, **discount(amount="0.55", spread="in_order")),
        [("d:a:2013-01", "-0.50", "of 0.55 USD left"), ("d:b:2013-01", "-0.05", "of 0.55 USD left")],
    ),
    (
        "in order, less than the first",
        "2013-01",
        plain(A, B, **discount(amount="0.49", spread="in_order")),
        [("d:a:2013-01", "-0.49", "of 0.49 USD left")],
    ),
    (
        "two amounts, of which the second finds less",
        "2013-01",
        plain(A, B, discounts=[off("all", amount="0.30"), off("one", amount="0.45", charges=["a"])]),
        [
            ("one:a:2013-01", "-0.45", "of 0.45 USD left"),
            ("all:a:2013-01", "-0.05", "of 0.30 USD left"),
            ("all:b:2013-01", "-0.10", "of 0.30 USD left"),
        ],
    ),
    (
        "a cap below the first fee",
        "2013-01",
        plain(A, B, caps=[off("c", amount="0.40")]),
        [("c:a:2013-01", "-0.10", "above the cap of 0.40 USD"), ("c:b:2013-01", "-0.10", "above the cap of 0.40 USD")],
    ),
    ("a cap that is met to the cent", "2013-01", plain(A, B, caps=[off("c", amount="0.60")]), []),
    (
        # 16 of 31 days: 0.258 of the fee, 0.16 of the cap; the 0.50 that are left in all are below 0.53
        "a narrow cap of some days leaves room below a wide one",
        "2013-01",
        plain(A, B, caps=[off("wide", amount="0.53"), off("n", amount="0.31", charges=["a"], days=SIXTEEN)]),
        [("n:a:2013-01", "-0.10", "above the cap of 0.16 USD")],
    ),
    (
        # 10 % of 10.00 for ten days, then 20 % of 21.00
        "a percentage that changes within the month",
        "2013-01",
        changed(discount(percent="10"), discount(percent="20")),
        [
            ("d:base:2013-01", "-1.00", "10 % of 31.00 USD"),
            ("d@2013-01-11:base:2013-01", "-4.20", "20 % of 30.00 USD, what its days have"),
        ],
    ),
    (
        # 10 of 31 days of 3.10 and 21 of 6.20; then 16.80 are above 21 of 31 days of 15.50, and 9.00 below 10.00
        "an amount and a cap that change within the month",
        "2013-01",
        changed(
            {**discount(amount="3.10"), "caps": [off("c", amount="31")]},
            {**discount(amount="6.20"), "caps": [off("c", amount="15.50")]},
        ),
        [
            ("d:base:2013-01", "-1.00", "of 1.00 USD left"),
            ("d@2013-01-11:base:2013-01", "-4.20", "of 4.20 USD left"),
            ("c@2013-01-11:base:2013-01", "-6.30", "above the cap of 10.50 USD"),
        ],
    ),
    (
        # 10 of 31 days of 62.00 and 21 of 93.00 are 83.00, of which 31.00 are billed
        "a commitment that changes within the month",
        "2013-01",
        changed(least("62", "base"), least("93", "base")),
        [("least:2013-01", "52.00", "billed")],
    ),
    (
        "a commitment that is met to the cent",
        "2013-01",
        plain(A, B, **least("0.60", "a", "b")),
        [("least:2013-01", "0.00", "billed")],
    ),
    (
        "a commitment that is a cent short",
        "2013-01",
        plain(A, B, **least("0.61", "a", "b")),
        [("least:2013-01", "0.01", "billed")],
    ),
]


@pytest.mark.parametrize(
    ("month", "versions", "reductions"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_comes_off_a_month(
    month: str, versions: tuple[Contract, ...], reductions: list[tuple[str, str, str]]
) -> None:
    lines = lines_of(versions, month)
    assert [said(line) for line in lines if line.kind != "charge"] == reductions


def test_an_amount_off_a_year_is_of_each_of_its_months() -> None:
    """10.00 a month: of January 31.00 of the year and 0.50 of another fee share it, 9.84 and 0.16."""
    versions = plain(YEAR, A, **discount(amount="10"))
    lines = [line for line in lines_of(versions) if line.kind == "discount"]
    months = [f"2013-{number:02}" for number in range(2, 13)]
    assert [(line.id, line.net.text, line.covered.name) for line in lines] == [
        ("d@2013-01-01:year:2013-01-01_2014-01-01", "-9.84", "2013-01"),
        ("d:a:2013-01", "-0.16", "2013-01"),
        *((f"d@{month}-01:year:2013-01-01_2014-01-01", "-10.00", month) for month in months),
    ]
    year = Period.model_validate({"start": "2013-01-01", "end": "2014-01-01"})
    assert lines[0].recognition.period == year
    by_line = [line for line in lines_of(versions, booking=BookingRule.BY_LINE) if line.kind == "discount"]
    assert [line.recognition.period.name for line in by_line] == ["2013-01", "2013-01", *months]
    in_february = lines_of(versions, "2013-02")
    assert [said(line)[:2] for line in in_february] == [("a:2013-02", "0.50")]  # the year's 28.00 took all of it


def test_a_commitment_says_what_it_is_short_of() -> None:
    (*_, short) = lines_of(plain(A, B, **least("31", "a"), proration={"method": "thirty_day_months"}))
    why = short.explanation
    assert [(step.label, decimal_text(step.amount)) for step in why.steps] == [("committed", "31"), ("billed", "-0.5")]
    assert (why.note, why.proration is not None and why.proration.is_whole) == ("shortfall", True)
    (*_, met) = lines_of(plain(A, B, **least("0.50", "a")))
    assert met.explanation.note == "met: 0.50 USD billed"
    (*_, two) = lines_of(changed(least("62", "base"), least("93", "base")))
    assert [decimal_text(step.amount) for step in two.explanation.steps] == ["20", "63", "-31"]
    assert two.explanation.proration is None
    assert (two.id, two.explanation.contract_version) == ("least:2013-01", 2)


@pytest.mark.parametrize(
    ("line_ids", "names"),
    [
        (
            LineIdFormat.PLAIN,
            ["difference:2013-01", "credit:difference:2013-01", "2012-12:difference:2013-01", "2013-01:2013-01"],
        ),
        (
            LineIdFormat.ESCAPED,
            [
                "%64ifference:2013-01",
                "%63redit:%64ifference:2013-01",
                "%32012-12:%64ifference:2013-01",
                "%32013-01:2013-01",
            ],
        ),
    ],
)
def test_lines_are_named_as_the_invoice_of_the_month_named_them(line_ids: LineIdFormat, names: list[str]) -> None:
    """Names that would be read as something else are written with their first letter coded, unless they are plain."""
    terms = plain(
        charge("difference", "31"),
        discounts=[off("credit", percent="10")],
        caps=[off("2012-12", amount="1")],
        commitments=[{**off("2013-01", amount="5"), "charges": ["difference"], "revenue_category": "fees"}],
    )
    assert [line.id for line in lines_of(terms, line_ids=line_ids)] == names
