"""Economic nexus: sales of a year into US states, against thresholds that tests write down by hand."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from billproof.masterdata.parties import LegalEntity
from billproof.money import Money
from billproof.periods import Period
from billproof.returns.model import DeclaredLine, NexusStanding, StateSales
from billproof.returns.nexus import states_with_nexus
from billproof.tax.rows import nexus_thresholds
from billproof_ops.cli_tax import _nexus
from tests.support.world import INC, World

NUMBERS = count(1)


def usd(amount: str) -> Money:
    return Money.of(Decimal(amount), "USD")


@pytest.fixture(scope="module")
def seller() -> LegalEntity:
    """A seller that is registered in Washington and declares that it has no nexus elsewhere."""
    entity = World().directory.legal_entity(INC).model_dump(mode="json")
    registered = {
        "tax_registrations": [{"jurisdiction": "US-WA", "number": "1"}],
        "not_registered": [{"jurisdiction": "US", "reason": "no place there"}],
    }
    return LegalEntity.model_validate(entity | registered)


def sale(state: str, amount: str, day: str, **fields: Any) -> DeclaredLine:
    told = {
        "number": f"SKY-{next(NUMBERS)}",
        "kind": "invoice",
        "issue_date": day,
        "account": "UA",
        "customer": "United",
        "customer_number": "",
        "line": "1",
        "tax_point": day,
        "declared_in": day[:7],
        "corrects": "",
        "jurisdiction": state,
        "tax": "",
        "treatment": "no_nexus",
        "percent": "0",
        "scheme": "national",
        "net": usd(amount),
        "taxable": usd("0"),
        "amount": usd("0"),
        "reason": "",
        "source": "",
    }
    return DeclaredLine.model_validate(told | fields)


def standings(
    seller: LegalEntity, *lines: DeclaredLine, month: str = "2025-06", is_rate_known: bool = True
) -> list[StateSales]:
    def in_dollars(amount: Money, _day: date) -> Money | None:
        return amount if is_rate_known else None

    return list(states_with_nexus(lines, seller, Period.month(month), in_dollars))


@pytest.mark.parametrize(
    ("amount", "standing"),
    [
        ("399999.99", None),
        ("400000", NexusStanding.NEAR),
        ("499999.99", NexusStanding.NEAR),
        ("500000", NexusStanding.PASSED),
    ],
)
def test_a_state_is_told_of_at_80_percent_of_its_threshold(
    seller: LegalEntity, amount: str, standing: NexusStanding | None
) -> None:
    told = standings(seller, sale("US-TX", amount, "2025-03-31"))
    assert [one.standing for one in told] == ([standing] if standing else [])


def test_the_day_is_named_on_which_the_threshold_was_passed_and_what_was_declared(seller: LegalEntity) -> None:
    """30,000 + 60,000 + 10,000 are 100,000, the threshold of Washington's neighbours; 5,000 come later."""
    days = [("30000", "2025-02-28"), ("60000", "2025-03-31"), ("10000", "2025-04-30"), ("5000", "2025-06-30")]
    (told,) = standings(seller, *(sale("US-ID", amount, day) for amount, day in days))
    assert (told.standing, told.passed_on, told.sales) == (NexusStanding.PASSED, date(2025, 4, 30), usd("105000"))
    assert (told.threshold, told.declared, told.invoices, told.year) == (usd("100000"), "no place there", 4, 2025)


def test_sales_of_later_months_do_not_count_yet(seller: LegalEntity) -> None:
    assert standings(seller, sale("US-TX", "500000", "2025-07-31")) == []


def test_what_a_credit_note_takes_back_is_no_sale(seller: LegalEntity) -> None:
    """100,000 less 30,000 are 70,000, below 80 %; 31,000 more pass it again."""
    back = sale("US-ID", "-30000", "2025-03-31", kind="credit_note")
    lines = [sale("US-ID", "100000", "2025-02-28"), back]
    assert standings(seller, *lines) == []
    (told,) = standings(seller, *lines, sale("US-ID", "31000", "2025-05-31"))
    assert (told.passed_on, told.invoices) == (date(2025, 5, 31), 2)


