"""Registrations, addresses, tax numbers and customer kinds have days: each line is taxed by those of its tax point."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from billproof.masterdata.parties import Account, LegalEntity
from billproof.periods import Period
from billproof.tax.time_of_supply import apportioned_days
from tests.support.taxes import address_of, customer, fee, found_tax, seller, tax_lines

BERLIN, WIEN, MADEIRA = address_of("DE", None, "10117", "Berlin"), address_of("AT", None, "1010", "Wien"), "9000-001"


def moved(until: str, **before: Any) -> dict[str, Any]:
    """What an account was before a day; what is not said was as it is."""
    return {"until": until, "address": BERLIN, "customer_kind": "business", "vat_number": None, **before}


def test_a_customer_that_moves_bears_the_tax_of_where_it_was() -> None:
    account = customer("AT", None, "1010", "Wien", earlier=[moved("2026-02-01")])
    january, february = fee("2026-01-01", "2026-02-01"), fee("2026-02-01", "2026-03-01")
    taxed = tax_lines(seller("DE"), account, january, february, issued="2026-03-01")
    said = [(line.determination.jurisdiction, line.amounts.tax.text) for line in taxed.lines]
    assert said == [("DE", "19.00"), ("AT", "0.00")]
    assert taxed.lines[1].determination.treatment == "reverse_charge"


def test_a_line_is_divided_where_the_rate_changes_of_where_the_customer_was_on_its_last_day() -> None:
    account = customer("DE", None, "10117", earlier=[moved("2024-02-01", address=address_of("CH", None, "8001"))])
    days = Period(start=date(2023, 12, 1), end=date(2024, 2, 1))
    divided = apportioned_days(seller("CH"), account, days)
    assert [span.name for span in divided] == ["2023-12", "2024-01"]
    after = Period(start=date(2023, 12, 1), end=date(2024, 2, 2))
    assert apportioned_days(seller("CH"), account, after) == [after]


def test_a_move_that_is_announced_counts_from_its_day() -> None:
    account = customer("AT", None, "1010", "Wien", earlier=[moved("2030-01-01")])
    assert found_tax(seller("DE"), account, "2029-12-31") == "DE standard 19"
    assert found_tax(seller("DE"), account, "2030-01-01") == "AT reverse_charge 0"


def test_several_earlier_facts_each_hold_until_their_day() -> None:
    account = customer(
        "PT",
        "20",
        "9500-001",
        customer_kind="consumer",
        vat_number=None,
        earlier=[
            moved("2022-01-01"),
            moved("2024-01-01", address=address_of("PT", "30", MADEIRA), customer_kind="consumer"),
        ],
    )
    entity = seller("DE", "PT")
    days = ("2021-12-31", "2022-01-01", "2023-12-31", "2024-01-01")
    expected = ["DE standard 19", "PT-30 standard 22", "PT-30 standard 22", "PT-20 standard 16"]
    assert [found_tax(entity, account, day) for day in days] == expected


def test_a_tax_number_counts_from_the_day_on_which_the_customer_had_it() -> None:
    account = customer("FR", None, "75001", earlier=[moved("2026-02-01", address=address_of("FR", None, "75001"))])
    assert found_tax(seller("DE"), account, "2026-01-31") == "held"  # reverse charge needs a number
    assert found_tax(seller("DE"), account, "2026-02-01") == "FR reverse_charge 0"


def test_a_customer_that_became_a_business_was_a_consumer() -> None:
    before = moved("2026-02-01", address=address_of("FR", None, "75001"), customer_kind="consumer")
    account = customer("FR", None, "75001", earlier=[before])
    assert found_tax(seller("DE", "FR"), account, "2026-01-31") == "FR standard 20"
    assert found_tax(seller("DE", "FR"), account, "2026-02-01") == "FR reverse_charge 0"


def registered(*registrations: tuple[str, str | None, str | None], **changes: Any) -> LegalEntity:
    dated = [
        {"jurisdiction": place, "number": "1", "effective": {"start": start, "end": end} if start else None}
        for place, start, end in registrations
    ]
    return seller("US", tax_registrations=dated, **changes)


def test_a_registration_counts_on_its_days() -> None:
    entity = registered(("US-NY", "2026-02-01", "2026-04-01"))
    texts = [found_tax(entity, customer("US", "NY"), f"2026-{month:02}-01") for month in (1, 2, 3, 4)]
    assert texts == ["held", "US-NY standard 4", "US-NY standard 4", "held"]


def test_a_declaration_counts_on_its_days_and_gives_way_to_a_registration() -> None:
    absent = {"jurisdiction": "US", "reason": "below every threshold", "effective": {"start": "2026-01-01"}}
    entity = registered(("US-NY", "2026-02-01", None), not_registered=[absent])
    days = ("2025-12-31", "2026-01-31", "2026-02-01")
    assert [found_tax(entity, customer("US", "NY"), day) for day in days] == [
        "held",
        "US-NY no_nexus 0",
        "US-NY standard 4",
    ]


def test_a_seller_that_moved_sold_from_where_it_was() -> None:
    entity = seller("DE", "AT", earlier_addresses=[{"until": "2026-02-01", "address": WIEN}])
    account = customer("AT", None, "1010", vat_number=None, customer_kind="consumer")
    assert found_tax(entity, customer("AT", None, "1010", vat_number=None), "2026-01-31") == "AT standard 20"
    assert found_tax(entity, customer("AT", None, "1010", vat_number=None), "2026-02-01") == "held"
    assert found_tax(entity, account, "2026-02-01") == "AT standard 20"


@pytest.mark.parametrize("days", [("2026-02-01", "2026-01-01"), ("2026-02-01", "2026-02-01")])
def test_earlier_facts_are_in_the_order_of_their_days(days: tuple[str, str]) -> None:
    with pytest.raises(ValidationError, match="order of those days"):
        customer("DE", earlier=[moved(day) for day in days])
    with pytest.raises(ValidationError, match="order of those days"):
        seller("DE", earlier_addresses=[{"until": day, "address": WIEN} for day in days])


def test_documents_of_before_are_read_as_holding_for_every_day() -> None:
    account = customer("DE", None, "10117").model_dump(mode="json")
    entity = seller("DE").model_dump(mode="json")
    for field in ("earlier",):
        account.pop(field)
    for field in ("earlier_addresses", "not_registered"):
        entity.pop(field)
    entity["tax_registrations"] = [{"jurisdiction": "DE", "number": "1"}]
    texts = [
        found_tax(LegalEntity.model_validate(entity), Account.model_validate(account), day)
        for day in ("2020-08-01", "2026-01-01")
    ]
    assert texts == ["DE standard 16", "DE standard 19"]
    assert LegalEntity.model_validate(entity).registered_in("DE", date(1990, 1, 1))
