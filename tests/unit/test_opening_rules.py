"""What is wrong with an opening is named by file, row and field, all of it at once."""

from typing import Any

import pytest
from pydantic import ValidationError

from billproof.masterdata.directory import Directory
from billproof.masterdata.parties import LegalEntity
from billproof.opening.model import Opening
from billproof.opening.rules import problems
from tests.support.fakes import MemoryRecords
from tests.support.parties import INC, account

RECEIVABLE = {
    "reference": "R-871",
    "account": "UA",
    "issued": "2012-11-30",
    "due": "2012-12-30",
    "currency": "USD",
    "amount": "1250.00",
}
DEFERRAL = {
    "reference": "R-850",
    "account": "UA",
    "currency": "USD",
    "amount": "100.00",
    "revenue_category": "usage",
    "first_month": "2013-01",
    "last_month": "2013-03",
}
BALANCE = {"reference": "CN-12", "account": "UA", "currency": "USD", "amount": "12.00"}
NUMBER = {"series": "invoices", "year": 2013, "next": 42, "last_issued": "2013-01-02"}


def directory() -> Directory:
    """A legal entity that begins to bill in 2013, its account UA, and UA-1, which UA pays for."""
    directory = Directory(MemoryRecords())
    chart = {**INC.chart_of_accounts.model_dump(mode="json"), "opening": "3990", "customer_balance": "2300"}
    document = {**INC.model_dump(mode="json"), "bills_from": "2013-01-01", "chart_of_accounts": chart}
    directory.add(LegalEntity.model_validate(document))
    directory.add(account("US", "IL", id="UA", legal_entity=INC.id, parent=None))
    directory.add(account("US", "IL", id="UA-1", legal_entity=INC.id, parent="UA"))
    directory.add(account("DE", None, id="LH", legal_entity="skymeter-europe", parent=None))
    return directory


def opening(**rows: Any) -> Opening:
    return Opening.model_validate({"legal_entity": INC.id, "first_period": "2013-01", "controls": [], **rows})


def total(kind: str, count: int, amount: str | None = None, currency: str | None = None, **more: str) -> dict[str, Any]:
    return {"kind": kind, "count": count, "total": amount, "currency": currency, **more}


def said(**rows: Any) -> list[str]:
    return [str(problem) for problem in problems(opening(**rows), directory())]


def test_an_opening_whose_rows_come_to_its_control_totals_has_no_problem() -> None:
    controls = [
        total("receivables", 1, "1250", "USD"),
        total("deferred", 1, "100.00", "USD"),
        total("balances", 1, "12", "USD"),
        total("numbers", 1),
    ]
    assert (
        said(receivables=[RECEIVABLE], deferred=[DEFERRAL], balances=[BALANCE], numbers=[NUMBER], controls=controls)
        == []
    )


CASES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("receivables", RECEIVABLE, {"account": "DL"}, "account: skymeter-inc bills no such account: publish it first"),
    ("receivables", RECEIVABLE, {"account": "LH"}, "account: skymeter-inc bills no such account: publish it first"),
    ("receivables", RECEIVABLE, {"due": "2012-11-29"}, "due: it is due before it was issued"),
    (
        "receivables",
        RECEIVABLE,
        {"issued": "2013-02-01", "due": "2013-03-01"},
        "issued: it was issued after 2013-01, which billproof bills",
    ),
    ("receivables", RECEIVABLE, {"currency": "EUR"}, "booked: say what it is booked with in USD"),
    ("receivables", RECEIVABLE, {"booked": "1250"}, "booked: the books are in USD, too: leave it empty"),
    (
        "receivables",
        RECEIVABLE,
        {"currency": "EUR", "booked": "1.001"},
        "booked: 1.001 is finer than the minor unit of USD: round it by a policy first",
    ),
    (
        "deferred",
        DEFERRAL,
        {"currency": "EUR"},
        "currency: revenue is deferred in the currency of the books, USD",
    ),
    (
        "deferred",
        DEFERRAL,
        {"revenue_category": "hats"},
        "revenue_category: the chart of accounts has no revenue account for it",
    ),
    (
        "deferred",
        DEFERRAL,
        {"first_month": "2012-12"},
        "first_month: what was earned before 2013-01 is not deferred any more",
    ),
    ("deferred", DEFERRAL, {"first_month": "2013-04"}, "last_month: it is earned over 1 to 240 months"),
    ("deferred", DEFERRAL, {"last_month": "2033-01"}, "last_month: it is earned over 1 to 240 months"),
    ("balances", BALANCE, {"account": "UA-1"}, "account: this account is billed by UA: the balance is that one's"),
    ("numbers", NUMBER, {"year": 2012, "last_issued": "2012-12-30"}, "year: billproof numbers nothing of before 2013"),
    ("numbers", NUMBER, {"last_issued": "2013-02-01"}, "last_issued: it is after 2013-01, which billproof bills"),
    ("receivables", RECEIVABLE, {"amount": "1" + "0" * 18}, "amount: an amount has 18 digits before the point at most"),
    (
        "balances",
        BALANCE,
        {"currency": "EUR", "booked": "1" + "0" * 18},
        "booked: an amount has 18 digits before the point at most",
    ),
    ("numbers", NUMBER, {"last_issued": None}, "last_issued: say on which day the number before was issued"),
    ("numbers", NUMBER, {"last_issued": "2012-12-30"}, "last_issued: a number of 2013 was issued in 2013"),
]