@pytest.mark.parametrize(
    ("state", "invoices", "each", "standing"),
    [
        ("US-NY", 99, "10000", NexusStanding.NEAR),
        ("US-NY", 79, "10000", None),
        ("US-NY", 100, "5000", NexusStanding.PASSED),
        ("US-OH", 200, "10", NexusStanding.PASSED),
        ("US-OH", 160, "10", NexusStanding.NEAR),
        ("US-OH", 159, "10", None),
        ("US-PA", 200, "10", None),
    ],
)
def test_states_that_count_transactions_count_invoices(
    seller: LegalEntity, state: str, invoices: int, each: str, standing: NexusStanding | None
) -> None:
    """New York: 500,000 and 100. Ohio: 100,000 or 200. Pennsylvania counts none."""
    told = standings(seller, *(sale(state, each, "2025-03-31") for _ in range(invoices)))
    assert [one.standing for one in told] == ([standing] if standing else [])


def test_a_threshold_that_was_passed_in_the_year_before_counts(seller: LegalEntity) -> None:
    passed, near = sale("US-TX", "600000", "2024-11-30"), sale("US-TX", "450000", "2024-11-30")
    (told,) = standings(seller, passed, sale("US-TX", "10", "2025-01-31"))
    assert (told.year, told.passed_on) == (2024, date(2024, 11, 30))
    assert standings(seller, near, sale("US-TX", "10", "2025-01-31")) == []
    assert standings(seller, passed, month="2026-01") == []


def test_exempt_sales_count_and_where_nothing_would_be_taxed_nobody_is_told(seller: LegalEntity) -> None:
    exempt = [sale("US-TX", "499990", "2025-01-31", treatment="exempt")]
    assert standings(seller, *exempt, sale("US-CA", "900000", "2025-01-31", treatment="not_taxable")) == []
    (told,) = standings(seller, *exempt, sale("US-TX", "10", "2025-02-28"))
    assert told.standing is NexusStanding.PASSED


def test_where_the_seller_is_registered_nobody_is_told(seller: LegalEntity) -> None:
    assert standings(seller, sale("US-WA", "900000", "2025-01-31")) == []
    assert standings(seller, sale("DE", "900000", "2025-01-31")) == []


def test_what_is_not_known_is_said_not_to_be_watched(seller: LegalEntity) -> None:
    (unknown,) = standings(seller, sale("US-DC", "1", "2025-01-31"))
    assert (unknown.standing, unknown.threshold, unknown.sales) == (NexusStanding.NOT_WATCHED, None, usd("1"))
    (told,) = standings(seller, sale("US-TX", "1", "2025-01-31"), is_rate_known=False)
    assert (told.standing, told.sales, told.note) == (
        NexusStanding.NOT_WATCHED,
        None,
        "no exchange rate into dollars holds",
    )


def test_a_state_has_one_threshold_on_each_day_and_each_names_its_source() -> None:
    table = nexus_thresholds()
    assert "not reviewed" in table.review
    for day in (date(2024, 1, 1), date(2025, 7, 1), date(2026, 1, 1)):
        states = [row.jurisdiction for row in table.rows if row.holds_on(day)]
        assert len(states) == len(set(states)) == 44
    assert all(row.source for row in table.rows)
    no_sales_tax = {"US-DE", "US-MT", "US-NH", "US-OR"}
    assert no_sales_tax.isdisjoint(row.jurisdiction for row in table.rows)


def test_the_command_shows_sales_threshold_and_day(seller: LegalEntity) -> None:
    rows = standings(
        seller, *(sale("US-NY", "5000", "2025-03-31") for _ in range(100)), sale("US-DC", "1", "2025-01-31")
    )
    table = _nexus(rows)
    cells = [list(column.cells) for column in table.columns]
    assert cells[2:6] == [
        ["1.00", "500000.00"],
        ["1", "100"],
        ["unknown", "500000.00 and 100 invoices"],
        ["not watched", "passed on 2025-03-31"],
    ]