@pytest.mark.parametrize(("kind", "row", "changes", "problem"), CASES, ids=[case[3][:50] for case in CASES])
def test_what_is_wrong_with_a_row_is_named_by_its_field(
    kind: str, row: dict[str, Any], changes: dict[str, Any], problem: str
) -> None:
    rows = [{**row, **changes}]
    lines = [line for line in said(**{kind: rows}) if not line.startswith("controls")]
    assert lines == [f"{kind} row 1, {problem}"]


def test_a_row_that_an_earlier_one_is_of_is_named() -> None:
    rows: dict[str, Any] = {
        "receivables": [RECEIVABLE, {**RECEIVABLE, "amount": "1"}],
        "balances": [BALANCE, {**BALANCE, "reference": "CN-13"}, {**BALANCE, "currency": "EUR", "booked": "9"}],
        "numbers": [NUMBER, NUMBER],
    }
    assert [line for line in said(**rows) if not line.startswith("controls")] == [
        "receivables row 2: an earlier row is of the same",
        "balances row 2: an earlier row is of the same",
        "numbers row 2: an earlier row is of the same",
    ]


def test_a_receivable_cannot_have_a_number_that_billproof_is_to_give() -> None:
    taken = [{**RECEIVABLE, "reference": f"SKY-US-2013-0000{number}"} for number in (41, 42)]
    lines = said(receivables=taken, numbers=[NUMBER])
    assert lines[0] == "receivables row 2, reference: billproof goes on with 42: it is to give it"


@pytest.mark.parametrize("number", ["SKY-US-2013-000003", "SKY-US-Z-2013-000001", "SKY-US-2014-000001"])
def test_nor_one_of_a_series_that_no_row_continues_for_it_begins_at_one(number: str) -> None:
    """Two invoices of one number: a payment of the later one would pay the one of before."""
    lines = said(receivables=[{**RECEIVABLE, "reference": number}], numbers=[])
    assert lines[0] == "receivables row 1, reference: billproof goes on with 1: it is to give it"


@pytest.mark.parametrize("number", ["SKY-US-2012-000003", "OLD-2013-000003", "R-871"])
def test_a_number_that_billproof_never_gives_is_taken_over(number: str) -> None:
    lines = said(receivables=[{**RECEIVABLE, "reference": number}], numbers=[])
    assert [line for line in lines if "reference" in line] == []


@pytest.mark.parametrize(
    ("controls", "problem"),
    [
        ([], ["controls, kind: no control total for 1 rows of receivables in USD"]),
        (
            [total("receivables", 2, "1250.01", "USD")],
            [
                "controls row 1, count: 2 is declared, and the rows of receivables come to 1",
                "controls row 1, total: 1250.01 is declared, and the rows of receivables come to 1250",
            ],
        ),
        (
            [total("receivables", 1, "1250", "USD"), total("receivables", 1, "1250", "USD")],
            ["controls row 2, kind: row 1 is of the same"],
        ),
        (
            [total("receivables", 1, "1250", "USD"), total("balances", 1, "3", "USD")],
            [
                "controls row 2, count: 1 is declared, and the rows of balances come to 0",
                "controls row 2, total: 3 is declared, and the rows of balances come to 0",
            ],
        ),
        (
            [total("receivables", 1, "1250", "USD", booked="1250")],
            ["controls row 1, booked: 1250 is declared, and the rows of receivables come to nothing"],
        ),
        ([total("receivables", 1, "1250", "USD"), total("deferred", 0, "0", "USD")], []),
    ],
)
def test_rows_come_to_what_is_declared_in_number_and_in_sum(controls: list[dict[str, Any]], problem: list[str]) -> None:
    assert said(receivables=[RECEIVABLE], controls=controls) == problem


def test_amounts_in_another_currency_are_controlled_with_what_they_are_booked_with() -> None:
    rows = [{**RECEIVABLE, "currency": "EUR", "booked": "1675.00"}]
    right = total("receivables", 1, "1250", "EUR", booked="1675")
    wrong = total("receivables", 1, "1250", "EUR", booked="1675.01")
    assert said(receivables=rows, controls=[right]) == []
    assert said(receivables=rows, controls=[wrong]) == [
        "controls row 1, booked: 1675.01 is declared, and the rows of receivables come to 1675"
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "0"),
        ("amount", "-1"),
        ("amount", "1.001"),
        ("amount", "1e3"),
        ("currency", "US"),
        ("issued", "30.11.2012"),
        ("reference", ""),
        ("reference", "R\n1"),
        ("account", "U A"),
    ],
)
def test_a_row_that_is_not_as_it_must_be_written_is_refused_by_its_field(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        opening(receivables=[{**RECEIVABLE, field: value}])
    assert [error["loc"] for error in refused.value.errors()] == [("receivables", 0, field)]
